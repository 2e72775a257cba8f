//! `cargo xtask schema`: schema.graphql breaks nobody who wrote documents against the last release.
//!
//! What counts as breaking, and from when on it is not, the binary decides (`meridian schema diff`).

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result};

use crate::{drift, machine};

/// The schema as it was released last. It is written by `--release` alone, in the commit that makes a release.
const RELEASED: &str = "docs/schema/released.graphql";
const CURRENT: &str = "schema.graphql";

#[derive(clap::Args, Default)]
pub struct Flags {
    /// Make schema.graphql the one that later changes are held against, unless it breaks the one before
    #[arg(long)]
    release: bool,
}

pub fn run(flags: &Flags) -> Result<u8> {
    let status = machine::cargo()?.args(drift::BUILD).arg("--quiet").status()?;
    if !status.success() {
        return Ok(machine::code_of(status));
    }
    let root = machine::root()?;
    let code = check(&root, &machine::meridian("debug")?)?;
    if code == 0 && flags.release {
        release(&root)?;
    }
    Ok(code)
}

fn check(root: &Path, meridian: &Path) -> Result<u8> {
    if !root.join(RELEASED).exists() {
        println!("{RELEASED} is not there: nothing was released yet, so no change of the schema can break a release");
        return Ok(0);
    }
    let mut diff = Command::new(meridian);
    diff.args(["schema", "diff", RELEASED, CURRENT]).current_dir(root);
    let status = diff.status().context("cannot start meridian")?;
    if !status.success() {
        println!(
            "{CURRENT} breaks what {RELEASED} promised: deprecate first, with \"removal not before DATE\" in the reason"
        );
    }
    Ok(machine::code_of(status))
}

fn release(root: &Path) -> Result<()> {
    let (current, released) = (root.join(CURRENT), root.join(RELEASED));
    fs::create_dir_all(released.parent().context("the released schema lies in a folder")?)?;
    fs::copy(current, released).with_context(|| format!("writing {RELEASED}"))?;
    println!("{RELEASED}: written");
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::*;
    use crate::provision::Provision;

    #[test]
    fn without_a_release_nothing_is_compared() {
        let checkout = Provision::bare().unwrap();
        assert_eq!(check(checkout.folder(), Path::new("/nowhere/meridian")).unwrap(), 0);
    }

    #[test]
    fn a_release_is_what_the_next_schema_is_compared_with() {
        let checkout = Provision::bare().unwrap();
        let root = checkout.folder();
        fs::write(root.join(CURRENT), "type Query { a: Int }").unwrap();
        release(root).unwrap();
        assert_eq!(fs::read_to_string(root.join(RELEASED)).unwrap(), "type Query { a: Int }");
        let error = check(root, Path::new("/nowhere/meridian")).unwrap_err();
        assert_eq!(error.to_string(), "cannot start meridian");
    }

    #[test]
    fn the_verdict_of_the_comparison_is_ours() {
        let checkout = Provision::bare().unwrap();
        let root = checkout.folder();
        fs::write(root.join(CURRENT), "").unwrap();
        release(root).unwrap();
        // Whatever programs answer: what `meridian` answers is the matter of server/tests/schema.
        assert_eq!(check(root, &PathBuf::from("true")).unwrap(), 0);
        assert_eq!(check(root, &PathBuf::from("false")).unwrap(), 1);
    }
}
