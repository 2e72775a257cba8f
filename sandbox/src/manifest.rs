//! `sandbox.json`: what a program has to know to talk to a running sandbox. It is also how a later start finds the
//! secrets again, of which the store keeps digests only.

use std::collections::BTreeMap;
use std::fs;
use std::io::ErrorKind;

use anyhow::{Context, Result};
use domain::ids::{ClientId, ConnectionId, WorkspaceId};
use serde::{Deserialize, Serialize};

use crate::data_dir::{DataDir, write_private};

/// The document.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Manifest {
    /// Where things are.
    #[serde(flatten)]
    pub urls: Urls,
    /// The form tool of the first workspace.
    pub hooks: Hook,
    /// Who can ask for a token, by name.
    pub personas: BTreeMap<String, PersonaEntry>,
    /// Who can sign in at `/oauth/authorize`, by the persona whose scopes they have.
    #[serde(default)]
    pub members: BTreeMap<String, MemberEntry>,
    /// The client that GraphiQL is: public, it acts for members.
    #[serde(default)]
    pub graphiql_client_id: Option<ClientId>,
    /// The client that the console is, likewise.
    #[serde(default)]
    pub console_client_id: Option<ClientId>,
    /// The client that the playground is, likewise.
    #[serde(default)]
    pub playground_client_id: Option<ClientId>,
    /// The seeded workspaces, by a short name.
    pub workspaces: BTreeMap<String, WorkspaceEntry>,
}

/// Where things are. All are absolute URLs.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Urls {
    /// GraphQL over HTTP.
    pub graphql: String,
    /// GraphQL over WebSocket (graphql-transport-ws).
    pub websocket: String,
    /// The token endpoint (RFC 6749 §3.2).
    pub oauth_token: String,
    /// Liveness.
    pub health: String,
    /// A page to write queries on.
    pub playground: String,
    /// GraphiQL.
    #[serde(default)]
    pub graphiql: String,
    /// The operators' pages.
    pub console: String,
    /// The booking page.
    pub booking: String,
    /// The fake HubSpot.
    pub fake_crm: String,
}

/// A form tool's way in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hook {
    /// Where it posts.
    pub url: String,
    /// Its connection.
    pub connection_id: ConnectionId,
    /// `whsec_` and base64; both signature schemes take it.
    pub signing_secret: String,
}

/// A caller.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PersonaEntry {
    /// Its client id.
    pub client_id: ClientId,
    /// Its client secret.
    pub client_secret: String,
    /// The most its tokens may be granted.
    pub scopes: Vec<String>,
    /// Where it acts.
    pub workspace_id: WorkspaceId,
}

/// Somebody who signs in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MemberEntry {
    /// What they sign in with.
    pub email: String,
    /// Their password.
    pub password: String,
    /// Where they work.
    pub workspace_id: WorkspaceId,
}

/// A seeded workspace.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WorkspaceEntry {
    /// Its id.
    pub id: WorkspaceId,
    /// Its name.
    pub name: String,
    /// Its form tool.
    pub hooks: Hook,
}

impl Urls {
    /// Of an API and a fake CRM, each given as `http://host:port`.
    pub(crate) fn new(api: &str, fake_crm: &str) -> Self {
        Self {
            graphql: format!("{api}/graphql"),
            websocket: format!("{}/graphql", api.replacen("http", "ws", 1)),
            oauth_token: format!("{api}/oauth/token"),
            health: format!("{api}/healthz"),
            playground: format!("{api}/playground"),
            graphiql: format!("{api}/graphiql"),
            console: format!("{api}/console"),
            booking: format!("{api}/book"),
            fake_crm: fake_crm.to_owned(),
        }
    }
}

impl Hook {
    /// The way in of a connection, at an API given as `http://host:port`.
    pub(crate) fn new(api: &str, connection_id: ConnectionId, signing_secret: String) -> Self {
        Self { url: format!("{api}/hooks/{connection_id}"), connection_id, signing_secret }
    }

    /// The same way in, at another address.
    pub(crate) fn moved(&self, api: &str) -> Self {
        Self::new(api, self.connection_id, self.signing_secret.clone())
    }
}

impl Manifest {
    /// Writes it down.
    pub(crate) fn write(&self, dir: &DataDir) -> Result<()> {
        write_private(&dir.manifest(), serde_json::to_string_pretty(self)?.as_bytes())
    }

    /// The workspace that the top-level `hooks` and the fake CRM belong to.
    pub(crate) fn hooked_workspace(&self) -> Result<WorkspaceId> {
        let mut all = self.workspaces.values();
        let own = all.find(|workspace| workspace.hooks.connection_id == self.hooks.connection_id);
        Ok(own.context("sandbox.json has no workspace for its hooks; start anew with --fresh")?.id)
    }

    /// What an earlier start wrote, if one did.
    pub(crate) fn read(dir: &DataDir) -> Result<Option<Self>> {
        let path = dir.manifest();
        let text = match fs::read(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error).with_context(|| format!("cannot read {}", path.display())),
        };
        let manifest = serde_json::from_slice(&text);
        manifest.map(Some).with_context(|| format!("{} is damaged; start anew with --fresh", path.display()))
    }
}
