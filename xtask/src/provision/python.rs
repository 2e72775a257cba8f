//! Python environments for the suites that compare us with Python's own libraries.
//!
//! Kept in the user's cache folder, one per content of a requirements file, so that only the first run downloads.

use std::collections::hash_map::DefaultHasher;
use std::fs::{self, File};
use std::hash::{Hash, Hasher};
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::machine;

/// The interpreter of an environment that has what this file asks for.
pub fn environment(requirements: &Path) -> Result<PathBuf> {
    let text = fs::read_to_string(requirements)
        .with_context(|| format!("the suite beside it needs {}", requirements.display()))?;
    let environments = machine::cache()?.join("python");
    fs::create_dir_all(&environments)?;
    // Two runs at once must not build one environment together; the lock goes when the file is closed.
    let lock = File::create(environments.join("lock"))?;
    lock.lock().context("cannot lock the cache of Python environments")?;

    let environment = environments.join(key(&text));
    let python = environment.join("bin/python");
    let complete = environment.join("complete");
    if !complete.exists() || !works(&python) {
        build(&environment, requirements)?;
        File::create(complete)?;
    }
    Ok(python)
}

/// The hasher may change with the standard library; then an environment is built once more, and that is all.
pub(super) fn key(requirements: &str) -> String {
    let mut hasher = DefaultHasher::new();
    requirements.hash(&mut hasher);
    format!("{:016x}", hasher.finish())
}

/// An environment stops working when the Python that it was made from goes away.
fn works(python: &Path) -> bool {
    Command::new(python).args(["-c", ""]).status().is_ok_and(|status| status.success())
}

fn build(environment: &Path, requirements: &Path) -> Result<()> {
    println!("Preparing a Python environment for {} ...", requirements.display());
    run(Command::new("python3").args(["-m", "venv", "--clear"]).arg(environment))?;
    let mut pip = Command::new(environment.join("bin/python"));
    pip.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--requirement"]).arg(requirements);
    run(&mut pip)
}

fn run(command: &mut Command) -> Result<()> {
    let status = command.status().with_context(|| format!("cannot start {command:?}"))?;
    if !status.success() {
        bail!("{command:?} failed ({status})");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_pin_is_another_environment() {
        assert_eq!(key("tzdata==2026.1\n"), key("tzdata==2026.1\n"));
        assert_ne!(key("tzdata==2026.1\n"), key("tzdata==2026.2\n"));
    }

    #[test]
    fn a_suite_without_requirements_is_a_fault() {
        let error = environment(Path::new("/nowhere/requirements.txt")).unwrap_err();
        assert_eq!(error.to_string(), "the suite beside it needs /nowhere/requirements.txt");
    }
}
