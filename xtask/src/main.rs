//! All automation of the project, one command each: `cargo xtask <command>`.
//!
//! Kept light (no async, no TLS, three dependencies) because a newcomer waits for it before anything else.
//! Deliberately absent: knowledge of the product. What the product can do, the `meridian` binary does; `bench` and
//! `proof` alone speak to it, as any caller of its API would.

use std::process::ExitCode;

use clap::{Parser, Subcommand};

mod bench;
mod ci;
mod drift;
mod machine;
mod proof;
mod provision;
mod released;
mod sandbox;
mod test;
mod tidy;
mod vendor;
mod web;

#[derive(Parser)]
#[command(name = "cargo xtask", about = "Builds, tests, checks and measures Meridian")]
struct Xtask {
    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Build the release binary and start a seeded workspace with fake providers
    Sandbox(sandbox::Flags),
    /// Run every test against a private PostgreSQL and a private Redis
    Test(test::Flags),
    /// Everything that a change must pass; `.ci/run` calls this
    Ci,
    /// Check the rules of the house: sizes, edges, names, module docs
    Tidy,
    /// Check that generated files (schema, error catalogue) match the code
    Drift(drift::Flags),
    /// Check that schema.graphql breaks nothing that the last release promised
    Schema(released::Flags),
    /// Build what the browser apps take from npm packages, after a change of web/build
    Vendor,
    /// Measure throughput and latency on both stores, as ratios to a plain HTTP route
    Bench(bench::Flags),
    /// Kill workers while they deliver, and hold what arrived against the log
    Proof(proof::Flags),
}

fn main() -> ExitCode {
    let outcome = match Xtask::parse().task {
        Task::Sandbox(flags) => sandbox::run(&flags),
        Task::Test(flags) => test::run(&flags),
        Task::Ci => Ok(ci::run()),
        Task::Tidy => tidy::run(),
        Task::Drift(flags) => drift::run(&flags),
        Task::Schema(flags) => released::run(&flags),
        Task::Vendor => vendor::run(),
        Task::Bench(flags) => bench::run(&flags),
        Task::Proof(flags) => proof::run(&flags),
    };
    match outcome {
        Ok(code) => ExitCode::from(code),
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}
