//! The vendors' own client libraries, unmodified, against our fakes: what they accept is what a fake must be.

#![expect(clippy::expect_used, reason = "a test ends where its stage cannot be set")]

use std::process::Command;

use chrono::{DateTime, Utc};
use domain::ids::IdSource;
use domain::operation::Edge;
use sandbox::fakes::hubspot::{self, HubSpotFake, Owner, Settings};
use tokio::net::TcpListener;
use uuid::Uuid;

/// The Python that has `clients/requirements.txt`. A missing one is a failure: a skipped conformance test is none.
fn python() -> String {
    #[expect(clippy::disallowed_methods, reason = "a test has no configuration but its environment")]
    let python = std::env::var("MERIDIAN_CLIENTS_PYTHON");
    python.expect("MERIDIAN_CLIENTS_PYTHON is not set; run `cargo xtask test`, which provisions the official clients")
}

#[tokio::test(flavor = "multi_thread")]
async fn hubspot_s_python_client_is_at_home() {
    let now: DateTime<Utc> = "2026-11-02T08:00:00Z".parse().unwrap();
    let olive = Owner {
        id: "7001".to_owned(),
        email: "olive@example.com".to_owned(),
        first_name: "Olive".to_owned(),
        last_name: "Owner".to_owned(),
    };
    let settings = Settings { owners: vec![olive], ..Settings::new("token-of-the-test") };
    let fake = HubSpotFake::open(settings, Edge::new(move || now, IdSource::new(|_| Uuid::nil()))).unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(hubspot::serve(listener, fake, std::future::pending()));

    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/clients/hubspot_conformance.py");
    let mut client = Command::new(python());
    client.args([script, &url, "token-of-the-test"]);
    let output = tokio::task::spawn_blocking(move || client.output()).await.unwrap().expect("the interpreter starts");
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{said}\n{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(said.trim(), "conforms");
}
