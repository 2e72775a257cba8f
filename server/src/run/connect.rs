//! `meridian connection …`: links to other systems, with their secrets sealed. Secrets that others draw are read from
//! standard input, since a command line is seen by everybody on the machine; those that we draw are printed, once.

use std::io::Read;

use anyhow::{Context, Result, bail};
use chrono::TimeDelta;
use connectors::crm::hubspot::HubSpot;
use connectors::http::{Http, Timeouts};
use domain::ids::ConnectionId;
use domain::integrations::{Connection, ConnectionSecrets, ConnectionStatus, Provider};
use domain::limits::SECRET_OVERLAP_HOURS_MAX;
use domain::webhooks::Scheme;
use persistence::integrations::{insert_connection, lock_connection, open_connection_anywhere, set_secrets};
use serde_json::{Value, json};

use super::admin::workspace;
use super::instance::database;
use crate::cli::{NewConnection, NewProvider, SecretRotation};
use crate::config::Config;
use crate::{credentials, edge};

/// Longer than any vendor's token.
const SECRETS_BYTES_MAX: u64 = 16 * 1024;

/// `meridian connection create`.
pub async fn create(config: &Config, new: &NewConnection) -> Result<()> {
    let edge = edge::real();
    let database = database(config).await?;
    let workspace = workspace(&database, &new.workspace).await?;
    let provider = Provider::from(new.provider);
    if new.base_url.is_some() && provider != Provider::HubSpot {
        bail!("--base-url: nothing is written to this provider; it has none");
    }
    let secrets = match provider {
        Provider::HubSpot => hubspot(new)?,
        _ => ConnectionSecrets { signing_secrets: vec![signing_secret(provider)?], ..ConnectionSecrets::default() },
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
        show(&mut printed, &connection, secret);
    }
    println!("{printed}");
    Ok(())
}

/// `meridian connection rotate-secret`. Servers know the new secret with the next delivery.
pub async fn rotate_secret(config: &Config, rotation: &SecretRotation) -> Result<()> {
    let now = edge::real().now();
    let (database, sealer) = (database(config).await?, config.secret_key.sealer());
    if !(0..=SECRET_OVERLAP_HOURS_MAX).contains(&rotation.overlap_hours) {
        bail!("--overlap-hours: a number from 0 to {SECRET_OVERLAP_HOURS_MAX}");
    }
    let id: ConnectionId = rotation.connection.parse().context("--connection")?;
    let found = open_connection_anywhere(&database, &sealer, id).await?;
    let (workspace, connection, _) = found.context("--connection: there is no such connection")?;
    let secret = signing_secret(connection.provider)?;
    let tx = database.begin(workspace).await?;
    let locked = lock_connection(&tx, &sealer, id).await?;
    let (connection, secrets) = locked.context("--connection: it was removed meanwhile")?;
    let overlap = TimeDelta::hours(rotation.overlap_hours.into());
    set_secrets(&tx, &sealer, id, &secrets.rotated(secret.clone(), now, overlap)).await?;
    tx.commit().await?;
    let mut printed = json!({ "connection_id": id, "old_secrets_good_until": now + overlap });
    show(&mut printed, &connection, &secret);
    println!("{printed}");
    Ok(())
}

/// Where webhooks go, and the secret if the sender has to be told.
fn show(printed: &mut Value, connection: &Connection, secret: &str) {
    printed["path"] = json!(format!("/hooks/{}", connection.id));
    if Scheme::from(connection.provider).secret_is_ours() {
        printed["signing_secret"] = json!(secret);
    }
}

/// Drawn here, or read as the vendor shows it.
fn signing_secret(provider: Provider) -> Result<String> {
    let scheme = Scheme::from(provider);
    if provider == Provider::Webform {
        return Ok(credentials::signing_secret());
    }
    if scheme.secret_is_ours() {
        return Ok(credentials::client_secret().text);
    }
    let given = given()?;
    let [secret] = given.as_slice() else { bail!("write the vendor's signing secret to standard input, in one line") };
    scheme.secret(secret).context("the signing secret on standard input")?;
    Ok(secret.clone())
}

/// The access token; and, in a second line, the secret of the app if it sends webhooks.
fn hubspot(new: &NewConnection) -> Result<ConnectionSecrets> {
    let given = given()?;
    let (token, signing) = match given.as_slice() {
        [token] => (token, None),
        [token, signing] => (token, Some(signing)),
        _ => bail!("write the access token to standard input, and in a second line the client secret of the app"),
    };
    if let Some(url) = &new.base_url {
        HubSpot::new(Http::new(Timeouts::default())?, url, token.clone()).context("--base-url")?;
    }
    if let Some(signing) = signing {
        Scheme::HubSpot.secret(signing).context("the client secret on standard input")?;
    }
    Ok(ConnectionSecrets {
        access_token: Some(token.clone()),
        signing_secrets: signing.into_iter().cloned().collect(),
        ..ConnectionSecrets::default()
    })
}

/// The lines of standard input that say something.
fn given() -> Result<Vec<String>> {
    let mut text = String::new();
    std::io::stdin().take(SECRETS_BYTES_MAX).read_to_string(&mut text).context("cannot read standard input")?;
    Ok(text.lines().map(|line| line.trim().to_owned()).filter(|line| !line.is_empty()).collect())
}

impl From<NewProvider> for Provider {
    fn from(named: NewProvider) -> Self {
        match named {
            NewProvider::Webform => Self::Webform,
            NewProvider::Hubspot => Self::HubSpot,
            NewProvider::Stripe => Self::Stripe,
            NewProvider::Slack => Self::Slack,
            NewProvider::Zoom => Self::Zoom,
            NewProvider::Salesforce => Self::Salesforce,
            NewProvider::Google => Self::Google,
            NewProvider::Microsoft => Self::Microsoft,
        }
    }
}
