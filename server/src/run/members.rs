//! `meridian member …`: people who may sign in. Their passwords are read from standard input, since a command line is
//! seen by everybody on the machine.

use std::io::Read;

use anyhow::{Context, Result, bail};
use commands::Stores;
use commands::workspaces::change_password;
use domain::contacts::EmailAddress;
use domain::ids::HostId;
use domain::workspaces::{Lockout, Member, PasswordHash};
use persistence::availability::find_host;
use persistence::bus::Bus;
use persistence::workspaces::insert_member;
use serde_json::json;

use super::admin::{scopes, workspace};
use super::instance::database;
use crate::cli::{NewMember, NewPassword};
use crate::config::Config;
use crate::edge;

/// `meridian member create`.
pub async fn create(config: &Config, new: &NewMember) -> Result<()> {
    let edge = edge::real();
    let database = database(config).await?;
    let workspace = workspace(&database, &new.workspace).await?;
    let host: Option<HostId> = new.host.as_deref().map(str::parse).transpose().context("--host")?;
    let member = Member {
        id: edge.new_id(),
        email: EmailAddress::parse(&new.email).context("--email")?,
        name: new.name.trim().to_owned(),
        scopes: scopes(&new.scopes)?,
        host,
        lockout: Lockout::default(),
    };
    let password = password()?;
    let tx = database.begin(workspace).await?;
    if let Some(host) = host {
        find_host(&tx, host).await?.context("--host: there is no such host in the workspace")?;
    }
    if !insert_member(&tx, &member, &password, edge.now()).await? {
        bail!("--email: a member of the workspace has this address");
    }
    tx.commit().await?;
    println!("{}", json!({ "member_id": member.id }));
    Ok(())
}

/// `meridian member set-password`. Servers refuse the tokens of old consents within some seconds.
pub async fn set_password(config: &Config, new: &NewPassword) -> Result<()> {
    let database = database(config).await?;
    let workspace = workspace(&database, &new.workspace).await?;
    let email = EmailAddress::parse(&new.email).context("--email")?;
    let stores = Stores { database, bus: Bus::in_process() };
    if !change_password(&stores, workspace, (&email, &password()?), edge::real().now()).await? {
        bail!("--email: there is no such member in the workspace");
    }
    println!("{}", json!({ "email": email }));
    Ok(())
}

/// What stands on standard input, without the end of its line.
fn password() -> Result<PasswordHash> {
    let mut text = String::new();
    std::io::stdin().take(4096).read_to_string(&mut text).context("the password cannot be read from standard input")?;
    let text = text.trim_end_matches(['\r', '\n']);
    if text.is_empty() {
        bail!("write the password to standard input");
    }
    Ok(PasswordHash::of(text, edge::bytes())?)
}
