//! `cargo xtask tidy`: the rules of the house that neither the compiler nor clippy knows.
//!
//! Each rule finds all its violations; they are shown together, each with its place and the remedy. An exception is
//! an entry, with its reason, in a list beside the rule.

use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use crate::machine;

mod edges;
mod features;
mod lock;
mod names;
mod text;

pub fn run() -> Result<u8> {
    let violations = check(&machine::root()?)?;
    for violation in &violations {
        println!("{violation}");
    }
    if violations.is_empty() {
        println!("tidy: nothing to complain about");
        return Ok(0);
    }
    println!("tidy: {} violation(s)", violations.len());
    Ok(1)
}

fn check(root: &Path) -> Result<Vec<Violation>> {
    let mut paths = Vec::new();
    walk(root, Path::new(""), &mut paths)?;
    let mut violations = Vec::new();
    for path in &paths {
        if text::is_ours(path) {
            let content = fs::read_to_string(root.join(path)).with_context(|| format!("reading {}", path.display()))?;
            violations.extend(text::violations(path, &content));
        }
        violations.extend(names::violations(path));
        violations.extend(features::violations(path));
    }
    violations.extend(edges::violations(&edges::crates(&machine::metadata()?, root)?));
    violations.extend(lock::violations(&fs::read_to_string(root.join("Cargo.lock"))?));
    violations.sort_by(|a, b| (&a.path, a.line).cmp(&(&b.path, b.line)));
    Ok(violations)
}

/// Every file below `folder`, as paths from the root. Builds, downloads and hidden folders are not ours to judge.
fn walk(root: &Path, folder: &Path, found: &mut Vec<PathBuf>) -> Result<()> {
    for entry in fs::read_dir(root.join(folder))? {
        let entry = entry?;
        let name = entry.file_name();
        let path = folder.join(&name);
        let is_foreign = matches!(name.to_str(), Some("target" | "node_modules" | "vendor"))
            || name.to_string_lossy().starts_with('.');
        if is_foreign {
            continue;
        }
        if entry.file_type()?.is_dir() {
            walk(root, &path, found)?;
        } else {
            found.push(path);
        }
    }
    Ok(())
}

/// One breach of a rule: where it is, what it is and what to do about it.
#[derive(Debug, PartialEq)]
struct Violation {
    path: PathBuf,
    line: usize,
    message: String,
}

impl Violation {
    fn new(path: impl Into<PathBuf>, line: usize, message: impl Into<String>) -> Self {
        Self { path: path.into(), line, message: message.into() }
    }
}

impl fmt::Display for Violation {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}:{}: {}", self.path.display(), self.line, self.message)
    }
}

/// What the tests of all rules compare: one violation per line.
#[cfg(test)]
fn shown(violations: impl IntoIterator<Item = Violation>) -> String {
    violations.into_iter().flat_map(|violation| [violation.to_string(), "\n".to_owned()]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_house_is_tidy() {
        let violations = check(&machine::root().unwrap()).unwrap();
        assert_eq!(shown(violations), "");
    }
}
