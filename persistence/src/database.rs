//! One face for both engines.
//!
//! SQLite: two pools on one file, a writer of one connection whose transactions begin IMMEDIATE (a deferred
//! read-then-write fails with "database is locked" under contention) and several readers that cannot write.
//! PostgreSQL: one pool; READ COMMITTED, because bookings are judged by a constraint and by row locks.

use std::time::Duration;

use domain::ids::WorkspaceId;
use migrations::{Migrator, MigratorTrait};
use sea_orm::{
    ConnectOptions, ConnectionTrait, DatabaseConnection, DbBackend, SqliteTransactionMode, TransactionOptions,
    TransactionTrait,
};
use sqlx::sqlite::{SqliteJournalMode, SqliteSynchronous};

use crate::{Reader, StoreError, SystemTx, Tx};

const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(5);
const SQLITE_READERS: u32 = 4;
/// A query that runs longer than this is cut off by PostgreSQL, so that a stuck lock cannot hold a request for ever.
const STATEMENT_TIMEOUT: &str = "15s";
const SLOW_STATEMENT: Duration = Duration::from_millis(250);
/// Whether facts are compared with their schemas when nobody asks for it.
const CHECKS_FACTS: bool = cfg!(debug_assertions);

/// A store.
#[derive(Debug, Clone)]
pub struct Database {
    writer: DatabaseConnection,
    reader: DatabaseConnection,
    checks_facts: bool,
}

/// Which engine a store runs on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Engine {
    /// A file in the process.
    Sqlite,
    /// A server.
    Postgres,
}

impl Database {
    /// Connects to `sqlite:PATH` or `postgres://…`. `connections` is the size of the PostgreSQL pool.
    pub async fn connect(url: &str, connections: u32) -> Result<Self, StoreError> {
        if url.starts_with("sqlite:") {
            let writer = sea_orm::Database::connect(sqlite(url, 1, false)).await?;
            let reader = sea_orm::Database::connect(sqlite(url, SQLITE_READERS, true)).await?;
            return Ok(Self { writer, reader, checks_facts: CHECKS_FACTS });
        }
        let pool = sea_orm::Database::connect(postgres(url, connections)).await?;
        Ok(Self { writer: pool.clone(), reader: pool, checks_facts: CHECKS_FACTS })
    }

    /// The same store, which refuses every fact that differs from its published schema. Builds for tests always do;
    /// in production it would cost every booking what a test has shown already.
    #[must_use]
    pub fn checking_facts(self) -> Self {
        Self { checks_facts: true, ..self }
    }

    /// Which engine it is.
    pub fn engine(&self) -> Engine {
        if self.writer.get_database_backend() == DbBackend::Postgres { Engine::Postgres } else { Engine::Sqlite }
    }

    /// Brings the schema up to date. On PostgreSQL under a lock, because two servers may start at once.
    pub async fn migrate(&self) -> Result<(), StoreError> {
        if self.engine() == Engine::Sqlite {
            return Ok(Migrator::up(&self.writer, None).await?);
        }
        let tx = self.writer.begin().await?;
        tx.execute_unprepared("SET LOCAL statement_timeout = 0; SELECT pg_advisory_xact_lock(7353201)").await?;
        Migrator::up(&tx, None).await?;
        Ok(tx.commit().await?)
    }

    /// Whether the schema is what this build expects.
    pub async fn is_migrated(&self) -> Result<bool, StoreError> {
        // Asked of the writer: SeaORM makes its table of migrations when it is not there yet.
        Ok(Migrator::get_pending_migrations(&self.writer).await?.is_empty())
    }

    /// Begins a transaction of one workspace.
    pub async fn begin(&self, workspace: WorkspaceId) -> Result<Tx, StoreError> {
        Ok(Tx { conn: self.begin_write().await?, workspace, checks_facts: self.checks_facts })
    }

    /// Begins a transaction over all workspaces.
    pub async fn begin_system(&self) -> Result<SystemTx, StoreError> {
        Ok(SystemTx { conn: self.begin_write().await? })
    }

    /// Reads of one workspace.
    pub fn reader(&self, workspace: WorkspaceId) -> Reader {
        Reader { conn: self.reader.clone(), workspace }
    }

    /// The connection for reads that must come before a workspace is known (a token, a connection's URL).
    pub(crate) fn unscoped(&self) -> &DatabaseConnection {
        &self.reader
    }

    /// Whether the store answers.
    pub async fn ping(&self) -> Result<(), StoreError> {
        Ok(self.reader.ping().await?)
    }

    /// Closes the connections, letting statements that run finish.
    pub async fn close(self) -> Result<(), StoreError> {
        self.reader.close().await?;
        Ok(self.writer.close().await?)
    }

    async fn begin_write(&self) -> Result<sea_orm::DatabaseTransaction, StoreError> {
        let options = TransactionOptions {
            sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate),
            ..TransactionOptions::default()
        };
        Ok(self.writer.begin_with_options(options).await?)
    }
}

fn sqlite(url: &str, connections: u32, read_only: bool) -> ConnectOptions {
    let mut options = ConnectOptions::new(url);
    options
        .max_connections(connections)
        .min_connections(1)
        .acquire_timeout(ACQUIRE_TIMEOUT.saturating_mul(6))
        .sqlx_logging(false)
        .test_before_acquire(false)
        .map_sqlx_sqlite_pool_opts(|pool| pool.idle_timeout(None).max_lifetime(None))
        .map_sqlx_sqlite_opts(move |sqlite| {
            let sqlite = sqlite
                .create_if_missing(!read_only)
                .journal_mode(SqliteJournalMode::Wal)
                .synchronous(SqliteSynchronous::Normal)
                .busy_timeout(ACQUIRE_TIMEOUT)
                .foreign_keys(true);
            if read_only { sqlite.pragma("query_only", "ON") } else { sqlite }
        });
    options
}

fn postgres(url: &str, connections: u32) -> ConnectOptions {
    let mut options = ConnectOptions::new(url);
    options
        .max_connections(connections)
        .acquire_timeout(ACQUIRE_TIMEOUT)
        .sqlx_logging(true)
        .sqlx_logging_level(tracing::log::LevelFilter::Trace)
        .sqlx_slow_statements_logging_settings(tracing::log::LevelFilter::Warn, SLOW_STATEMENT)
        .map_sqlx_postgres_opts(|postgres| {
            postgres
                .application_name("meridian")
                .options([("statement_timeout", STATEMENT_TIMEOUT), ("timezone", "UTC")])
        });
    options
}
