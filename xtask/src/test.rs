//! `cargo xtask test`: everything that tests need is started here, so that no test is ever skipped for want of it.

use anyhow::Result;

use crate::provision::Provision;
use crate::{machine, vendor, web};

#[derive(clap::Args, Default)]
pub struct Flags {
    /// Run only tests whose name contains this
    #[arg(long)]
    filter: Option<String>,
}

pub fn run(flags: &Flags) -> Result<u8> {
    // A filter names tests of Rust; whoever gives one waits for nothing else.
    let of_web = if flags.filter.is_none() { web::run()?.max(vendor::check()?) } else { 0 };
    let provision = Provision::for_tests()?;
    let mut cargo = machine::cargo()?;
    // One package selection for every build of the tests: another one picks other features and compiles most twice.
    cargo.args(["test", "--workspace", "--no-fail-fast"]).args(&flags.filter).envs(provision.environment());
    let status = cargo.status()?;
    // Ends in silence: the last lines on the screen are cargo's.
    drop(provision);
    Ok(machine::code_of(status).max(of_web))
}
