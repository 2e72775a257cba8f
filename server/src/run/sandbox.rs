//! `meridian sandbox`: everything in one process, on a seeded SQLite file, with a fake CRM on a port of its own.

use std::io::Write;
use std::net::{Ipv4Addr, SocketAddr};

use ::sandbox::fakes::hubspot::{self, HubSpotFake, Settings};
use ::sandbox::{DataDir, Ground, Manifest, Prepared, Sites, prepare, welcome};
use anyhow::{Context, Result};
use api::{Limits, Login, Persona, SandboxInfo, ServingConfig};
use commands::Stores;
use domain::webhooks::endpoint::AddressPolicy;
use persistence::Database;
use persistence::bus::Bus;
use tokio::net::TcpListener;

use super::instance::Instance;
use super::tasks::Tasks;
use crate::cli::SandboxFlags;
use crate::config::Common;
use crate::credentials::{self, SecretKey};
use crate::edge;

/// Connections to a PostgreSQL that the sandbox is pointed to.
const CONNECTIONS: u32 = 20;

/// Runs until a signal.
pub async fn run(flags: &SandboxFlags, common: Common) -> Result<()> {
    let mut tasks = Tasks::new(common.worker.resolve().finish_within)?;
    // Before the data is touched: a taken port must not cost a newcomer anything.
    let api = listen(flags.port).await?;
    let crm = listen(if flags.port == 0 { 0 } else { flags.port.saturating_add(1) }).await?;
    let dir = DataDir::open(&flags.data_dir, flags.fresh)?;
    let address = api.local_addr()?;
    let sites = Sites { api: format!("http://{address}"), fake_crm: format!("http://{}", crm.local_addr()?) };
    let mut instance = open(&dir, flags).await?;
    let prepared = prepare(&ground(&instance), &dir, &sites).await?;

    let fake = fake_crm(&prepared, &dir, &instance)?;
    let shutdown = tasks.shutdown();
    tasks.spawn("the fake CRM", async move { Ok(hubspot::serve(crm, fake, shutdown.cancelled_owned()).await?) });
    let admitting = (ServingConfig::default(), Limits::for_development());
    let served = instance.api(sites.api.clone(), Some(shown(&prepared.manifest)), admitting)?;
    let shutdown = tasks.shutdown();
    tasks.spawn("the API", async move { Ok(api::serve(api, served, shutdown).await?) });
    let worker = instance.worker(&common.worker).await?;
    let shutdown = tasks.shutdown();
    tasks.spawn("the worker", async move {
        worker.run(shutdown).await;
        Ok(())
    });

    if tasks.meanwhile(super::ready::wait(address)).await?.is_some() {
        let text = welcome(&prepared.manifest, &dir.manifest().display().to_string());
        // A reader that has gone away is no reason to stop.
        let _ = writeln!(std::io::stdout(), "{text}");
        super::announce(&sites.api);
    }
    let ended = tasks.finish().await;
    instance.close().await;
    ended
}

async fn open(dir: &DataDir, flags: &SandboxFlags) -> Result<Instance> {
    let key = SecretKey::new(dir.secret_key(edge::bytes)?);
    let url = flags.database_url.clone().unwrap_or_else(|| dir.database_url());
    let database = Database::connect(&url, CONNECTIONS).await.context("cannot open the sandbox's database")?;
    let database = database.checking_facts();
    database.migrate().await.context("cannot bring the sandbox's database up to date; --fresh begins anew")?;
    let edge = flags.clock.map_or_else(edge::real, edge::starting_at);
    let bus = flags.redis_url.as_deref().map_or_else(|| Ok(Bus::in_process()), Bus::through_redis)?;
    // A sandbox serves those who develop on this machine: their receivers are on it too.
    Ok(Instance::new(Stores { database, bus }, key, edge, AddressPolicy::AllowPrivate))
}

fn ground(instance: &Instance) -> Ground<'_> {
    Ground {
        stores: &instance.stores,
        sealer: &instance.sealer,
        edge: &instance.edge,
        client_secret: credentials::client_secret,
        signing_secret: credentials::signing_secret,
    }
}

fn fake_crm(prepared: &Prepared, dir: &DataDir, instance: &Instance) -> Result<HubSpotFake> {
    let settings = Settings {
        owners: prepared.crm.owners.clone(),
        state: Some(dir.crm_state()),
        ..Settings::new(prepared.crm.token.clone())
    };
    HubSpotFake::open(settings, instance.edge.clone()).context("cannot open the fake CRM's state; --fresh begins anew")
}

/// What the browser apps may offer: whom to be. The other workspace's administrator is for programs.
fn shown(manifest: &Manifest) -> SandboxInfo {
    let own = |entry: &::sandbox::PersonaEntry| {
        manifest.workspaces.get("acme").is_some_and(|acme| acme.id == entry.workspace_id)
    };
    let personas = manifest.personas.iter().filter(|(_, entry)| own(entry));
    let persona = personas.map(|(name, entry)| Persona {
        name: name.clone(),
        client_id: entry.client_id.to_string(),
        client_secret: entry.client_secret.clone(),
        scopes: entry.scopes.clone(),
    });
    let member = manifest.members.get("admin");
    let member = member.map(|member| Login { email: member.email.clone(), password: member.password.clone() });
    let pages = [
        ("graphiql", manifest.graphiql_client_id),
        ("console", manifest.console_client_id),
        ("playground", manifest.playground_client_id),
    ];
    let pages = pages.into_iter().filter_map(|(page, client)| Some((page, client?.to_string())));
    SandboxInfo { personas: persona.collect(), pages: pages.collect(), member }
}

/// Only this machine can reach a sandbox: it hands out its secrets.
async fn listen(port: u16) -> Result<TcpListener> {
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    let listening = TcpListener::bind(address).await;
    listening
        .with_context(|| format!("cannot listen on {address}; choose another port with --port, or any with --port 0"))
}
