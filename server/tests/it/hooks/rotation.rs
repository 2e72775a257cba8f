//! Other people's signatures: two secrets at once, and the standard's own library.

use std::process::Command;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use domain::ids::{ConnectionId, EntityId};
use domain::integrations::{Connection, ConnectionSecrets, ConnectionStatus, Provider};
use persistence::Sealer;
use persistence::integrations::insert_connection;
use sandbox::DataDir;

use super::{Delivery, SCHEMES, Scheme, form_of, now};
use crate::support::{App, Store, clients_python};

/// Another form tool of Acme's, with these secrets.
async fn form_tool(app: &App, secrets: &[String]) -> String {
    let key = DataDir::open(app.folder(), false).unwrap().secret_key(|| [0; 32]).unwrap();
    let sealer = Sealer::new(&key, || [7; 24]);
    #[expect(clippy::disallowed_methods, reason = "the store is written behind the server's back")]
    let (id, created_at) = (ConnectionId::from_uuid(uuid::Uuid::now_v7()), chrono::Utc::now());
    let name = "Rotating".to_owned();
    let status = ConnectionStatus::Active;
    let connection = Connection { id, provider: Provider::Webform, name, base_url: None, status, created_at };
    let secrets = ConnectionSecrets { signing_secrets: secrets.to_vec(), ..ConnectionSecrets::default() };
    let tx = app.database.begin(app.manifest.workspaces["acme"].id).await.unwrap();
    insert_connection(&tx, &sealer, &connection, &secrets).await.unwrap();
    tx.commit().await.unwrap();
    format!("{}/hooks/{id}", app.url)
}

fn secret(byte: u8) -> String {
    format!("whsec_{}", BASE64_STANDARD.encode([byte; 32]))
}

#[tokio::test]
async fn while_a_secret_is_rotated_both_are_good_and_the_retired_one_is_not() {
    let app = App::start(Store::Sqlite).await;
    let url = form_tool(&app, &[secret(1), secret(2)]).await;
    for scheme in SCHEMES {
        for (byte, expected) in [(1, 202), (2, 202), (3, 401)] {
            let id = format!("rotated-{byte}-{}", scheme.headers()[0]);
            let delivery = Delivery::signed(url.clone(), &secret(byte), scheme, &id, form_of(&id), now());
            assert_eq!(delivery.send(&app).await.status, expected, "{id}");
        }
    }
    // A sender that rotates signs with both, the new one first.
    let new = Delivery::signed(url.clone(), &secret(3), Scheme::Standard, "both", form_of("both"), now());
    let old = Delivery::signed(url, &secret(2), Scheme::Standard, "both", form_of("both"), now());
    let both = new.change(2, |signature| format!("{signature} {}", old.headers[2].1));
    assert_eq!(both.send(&app).await.status, 202);
}

#[tokio::test]
async fn the_standard_s_own_library_signs_as_we_verify() {
    let app = App::start(Store::Sqlite).await;
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/hooks/standard_webhooks.py");
    let url = format!("{}/hooks/{}", app.url, app.manifest.hooks.connection_id);
    let mut command = Command::new(clients_python());
    command.args([script, &url, &app.manifest.hooks.signing_secret]);
    command.arg(String::from_utf8(form_of("library")).unwrap());
    let output = tokio::task::spawn_blocking(move || command.output()).await.unwrap().unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert_eq!(said.trim(), "202 401", "{}", String::from_utf8_lossy(&output.stderr));
}

#[tokio::test]
async fn the_vendors_own_libraries_still_make_the_vectors() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/..");
    let mut command = Command::new(clients_python());
    command.arg(format!("{folder}/sandbox/tests/clients/webhook_vectors.py"));
    let output = tokio::task::spawn_blocking(move || command.output()).await.unwrap().unwrap();
    let kept = std::fs::read(format!("{folder}/domain/src/webhooks/signature/vendors.json")).unwrap();
    assert!(output.stdout == kept, "write them anew: {}", String::from_utf8_lossy(&output.stderr));
}
