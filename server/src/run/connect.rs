//! `meridian connection create`: a link to another system, with its secrets sealed.

use std::io::Read;

use anyhow::{Context, Result, bail};
use connectors::crm::hubspot::HubSpot;
use connectors::http::{Http, Timeouts};
use domain::integrations::{Connection, ConnectionSecrets, ConnectionStatus, Provider};
use persistence::integrations::insert_connection;
use serde_json::json;

use super::admin::workspace;
use super::instance::database;
use crate::cli::{NewConnection, NewProvider};
use crate::config::Config;
use crate::{credentials, edge};

/// Longer than any vendor's token.
const TOKEN_BYTES_MAX: u64 = 16 * 1024;

/// Adds the link. A token is read from standard input: a command line is seen by everybody on the machine.
pub async fn run(config: &Config, new: &NewConnection) -> Result<()> {
    let edge = edge::real();
    let database = database(config).await?;
    let workspace = workspace(&database, &new.workspace).await?;
    let (provider, secrets) = match new.provider {
        NewProvider::Webform => (Provider::Webform, webform(new)?),
        NewProvider::Hubspot => (Provider::HubSpot, hubspot(new)?),
    };
    let connection = Connection {
        id: edge.new_id(),
        provider,
        name: new.name.trim().to_owned(),
        base_url: new.base_url.clone(),
        status: ConnectionStatus::Active,
        created_at: edge.now(),
    };
    let tx = database.begin(workspace).await?;
    insert_connection(&tx, &config.secret_key.sealer(), &connection, &secrets).await?;
    tx.commit().await?;
    let mut printed = json!({ "connection_id": connection.id });
    if let Some(secret) = secrets.signing_secrets.first() {
        printed["path"] = json!(format!("/hooks/{}", connection.id));
        printed["signing_secret"] = json!(secret);
    }
    println!("{printed}");
    Ok(())
}

fn webform(new: &NewConnection) -> Result<ConnectionSecrets> {
    if new.base_url.is_some() {
        bail!("--base-url: a form tool calls us; it has none");
    }
    Ok(ConnectionSecrets { signing_secrets: vec![credentials::signing_secret()], ..ConnectionSecrets::default() })
}

fn hubspot(new: &NewConnection) -> Result<ConnectionSecrets> {
    let mut token = String::new();
    std::io::stdin().take(TOKEN_BYTES_MAX).read_to_string(&mut token).context("cannot read the access token")?;
    let token = token.trim();
    if token.is_empty() {
        bail!("the access token is missing; write it to standard input, e.g. `… < token.txt`");
    }
    if let Some(url) = &new.base_url {
        HubSpot::new(Http::new(Timeouts::default())?, url, token.to_owned()).context("--base-url")?;
    }
    Ok(ConnectionSecrets { access_token: Some(token.to_owned()), ..ConnectionSecrets::default() })
}
