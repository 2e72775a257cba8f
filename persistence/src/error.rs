//! What can go wrong with a store. Texts are for our logs; callers of the API see a code.

use sea_orm::{DbErr, RuntimeErr};

/// A store did not do what it was asked.
#[derive(Debug, Clone, thiserror::Error)]
pub enum StoreError {
    /// It did not answer in time, lost the connection, or asked us to try again (40001, 40P01). Nothing was done,
    /// unless what was lost is the answer to a COMMIT: then all of it may have been. So who tries again does it under
    /// the same idempotency key, or under a claim that is checked.
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

/// The classes of SQLSTATE (PostgreSQL appendix A) that pass: connection trouble, a transaction rolled back to be tried
/// again, too few resources, an operator's intervention (shutting down, crashed, starting up).
const TRANSIENT_CLASSES: [&str; 4] = ["08", "40", "53", "57P"];
/// A transaction that stood idle for too long, and a write on a server that is a standby since a moment ago.
const TRANSIENT: [&str; 2] = ["25P03", "25006"];
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
            // A server that dies in the middle of an answer leaves a protocol error behind.
            sqlx::Error::Io(_)
                | sqlx::Error::Protocol(_)
                | sqlx::Error::PoolTimedOut
                | sqlx::Error::PoolClosed
                | sqlx::Error::Tls(_)
                | sqlx::Error::WorkerCrashed
        );
        return if transient {
            StoreError::Unavailable(cause.to_string())
        } else {
            StoreError::Failed(cause.to_string())
        };
    };
    // SQLite names the constraint in the message only.
    from_code(&error.code().unwrap_or_default(), error.message(), error.constraint().unwrap_or(error.message()))
}

fn from_code(code: &str, message: &str, constraint: &str) -> StoreError {
    // SQLite's codes are shorter numbers, and some of them begin like a class.
    let is_sqlstate = code.len() == 5;
    let is_transient = TRANSIENT.contains(&code) || TRANSIENT_CLASSES.iter().any(|class| code.starts_with(class));
    if is_sqlstate && is_transient {
        StoreError::Unavailable(message.to_owned())
    } else if BUSY.contains(&code) {
        StoreError::Busy(message.to_owned())
    } else if CONSTRAINTS.contains(&code) || SQLITE_CONSTRAINTS.contains(&code) {
        StoreError::Constraint(constraint.to_owned())
    } else {
        StoreError::Failed(message.to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What each of the codes means.
    fn check(codes: &[&str], expected: &str) {
        for code in codes {
            assert_eq!(format!("{:?}", from_code(code, "why", "name")), expected, "{code}");
        }
    }

    #[test]
    fn what_passes_by_itself_is_told_from_what_does_not() {
        let lost = ["08006", "08P01", "57P01", "57P02", "57P03"];
        check(&lost, r#"Unavailable("why")"#);
        check(&["40001", "40P01", "53100", "53200", "53300", "25P03", "25006"], r#"Unavailable("why")"#);
        check(&["55P03", "57014", "5", "6", "517"], r#"Busy("why")"#);
        check(&["23505", "23P01", "2067", "1811"], r#"Constraint("name")"#);
        // An index that is damaged, a disk that SQLite cannot use (SQLITE_IOERR_SHMLOCK), a statement that is wrong.
        check(&["XX002", "5386", "42601", ""], r#"Failed("why")"#);
    }

    #[test]
    fn a_server_that_dies_in_mid_answer_was_unavailable() {
        let check = |cause: sqlx::Error| assert!(from_sqlx(&cause).is_transient(), "{cause}");
        check(sqlx::Error::Protocol("unexpected end".to_owned()));
        check(sqlx::Error::WorkerCrashed);
        check(sqlx::Error::PoolTimedOut);
        assert!(!from_sqlx(&sqlx::Error::RowNotFound).is_transient());
    }
}
