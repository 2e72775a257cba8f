//! A private Redis that keeps nothing on disk.

use std::fs::{self, File};
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use super::keeper::{Keeper, Server, StopSignal};
use crate::machine;

const START_LIMIT: Duration = Duration::from_secs(20);

/// A running server.
pub struct Redis {
    /// redis://127.0.0.1:port
    pub url: String,
    /// The `redis-server` that it was started from.
    pub program: PathBuf,
}

/// Starts a server below `folder`.
pub fn start(folder: &Path, keeper: &mut Keeper) -> Result<Redis> {
    let program = machine::program("redis-server").context("redis-server is not installed")?;
    let home = folder.join("redis");
    fs::create_dir(&home)?;
    let port = super::free_port()?;
    let log = folder.join("redis.log");
    let log_file = File::create(&log)?;
    let mut redis = Command::new(&program);
    redis.args(["--port", &port.to_string(), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"]);
    redis.arg("--dir").arg(&home).stdout(log_file.try_clone()?).stderr(log_file);
    let mut server = keeper.spawn(&mut redis, StopSignal::Term).context("cannot start redis-server")?;
    wait_until_ready(port, &mut server).with_context(|| super::last_lines(&log))?;
    Ok(Redis { url: format!("redis://127.0.0.1:{port}"), program })
}

fn wait_until_ready(port: u16, server: &mut Server) -> Result<()> {
    let started = Instant::now();
    while !answers_ping(port) {
        if server.has_ended()? {
            bail!("Redis ended while starting");
        }
        if started.elapsed() > START_LIMIT {
            bail!("Redis did not answer within {} s", START_LIMIT.as_secs());
        }
        thread::sleep(Duration::from_millis(20));
    }
    Ok(())
}

/// Redis takes inline commands, so a probe needs no client program and no client library.
fn answers_ping(port: u16) -> bool {
    let ping = || -> std::io::Result<bool> {
        let address = SocketAddr::from(([127, 0, 0, 1], port));
        let mut stream = TcpStream::connect_timeout(&address, Duration::from_secs(1))?;
        stream.set_read_timeout(Some(Duration::from_secs(1)))?;
        stream.write_all(b"PING\r\n")?;
        let mut answer = [0; 5];
        stream.read_exact(&mut answer)?;
        Ok(&answer == b"+PONG")
    };
    ping().unwrap_or(false)
}
