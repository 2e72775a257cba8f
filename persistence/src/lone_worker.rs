//! At most one worker on an SQLite file: it gives up the claims of its predecessor when it starts, so a second one would
//! take deliveries out of the first one's hands.

use std::fs::{File, TryLockError};
use std::path::PathBuf;

use sea_orm::{ConnectionTrait, Statement};

use crate::{Database, Engine, StoreError};

/// Held for as long as a worker runs. The system lets go of it when the process ends, however it ends.
#[derive(Debug)]
pub struct LoneWorker(#[expect(dead_code, reason = "what counts is that it is open")] Option<File>);

/// Becomes the only worker of an SQLite file; `None` when there is one already. PostgreSQL's share the work.
pub async fn become_lone_worker(database: &Database) -> Result<Option<LoneWorker>, StoreError> {
    let Some(path) = lock_file(database).await? else { return Ok(Some(LoneWorker(None))) };
    let failed = |error: std::io::Error| StoreError::Failed(format!("{}: {error}", path.display()));
    let file = File::options().create(true).truncate(false).write(true).open(&path).map_err(failed)?;
    match file.try_lock() {
        Ok(()) => Ok(Some(LoneWorker(Some(file)))),
        Err(TryLockError::WouldBlock) => Ok(None),
        Err(TryLockError::Error(error)) => Err(failed(error)),
    }
}

/// Beside the database's file; `None` where there is no file.
async fn lock_file(database: &Database) -> Result<Option<PathBuf>, StoreError> {
    if database.engine() == Engine::Postgres {
        return Ok(None);
    }
    let store = database.unscoped();
    let asked = Statement::from_string(
        store.get_database_backend(),
        "SELECT file FROM pragma_database_list WHERE name = 'main'",
    );
    let file: Option<String> = store.query_one_raw(asked).await?.map(|row| row.try_get("", "file")).transpose()?;
    Ok(file.filter(|file| !file.is_empty()).map(|file| PathBuf::from(file + "-worker")))
}
