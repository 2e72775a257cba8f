//! `cargo xtask sandbox`: from a clone to a running, seeded Meridian with one command.

use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result};

use crate::machine;

#[derive(clap::Args)]
pub struct Flags {
    /// Port of the API on 127.0.0.1; the sandbox chooses when absent
    #[arg(long)]
    port: Option<u16>,
    /// Where the sandbox keeps its database and sandbox.json
    #[arg(long)]
    data_dir: Option<PathBuf>,
    /// Throw the kept data away and seed again
    #[arg(long)]
    fresh: bool,
    /// Start the sandbox's clock at this instant (RFC 3339)
    #[arg(long, value_name = "RFC3339")]
    clock: Option<String>,
}

pub fn run(flags: &Flags) -> Result<u8> {
    println!("Building the release binary (the first time takes minutes; it needs Rust and a C compiler) ...");
    let status = machine::cargo()?.args(["build", "--release", "--package", "server"]).status()?;
    if !status.success() {
        return Ok(machine::code_of(status));
    }
    let meridian = machine::meridian("release")?;
    println!("Starting {} sandbox ...", meridian.display());
    // The binary takes our place, so that Ctrl-C and signals reach it and nobody else.
    let error = command(Command::new(&meridian), flags).exec();
    Err(error).with_context(|| format!("cannot start {}", meridian.display()))
}

fn command(mut meridian: Command, flags: &Flags) -> Command {
    meridian.arg("sandbox");
    if let Some(port) = flags.port {
        meridian.arg("--port").arg(port.to_string());
    }
    if let Some(folder) = &flags.data_dir {
        meridian.arg("--data-dir").arg(folder);
    }
    if flags.fresh {
        meridian.arg("--fresh");
    }
    if let Some(clock) = &flags.clock {
        meridian.arg("--clock").arg(clock);
    }
    meridian
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_flags_that_were_given_are_passed_on() {
        let none = Flags { port: None, data_dir: None, fresh: false, clock: None };
        check(&none, "sandbox");
        let all = Flags {
            port: Some(8080),
            data_dir: Some("here".into()),
            fresh: true,
            clock: Some("2027-03-01T09:00:00Z".into()),
        };
        check(&all, "sandbox --port 8080 --data-dir here --fresh --clock 2027-03-01T09:00:00Z");
    }

    fn check(flags: &Flags, expected: &str) {
        let command = command(Command::new("meridian"), flags);
        let args: Vec<_> = command.get_args().map(|arg| arg.to_string_lossy()).collect();
        assert_eq!(args.join(" "), expected);
    }
}
