//! The tests of the browser apps: `web/tests`, run by Node, which is all they need.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::machine;
use crate::provision::{NODE, install_missing};

pub fn run() -> Result<u8> {
    install_missing(&[NODE])?;
    let root = machine::root()?;
    let mut node = Command::new("node");
    // A test that waits for what never comes is a failed test, not a run without end.
    node.args(["--test", "--test-timeout=60000"]).args(files(&root)?).current_dir(&root);
    Ok(machine::code_of(node.status().context("cannot start node")?))
}

/// Named one by one: what Node makes of patterns and folders depends on its release.
fn files(root: &Path) -> Result<Vec<PathBuf>> {
    let folder = root.join("web/tests");
    let mut files = Vec::new();
    for entry in fs::read_dir(&folder).with_context(|| format!("reading {}", folder.display()))? {
        let path = entry?.path();
        if path.to_string_lossy().ends_with(".test.js") {
            files.push(path);
        }
    }
    if files.is_empty() {
        bail!("there is no test in {}", folder.display());
    }
    files.sort();
    Ok(files)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_test_is_found_and_what_tests_share_is_not_one() {
        let root = machine::root().unwrap();
        let found: Vec<_> = files(&root).unwrap();
        assert!(found.contains(&root.join("web/tests/stream.test.js")));
        assert!(!found.contains(&root.join("web/tests/schema.js")));
    }
}
