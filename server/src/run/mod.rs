//! Runs what the command line says: one file per long-running command, and `admin` for the short ones.

mod admin;
mod connect;
mod instance;
mod issuers;
mod members;
mod ready;
mod sandbox;
mod schema;
mod serve;
mod tasks;
mod work;

use std::io::Write;
use std::path::Path;
use std::process::ExitCode;

use anyhow::{Context, Result};
use domain::workspaces::Pace;

use crate::cli::{
    Arguments, ClientCommand, Command, ConnectionCommand, IssuerCommand, MemberCommand, SchemaCommand,
    SigningKeyCommand, WorkspaceCommand,
};
use crate::config::{Common, Config, environment};
use crate::{doctor, measures, telemetry};

/// Does it. The code is a failure where an answer means one, such as the doctor's.
pub fn command(arguments: Arguments) -> Result<ExitCode> {
    match arguments.command {
        // These are for scripts without a configuration.
        Command::Schema { command: None } => print!("{}", api::schema::sdl()),
        Command::Schema { command: Some(SchemaCommand::Diff(diff)) } => return schema::diff(&diff),
        Command::Errors { .. } => print!("{}", domain::errors::markdown()),
        other => return asynchronous(other, arguments.config.as_deref()),
    }
    Ok(ExitCode::SUCCESS)
}

fn asynchronous(command: Command, file: Option<&Path>) -> Result<ExitCode> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().context("cannot start threads")?;
    runtime.block_on(async {
        match command {
            Command::Sandbox(flags) => sandbox::run(&flags, common(file)?).await?,
            Command::Doctor => return doctor::run(Config::load(file, environment())).await,
            Command::Serve { with_worker } => serve::run(&full(file)?, with_worker).await?,
            Command::Work => work::run(&full(file)?).await?,
            Command::Migrate => admin::migrate(&full(file)?).await?,
            Command::Client(ClientCommand::Create(new)) => admin::create_client(&full(file)?, &new).await?,
            Command::Member(MemberCommand::Create(new)) => members::create(&full(file)?, &new).await?,
            Command::Member(MemberCommand::SetPassword(new)) => members::set_password(&full(file)?, &new).await?,
            Command::Issuer(IssuerCommand::Trust(new)) => issuers::trust(&full(file)?, &new).await?,
            Command::Issuer(IssuerCommand::Distrust(known)) => issuers::distrust(&full(file)?, &known).await?,
            Command::SigningKey(SigningKeyCommand::Rotate { at_once }) => {
                let pace = if at_once { Pace::AtOnce } else { Pace::Planned };
                admin::rotate_signing_key(&full(file)?, pace).await?;
            }
            Command::Workspace(WorkspaceCommand::Create(new)) => admin::create_workspace(&full(file)?, &new).await?,
            Command::Connection(ConnectionCommand::Create(new)) => connect::create(&full(file)?, &new).await?,
            Command::Connection(ConnectionCommand::RotateSecret(rotation)) => {
                connect::rotate_secret(&full(file)?, &rotation).await?;
            }
            Command::Schema { .. } | Command::Errors { .. } => {}
        }
        Ok(ExitCode::SUCCESS)
    })
}

/// The last line of a start, for people and for programs that wait for it.
fn announce(url: &str) {
    // A reader that has gone away is no reason to stop.
    let _ = writeln!(std::io::stdout(), "meridian ready {url}");
}

fn full(file: Option<&Path>) -> Result<Config> {
    let config = Config::load(file, environment())?;
    telemetry::start(&config.log)?;
    measures::start(config.metrics)?;
    Ok(config)
}

fn common(file: Option<&Path>) -> Result<Common> {
    let common = Common::load(file, environment())?;
    telemetry::start(&common.log)?;
    measures::start(common.metrics)?;
    Ok(common)
}
