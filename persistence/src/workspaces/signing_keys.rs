//! The keys that sign access tokens: shared by every server of an instance, sealed at rest.

use chrono::{DateTime, Utc};
use sea_orm::entity::prelude::*;
use sea_orm::{ActiveModelTrait, ConnectionTrait, DbBackend, IntoActiveModel, QueryOrder};

use crate::{Database, Sealer, StoreError};

mod signing_key {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "signing_keys")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub kid: String,
        pub sealed: Vec<u8>,
        pub created_at: DateTimeUtc,
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
        .map(|row| Ok(SigningKey { pkcs8: sealer.open(&place(&row.kid), &row.sealed)?, kid: row.kid }))
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
    if tx.conn.get_database_backend() == DbBackend::Postgres {
        tx.conn.execute_unprepared("LOCK TABLE signing_keys IN EXCLUSIVE MODE").await?;
    }
    if signing_key::Entity::find().one(&tx.conn).await?.is_some() {
        return Ok(());
    }
    let row = signing_key::Model {
        kid: key.kid.clone(),
        sealed: sealer.seal(&place(&key.kid), &key.pkcs8)?,
        created_at: now,
    };
    signing_key::Entity::insert(row.into_active_model().reset_all()).exec_without_returning(&tx.conn).await?;
    tx.commit().await
}
