//! GraphQL as others understand it: npm's `graphql-http` audits the transport, and clients that nobody here wrote do
//! what clients do.

mod streams;

use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::{Value, json};

use crate::support::{App, Store, graphql_node, graphql_python};
use crate::target::Target;

/// What every client is to say. JavaScript writes `true`, Python `True`.
const EXPECTED: &str = "\
query true
refused GRAPHQL_VALIDATION_FAILED
mutation NO_SHOW
subscription meeting_outcome true NO_SHOW
";

/// One of our scripts for Node, beside the packages from npm.
pub fn node_script(app: &App, script: &str) -> Command {
    let folder = app.folder();
    let packages = folder.join("node_modules");
    if !packages.exists() {
        std::os::unix::fs::symlink(graphql_node().join("node_modules"), &packages).unwrap();
    }
    let copy = folder.join(script);
    std::fs::copy(source(script), &copy).unwrap();
    let mut node = Command::new("node");
    node.arg(copy);
    node
}

fn source(script: &str) -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/conformance").join(script)
}

/// Runs a script to its end; what it prints. The test's own process has things to serve meanwhile.
pub async fn play(mut script: Command, given: &Value) -> String {
    script.arg(given.to_string()).stdin(Stdio::null()).stderr(Stdio::inherit());
    let ended = tokio::task::spawn_blocking(move || script.output().unwrap()).await.unwrap();
    let said = String::from_utf8(ended.stdout).unwrap();
    assert!(ended.status.success(), "{said}");
    said
}

/// What a script needs to know, about a meeting that was booked.
async fn given(app: &App) -> Value {
    let target = Target::arrive(app).await;
    let admin = app.as_persona("admin");
    json!({
        "url": format!("{}/graphql", app.url),
        "token": admin.token().await,
        "clientId": app.manifest.personas["admin"].client_id,
        "meeting": target.meeting,
        "after": target.cursor,
    })
}

#[tokio::test]
async fn all_audits_of_graphql_http_pass() {
    let app = App::start(Store::Sqlite).await;
    let given = json!({"url": format!("{}/graphql", app.url), "token": app.as_persona("admin").token().await});
    assert_eq!(play(node_script(&app, "audit.mjs"), &given).await, "61 of 61 audits passed\n");
}

/// What graphql-js takes and we refuse, or the other way round.
const DIFFERENCES: &str = "\
a text with an escape of braces: refused
a variable given null that has a default: refused
a variable in a directive on the name of a type: refused
";

#[tokio::test]
async fn documents_are_taken_and_refused_as_graphql_js_does() {
    let app = App::start(Store::Sqlite).await;
    let given = json!({
        "url": format!("{}/graphql", app.url),
        "token": app.as_persona("admin").token().await,
        "schema": concat!(env!("CARGO_MANIFEST_DIR"), "/../schema.graphql"),
        "documents": source("documents.graphql"),
    });
    let count = include_str!("conformance/documents.graphql").lines().filter(|line| line.starts_with("### ")).count();
    let expected = format!("{DIFFERENCES}{count} documents\n");
    assert_eq!(play(node_script(&app, "documents.mjs"), &given).await, expected);
}

async fn check(client: &str, store: Store) {
    let app = App::start(store).await;
    let mut given = given(&app).await;
    given["client"] = client.into();
    assert_eq!(play(node_script(&app, "clients.mjs"), &given).await, EXPECTED, "{client}");
}

#[tokio::test]
async fn graphql_ws_does_everything() {
    check("graphql-ws", Store::Sqlite).await;
}

#[tokio::test]
async fn graphql_sse_does_everything() {
    check("graphql-sse", Store::Sqlite).await;
}

#[tokio::test]
async fn urql_does_everything() {
    check("urql", Store::Postgres).await;
    check("urql over sse", Store::Sqlite).await;
}

#[tokio::test]
async fn apollo_does_everything() {
    check("apollo", Store::Sqlite).await;
}

#[tokio::test]
async fn gql_of_python_does_everything() {
    let app = App::start(Store::Postgres).await;
    let given = given(&app).await;
    let mut python = Command::new(graphql_python());
    python.arg(source("gql_client.py"));
    assert_eq!(play(python, &given).await.replace("True", "true"), EXPECTED);
}
