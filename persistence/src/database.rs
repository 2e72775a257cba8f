//! One face for both engines.
//!
//! SQLite: two pools on one file, a writer of one connection whose transactions begin IMMEDIATE (a deferred
//! read-then-write fails with "database is locked" under contention) and several readers that cannot write.
//! PostgreSQL: one pool; READ COMMITTED, because bookings are judged by a constraint and by row locks.

use std::time::Duration;

use domain::ids::WorkspaceId;
use migrations::{Migrator, MigratorTrait};
use sea_orm::{
    ConnectOptions, ConnectionTrait, DatabaseConnection, DbBackend, DbErr, SqliteTransactionMode, TransactionOptions,
    TransactionTrait,
};
use sqlx::Connection;
use sqlx::sqlite::{SqliteJournalMode, SqliteSynchronous};

use crate::{Reader, StoreError, SystemTx, Tx};

const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(5);
const SQLITE_READERS: u32 = 4;
/// A query that runs longer than this is cut off by PostgreSQL, so that a stuck lock cannot hold a request for ever.
const STATEMENT_TIMEOUT: &str = "15s";
/// A wait for somebody's lock ends sooner than the wait for a connection does: those who queue for one row must not
/// take the whole pool from those who do not.
const LOCK_TIMEOUT: &str = "4s";
/// A transaction that nobody continues is ended: its process is stopped or its machine is gone, and others wait for
/// its locks. No transaction of ours waits for anything but the store.
const IDLE_IN_TRANSACTION_TIMEOUT: &str = "15s";
/// When the server asks whether a silent peer is still there, how often, and after how many unanswered questions it
/// is taken for gone: 25 s in all instead of the platform's two hours.
const KEEPALIVES: [(&str, &str); 3] =
    [("tcp_keepalives_idle", "10"), ("tcp_keepalives_interval", "5"), ("tcp_keepalives_count", "3")];
/// A connection that was idle for longer is asked whether it is still one, before it is used. No server restarts in less.
const IDLE_UNASKED: Duration = Duration::from_millis(10);
/// Statements that a connection keeps prepared: more than the worker has.
const STATEMENTS_KEPT: usize = 256;
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
        let patient = "SET LOCAL statement_timeout = 0; SET LOCAL lock_timeout = 0";
        tx.execute_unprepared(&format!("{patient}; SELECT pg_advisory_xact_lock(7353201)")).await?;
        Migrator::up(&tx, None).await?;
        Ok(tx.commit().await?)
    }

    /// Whether the schema is what this build expects, neither older nor newer: a newer one may have dropped what this
    /// build reads. It only reads, so the database's user need not be one who may create tables.
    pub async fn is_migrated(&self) -> Result<bool, StoreError> {
        match Migrator::get_pending_migrations_read_only(&self.reader).await {
            Ok(pending) => Ok(pending.is_empty()),
            // SeaORM's word for steps in the store that this build does not have.
            Err(DbErr::Custom(_)) => Ok(false),
            Err(error) => Err(error.into()),
        }
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
        .test_before_acquire(false)
        .map_sqlx_postgres_pool_opts(|pool| {
            // A server that was restarted must not cost as many requests as there are connections. Under load
            // connections are in use again at once, and asking each time would double the ways to the server.
            pool.before_acquire(|connection, known| {
                Box::pin(async move {
                    if known.idle_for >= IDLE_UNASKED {
                        connection.ping().await?;
                    }
                    Ok(true)
                })
            })
        })
        .map_sqlx_postgres_opts(|postgres| {
            postgres
                .application_name("meridian")
                .statement_cache_capacity(STATEMENTS_KEPT)
                .options([
                    ("statement_timeout", STATEMENT_TIMEOUT),
                    ("lock_timeout", LOCK_TIMEOUT),
                    ("idle_in_transaction_session_timeout", IDLE_IN_TRANSACTION_TIMEOUT),
                    ("timezone", "UTC"),
                ])
                .options(KEEPALIVES)
        });
    options
}
