//! The keys that sign access tokens: shared by every server of an instance, sealed at rest.

use chrono::{DateTime, Utc};
use domain::workspaces::KeyTerm;
use sea_orm::entity::prelude::*;
use sea_orm::sea_query::{Expr, ExprTrait};
use sea_orm::{ActiveModelTrait, ConnectionTrait, DbBackend, IntoActiveModel, QueryOrder};

use crate::{Database, Sealer, StoreError, SystemTx};

pub(super) mod signing_key {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "signing_keys")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub kid: String,
        pub sealed: Vec<u8>,
        pub created_at: DateTimeUtc,
        pub signs_from: Option<DateTimeUtc>,
        pub retires_at: Option<DateTimeUtc>,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// A key pair.
#[derive(Clone)]
pub struct SigningKey {
    /// Key id (RFC 7517 §4.5).
    pub kid: String,
    /// The private key, PKCS#8 DER (RFC 5958).
    pub pkcs8: Vec<u8>,
    /// From when it signs, and until when it is known.
    pub term: KeyTerm,
}

impl std::fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "SigningKey({})", self.kid)
    }
}

fn place(kid: &str) -> String {
    format!("signing_keys/{kid}")
}

/// Every key, oldest first.
pub async fn signing_keys(database: &Database, sealer: &Sealer) -> Result<Vec<SigningKey>, StoreError> {
    let rows =
        signing_key::Entity::find().order_by_asc(signing_key::Column::CreatedAt).all(database.unscoped()).await?;
    rows.into_iter()
        .map(|row| {
            // Keys from before there were terms sign since they were made.
            let signs_from = row.signs_from.unwrap_or(row.created_at);
            let term = KeyTerm { signs_from, retires_at: row.retires_at };
            Ok(SigningKey { pkcs8: sealer.open(&place(&row.kid), &row.sealed)?, kid: row.kid, term })
        })
        .collect()
}

/// Stores the instance's first key, unless it has one: of several servers that start at once, one finds none.
pub async fn store_first_signing_key(
    database: &Database,
    sealer: &Sealer,
    key: &SigningKey,
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    let tx = database.begin_system().await?;
    lock_signing_keys(&tx).await?;
    if signing_key::Entity::find().one(&tx.conn).await?.is_some() {
        return Ok(());
    }
    insert_signing_key(&tx, sealer, key, now).await?;
    tx.commit().await
}

/// Keeps others from making or retiring keys until the transaction ends.
pub async fn lock_signing_keys(tx: &SystemTx) -> Result<(), StoreError> {
    if tx.conn.get_database_backend() == DbBackend::Postgres {
        tx.conn.execute_unprepared("LOCK TABLE signing_keys IN EXCLUSIVE MODE").await?;
    }
    Ok(())
}

/// Stores a key.
pub async fn insert_signing_key(
    tx: &SystemTx,
    sealer: &Sealer,
    key: &SigningKey,
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    let row = signing_key::Model {
        kid: key.kid.clone(),
        sealed: sealer.seal(&place(&key.kid), &key.pkcs8)?,
        created_at: now,
        signs_from: Some(key.term.signs_from),
        retires_at: key.term.retires_at,
    };
    signing_key::Entity::insert(row.into_active_model().reset_all()).exec_without_returning(&tx.conn).await?;
    Ok(())
}

/// Lets every key retire at this moment that would not do so earlier.
pub async fn retire_signing_keys(tx: &SystemTx, at: DateTime<Utc>) -> Result<(), StoreError> {
    let later = signing_key::Column::RetiresAt.is_null().or(signing_key::Column::RetiresAt.gt(at));
    signing_key::Entity::update_many()
        .col_expr(signing_key::Column::RetiresAt, Expr::value(at))
        .filter(later)
        .exec(&tx.conn)
        .await?;
    Ok(())
}
