//! Stored answers: what makes a command run once however often it is sent.
//!
//! The key is claimed by the first statement of the command's own transaction. A second request with the same key
//! waits on that row (PostgreSQL) or on the writer (SQLite) until the first has committed, and then finds the answer.

use chrono::{DateTime, Utc};
use domain::ids::EntityId;
use domain::operation::Operation;
use sea_orm::entity::prelude::*;
use sea_orm::sea_query::{Expr, ExprTrait, Query};
use sea_orm::{ActiveModelTrait, IntoActiveModel, TryInsertResult};
use serde_json::Value;

use crate::convert::to_text_of_actor;
use crate::{Database, StoreError, Tx};

/// Answers forgotten by one transaction.
const FORGET_BATCH: u64 = 1000;

mod answer {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "answers")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub workspace_id: Uuid,
        #[sea_orm(primary_key, auto_increment = false)]
        pub actor: String,
        #[sea_orm(primary_key, auto_increment = false)]
        pub idempotency_key: String,
        pub fingerprint: String,
        pub answer: Option<String>,
        pub created_at: DateTimeUtc,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// What a claim found.
#[derive(Debug)]
pub enum Claimed {
    /// The key is new: the command is to run, and to store its answer.
    New,
    /// The key was used before: the fingerprint it was used with, and the answer it led to.
    Known {
        /// Of the payload it was used with.
        fingerprint: String,
        /// The stored answer.
        answer: Value,
    },
}

/// Claims an idempotency key for the transaction.
pub async fn claim(tx: &Tx, operation: &Operation, key: &str, fingerprint: &str) -> Result<Claimed, StoreError> {
    let actor = to_text_of_actor(operation.actor);
    let row = answer::Model {
        workspace_id: tx.workspace.uuid(),
        actor: actor.clone(),
        idempotency_key: key.to_owned(),
        fingerprint: fingerprint.to_owned(),
        answer: None,
        created_at: operation.now,
    };
    let inserted = answer::Entity::insert(row.into_active_model().reset_all())
        .on_conflict_do_nothing()
        .exec_without_returning(&tx.conn)
        .await?;
    if matches!(inserted, TryInsertResult::Inserted(1)) {
        return Ok(Claimed::New);
    }
    let known = answer::Entity::find_by_id((tx.workspace.uuid(), actor, key.to_owned())).one(&tx.conn).await?;
    let known = known.ok_or_else(|| StoreError::Unavailable("a claimed key vanished".to_owned()))?;
    let text = known.answer.ok_or_else(|| StoreError::Damaged("a key was committed without its answer".to_owned()))?;
    let answer = serde_json::from_str(&text).map_err(|error| StoreError::Damaged(error.to_string()))?;
    Ok(Claimed::Known { fingerprint: known.fingerprint, answer })
}

/// Stores the answer of a claimed key.
pub async fn store(tx: &Tx, operation: &Operation, key: &str, answer: &Value) -> Result<(), StoreError> {
    answer::Entity::update_many()
        .col_expr(answer::Column::Answer, Expr::value(answer.to_string()))
        .filter(answer::Column::WorkspaceId.eq(tx.workspace.uuid()))
        .filter(answer::Column::Actor.eq(to_text_of_actor(operation.actor)))
        .filter(answer::Column::IdempotencyKey.eq(key))
        .exec(&tx.conn)
        .await?;
    Ok(())
}

/// Forgets answers given before `before`, in all workspaces; how many. In transactions of [`FORGET_BATCH`] each: one
/// over a busy week would outlast its time-out, and on SQLite keep everybody else from writing.
pub async fn forget(database: &Database, before: DateTime<Utc>) -> Result<u64, StoreError> {
    let key = || [answer::Column::WorkspaceId, answer::Column::Actor, answer::Column::IdempotencyKey];
    let mut total = 0;
    loop {
        let old = Query::select()
            .columns(key())
            .from(answer::Entity)
            .and_where(answer::Column::CreatedAt.lt(before))
            .limit(FORGET_BATCH)
            .to_owned();
        let tx = database.begin_system().await?;
        let forgotten = answer::Entity::delete_many()
            .filter(Expr::tuple(key().map(Expr::col)).in_subquery(old))
            .exec(&tx.conn)
            .await?
            .rows_affected;
        tx.commit().await?;
        total += forgotten;
        if forgotten < FORGET_BATCH {
            return Ok(total);
        }
    }
}
