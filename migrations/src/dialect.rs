//! How each engine spells the type words of the steps.

use sea_orm_migration::prelude::*;
use sea_orm_migration::sea_orm::{ConnectionTrait, DbBackend};

/// Runs the statements of `sql` in the engine's spelling.
pub async fn run(manager: &SchemaManager<'_>, sql: &str) -> Result<(), DbErr> {
    let connection = manager.get_connection();
    let statement = spell(sql, connection.get_database_backend());
    connection.execute_unprepared(&statement).await.map(|_| ())
}

/// Runs statements that only PostgreSQL has.
pub async fn run_on_postgres(manager: &SchemaManager<'_>, sql: &str) -> Result<(), DbErr> {
    run_on(manager, DbBackend::Postgres, sql).await
}

/// Runs statements that only SQLite has.
pub async fn run_on_sqlite(manager: &SchemaManager<'_>, sql: &str) -> Result<(), DbErr> {
    run_on(manager, DbBackend::Sqlite, sql).await
}

async fn run_on(manager: &SchemaManager<'_>, backend: DbBackend, sql: &str) -> Result<(), DbErr> {
    let connection = manager.get_connection();
    if connection.get_database_backend() == backend {
        connection.execute_unprepared(sql).await?;
    }
    Ok(())
}

fn spell(sql: &str, backend: DbBackend) -> String {
    // SQLite's names are those that SeaQuery writes, so that values read back in the types they were written in.
    let words: [(&str, &str, &str); 7] = [
        ("{uuid}", "uuid", "uuid_text"),
        ("{json}", "jsonb", "json_text"),
        ("{instant}", "timestamptz", "timestamp_with_timezone_text"),
        ("{bytes}", "bytea", "blob"),
        ("{bool}", "boolean", "boolean"),
        // Text that is walked in order: by its bytes on both engines, whatever the language of the database.
        ("{key}", "text COLLATE \"C\"", "text"),
        ("{serial}", "bigserial PRIMARY KEY", "integer PRIMARY KEY AUTOINCREMENT"),
    ];
    words.iter().fold(sql.to_owned(), |text, (word, postgres, sqlite)| {
        text.replace(word, if backend == DbBackend::Postgres { postgres } else { sqlite })
    })
}
