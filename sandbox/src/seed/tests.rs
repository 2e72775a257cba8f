//! A seeded sandbox is whole, and stays as it is when it is started again.

use std::sync::atomic::{AtomicU64, Ordering};

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use commands::Outcome;
use commands::contacts::{Processed, SubmitForm, submit_form};
use domain::contacts::EmailAddress;
use domain::ids::IdSource;
use domain::routing::Outcome as Routed;
use domain::webhooks::{FormSubmission, SigningSecret};
use domain::workspaces::ClientCredential;
use domain::workspaces::Host;
use persistence::Database;
use persistence::availability::{all_hosts, all_meeting_types};
use persistence::bus::Bus;
use persistence::workspaces::{find_client, lock_member};
use serde_json::{Value, json};

use super::*;

/// A sandbox in a folder of its own. Clock and ids are the test's.
struct Yard {
    folder: tempfile::TempDir,
    dir: DataDir,
    stores: Stores,
    sealer: Sealer,
    edge: Edge,
}

static DRAWN: AtomicU64 = AtomicU64::new(1);

fn draw() -> [u8; 32] {
    let mut bytes = [0; 32];
    bytes[..8].copy_from_slice(&DRAWN.fetch_add(1, Ordering::Relaxed).to_be_bytes());
    bytes
}

fn client_secret() -> ClientSecret {
    let text = format!("the-only-secret-{}", draw()[7]);
    ClientSecret { digest: text.as_bytes().to_vec(), text }
}

fn signing_secret() -> String {
    format!("whsec_{}", BASE64_STANDARD.encode(draw()))
}

impl Yard {
    async fn new() -> Self {
        Self::open(tempfile::tempdir().unwrap()).await
    }

    async fn open(folder: tempfile::TempDir) -> Self {
        let dir = DataDir::open(folder.path(), false).unwrap();
        let database = Database::connect(&dir.database_url(), 1).await.unwrap();
        database.migrate().await.unwrap();
        // A Monday morning in New York. The random part counts on, so ids sort as they were made.
        let now = "2026-11-23T15:00:00Z".parse().unwrap();
        let ids = IdSource::new(|_| uuid::Uuid::from_u128(u128::from(DRAWN.fetch_add(1, Ordering::Relaxed))));
        let edge = Edge::new(move || now, ids);
        let stores = Stores { database, bus: Bus::in_process() };
        Self { folder, dir, stores, sealer: Sealer::new(&[7; 32], || [9; 24]), edge }
    }

    /// Stops and starts on the same folder.
    async fn reopened(self) -> Self {
        let Self { folder, dir, stores, .. } = self;
        stores.database.close().await.unwrap();
        drop(dir);
        Self::open(folder).await
    }

    async fn prepare(&self, port: u16) -> Result<Prepared> {
        let Self { stores, sealer, edge, .. } = self;
        let ground = Ground { stores, sealer, edge, client_secret, signing_secret };
        let sites =
            Sites { api: format!("http://127.0.0.1:{port}"), fake_crm: format!("http://127.0.0.1:{}", port + 1) };
        prepare(&ground, &self.dir, &sites).await
    }

    /// Sends a form to the first workspace and answers with what came of it and the hosts there are.
    async fn submit(&self, prepared: &Prepared, form: Value) -> (Processed, Vec<Host>) {
        let workspace = prepared.manifest.workspaces["acme"].id;
        let operation = self.edge.system(workspace, self.edge.correlation());
        let form: FormSubmission = serde_json::from_value(form).unwrap();
        let key = form.contact.email.to_string();
        let input = SubmitForm { stated: json!(form), form };
        let answered = Box::pin(submit_form(&self.stores, &operation, &key, input)).await.unwrap();
        let Outcome::Done(processed) = answered.outcome else { panic!("{:?}", answered.outcome) };
        (processed, all_hosts(&self.stores.database.reader(workspace)).await.unwrap())
    }
}

fn form(form_id: &str, contact: &Value, extra: &Value) -> Value {
    let mut form = json!({
        "event": "webform_submitted", "version": 1, "occurred_at": "2026-11-23T15:00:00Z",
        "form_id": form_id, "contact": contact,
    });
    form.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
    form
}

#[tokio::test]
async fn a_promising_lead_is_qualified_and_offered_its_owner_s_slots() {
    let yard = Yard::new().await;
    let prepared = yard.prepare(8080).await.unwrap();
    let contact = json!({ "email": "jo@initech.example", "job_title": "VP Operations", "country": "GB" });
    let extra = json!({ "answers": { "company_size": "201-1000" }, "product_line": "analytics" });
    let (processed, hosts) = yard.submit(&prepared, form("demo-request", &contact, &extra)).await;
    let score = processed.contact.score.unwrap();
    assert!(score >= 50, "{score}");
    assert!(processed.contact.mql_at.is_some());
    // Of the two hosts of EMEA only Oliver serves the product line.
    let routing = processed.routing.unwrap();
    let oliver = hosts.iter().find(|host| host.name == "Oliver Bennett").unwrap();
    assert_eq!((routing.decision.outcome, routing.decision.owner), (Routed::Routed, Some(oliver.id)));
    assert!(processed.slots.iter().all(|slot| slot.hosts == [oliver.id]), "{:?}", processed.slots);
    // 15:00 in London: the notice of an hour ends at 16:00, the day at 17:00.
    assert_eq!(processed.slots[0].start.to_rfc3339(), "2026-11-23T16:00:00+00:00");
    assert_eq!(processed.meeting_type.unwrap().slug, "demo");
}

