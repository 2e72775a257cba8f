//! Child processes of the binary under test. Each dies with its value; its log is shown when the test fails.

use std::fs::{self, File};
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};

use super::wait_until;

/// A running `meridian …`.
pub struct Process {
    /// Where it serves, as `http://host:port`; empty for a worker.
    pub url: String,
    /// What it was started with.
    pub arguments: Vec<String>,
    child: Child,
    log: PathBuf,
}

impl Process {
    /// `meridian {command}` in this environment, ready to be used.
    pub async fn start(folder: &Path, command: &str, environment: &[(&'static str, String)]) -> Self {
        let arguments: Vec<String> = command.split(' ').map(str::to_owned).collect();
        let announces = command.starts_with("serve");
        Self::spawn(folder, arguments, environment, announces).await
    }

    /// `meridian sandbox` on a folder below this one.
    pub async fn sandbox(folder: &Path, arguments: &[String], clock: &str) -> Self {
        let mut all = arguments.to_vec();
        all.extend(["--clock".to_owned(), clock.to_owned()]);
        let quiet = [("MERIDIAN_LOG__FILTER", "warn".to_owned())];
        let mut started = Self::spawn(folder, all, &quiet, true).await;
        started.arguments = arguments.to_vec();
        started
    }

    async fn spawn(
        folder: &Path,
        arguments: Vec<String>,
        environment: &[(&'static str, String)],
        announces: bool,
    ) -> Self {
        static STARTED: AtomicU32 = AtomicU32::new(0);
        let number = STARTED.fetch_add(1, Ordering::Relaxed);
        let (out, log) = (folder.join(format!("{number}.out")), folder.join(format!("{number}.log")));
        let child = Command::new(env!("CARGO_BIN_EXE_meridian"))
            .args(&arguments)
            // The test run's own variables are no settings.
            .env_clear()
            .envs(environment.iter().map(|(name, value)| (name, value)))
            .current_dir(folder)
            .stdin(Stdio::null())
            .stdout(File::create(&out).unwrap())
            .stderr(File::create(&log).unwrap())
            .spawn()
            .unwrap();
        let mut process = Self { url: String::new(), arguments, child, log };
        if announces {
            wait_until("the server is ready", async || {
                process.assert_running();
                let said = fs::read_to_string(&out).unwrap();
                let url = said.lines().rev().find_map(|line| line.strip_prefix("meridian ready "));
                process.url = url.filter(|_| said.ends_with('\n')).map(str::to_owned).unwrap_or_default();
                !process.url.is_empty()
            })
            .await;
        }
        process
    }

    /// What it has logged so far.
    pub fn log(&self) -> String {
        fs::read_to_string(&self.log).unwrap_or_default()
    }

    /// Its process id.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Sends SIGTERM.
    pub fn terminate(&self) {
        self.signal("TERM");
    }

    /// Sends a signal: `STOP` freezes it, `CONT` lets it go on.
    pub fn signal(&self, name: &str) {
        let kill = format!("kill -{name} {}", self.id());
        assert!(Command::new("sh").args(["-c", &kill]).status().unwrap().success());
    }

    /// Waits until it has ended by itself.
    pub async fn ended(&mut self) -> ExitStatus {
        let mut ended = None;
        wait_until("the process has ended", async || {
            ended = self.child.try_wait().unwrap();
            ended.is_some()
        })
        .await;
        ended.unwrap()
    }

    fn assert_running(&mut self) {
        if let Some(status) = self.child.try_wait().unwrap() {
            panic!("`meridian {}` ended with {status}", self.arguments.join(" "));
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let ended_before = self.child.try_wait().ok().flatten().filter(|status| status.signal().is_none());
        let _ = self.child.kill();
        let _ = self.child.wait();
        if std::thread::panicking() {
            let end = ended_before.map_or_else(String::new, |status| format!(", which had ended with {status}"));
            eprintln!("--- log of `meridian {}`{end}:\n{}", self.arguments.join(" "), self.log());
        }
    }
}
