//! What went wrong inside stays inside: the caller gets a code, the log the cause.

use serde_json::{Value, json};
use sqlx::Connection;
use sqlx::postgres::PgConnection;
use sqlx::sqlite::SqliteConnection;

use crate::support::{App, Store, Wishes};

/// Spoils the store behind the server's back.
async fn spoil(app: &App, statement: &'static str) {
    match app.store {
        Store::Sqlite => {
            let mut other = SqliteConnection::connect(app.database_url()).await.unwrap();
            sqlx::raw_sql(statement).execute(&mut other).await.unwrap();
        }
        Store::Postgres => {
            let mut other = PgConnection::connect(app.database_url()).await.unwrap();
            sqlx::raw_sql(statement).execute(&mut other).await.unwrap();
        }
    }
}

both_stores!(an_error_of_the_database_tells_nothing, async |app: App| {
    let admin = app.as_persona("admin");
    spoil(&app, "ALTER TABLE contacts RENAME TO nothing_here").await;
    spoil(&app, "ALTER TABLE meetings RENAME TO nothing_there").await;
    for document in ["{ contacts { nodes { id } } }", "{ meetings { edges { cursor } } }"] {
        let reply = admin.gql_response(document, json!({})).await;
        let error = &reply.body["errors"][0];
        let code = error["extensions"]["code"].as_str().unwrap_or_else(|| panic!("{document}: {}", reply.text));
        assert!(matches!(code, "INTERNAL" | "UNAVAILABLE"), "{}", reply.text);
        let said = error.to_string().to_lowercase();
        for word in ["table", "select", "sqlx", "sqlite", "postgres", "no such", "exist", "panick", ".rs"] {
            assert!(!said.contains(word), "{word}: {said}");
        }
        assert_eq!(error["extensions"]["correlationId"], reply.body["extensions"]["correlationId"]);
    }
});

#[tokio::test]
async fn the_schema_tells_about_itself_where_it_may() {
    let ask = async |settings: &[(&'static str, &str)], document: &str| {
        let environment = settings.iter().map(|(name, value)| (*name, (*value).to_owned())).collect();
        let app = App::start_with(Store::Sqlite, Wishes { environment, ..Wishes::default() }).await;
        app.as_persona("admin").gql_response(document, json!({})).await
    };
    let schema = "{ __schema { queryType { name } } __type(name: \"Contact\") { name } viewer { __typename } }";
    let shut = ask(&[("MERIDIAN_LIMITS__INTROSPECTION", "false")], schema).await;
    assert_eq!((&shut.body["data"]["__schema"], &shut.body["data"]["__type"]), (&Value::Null, &Value::Null));
    assert_eq!(shut.body["data"]["viewer"]["__typename"], "Viewer", "{}", shut.text);
    let open = ask(&[], schema).await;
    assert_eq!(open.body["data"]["__schema"]["queryType"]["name"], "Query", "{}", open.text);

    let misspelt = "{ viewr { clientId } }";
    let quiet = ask(&[], misspelt).await;
    assert_eq!(quiet.body["errors"][0]["message"], Value::from("Unknown field \"viewr\" on type \"Query\"."));
    let helpful = ask(&[("MERIDIAN_LIMITS__SUGGESTIONS", "true")], misspelt).await;
    let message = helpful.body["errors"][0]["message"].as_str().unwrap();
    assert!(message.contains("viewer"), "{message}");
}

#[tokio::test]
async fn the_schema_is_published_where_it_may_be_asked_for() {
    for (allowed, status) in [("true", 200), ("false", 404)] {
        let environment = vec![("MERIDIAN_LIMITS__INTROSPECTION", allowed.to_owned())];
        let app = App::start_with(Store::Sqlite, Wishes { environment, ..Wishes::default() }).await;
        let request = app.http.get(format!("{}/schema.graphql", app.url));
        let answer = request.bearer_auth(app.as_persona("admin").token().await).send().await.unwrap();
        assert_eq!(answer.status().as_u16(), status);
    }
}
