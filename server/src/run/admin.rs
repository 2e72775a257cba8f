//! The short commands: schema, workspaces, clients. What they make is printed as JSON on standard output.

use anyhow::{Context, Result, bail};
use commands::Stores;
use domain::access::{Grants, Scope};
use domain::contacts::CountryCode;
use domain::ids::{HostId, WorkspaceId};
use domain::time::Zone;
use domain::workspaces::{Client, ClientCredential, Pace, RedirectUri, Rotation, WebOrigin, Workspace};
use persistence::Database;
use persistence::availability::find_host;
use persistence::bus::Bus;
use persistence::workspaces::{all, insert, insert_client, replace_origins};
use serde_json::json;

use super::instance::database;
use crate::cli::{NewClient, NewWorkspace};
use crate::config::Config;
use crate::{credentials, edge};

/// `meridian migrate`. Any number may run at once.
pub async fn migrate(config: &Config) -> Result<()> {
    let database = database(config).await?;
    database.migrate().await.context("the schema could not be brought up to date")?;
    println!("The database schema is up to date.");
    Ok(())
}

/// `meridian workspace create`.
pub async fn create_workspace(config: &Config, new: &NewWorkspace) -> Result<()> {
    let edge = edge::real();
    let workspace = Workspace {
        id: edge.new_id(),
        name: new.name.trim().to_owned(),
        phone_region: CountryCode::parse(&new.phone_region).context("--phone-region")?,
        zone: new.zone.parse::<Zone>().context("--zone")?,
    };
    let tx = database(config).await?.begin(workspace.id).await?;
    insert(&tx, &workspace, &edge).await?;
    tx.commit().await?;
    println!("{}", json!({ "workspace_id": workspace.id }));
    Ok(())
}

/// `meridian client create`.
pub async fn create_client(config: &Config, new: &NewClient) -> Result<()> {
    let edge = edge::real();
    let database = database(config).await?;
    let workspace = workspace(&database, &new.workspace).await?;
    let host: Option<HostId> = new.host.as_deref().map(str::parse).transpose().context("--host")?;
    let tx = database.begin(workspace).await?;
    if let Some(host) = host {
        find_host(&tx, host).await?.context("--host: there is no such host in the workspace")?;
    }
    let client = Client {
        id: edge.new_id(),
        workspace,
        name: new.name.trim().to_owned(),
        scopes: scopes(&new.scopes)?,
        host,
        redirect_uris: new.redirect_uri.iter().map(|uri| RedirectUri::parse(uri)).collect::<Result<_, _>>()?,
    };
    let (credential, secret) = credential(new)?;
    let origins: Vec<_> = new.origin.iter().map(|text| WebOrigin::parse(text)).collect::<Result<_, _>>()?;
    insert_client(&tx, &client, credential, edge.now()).await?;
    replace_origins(&tx, client.id, &origins).await?;
    tx.commit().await?;
    let mut printed = json!({ "client_id": client.id });
    if let Some(secret) = secret {
        printed["client_secret"] = secret.into();
        eprintln!("The secret is shown this once; only its digest is kept.");
    }
    println!("{printed}");
    Ok(())
}

/// `meridian signing-key rotate`. Servers know the new key within some seconds.
pub async fn rotate_signing_key(config: &Config, pace: Pace) -> Result<()> {
    let now = edge::real().now();
    let stores = Stores { database: database(config).await?, bus: Bus::in_process() };
    let (key, rotation) = (api::new_signing_key(now)?, Rotation::at(now, pace));
    let printed = json!({
        "key_id": key.kid, "signs_from": rotation.term.signs_from, "others_retire_at": rotation.others_retire_at,
    });
    commands::workspaces::rotate_signing_key(&stores, &config.secret_key.sealer(), key, rotation, now).await?;
    println!("{printed}");
    Ok(())
}

/// What the client proves itself by, and its secret if it is given one.
fn credential(new: &NewClient) -> Result<(ClientCredential, Option<String>)> {
    if new.public {
        return Ok((ClientCredential::Public, None));
    }
    let Some(file) = &new.jwks else {
        let secret = credentials::client_secret();
        return Ok((ClientCredential::Secret(secret.digest), Some(secret.text)));
    };
    let text = std::fs::read_to_string(file).with_context(|| format!("--jwks: cannot read {}", file.display()))?;
    Ok((ClientCredential::keys(&text).context("--jwks")?, None))
}

/// The workspace that `--workspace` names.
pub async fn workspace(database: &Database, text: &str) -> Result<WorkspaceId> {
    let workspace = text.parse().context("--workspace")?;
    if !all(database).await?.contains(&workspace) {
        bail!("--workspace: there is no such workspace; `meridian workspace create` makes one");
    }
    Ok(workspace)
}

/// The scopes that `--scopes` names.
pub fn scopes(text: &str) -> Result<Grants> {
    Grants::try_from(text.to_owned()).ok().filter(|grants| !grants.is_empty()).with_context(|| {
        let known: Vec<_> = Scope::ALL.iter().map(|scope| scope.as_str()).collect();
        format!("--scopes: write one or more of {}, separated by spaces", known.join(", "))
    })
}
