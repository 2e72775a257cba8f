//! How many rows every table has: what a refused request must not change.

use std::collections::BTreeMap;

use sqlx::sqlite::SqlitePoolOptions;

use super::{App, Store};

impl App {
    /// Rows by table. Only of a SQLite store, which is a file that a second reader costs nothing.
    pub async fn census(&self) -> BTreeMap<String, i64> {
        assert_eq!(self.store, Store::Sqlite);
        let pool = SqlitePoolOptions::new().max_connections(1).connect(self.database_url()).await.unwrap();
        let names = "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite%'";
        let names: Vec<String> = sqlx::query_scalar(names).fetch_all(&pool).await.unwrap();
        let mut rows = BTreeMap::new();
        for name in names {
            let count = sqlx::AssertSqlSafe(format!("SELECT count(*) FROM {name}"));
            rows.insert(name, sqlx::query_scalar(count).fetch_one(&pool).await.unwrap());
        }
        assert!(rows["meetings"] >= 0 && rows["events"] >= 0 && rows["answers"] >= 0);
        rows
    }

    /// Everything that the event log says, as one text. Only of a SQLite store.
    pub async fn log_text(&self) -> String {
        assert_eq!(self.store, Store::Sqlite);
        let pool = SqlitePoolOptions::new().max_connections(1).connect(self.database_url()).await.unwrap();
        let rows: Vec<String> = sqlx::query_scalar("SELECT CAST(fact AS TEXT) || CAST(actor AS TEXT) FROM events")
            .fetch_all(&pool)
            .await
            .unwrap();
        rows.join("\n")
    }
}
