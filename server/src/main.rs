//! `meridian`: the one binary. It reads the configuration, wires the rooms together and runs what it is told to.

mod cli;
mod config;
mod connectors;
mod credentials;
mod doctor;
mod edge;
mod measures;
mod run;
mod telemetry;

use std::process::ExitCode;

use clap::Parser;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    // Before anything can open a connection. An error means that a provider is installed already.
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    // A WebSocket is a file, and many systems let a process have 1024 until it asks. Not getting more is no fault here:
    // what is over the limit is refused by the system.
    let _ = rlimit::increase_nofile_limit(u64::MAX);
    match run::command(cli::Arguments::parse()) {
        Ok(code) => code,
        Err(error) => {
            // The chain in one line: what was tried, then why it failed.
            eprintln!("meridian: {error:#}");
            ExitCode::FAILURE
        }
    }
}
