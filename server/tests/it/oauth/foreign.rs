//! Clients that nobody here wrote: npm's `openid-client` with `oauth4webapi`, PyPI's `authlib` with `joserfc`. Each
//! finds its way by the metadata and does every grant; the member's part is played by our visitor.

use std::io::{BufRead, BufReader, Write};
use std::process::{Command, Stdio};

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Value, json};

use super::assertions::Signer;
use super::credentials;
use super::visitor::{Delegate, Visitor, member};
use crate::support::{App, Store, Wishes, clients_node, clients_python};

/// What every library is to say. The one writes `true`, the other `True`.
const EXPECTED: &str = "\
client_secret_basic true meetings:read
introspection true
after revocation false
client_secret_post true meetings:read
introspection true
after revocation false
private_key_jwt true meetings:read
introspection true
after revocation false
authorization_code mbr_ meetings:read
refresh meetings:read true
after revocation invalid_grant
authorization_code, public mbr_ meetings:read
refresh meetings:read true
after revocation invalid_grant
";

#[tokio::test]
async fn openid_client_does_every_grant() {
    let stage = Stage::set(Store::Postgres).await;
    // Node looks for packages beside the script.
    let folder = stage.app.folder();
    std::os::unix::fs::symlink(clients_node().join("node_modules"), folder.join("node_modules")).unwrap();
    let script = folder.join("openid_client.mjs");
    std::fs::copy(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/oauth/openid_client.mjs"), &script).unwrap();
    let mut node = Command::new("node");
    node.arg(script);
    assert_eq!(stage.play(node).await, EXPECTED);
}

#[tokio::test]
async fn authlib_does_every_grant() {
    let stage = Stage::set(Store::Sqlite).await;
    let mut python = Command::new(clients_python());
    python.arg(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/oauth/authlib_grants.py"));
    let said = stage.play(python).await;
    assert_eq!(said.replace("True", "true").replace("False", "false"), EXPECTED);
}

/// An instance that is where it says it is, with one client of each kind.
struct Stage {
    app: App,
    clients: Value,
}

impl Stage {
    async fn set(store: Store) -> Self {
        // The libraries find everything from the issuer, so it has to be known before the start.
        let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let base = format!("http://{port}");
        let environment = vec![("MERIDIAN_LISTEN", port.to_string()), ("MERIDIAN_PUBLIC_URL", base.clone())];
        let app = App::start_with(store, Wishes { environment, ..Wishes::default() }).await;
        member(&app, "acme", "mia@acme.example", "meetings:read");
        let (id, secret) = credentials(&app, "partner");
        let signer = Signer::register(&app, "meetings:read");
        let delegate = Delegate::register(&app, "meetings:read", &[]);
        let open = Delegate::register(&app, "meetings:read", &["--public"]);
        let clients = json!({
            "base": base,
            "own": {"id": id, "secret": secret},
            "signer": {"id": signer.id, "key": BASE64_STANDARD.encode(&signer.pkcs8)},
            "delegate": {"id": delegate.id, "secret": delegate.secret},
            "open": {"id": open.id},
        });
        Self { app, clients }
    }

    /// Runs a script to its end; what it prints, without the lines that are meant for us. Nothing else goes on in the
    /// test's process meanwhile, so it may wait for a line.
    async fn play(&self, mut script: Command) -> String {
        script.arg(self.clients.to_string()).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = script.spawn().unwrap();
        let mut input = child.stdin.take().unwrap();
        let mut said = String::new();
        for line in BufReader::new(child.stdout.take().unwrap()).lines().map(Result::unwrap) {
            if let Some(url) = line.strip_prefix("open ") {
                writeln!(input, "{}", self.allow(url).await).unwrap();
            } else {
                said.push_str(&line);
                said.push('\n');
            }
        }
        assert!(child.wait().unwrap().success(), "{said}");
        said
    }

    /// The member's part: where the browser is sent back to.
    async fn allow(&self, url: &str) -> String {
        let (_, query) = url.split_once("/oauth/authorize?").expect("it is our authorization endpoint");
        Visitor::new(&self.app).allowed_back(query, "mia@acme.example").await
    }
}
