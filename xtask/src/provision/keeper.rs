//! The keeper stops the servers and removes the folder of a run, however that run ends.
//!
//! It is a small shell in a process group of its own, at the other end of a pipe. When this process ends — by
//! returning, by Ctrl-C, by `kill -9` — the pipe closes, and that is the keeper's signal. A signal handler was
//! rejected: it needs unsafe code or a dependency, and cannot see a kill -9.

use std::io::Write;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;

use anyhow::{Context, Result};

/// Reads "signal group" lines; at the end of its input signals each group, waits up to ten seconds for each, kills
/// what is left and removes the folder.
const SCRIPT: &str = r#"
trap '' INT TERM HUP
folder=$1
shift
while read -r signal group; do set -- "$@" "$signal:$group"; done
for server; do kill -s "${server%%:*}" -- "-${server##*:}" 2>/dev/null; done
for server; do
    tries=0
    while kill -s 0 -- "-${server##*:}" 2>/dev/null && [ "$tries" -lt 100 ]; do
        sleep 0.1
        tries=$((tries + 1))
    done
    kill -s KILL -- "-${server##*:}" 2>/dev/null
done
rm -rf -- "$folder"
"#;

/// The handle whose end of the pipe keeps the servers alive.
pub struct Keeper {
    shell: Child,
}

impl Keeper {
    /// Starts the keeper of this folder.
    pub fn start(folder: &Path) -> Result<Self> {
        let mut shell = Command::new("sh");
        shell.arg("-c").arg(SCRIPT).arg("keeper").arg(folder);
        shell.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null()).process_group(0);
        Ok(Self { shell: shell.spawn().context("cannot start sh")? })
    }

    /// Starts a server in a process group of its own and notes how it wants to be stopped.
    pub fn spawn(&mut self, server: &mut Command, stop: StopSignal) -> Result<Server> {
        Ok(Server { child: Some(self.spawn_child(server, stop)?) })
    }

    /// The same, for a caller who ends it earlier and collects it.
    pub fn spawn_child(&mut self, server: &mut Command, stop: StopSignal) -> Result<Child> {
        let child = server.stdin(Stdio::null()).process_group(0).spawn()?;
        let pipe = self.shell.stdin.as_mut().context("the keeper's pipe is closed")?;
        writeln!(pipe, "{} {}", stop.name(), child.id()).context("the keeper has died")?;
        Ok(child)
    }
}

impl Drop for Keeper {
    fn drop(&mut self) {
        drop(self.shell.stdin.take());
        // Nothing to do about a failure here: the shell goes on by itself in any case.
        let _ = self.shell.wait();
    }
}

/// How a server is asked to stop.
#[derive(Clone, Copy)]
pub enum StopSignal {
    /// The ordinary request.
    Term,
    /// PostgreSQL's "immediate": drop the clients and write no checkpoint, since the data is thrown away.
    Quit,
    /// At once, for what would first finish work that is thrown away.
    Kill,
}

impl StopSignal {
    fn name(self) -> &'static str {
        match self {
            Self::Term => "TERM",
            Self::Quit => "QUIT",
            Self::Kill => "KILL",
        }
    }
}

/// A server that may still be starting.
pub struct Server {
    child: Option<Child>,
}

impl Server {
    /// Its process, while it has not been let go.
    pub fn id(&self) -> Option<u32> {
        self.child.as_ref().map(Child::id)
    }

    /// Whether it has ended already, which for a server means that it could not start.
    pub fn has_ended(&mut self) -> Result<bool> {
        match &mut self.child {
            Some(child) => Ok(child.try_wait()?.is_some()),
            None => Ok(true),
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // Someone must collect the child when it ends: for the keeper's `kill -s 0`, an uncollected one is alive.
        if let Some(mut child) = self.child.take() {
            thread::spawn(move || child.wait());
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use super::*;
    use crate::provision::folder;

    #[test]
    fn dropping_the_keeper_stops_the_server_and_removes_the_folder() {
        check("exec sleep 600");
    }

    #[test]
    fn the_children_of_a_server_go_with_it() {
        check("sleep 600 & wait");
    }

    /// Runs `server` in a shell, drops the keeper and asserts that the whole group and the folder are gone.
    fn check(server: &str) {
        let folder = folder::create().unwrap();
        let mut keeper = Keeper::start(&folder).unwrap();
        let server = keeper.spawn(Command::new("sh").args(["-c", server]), StopSignal::Term).unwrap();
        let group = server.child.as_ref().unwrap().id();
        drop(server);
        assert!(is_alive(group));

        let started = Instant::now();
        drop(keeper);

        assert!(!is_alive(group), "the process group {group} is still there");
        assert!(!folder.exists());
        assert!(started.elapsed() < Duration::from_secs(5), "it should stop when asked, not when killed");
    }

    fn is_alive(group: u32) -> bool {
        let probe = format!("kill -s 0 -- -{group} 2>/dev/null");
        Command::new("sh").args(["-c", &probe]).status().unwrap().success()
    }
}