#[tokio::test]
async fn a_plain_lead_is_not_qualified() {
    let yard = Yard::new().await;
    let prepared = yard.prepare(8080).await.unwrap();
    let contact = json!({ "email": "sam@mail.example", "country": "US" });
    let (processed, _) = yard.submit(&prepared, form("newsletter", &contact, &json!({}))).await;
    assert_eq!((processed.contact.score, processed.contact.mql_at), (Some(10), None));
    assert!(processed.contact.owner.is_some());
}

#[tokio::test]
async fn a_second_start_keeps_the_data_and_learns_the_new_ports() {
    let yard = Yard::new().await;
    let first = yard.prepare(8080).await.unwrap();
    let yard = yard.reopened().await;
    let second = yard.prepare(9090).await.unwrap();
    assert_eq!(first.manifest.personas, second.manifest.personas);
    assert_eq!(first.manifest.members, second.manifest.members);
    let pages =
        |manifest: &Manifest| [manifest.graphiql_client_id, manifest.console_client_id, manifest.playground_client_id];
    assert_eq!(pages(&first.manifest), pages(&second.manifest));
    assert!(pages(&first.manifest).iter().all(Option::is_some));
    assert_eq!(first.crm.token, second.crm.token);
    assert_eq!(second.manifest.urls.graphql, "http://127.0.0.1:9090/graphql");
    assert_eq!(second.manifest.urls.websocket, "ws://127.0.0.1:9090/graphql");
    let acme = &second.manifest.workspaces["acme"];
    assert_eq!(second.manifest.hooks, acme.hooks);
    assert!(acme.hooks.url.starts_with("http://127.0.0.1:9090/hooks/cxn_"));
    let reader = yard.stores.database.reader(acme.id);
    assert_eq!(all_hosts(&reader).await.unwrap().len(), 6);
    assert_eq!(all_meeting_types(&reader).await.unwrap().len(), 3);
    let connections = all_connections(&reader).await.unwrap();
    let urls: Vec<_> = connections.iter().filter_map(|connection| connection.base_url.as_deref()).collect();
    assert_eq!(urls, ["http://127.0.0.1:9091"]);
}

#[tokio::test]
async fn a_sandbox_that_is_older_than_a_page_learns_of_it() {
    let yard = Yard::new().await;
    let first = yard.prepare(8080).await.unwrap().manifest;
    Manifest { console_client_id: None, ..first.clone() }.write(&yard.dir).unwrap();
    let second = yard.prepare(8080).await.unwrap().manifest;
    assert!(second.console_client_id.is_some_and(|client| first.console_client_id != Some(client)));
    assert_eq!(second.graphiql_client_id, first.graphiql_client_id);
}

#[tokio::test]
async fn every_persona_is_a_client_and_every_hook_has_a_usable_secret() {
    let yard = Yard::new().await;
    let Prepared { manifest, crm } = yard.prepare(8080).await.unwrap();
    let names: Vec<_> = manifest.personas.keys().map(String::as_str).collect();
    assert_eq!(names, ["admin", "anonymous", "host", "ops", "other_admin", "partner"]);
    for (name, entry) in &manifest.personas {
        let (client, credential) = find_client(&yard.stores.database, entry.client_id).await.unwrap().unwrap();
        let expected = ClientCredential::Secret(entry.client_secret.as_bytes().to_vec());
        assert_eq!(credential, expected, "{name}");
        assert_eq!(client.workspace, entry.workspace_id, "{name}");
        assert_eq!(client.host.is_some(), name == "host", "{name}");
    }
    for (name, entry) in &manifest.members {
        let persona = &manifest.personas[name];
        assert_eq!(entry.workspace_id, persona.workspace_id, "{name}");
        let tx = yard.stores.database.begin(entry.workspace_id).await.unwrap();
        let email = EmailAddress::parse(&entry.email).unwrap();
        let (member, password) = lock_member(&tx, &email).await.unwrap().unwrap();
        assert!(password.matches(&entry.password), "{name}");
        assert_eq!(member.scopes.iter().map(|scope| scope.to_string()).collect::<Vec<_>>(), persona.scopes, "{name}");
    }
    assert_eq!(manifest.members.keys().collect::<Vec<_>>(), ["admin", "host", "ops"]);
    let [acme, globex] = ["acme", "globex"].map(|key| &manifest.workspaces[key]);
    assert_eq!(manifest.personas["other_admin"].workspace_id, globex.id);
    for workspace in [acme, globex] {
        assert!(SigningSecret::parse(&workspace.hooks.signing_secret).is_ok());
    }
    assert_ne!(acme.hooks.signing_secret, globex.hooks.signing_secret);
    // The CRM knows each host as an owner.
    let hosts = all_hosts(&yard.stores.database.reader(acme.id)).await.unwrap();
    let known: Vec<_> = crm.owners.iter().map(|owner| Some(owner.id.clone())).collect();
    assert_eq!(hosts.iter().map(|host| host.crm_owner_id.clone()).collect::<Vec<_>>(), known);
}

#[tokio::test]
async fn a_database_without_its_manifest_is_refused_with_the_remedy() {
    let yard = Yard::new().await;
    yard.prepare(8080).await.unwrap();
    std::fs::remove_file(yard.dir.manifest()).unwrap();
    let refused = yard.prepare(8080).await.unwrap_err().to_string();
    assert!(refused.contains("--fresh"), "{refused}");
}
