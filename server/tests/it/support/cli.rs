//! The short commands of the binary, as an operator runs them.

use std::io::Write;
use std::process::{Command, Stdio};

use serde_json::Value;

use super::App;

impl App {
    /// Runs `meridian {arguments}` with this on standard input, and answers with what it prints.
    pub fn meridian(&self, arguments: &[&str], input: &str) -> Value {
        let mut child = Command::new(env!("CARGO_BIN_EXE_meridian"))
            .args(arguments)
            .env_clear()
            .envs(self.environment())
            .current_dir(self.folder())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
        let output = child.wait_with_output().unwrap();
        assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        serde_json::from_slice(&output.stdout).unwrap()
    }
}
