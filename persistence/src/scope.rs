//! What a query may touch: one workspace, in a transaction or in a reader.

use domain::ids::WorkspaceId;
use sea_orm::{ConnectionTrait, DatabaseConnection, DatabaseTransaction, DbBackend, Statement};

use crate::StoreError;

/// A leader that does not continue its transaction keeps everybody waiting, so it is ended sooner than others are. A
/// process that was only slow finds its batch undone and takes it up again.
const LEADER_IDLE_TIMEOUT: &str = "5s";

/// Bound to one workspace. Implemented by [`Tx`] and [`Reader`] and by nothing else.
pub trait Scope: Send + Sync + sealed::Conn {
    /// The workspace that every query through this scope is limited to.
    fn workspace(&self) -> WorkspaceId;
}

pub(crate) mod sealed {
    use sea_orm::ConnectionTrait;

    /// Keeps SeaORM out of the public face of [`super::Scope`].
    pub trait Conn {
        type Conn: ConnectionTrait + Send + Sync;
        fn conn(&self) -> &Self::Conn;
    }
}

/// Reads of one workspace, each statement for itself.
#[derive(Debug, Clone)]
pub struct Reader {
    pub(crate) conn: DatabaseConnection,
    pub(crate) workspace: WorkspaceId,
}

/// A transaction of one workspace. Dropped without [`Tx::commit`] it is rolled back.
#[derive(Debug)]
pub struct Tx {
    pub(crate) conn: DatabaseTransaction,
    pub(crate) workspace: WorkspaceId,
    /// Whether a fact is compared with its published schema before it is written.
    pub(crate) checks_facts: bool,
}

/// A transaction over all workspaces of a store: for the relay, the lanes and start-up, and for nothing else.
#[derive(Debug)]
pub struct SystemTx {
    pub(crate) conn: DatabaseTransaction,
}

impl Tx {
    /// Makes everything done in this transaction true, or nothing.
    pub async fn commit(self) -> Result<(), StoreError> {
        Ok(self.conn.commit().await?)
    }

    /// Takes locks on names until the transaction ends, so that two writers who would create the same thing meet
    /// here. Names are sorted first: two transactions with overlapping sets cannot deadlock. On SQLite writers are
    /// serial already.
    pub async fn lock_names(&self, names: &[String]) -> Result<(), StoreError> {
        if self.conn.get_database_backend() != DbBackend::Postgres {
            return Ok(());
        }
        let mut names: Vec<String> = names.iter().map(|name| format!("{}/{name}", self.workspace)).collect();
        names.sort_unstable();
        names.dedup();
        // One statement for all: the elements come, and are locked, in the order of the array.
        let sql = "SELECT pg_advisory_xact_lock(hashtextextended(name, 0)) FROM jsonb_array_elements_text($1) AS name";
        let names = serde_json::Value::from(names);
        self.conn.execute_raw(Statement::from_sql_and_values(DbBackend::Postgres, sql, [names.into()])).await?;
        Ok(())
    }
}

impl SystemTx {
    /// Makes everything done in this transaction true, or nothing.
    pub async fn commit(self) -> Result<(), StoreError> {
        Ok(self.conn.commit().await?)
    }

    /// Takes the named lock if nobody has it; it is held until the transaction ends, which it does by itself where its
    /// process freezes or its machine is gone. SQLite has one writer, who is by that alone the only one.
    pub async fn try_lock(&self, name: &str) -> Result<bool, StoreError> {
        if self.conn.get_database_backend() != DbBackend::Postgres {
            return Ok(true);
        }
        let sql = "SELECT set_config('idle_in_transaction_session_timeout', $2, true), \
                   pg_try_advisory_xact_lock(hashtextextended($1, 0)) AS taken";
        let values = [name.into(), LEADER_IDLE_TIMEOUT.into()];
        let row = self
            .conn
            .query_one_raw(Statement::from_sql_and_values(DbBackend::Postgres, sql, values))
            .await?
            .ok_or_else(|| StoreError::Failed("no answer to a lock".to_owned()))?;
        Ok(row.try_get("", "taken")?)
    }
}

impl sealed::Conn for Reader {
    type Conn = DatabaseConnection;
    fn conn(&self) -> &DatabaseConnection {
        &self.conn
    }
}

impl Scope for Reader {
    fn workspace(&self) -> WorkspaceId {
        self.workspace
    }
}

impl sealed::Conn for Tx {
    type Conn = DatabaseTransaction;
    fn conn(&self) -> &DatabaseTransaction {
        &self.conn
    }
}

impl Scope for Tx {
    fn workspace(&self) -> WorkspaceId {
        self.workspace
    }
}
