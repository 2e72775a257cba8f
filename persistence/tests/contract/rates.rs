//! A rate from before destinations had one holds after the migration.

use std::collections::BTreeMap;

use domain::ids::EndpointId;
use domain::webhooks::endpoint::{EndpointFilter, EndpointSecrets, EndpointSettings, lifecycle};
use persistence::{Sealer, webhooks};
use sqlx::Connection as _;

use crate::store::Store;

const RATES: &str = "SELECT id, rate_per_second FROM destinations ORDER BY rate_per_second";
const BEFORE: &str = "DELETE FROM seaql_migrations WHERE version = 'm0017_endpoint_rates'";

/// Makes endpoints with these rates in the way of old, and migrates.
async fn check(store: Store) {
    let sealer = Sealer::new(&[7; 32], || [9; 24]);
    let operation = store.edge.system(store.workspace, store.edge.correlation());
    let mut ids: Vec<(String, i32)> = Vec::new();
    let tx = store.database.begin(store.workspace).await.unwrap();
    for rate in [Some(3), None, Some(900)] {
        let settings = EndpointSettings {
            url: "https://partner.example/hook".to_owned(),
            description: None,
            filter: EndpointFilter::default(),
            headers: BTreeMap::new(),
            timeout_seconds: 15,
            rate_per_second: rate,
            hours: None,
        };
        let id: EndpointId = operation.new_id();
        let made = lifecycle::create(&operation.permit().unwrap(), id, settings, operation.now).endpoint;
        let secrets = EndpointSecrets::new("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw".to_owned(), BTreeMap::new());
        webhooks::insert_endpoint(&tx, &sealer, &made, &secrets).await.unwrap();
        ids.extend(rate.map(|rate| (id.to_string(), rate)));
    }
    tx.commit().await.unwrap();
    let found: Vec<(String, i32)> = if store.url.starts_with("sqlite:") {
        let mut file = sqlx::SqliteConnection::connect(&store.url).await.unwrap();
        sqlx::raw_sql(BEFORE).execute(&mut file).await.unwrap();
        store.database.migrate().await.unwrap();
        sqlx::query_as(RATES).fetch_all(&mut file).await.unwrap()
    } else {
        let mut server = sqlx::PgConnection::connect(&store.url).await.unwrap();
        sqlx::raw_sql(BEFORE).execute(&mut server).await.unwrap();
        store.database.migrate().await.unwrap();
        sqlx::query_as(RATES).fetch_all(&mut server).await.unwrap()
    };
    assert_eq!(found, ids);
    assert!(store.database.is_migrated().await.unwrap());
}

#[tokio::test]
async fn an_old_rate_is_kept_on_sqlite() {
    check(Store::on_sqlite().await).await;
}

#[tokio::test]
async fn an_old_rate_is_kept_on_postgres() {
    check(Store::on_postgres().await).await;
}
