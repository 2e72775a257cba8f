//! What tests and benches need around them, private to one run: PostgreSQL, Redis, Python with its packages.
//!
//! Servers listen on free ports of 127.0.0.1 and keep everything in one temporary folder; whatever clusters or
//! services the machine already runs are not touched. When the value is dropped, or this process dies in any other
//! way, the servers stop and the folder goes (see `keeper`).

use std::ffi::OsString;
use std::net::TcpListener;
use std::path::Path;

use anyhow::{Context, Result};

use crate::machine;

mod account;
mod folder;
mod keeper;
mod packages;
mod postgres;
mod python;
mod redis;

/// Started servers and prepared interpreters.
pub struct Provision {
    environment: Vec<(&'static str, OsString)>,
    // Held for its Drop, which stops the servers.
    _keeper: keeper::Keeper,
}

impl Provision {
    /// PostgreSQL, Redis and the Python environments of the test suites.
    pub fn for_tests() -> Result<Self> {
        packages::install_missing(&[packages::POSTGRES, packages::REDIS, packages::PYTHON])?;
        let mut provision = Self::servers()?;
        let root = machine::root()?;
        for (variable, suite) in [
            ("MERIDIAN_ORACLE_PYTHON", Path::new("domain/tests/oracle")),
            ("MERIDIAN_CLIENTS_PYTHON", Path::new("sandbox/tests/clients")),
        ] {
            // A suite that does not exist needs no interpreter; one that exists without its requirements is a fault.
            if root.join(suite).is_dir() {
                let python = python::environment(&root.join(suite).join("requirements.txt"))?;
                provision.environment.push((variable, python.into()));
            }
        }
        Ok(provision)
    }

    /// PostgreSQL and Redis alone.
    pub fn servers() -> Result<Self> {
        let folder = folder::create()?;
        let mut keeper = keeper::Keeper::start(&folder)?;
        let postgres = postgres::start(&folder, &mut keeper)?;
        let redis = redis::start(&folder, &mut keeper)?;
        let environment = vec![
            ("MERIDIAN_TEST_POSTGRES_URL", postgres.into()),
            ("MERIDIAN_TEST_REDIS_URL", redis.url.into()),
            // Tests that stop and restart Redis run one of their own.
            ("MERIDIAN_TEST_REDIS_SERVER", redis.program.into()),
        ];
        Ok(Self { environment, _keeper: keeper })
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
        let provision = Provision::servers().unwrap();
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
