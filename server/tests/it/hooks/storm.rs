//! A store that is away: nothing is acknowledged that is not stored, and the sender is told to come again.

use sqlx::Connection;
use sqlx::postgres::PgConnection;
use sqlx::sqlite::SqliteConnection;

use super::{Delivery, Scheme, form_of, runs};
use crate::support::{App, Store, postgres_url};

/// The sender's part: refused while the store is away, taken when it is back, once.
async fn send_again(app: &App, delivery: &Delivery) {
    let taken = delivery.send(app).await;
    assert_eq!(taken.status, 202, "{}", taken.text);
    assert_eq!(taken.body["duplicate"], false, "what was refused before was not stored");
    assert_eq!(runs(app).await, 2);
}

/// One before the storm: everything runs, and will have to notice that the store is away.
async fn fair_weather(app: &App) {
    let taken = Delivery::new(app, Scheme::Standard, "before", form_of("before")).send(app).await;
    assert_eq!((taken.status.as_u16(), runs(app).await), (202, 1));
}

async fn refused(app: &App, delivery: &Delivery) {
    let refused = delivery.send(app).await;
    assert_eq!((refused.status.as_u16(), refused.header("retry-after")), (503, "1"), "{}", refused.text);
    let error = &refused.body["errors"][0];
    assert_eq!((&error["code"], &error["retryable"]), (&"UNAVAILABLE".into(), &true.into()));
}

#[tokio::test]
async fn a_file_that_somebody_else_has_locked() {
    let app = App::start(Store::Sqlite).await;
    fair_weather(&app).await;
    let delivery = Delivery::new(&app, Scheme::Standard, "locked-out", form_of("locked"));
    let mut other = SqliteConnection::connect(app.database_url()).await.unwrap();
    sqlx::raw_sql("BEGIN IMMEDIATE").execute(&mut other).await.unwrap();
    refused(&app, &delivery).await;
    sqlx::raw_sql("ROLLBACK").execute(&mut other).await.unwrap();
    send_again(&app, &delivery).await;
}

#[tokio::test]
async fn a_server_that_lets_nobody_in() {
    let app = App::start(Store::Postgres).await;
    fair_weather(&app).await;
    let delivery = Delivery::new(&app, Scheme::Standard, "locked-out", form_of("locked"));
    let (_, name) = app.database_url().rsplit_once('/').unwrap();
    let mut admin = PgConnection::connect(&postgres_url()).await.unwrap();
    let mut administer = async |sql: String| {
        sqlx::raw_sql(sqlx::AssertSqlSafe(sql)).execute(&mut admin).await.unwrap();
    };
    // In two transactions: while the first is not committed, those that are ended come back.
    administer(format!("ALTER DATABASE {name} WITH ALLOW_CONNECTIONS false")).await;
    administer(format!("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'")).await;
    refused(&app, &delivery).await;
    administer(format!("ALTER DATABASE {name} WITH ALLOW_CONNECTIONS true")).await;
    send_again(&app, &delivery).await;
}
