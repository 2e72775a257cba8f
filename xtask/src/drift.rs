//! `cargo xtask drift`: files in the checkout that the code generates are exactly what it generates today.

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, bail, ensure};

use crate::machine;

/// How the binary is built. The selection is the one of `cargo test --workspace`: the server alone would get other
/// features of its dependencies, and most of them would be compiled a second time.
pub const BUILD: &[&str] = &["build", "--workspace", "--all-targets"];

/// Each generated file and the arguments that make `meridian` print it.
const GENERATED: [(&str, &[&str]); 2] =
    [("schema.graphql", &["schema"]), ("docs/errors.md", &["errors", "--markdown"])];

#[derive(clap::Args, Default)]
pub struct Flags {
    /// Rewrite the files instead of complaining
    #[arg(long)]
    write: bool,
}

pub fn run(flags: &Flags) -> Result<u8> {
    let status = machine::cargo()?.args(BUILD).arg("--quiet").status()?;
    if !status.success() {
        return Ok(machine::code_of(status));
    }
    let meridian = machine::meridian("debug")?;
    let root = machine::root()?;
    let mut drifted = 0;
    for (file, arguments) in GENERATED {
        let expected = output(&meridian, arguments)?;
        let path = root.join(file);
        // A file that is not there yet has drifted from its first line on.
        let actual = fs::read_to_string(&path).unwrap_or_default();
        let Some(line) = first_difference(&actual, &expected) else { continue };
        if flags.write {
            fs::write(&path, expected).with_context(|| format!("writing {file}"))?;
            println!("{file}: rewritten");
        } else {
            println!("{file}:{line}: differs from `meridian {}`; run `cargo xtask drift --write`", arguments.join(" "));
            drifted += 1;
        }
    }
    Ok(u8::from(drifted > 0))
}

fn output(meridian: &Path, arguments: &[&str]) -> Result<String> {
    let output = Command::new(meridian).args(arguments).output().context("cannot start meridian")?;
    if !output.status.success() {
        bail!("meridian {} failed: {}", arguments.join(" "), String::from_utf8_lossy(&output.stderr).trim());
    }
    // Otherwise nothing would equal a file that is missing.
    ensure!(!output.stdout.is_empty(), "meridian {} printed nothing", arguments.join(" "));
    String::from_utf8(output.stdout).context("meridian printed something that is not UTF-8")
}

/// The first line that differs, counted from 1; a missing final newline is a difference of the last line.
fn first_difference(actual: &str, expected: &str) -> Option<usize> {
    let mut actual = actual.split_inclusive('\n');
    let mut expected = expected.split_inclusive('\n');
    let mut line = 1;
    loop {
        match (actual.next(), expected.next()) {
            (None, None) => return None,
            (a, b) if a == b => line += 1,
            _ => return Some(line),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_differing_line_is_named() {
        assert_eq!(first_difference("a\nb\n", "a\nb\n"), None);
        assert_eq!(first_difference("a\nb\n", "a\nc\n"), Some(2));
        assert_eq!(first_difference("a\nb\n", "a\n"), Some(2));
        assert_eq!(first_difference("", "a\n"), Some(1));
        assert_eq!(first_difference("a", "a\n"), Some(1));
    }
}
