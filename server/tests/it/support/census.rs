//! How many rows every table has: what a refused request must not change.

use std::collections::BTreeMap;

use sqlx::postgres::{PgConnection, PgPoolOptions};
use sqlx::sqlite::{SqliteConnection, SqlitePoolOptions};
use sqlx::{AssertSqlSafe, Connection as _, query_scalar};

use super::{App, Store};

/// What a query answers in its one column, on whichever store the test is about.
macro_rules! ask {
    ($app:expr, $sql:expr) => {
        match $app.store {
            Store::Sqlite => {
                let pool = SqlitePoolOptions::new().max_connections(1).connect($app.database_url()).await.unwrap();
                query_scalar(AssertSqlSafe($sql)).fetch_all(&pool).await.unwrap()
            }
            Store::Postgres => {
                let pool = PgPoolOptions::new().max_connections(1).connect($app.database_url()).await.unwrap();
                query_scalar(AssertSqlSafe($sql)).fetch_all(&pool).await.unwrap()
            }
        }
    };
}

impl App {
    /// Rows by table.
    pub async fn census(&self) -> BTreeMap<String, i64> {
        let names = match self.store {
            Store::Sqlite => "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite%'",
            Store::Postgres => "SELECT tablename::text FROM pg_tables WHERE schemaname = 'public'",
        };
        let names: Vec<String> = ask!(self, names.to_owned());
        let count = |name: &String| format!("SELECT count(*) FROM {name}");
        let counts: Vec<i64> = ask!(self, names.iter().map(count).collect::<Vec<_>>().join(" UNION ALL "));
        let mut rows: BTreeMap<_, _> = names.into_iter().zip(counts).collect();
        // That a webhook was refused is counted.
        rows.remove("inbound_traffic");
        for table in ["meetings", "events", "answers"] {
            assert!(rows.contains_key(table), "the census looks at our tables: {rows:?}");
        }
        rows
    }

    /// Runs a statement that no Meridian would, as a person does.
    pub async fn alter(&self, sql: &'static str) {
        match self.store {
            Store::Sqlite => {
                let mut file = SqliteConnection::connect(self.database_url()).await.unwrap();
                sqlx::raw_sql(sql).execute(&mut file).await.unwrap();
            }
            Store::Postgres => {
                let mut server = PgConnection::connect(self.database_url()).await.unwrap();
                sqlx::raw_sql(sql).execute(&mut server).await.unwrap();
            }
        }
    }

    /// Everything that the event log says, as one text.
    pub async fn log_text(&self) -> String {
        let said: Vec<String> = ask!(self, "SELECT CAST(fact AS TEXT) || CAST(actor AS TEXT) FROM events".to_owned());
        said.join("\n")
    }
}
