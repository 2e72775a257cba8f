//! What tests and benches need around them, private to one run: PostgreSQL, Redis, Python and Node with their packages.
//!
//! Servers listen on free ports of 127.0.0.1 and keep everything in one temporary folder; whatever clusters or
//! services the machine already runs are not touched. When the value is dropped, or this process dies in any other
//! way, the servers stop and the folder goes (see `keeper`).

use std::ffi::OsString;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command};

use anyhow::{Context, Result};

use crate::machine;

mod account;
mod folder;
mod keeper;
mod node;
mod packages;
mod postgres;
mod program;
mod python;
mod redis;

pub use self::node::packages as npm_packages;
pub use self::packages::{NODE, NPM, install_missing};
use self::postgres::Durability;
use self::program::Started;

/// Started servers and prepared interpreters.
pub struct Provision {
    folder: PathBuf,
    stores: Option<StoreUrls>,
    environment: Vec<(&'static str, OsString)>,
    // Its Drop stops the servers.
    keeper: keeper::Keeper,
}

/// Where the stores listen.
#[derive(Clone)]
pub struct StoreUrls {
    /// `postgres://…`, as superuser.
    pub postgres: String,
    /// `redis://…`
    pub redis: String,
}

impl Provision {
    /// PostgreSQL, Redis, the Python environments and the npm packages of the test suites.
    pub fn for_tests() -> Result<Self> {
        let needs =
            [packages::POSTGRES, packages::REDIS, packages::PYTHON, packages::NODE, packages::NPM, packages::CHROMIUM];
        packages::install_missing(&needs)?;
        let mut provision = Self::servers(Durability::Traded)?;
        let root = machine::root()?;
        for (variable, suite) in [
            ("MERIDIAN_ORACLE_PYTHON", Path::new("domain/tests/oracle")),
            ("MERIDIAN_CLIENTS_PYTHON", Path::new("sandbox/tests/clients")),
            ("MERIDIAN_GRAPHQL_PYTHON", Path::new("server/tests/it/conformance")),
        ] {
            // A suite that does not exist needs no interpreter; one that exists without its requirements is a fault.
            if root.join(suite).is_dir() {
                let python = python::environment(&root.join(suite).join("requirements.txt"))?;
                provision.environment.push((variable, python.into()));
            }
        }
        for (variable, suite) in [
            ("MERIDIAN_CLIENTS_NODE", "sandbox/tests/clients"),
            ("MERIDIAN_GRAPHQL_NODE", "server/tests/it/conformance"),
            ("MERIDIAN_TOOLS_NODE", "server/tests/tools"),
        ] {
            provision.environment.push((variable, node::packages(&root.join(suite))?.into()));
        }
        provision.environment.extend(machine::program("chromium").map(|path| ("MERIDIAN_TEST_CHROMIUM", path.into())));
        Ok(provision)
    }

    /// PostgreSQL and Redis, with PostgreSQL as durable as in production.
    pub fn for_bench() -> Result<Self> {
        packages::install_missing(&[packages::POSTGRES, packages::REDIS])?;
        Self::servers(Durability::Kept)
    }

    /// The folder alone, for programs that bring their own store.
    pub fn bare() -> Result<Self> {
        let folder = folder::create()?;
        let keeper = keeper::Keeper::start(&folder)?;
        Ok(Self { folder, stores: None, environment: Vec::new(), keeper })
    }

    fn servers(durability: Durability) -> Result<Self> {
        let mut provision = Self::bare()?;
        let Self { folder, keeper, .. } = &mut provision;
        let postgres = postgres::start(folder, keeper, durability)?;
        let redis = redis::start(folder, keeper)?;
        provision.stores = Some(StoreUrls { postgres: postgres.clone(), redis: redis.url.clone() });
        provision.environment = vec![
            ("MERIDIAN_TEST_POSTGRES_URL", postgres.into()),
            ("MERIDIAN_TEST_REDIS_URL", redis.url.into()),
            // Tests that stop and restart Redis run one of their own.
            ("MERIDIAN_TEST_REDIS_SERVER", redis.program.into()),
        ];
        Ok(provision)
    }

    /// The temporary folder. It goes with this value.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The stores, unless this is a bare folder.
    pub fn stores(&self) -> Option<&StoreUrls> {
        self.stores.as_ref()
    }

    /// Starts a program of ours that runs as long as this value lives, and waits until it prints a line that begins
    /// with `mark`. `name` is free to choose, once.
    pub fn start(&mut self, name: &str, program: &mut Command, mark: &str) -> Result<Started> {
        program::start(&self.folder, &mut self.keeper, name, program, mark)
    }

    /// Starts a program of ours that the caller may end, and that ends with this value at the latest.
    pub fn spawn(&mut self, program: &mut Command) -> Result<Child> {
        self.keeper.spawn_child(program, keeper::StopSignal::Kill)
    }

    /// The variables that tell the tests where everything is.
    pub fn environment(&self) -> impl Iterator<Item = (&'static str, &OsString)> {
        self.environment.iter().map(|(name, value)| (*name, value))
    }
}

/// A port that nobody listens on. Another program could take it before we do; then the server's start fails loudly.
fn free_port() -> Result<u16> {
    let listener = TcpListener::bind(("127.0.0.1", 0)).context("cannot find a free port on 127.0.0.1")?;
    Ok(listener.local_addr()?.port())
}

/// The end of a server's log, for the message that says why it did not start.
fn last_lines(log: &Path) -> String {
    let text = std::fs::read_to_string(log).unwrap_or_default();
    let lines: Vec<&str> = text.lines().collect();
    lines[lines.len().saturating_sub(10)..].join("\n")
}

#[cfg(test)]
mod tests {
    use std::net::{SocketAddr, TcpStream};

    use super::*;

    #[test]
    fn both_servers_listen_until_the_value_is_dropped() {
        let provision = Provision::servers(Durability::Traded).unwrap();
        let addresses =
            [address(&provision, "MERIDIAN_TEST_POSTGRES_URL"), address(&provision, "MERIDIAN_TEST_REDIS_URL")];
        for address in addresses {
            TcpStream::connect(address).unwrap();
        }
        drop(provision);
        for address in addresses {
            assert!(TcpStream::connect(address).is_err(), "{address} still answers");
        }
    }

    /// "scheme://user@host:port/path" → host:port.
    fn address(provision: &Provision, variable: &str) -> SocketAddr {
        let (_, url) = provision.environment().find(|(name, _)| *name == variable).unwrap();
        let rest = url.to_str().unwrap().split_once("://").unwrap().1;
        let authority = rest.split('/').next().unwrap();
        authority.rsplit('@').next().unwrap().parse().unwrap()
    }
}
