//! `meridian schema diff`: what changed between two texts of the schema, for people and for programs.

use std::fs;
use std::path::Path;
use std::process::ExitCode;

use anyhow::{Context, Result};

use crate::cli::SchemaDiff;
use crate::edge;

/// Compares and prints. The code is a failure when clients would break that had no time to prepare.
pub fn diff(asked: &SchemaDiff) -> Result<ExitCode> {
    let read = |path: &Path| fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()));
    let (old, new) = (read(&asked.old)?, read(&asked.new)?);
    let today = asked.on.unwrap_or_else(|| edge::real().now().date_naive());
    let comparison = api::evolution::compare(&old, &new, today)?;
    if asked.json {
        println!("{}", serde_json::to_string_pretty(&comparison)?);
    } else {
        print!("{comparison}");
    }
    Ok(if comparison.refused { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}
