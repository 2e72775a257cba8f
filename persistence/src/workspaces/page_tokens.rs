//! Page tokens.

use domain::ids::{EntityId, PageTokenId, WorkspaceId};
use domain::workspaces::PageToken;
use sea_orm::entity::prelude::*;
use sea_orm::sea_query::Expr;
use sea_orm::{DbBackend, PaginatorTrait, QueryOrder, QuerySelect};

use crate::convert::{from_json, to_json};
use crate::table::{insert, replace, rows, tenant_table, workspace_of};
use crate::{Database, Scope, StoreError, Tx};

tenant_table!(page_token = "page_tokens" {
    #[sea_orm(primary_key, auto_increment = false)]
    id: Uuid,
    workspace_id: Uuid,
    settings: Json,
    created_at: DateTimeUtc,
    revoked_at: Option<DateTimeUtc>,
});

/// A token by its text, with its workspace. It is read before a workspace is known: it is what makes one known.
pub async fn find_page_token(
    database: &Database,
    id: PageTokenId,
) -> Result<Option<(WorkspaceId, PageToken)>, StoreError> {
    let found = page_token::Entity::find_by_id(id.uuid()).one(database.unscoped()).await?;
    found.map(|row| Ok((WorkspaceId::from_uuid(row.workspace_id), row.try_into()?))).transpose()
}

/// Whether a token that is good may be used from this origin. A browser asks before it says by which.
pub async fn is_page_origin(database: &Database, said: &str) -> Result<bool, StoreError> {
    let connection = database.unscoped();
    let lists_it = match connection.get_database_backend() {
        DbBackend::Sqlite => "EXISTS (SELECT 1 FROM json_each(page_tokens.settings, '$.origins') WHERE value = ?)",
        _ => "settings -> 'origins' @> to_jsonb($1::text)",
    };
    let found = page_token::Entity::find()
        .filter(page_token::Column::RevokedAt.is_null())
        .filter(Expr::cust_with_values(lists_it, [said]));
    Ok(found.one(connection).await?.is_some())
}

/// One token, locked for the rest of the transaction.
pub async fn lock_page_token(tx: &Tx, id: PageTokenId) -> Result<Option<PageToken>, StoreError> {
    let query = rows::<page_token::Entity>(tx).filter(page_token::Column::Id.eq(id.uuid()));
    query.lock_exclusive().one(&tx.conn).await?.map(TryInto::try_into).transpose()
}

/// A page of the workspace's tokens, newest first.
pub async fn list_page_tokens(
    scope: &impl Scope,
    after: Option<PageTokenId>,
    limit: u64,
) -> Result<Vec<PageToken>, StoreError> {
    let mut query = rows::<page_token::Entity>(scope).order_by_desc(page_token::Column::Id).limit(limit);
    if let Some(after) = after {
        query = query.filter(page_token::Column::Id.lt(after.uuid()));
    }
    query.all(scope.conn()).await?.into_iter().map(TryInto::try_into).collect()
}

/// How many of the workspace's tokens are good.
pub async fn count_page_tokens(tx: &Tx) -> Result<u64, StoreError> {
    Ok(rows::<page_token::Entity>(tx).filter(page_token::Column::RevokedAt.is_null()).count(&tx.conn).await?)
}

/// Adds a token.
pub async fn insert_page_token(tx: &Tx, token: &PageToken) -> Result<(), StoreError> {
    insert::<page_token::Entity>(tx, row(tx, token)?).await
}

/// Writes a known token anew.
pub async fn replace_page_token(tx: &Tx, token: &PageToken) -> Result<(), StoreError> {
    replace::<page_token::Entity>(tx, row(tx, token)?).await
}

fn row(tx: &Tx, token: &PageToken) -> Result<page_token::Model, StoreError> {
    Ok(page_token::Model {
        id: token.id.uuid(),
        workspace_id: workspace_of(tx),
        settings: to_json(&token.settings)?,
        created_at: token.created_at,
        revoked_at: token.revoked_at,
    })
}

impl TryFrom<page_token::Model> for PageToken {
    type Error = StoreError;

    fn try_from(row: page_token::Model) -> Result<Self, StoreError> {
        Ok(Self {
            id: PageTokenId::from_uuid(row.id),
            settings: from_json(row.settings)?,
            created_at: row.created_at,
            revoked_at: row.revoked_at,
        })
    }
}
