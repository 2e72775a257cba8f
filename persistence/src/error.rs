//! What can go wrong with a store. Texts are for our logs; callers of the API see a code.

use sea_orm::{DbErr, RuntimeErr};

/// A store did not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// It did not answer in time, lost the connection, or asked us to try again (40001, 40P01). Nothing was done.
    #[error("the store is unavailable: {0}")]
    Unavailable(String),
    /// It waited too long for somebody else's lock (55P03, 57014, SQLITE_BUSY). Nothing was done.
    #[error("the store was busy: {0}")]
    Busy(String),
    /// Two transactions met; the named constraint decided against ours.
    #[error("constraint {0} refused the write")]
    Constraint(String),
    /// What was read cannot be what we wrote.
    #[error("a stored value is damaged: {0}")]
    Damaged(String),
    /// Anything else.
    #[error("the store failed: {0}")]
    Failed(String),
}

impl StoreError {
    /// Whether the same work can succeed when it is done again from the start.
    pub fn is_transient(&self) -> bool {
        matches!(self, Self::Unavailable(_) | Self::Busy(_))
    }
}

/// Serialization failure, deadlock, shutting down, starting up, too many connections (PostgreSQL appendix A).
const TRANSIENT: [&str; 5] = ["40001", "40P01", "57P01", "57P03", "53300"];
/// Lock not available, query cancelled by a timeout; SQLITE_BUSY, SQLITE_LOCKED and SQLITE_BUSY_SNAPSHOT
/// (<https://www.sqlite.org/rescode.html>).
const BUSY: [&str; 5] = ["55P03", "57014", "5", "6", "517"];
/// Unique, exclusion, check and foreign-key violations.
const CONSTRAINTS: [&str; 4] = ["23505", "23P01", "23514", "23503"];
/// SQLITE_CONSTRAINT_UNIQUE, _PRIMARYKEY, _TRIGGER, _CHECK, _FOREIGNKEY.
const SQLITE_CONSTRAINTS: [&str; 5] = ["2067", "1555", "1811", "275", "787"];

impl From<DbErr> for StoreError {
    fn from(error: DbErr) -> Self {
        match error {
            DbErr::ConnectionAcquire(_) | DbErr::Conn(_) => Self::Unavailable(error.to_string()),
            DbErr::Exec(RuntimeErr::SqlxError(ref cause)) | DbErr::Query(RuntimeErr::SqlxError(ref cause)) => {
                from_sqlx(cause)
            }
            DbErr::Json(_) | DbErr::Type(_) => Self::Damaged(error.to_string()),
            _ => Self::Failed(error.to_string()),
        }
    }
}

fn from_sqlx(cause: &sqlx::Error) -> StoreError {
    let sqlx::Error::Database(error) = cause else {
        let transient = matches!(
            cause,
            sqlx::Error::Io(_) | sqlx::Error::PoolTimedOut | sqlx::Error::PoolClosed | sqlx::Error::Tls(_)
        );
        return if transient {
            StoreError::Unavailable(cause.to_string())
        } else {
            StoreError::Failed(cause.to_string())
        };
    };
    let code = error.code().unwrap_or_default();
    let code = code.as_ref();
    if TRANSIENT.contains(&code) {
        StoreError::Unavailable(error.message().to_owned())
    } else if BUSY.contains(&code) {
        StoreError::Busy(error.message().to_owned())
    } else if CONSTRAINTS.contains(&code) || SQLITE_CONSTRAINTS.contains(&code) {
        // SQLite names the constraint in the message only.
        StoreError::Constraint(error.constraint().unwrap_or_else(|| error.message()).to_owned())
    } else {
        StoreError::Failed(error.message().to_owned())
    }
}
