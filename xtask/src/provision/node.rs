//! npm packages for the suites that let other people's clients talk to us.
//!
//! Kept in the user's cache folder, one folder per content of a lock file, so that only the first run downloads.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use super::python::key;
use crate::machine;

/// A folder with `node_modules`, as the `package.json` and the lock file of `suite` want it.
pub fn packages(suite: &Path) -> Result<PathBuf> {
    let lock_file = suite.join("package-lock.json");
    let text =
        fs::read_to_string(&lock_file).with_context(|| format!("the suite beside it needs {}", lock_file.display()))?;
    let all = machine::cache()?.join("node");
    fs::create_dir_all(&all)?;
    // Two runs at once must not fill one folder together; the lock goes when the file is closed.
    let lock = File::create(all.join("lock"))?;
    lock.lock().context("cannot lock the cache of npm packages")?;

    let folder = all.join(key(&text));
    let complete = folder.join("complete");
    if !complete.exists() {
        fs::create_dir_all(&folder)?;
        for name in ["package.json", "package-lock.json"] {
            fs::copy(suite.join(name), folder.join(name)).with_context(|| format!("copying {name}"))?;
        }
        install(&folder)?;
        File::create(complete)?;
    }
    Ok(folder)
}

fn install(folder: &Path) -> Result<()> {
    println!("Fetching npm packages into {} ...", folder.display());
    let mut npm = Command::new("npm");
    // Exactly what is locked, and none of the packages' own scripts.
    npm.args(["ci", "--ignore-scripts", "--no-audit", "--no-fund"]).current_dir(folder);
    let status = npm.status().context("cannot start npm")?;
    if !status.success() {
        bail!("{npm:?} failed ({status})");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_suite_without_a_lock_file_is_a_fault() {
        let error = packages(Path::new("/nowhere")).unwrap_err();
        assert_eq!(error.to_string(), "the suite beside it needs /nowhere/package-lock.json");
    }
}
