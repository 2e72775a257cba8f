//! The tools that clients are built with take the schema as it is: Relay's compiler and GraphQL Inspector.

use std::process::Command;

use serde_json::{Value, json};

use crate::{Workshop, repository, schema, succeeded};

#[test]
fn relay_compiles_a_client() {
    let workshop = Workshop::open();
    workshop.put("schema.graphql", &schema());
    workshop.put("src/App.js", include_str!("relay/App.js"));
    workshop.put("relay.config.json", include_str!("relay/relay.config.json"));
    let mut compiler = Command::new("node");
    // Otherwise it looks for a version control system that watches the files.
    compiler.args(["node_modules/relay-compiler/cli.js", "relay.config.json"]).current_dir(workshop.path());
    succeeded("relay-compiler", &compiler.output().unwrap());
    // What only comes of a schema that follows Relay's rules: a connection that goes on, an object that is found again.
    for made in ["AppQuery", "AppMeetingsQuery", "AppMeetingQuery", "AppBookMutation", "AppEventsSubscription"] {
        let file = workshop.path().join(format!("src/__generated__/{made}.graphql.js"));
        assert!(file.is_file(), "{} is missing", file.display());
    }
}

#[test]
fn inspector_finds_nothing_wrong_with_the_apps_documents() {
    let workshop = Workshop::open();
    workshop.put("schema.graphql", &schema());
    let web = repository().join("web").canonicalize().unwrap();
    let said = workshop.run("inspect.mjs", &["schema.graphql", web.to_str().unwrap()]);
    assert!(said.starts_with("0 problems in "), "{said}");
}

/// Operators are told to give the console these scopes: one that is missing would leave a panel empty for everybody.
#[test]
fn the_console_asks_for_the_scopes_that_its_documents_need_and_no_others() {
    let workshop = Workshop::open();
    workshop.put("schema.graphql", &schema());
    let web = repository().join("web").canonicalize().unwrap();
    assert_eq!(workshop.run("console.mjs", &["schema.graphql", web.to_str().unwrap()]), "closed: \nidle: \n");
}

#[test]
fn graphiql_reads_from_the_definitions_what_a_document_asks() {
    let web = repository().join("web").canonicalize().unwrap();
    let said = Workshop::open().run("demands.mjs", &[web.to_str().unwrap()]);
    let expected = [
        json!([]),
        json!([
            {
                "at": "Query.lead", "scopes": ["contacts:read"],
                "says": ["@requiresScope(scope: [\"contacts:read\"])", "@cost(weight: \"2\")"],
            },
            { "at": "Query.host", "scopes": [], "says": ["@cost(weight: \"3\")"] },
            {
                "at": "Lead.email", "scopes": ["contacts.pii:read", "leads:read"],
                "says": ["@requiresScope(scope: [\"contacts.pii:read\", \"leads:read\"])"],
            },
        ]),
        Value::Null,
    ];
    let said: Vec<Value> = said.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(said, expected);
}
