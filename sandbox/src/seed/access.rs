//! Who and what may come in: the workspace itself, its callers and its connections.

use anyhow::Result;
use domain::contacts::EmailAddress;
use domain::ids::{ClientId, ConnectionId, EntityId, HostId, MemberId, WorkspaceId};
use domain::integrations::{Connection, ConnectionSecrets, ConnectionStatus, Provider};
use domain::workspaces::{Client, ClientCredential, Lockout, Member, PasswordHash, RedirectUri, Workspace};
use persistence::integrations::insert_connection;
use persistence::workspaces::{insert, insert_client, insert_member};

use super::Ground;
use super::plan::Plan;
use crate::manifest::{MemberEntry, PersonaEntry};
use crate::pages::Page;
use crate::personas::Persona;

/// Creates the workspace.
pub async fn found(ground: &Ground<'_>, plan: &Plan) -> Result<WorkspaceId> {
    let workspace = Workspace {
        id: ground.edge.new_id(),
        name: plan.name.clone(),
        phone_region: plan.phone_region,
        zone: plan.zone,
    };
    let tx = ground.stores.database.begin(workspace.id).await?;
    insert(&tx, &workspace, ground.edge).await?;
    tx.commit().await?;
    Ok(workspace.id)
}

/// Registers a client for each persona.
pub async fn clients(
    ground: &Ground<'_>,
    workspace: WorkspaceId,
    personas: &[Persona],
    first_host: Option<HostId>,
) -> Result<Vec<(String, PersonaEntry)>> {
    let tx = ground.stores.database.begin(workspace).await?;
    let mut entries = Vec::new();
    for persona in personas {
        let secret = (ground.client_secret)();
        let client = Client {
            id: ground.edge.new_id(),
            workspace,
            name: persona.name.to_owned(),
            scopes: persona.grants()?,
            host: first_host.filter(|_| persona.is_host),
            redirect_uris: Vec::new(),
        };
        insert_client(&tx, &client, ClientCredential::Secret(secret.digest), ground.edge.now()).await?;
        let entry = PersonaEntry {
            client_id: client.id,
            client_secret: secret.text,
            scopes: client.scopes.iter().map(|scope| scope.as_str().to_owned()).collect(),
            workspace_id: workspace,
        };
        entries.push((persona.name.to_owned(), entry));
    }
    tx.commit().await?;
    Ok(entries)
}

/// Adds a member with the scopes of each persona that people have. Their addresses are those of `company`.
pub async fn members(
    ground: &Ground<'_>,
    workspace: WorkspaceId,
    (personas, company): (&[Persona], &str),
    first_host: Option<HostId>,
) -> Result<Vec<(String, MemberEntry)>> {
    let tx = ground.stores.database.begin(workspace).await?;
    let mut entries = Vec::new();
    for persona in personas.iter().filter(|persona| persona.is_member) {
        let password = (ground.client_secret)().text;
        let email = format!("{}@{company}.example", persona.name.replace('_', "."));
        let member = Member {
            id: ground.edge.new_id(),
            email: EmailAddress::parse(&email)?,
            name: persona.name.to_owned(),
            scopes: persona.grants()?,
            host: first_host.filter(|_| persona.is_host),
            lockout: Lockout::default(),
        };
        // Any sixteen bytes that nobody else has are a salt.
        let salt = ground.edge.new_id::<MemberId>().uuid().into_bytes();
        insert_member(&tx, &member, &PasswordHash::of(&password, salt)?, ground.edge.now()).await?;
        entries.push((persona.name.to_owned(), MemberEntry { email, password, workspace_id: workspace }));
    }
    tx.commit().await?;
    Ok(entries)
}

/// Registers one of our pages as a client. It is served on this machine, where any port will do (RFC 8252 §7.3).
pub async fn page(ground: &Ground<'_>, workspace: WorkspaceId, page: &Page) -> Result<ClientId> {
    let client = Client {
        id: ground.edge.new_id(),
        workspace,
        name: page.name.to_owned(),
        scopes: page.grants()?,
        host: None,
        redirect_uris: vec![RedirectUri::parse(&format!("http://127.0.0.1/{}", page.path))?],
    };
    let tx = ground.stores.database.begin(workspace).await?;
    insert_client(&tx, &client, ClientCredential::Public, ground.edge.now()).await?;
    tx.commit().await?;
    Ok(client.id)
}

/// Adds a form tool and answers with its signing secret.
pub async fn webform(ground: &Ground<'_>, workspace: WorkspaceId) -> Result<(ConnectionId, String)> {
    let secret = (ground.signing_secret)();
    let secrets = ConnectionSecrets { signing_secrets: vec![secret.clone()], ..ConnectionSecrets::default() };
    let id = connect(ground, workspace, (Provider::Webform, "Website forms", None), &secrets).await?;
    Ok((id, secret))
}

/// Adds the CRM at `base_url`.
pub async fn hubspot(ground: &Ground<'_>, workspace: WorkspaceId, base_url: &str) -> Result<ConnectionId> {
    // The fake takes any token, as long as it is this one.
    let token = (ground.client_secret)().text;
    let secrets = ConnectionSecrets { access_token: Some(token), ..ConnectionSecrets::default() };
    connect(ground, workspace, (Provider::HubSpot, "HubSpot (fake)", Some(base_url)), &secrets).await
}

async fn connect(
    ground: &Ground<'_>,
    workspace: WorkspaceId,
    (provider, name, base_url): (Provider, &str, Option<&str>),
    secrets: &ConnectionSecrets,
) -> Result<ConnectionId> {
    let connection = Connection {
        id: ground.edge.new_id(),
        provider,
        name: name.to_owned(),
        base_url: base_url.map(str::to_owned),
        status: ConnectionStatus::Active,
        created_at: ground.edge.now(),
    };
    let tx = ground.stores.database.begin(workspace).await?;
    insert_connection(&tx, ground.sealer, &connection, secrets).await?;
    tx.commit().await?;
    Ok(connection.id)
}
