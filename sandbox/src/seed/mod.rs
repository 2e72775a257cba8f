//! The seed: two companies that are set up as a person would set them up, through the same commands.
//!
//! The first start seeds; every later one keeps what is there and only learns where things are served now.

mod access;
mod plan;
mod settings;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use anyhow::{Context, Result, bail};
use commands::Stores;
use domain::ids::WorkspaceId;
use domain::integrations::Provider;
use domain::operation::Edge;
use persistence::integrations::{all_connections, open_connection, set_base_url};
use persistence::{Sealer, workspaces};

use self::plan::Plan;
use crate::data_dir::DataDir;
use crate::fakes::hubspot::Owner;
use crate::manifest::{Hook, Manifest, Urls, WorkspaceEntry};
use crate::pages;
use crate::personas::{self, ClientSecret, Persona};

/// What a seed stands on.
pub struct Ground<'a> {
    /// Where it writes.
    pub stores: &'a Stores,
    /// Seals the connections' secrets.
    pub sealer: &'a Sealer,
    /// Clock and ids.
    pub edge: &'a Edge,
    /// Draws a client's secret.
    pub client_secret: fn() -> ClientSecret,
    /// Draws a webhook's signing secret.
    pub signing_secret: fn() -> String,
}

/// Where this start serves, each as `http://host:port`.
#[derive(Debug, Clone)]
pub struct Sites {
    /// The API.
    pub api: String,
    /// The fake CRM.
    pub fake_crm: String,
}

/// A sandbox that can be opened.
#[derive(Debug)]
pub struct Prepared {
    /// What `sandbox.json` says.
    pub manifest: Manifest,
    /// What the fake CRM has to know.
    pub crm: CrmAccount,
}

/// The account that the seeded connection belongs to.
#[derive(Debug)]
pub struct CrmAccount {
    /// The token that Meridian comes with.
    pub token: String,
    /// The hosts, as people whom records can belong to.
    pub owners: Vec<Owner>,
}

/// Seeds the store, or takes up what an earlier start left, and writes `sandbox.json`.
pub async fn prepare(ground: &Ground<'_>, dir: &DataDir, sites: &Sites) -> Result<Prepared> {
    let acme = Plan::acme()?;
    let known = workspaces::all(&ground.stores.database).await?;
    let mut manifest = if known.is_empty() {
        dir.seeding()?;
        seed(ground, &acme, sites).await?
    } else {
        resume(dir, &known, sites)?
    };
    let workspace = manifest.hooked_workspace()?;
    register_pages(ground, workspace, &mut manifest).await?;
    let token = point_crm(ground, workspace, &sites.fake_crm).await?;
    manifest.write(dir)?;
    dir.seeded()?;
    Ok(Prepared { manifest, crm: CrmAccount { token, owners: acme.owners() } })
}

async fn seed(ground: &Ground<'_>, acme: &Plan, sites: &Sites) -> Result<Manifest> {
    let mut personas = BTreeMap::new();
    let mut members = BTreeMap::new();
    let mut workspaces = BTreeMap::new();
    let companies: [(&str, &Plan, &[Persona]); 2] =
        [("acme", acme, &personas::ACME), ("globex", &Plan::globex()?, &personas::GLOBEX)];
    for (key, plan, callers) in companies {
        let workspace = access::found(ground, plan).await?;
        let hosts = settings::publish(ground, workspace, plan).await.with_context(|| format!("seeding {key}"))?;
        let first_host = hosts.first().copied();
        personas.extend(access::clients(ground, workspace, callers, first_host).await?);
        members.extend(access::members(ground, workspace, (callers, key), first_host).await?);
        let (connection, secret) = access::webform(ground, workspace).await?;
        let hooks = Hook::new(&sites.api, connection, secret);
        workspaces.insert(key.to_owned(), WorkspaceEntry { id: workspace, name: plan.name.clone(), hooks });
        if key == "acme" {
            access::hubspot(ground, workspace, &sites.fake_crm).await?;
        }
    }
    let own = workspaces.get("acme").context("the seed has no workspace `acme`")?;
    let (urls, hooks) = (Urls::new(&sites.api, &sites.fake_crm), own.hooks.clone());
    let (graphiql_client_id, console_client_id, playground_client_id) = (None, None, None);
    Ok(Manifest {
        urls,
        hooks,
        personas,
        members,
        graphiql_client_id,
        console_client_id,
        playground_client_id,
        workspaces,
    })
}

/// Makes clients of our pages, as far as no earlier start did: a sandbox may be older than a page.
async fn register_pages(ground: &Ground<'_>, workspace: WorkspaceId, manifest: &mut Manifest) -> Result<()> {
    for (page, known) in [
        (pages::GRAPHIQL, &mut manifest.graphiql_client_id),
        (pages::CONSOLE, &mut manifest.console_client_id),
        (pages::PLAYGROUND, &mut manifest.playground_client_id),
    ] {
        if known.is_none() {
            *known = Some(access::page(ground, workspace, &page).await?);
        }
    }
    Ok(())
}

/// What the earlier start wrote down, at today's addresses.
fn resume(dir: &DataDir, known: &[WorkspaceId], sites: &Sites) -> Result<Manifest> {
    let remedy = "start anew with --fresh, or empty the database that --database-url names";
    let Some(mut manifest) = Manifest::read(dir)? else {
        bail!("the data directory has a database but no sandbox.json, so the personas' secrets are lost; {remedy}");
    };
    if !manifest.workspaces.values().all(|workspace| known.contains(&workspace.id)) {
        bail!("sandbox.json names a workspace that the database does not have; {remedy}");
    }
    manifest.urls = Urls::new(&sites.api, &sites.fake_crm);
    manifest.hooks = manifest.hooks.moved(&sites.api);
    for workspace in manifest.workspaces.values_mut() {
        workspace.hooks = workspace.hooks.moved(&sites.api);
    }
    Ok(manifest)
}

/// Points the workspace's CRM connection to where the fake is served now, and answers with its token.
async fn point_crm(ground: &Ground<'_>, workspace: WorkspaceId, url: &str) -> Result<String> {
    let tx = ground.stores.database.begin(workspace).await?;
    let connections = all_connections(&tx).await?;
    let crm = connections.iter().find(|connection| connection.provider == Provider::HubSpot);
    let crm = crm.context("the workspace has no HubSpot connection; start anew with --fresh")?.id;
    set_base_url(&tx, crm, url).await?;
    let opened = open_connection(&tx, ground.sealer, crm).await?;
    tx.commit().await?;
    let token = opened.and_then(|(_, secrets)| secrets.access_token);
    token.context("the HubSpot connection has no token; start anew with --fresh")
}
