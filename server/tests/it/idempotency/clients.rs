//! Mutations about OAuth clients. They are about a client that this test does not call as.

use domain::workspaces::DocumentHash;
use serde_json::json;

use super::Intent;
use crate::support::App;

pub fn intents(app: &App) -> Vec<Intent> {
    let client = app.manifest.personas["partner"].client_id;
    let (document, other) = ("{ viewer { clientId } }", "{ viewer { scopes } }");
    vec![
        Intent::new(
            "registerDocuments",
            "hashes",
            json!({"clientId": client, "documents": [document]}),
            json!({"documents": [other]}),
        ),
        Intent::new(
            "setClientOrigins",
            "origins",
            json!({"clientId": client, "origins": ["https://app.example"]}),
            json!({"origins": []}),
        ),
        Intent::new(
            "setDocumentPolicy",
            "policy",
            json!({"clientId": client, "policy": "REGISTERED"}),
            json!({"policy": "ANY"}),
        ),
        Intent::new(
            "unregisterDocuments",
            "removed",
            json!({"clientId": client, "hashes": [DocumentHash::of(document)]}),
            json!({"hashes": [DocumentHash::of(other)]}),
        ),
    ]
}
