//! Logs: JSON lines for machines, a readable form on a terminal. They go to standard error; standard output belongs
//! to what a command prints.

use std::io::IsTerminal;

use anyhow::{Context, Result};
use tracing_subscriber::EnvFilter;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

use crate::config::{Log, LogFormat};

/// Without the migrations' own story: that the schema is up to date says it all.
const FILTER: &str = "info,sea_orm_migration=warn";

/// Starts logging for the rest of the process, panics included.
pub fn start(log: &Log) -> Result<()> {
    let directives = log.filter.as_deref().unwrap_or(FILTER);
    let filter = EnvFilter::try_new(directives).with_context(|| {
        format!("`log.filter` is `{directives}`; write levels by module, such as `info,worker=debug`")
    })?;
    let by_place = if std::io::stderr().is_terminal() { LogFormat::Pretty } else { LogFormat::Json };
    let layer = tracing_subscriber::fmt::layer().with_writer(std::io::stderr);
    let registry = tracing_subscriber::registry().with(filter);
    match log.format.unwrap_or(by_place) {
        LogFormat::Json => registry.with(layer.json().flatten_event(true).with_span_list(false)).try_init(),
        LogFormat::Pretty => registry.with(layer.compact()).try_init(),
    }
    .context("logging was started twice")?;
    std::panic::set_hook(Box::new(|panic| {
        let location = panic.location().map(ToString::to_string).unwrap_or_default();
        tracing::error!(location, message = panic.payload_as_str().unwrap_or_default(), "a task panicked");
    }));
    Ok(())
}
