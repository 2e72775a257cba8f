//! `meridian issuer …`: identity providers of others whose tokens a workspace takes.

use anyhow::{Result, bail};
use domain::workspaces::{TrustedIssuer, is_issuer};
use persistence::workspaces::{delete_issuer, insert_issuer};
use serde_json::json;

use super::admin::{scopes, workspace};
use super::instance::database;
use crate::cli::{KnownIssuer, NewIssuer};
use crate::config::Config;
use crate::edge;

/// `meridian issuer trust`.
pub async fn trust(config: &Config, new: &NewIssuer) -> Result<()> {
    let KnownIssuer { workspace: named, url, audience } = &new.issuer;
    if !is_issuer(url) || config.public_url.as_ref() == Some(url) {
        bail!("--url: an issuer is another's address, https, without query and fragment");
    }
    if audience.trim().is_empty() {
        bail!("--audience: name what its tokens are made out to");
    }
    let (edge, database) = (edge::real(), database(config).await?);
    let workspace = workspace(&database, named).await?;
    let issuer = TrustedIssuer {
        id: edge.new_id(),
        workspace,
        url: url.clone(),
        audience: audience.clone(),
        scope_claim: new.scope_claim.clone(),
        scopes: scopes(&new.scopes)?,
    };
    let tx = database.begin(workspace).await?;
    if !insert_issuer(&tx, &issuer, edge.now()).await? {
        bail!("--audience: a workspace takes tokens of this issuer with this audience already");
    }
    tx.commit().await?;
    println!("{}", json!({ "issuer_id": issuer.id }));
    Ok(())
}

/// `meridian issuer distrust`.
pub async fn distrust(config: &Config, known: &KnownIssuer) -> Result<()> {
    let database = database(config).await?;
    let workspace = workspace(&database, &known.workspace).await?;
    let tx = database.begin(workspace).await?;
    if !delete_issuer(&tx, &known.url, &known.audience).await? {
        bail!("--url: the workspace does not take tokens of this issuer with this audience");
    }
    tx.commit().await?;
    println!("{}", json!({ "url": known.url }));
    Ok(())
}
