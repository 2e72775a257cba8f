//! A private PostgreSQL cluster, initialised for one run.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use super::account::Account;
use super::keeper::{Keeper, Server, StopSignal};
use crate::machine;

/// A first start writes some 40 MB; a shared, slow disk deserves patience.
const START_LIMIT: Duration = Duration::from_mins(1);

/// Many test processes on two stores, each with pools of its own.
const CONNECTIONS_MAX: &str = "max_connections=300";

/// Whether a commit waits for the disk.
#[derive(Clone, Copy)]
pub enum Durability {
    /// As in production, PostgreSQL's defaults: for numbers that mean something.
    Kept,
    /// Traded for speed: for tests, whose data nobody needs after a crash.
    Traded,
}

impl Durability {
    fn settings(self) -> &'static [&'static str] {
        match self {
            Self::Kept => &[],
            Self::Traded => &["fsync=off", "full_page_writes=off"],
        }
    }
}

/// Initialises and starts a cluster below `folder` and answers with the URL of its superuser.
pub fn start(folder: &Path, keeper: &mut Keeper, durability: Durability) -> Result<String> {
    let programs = programs().context("PostgreSQL's programs (initdb, postgres, pg_isready) are not installed")?;
    let home = folder.join("postgres");
    fs::create_dir(&home)?;
    let account = Account::for_servers(folder)?;
    if let Some(account) = account {
        account.own(&home)?;
    }
    let data = home.join("data");
    initialise(&programs, &data, account)?;

    let port = super::free_port()?;
    let log = folder.join("postgres.log");
    let mut postgres = Command::new(programs.join("postgres"));
    postgres.arg("-D").arg(&data).args(["-h", "127.0.0.1", "-p", &port.to_string()]);
    postgres.arg("-c").arg(format!("unix_socket_directories={}", home.display()));
    for setting in [CONNECTIONS_MAX, "timezone=UTC", "log_timezone=UTC"].iter().chain(durability.settings()) {
        postgres.args(["-c", setting]);
    }
    let log_file = File::create(&log)?;
    postgres.current_dir(&home).stdout(log_file.try_clone()?).stderr(log_file);
    if let Some(account) = account {
        account.apply(&mut postgres);
    }
    let mut server = keeper.spawn(&mut postgres, StopSignal::Quit).context("cannot start postgres")?;
    wait_until_ready(&programs, port, &mut server).with_context(|| super::last_lines(&log))?;
    Ok(format!("postgres://postgres@127.0.0.1:{port}/postgres"))
}

/// The folder that holds all the programs that we need. Debian keeps them off PATH, one folder per major version;
/// its wrappers on PATH are avoided because they act on the system's own clusters.
pub fn programs() -> Option<PathBuf> {
    let mut versions: Vec<PathBuf> = fs::read_dir("/usr/lib/postgresql")
        .map(|folders| folders.flatten().map(|entry| entry.path()).collect())
        .unwrap_or_default();
    versions.sort_by_key(|path| std::cmp::Reverse(major(path)));
    let debian = versions.into_iter().map(|version| version.join("bin"));
    debian
        .chain(machine::path_folders())
        .find(|folder| ["initdb", "postgres", "pg_isready"].iter().all(|name| machine::is_program(&folder.join(name))))
}

/// "…/15" → 15; anything else sorts last.
fn major(folder: &Path) -> u32 {
    folder.file_name().and_then(|name| name.to_str()?.parse().ok()).unwrap_or(0)
}

/// The C locale orders text by bytes, as SQLite does, so that both stores page alike.
fn initialise(programs: &Path, data: &Path, account: Option<Account>) -> Result<()> {
    let mut initdb = Command::new(programs.join("initdb"));
    initdb.arg("-D").arg(data).args(["--username=postgres", "--auth=trust", "--encoding=UTF8", "--locale=C"]);
    initdb.arg("--no-sync").current_dir("/").stdin(Stdio::null());
    if let Some(account) = account {
        account.apply(&mut initdb);
    }
    let output = initdb.output().context("cannot start initdb")?;
    if !output.status.success() {
        bail!("initdb failed: {}", String::from_utf8_lossy(&output.stderr).trim());
    }
    Ok(())
}

fn wait_until_ready(programs: &Path, port: u16, server: &mut Server) -> Result<()> {
    let started = Instant::now();
    let port = port.to_string();
    loop {
        let mut probe = Command::new(programs.join("pg_isready"));
        if probe.args(["-q", "-h", "127.0.0.1", "-p", &port]).status()?.success() {
            return Ok(());
        }
        if server.has_ended()? {
            bail!("PostgreSQL ended while starting");
        }
        if started.elapsed() > START_LIMIT {
            bail!("PostgreSQL did not accept connections within {} s", START_LIMIT.as_secs());
        }
        thread::sleep(Duration::from_millis(50));
    }
}
