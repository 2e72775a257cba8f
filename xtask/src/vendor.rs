//! `cargo xtask vendor`: what our pages take from npm packages, made into `vendor` folders beside them.
//!
//! The result is in the repository: who clones it needs no npm, and the binary embeds what was looked at. Tests make it
//! anew and hold the bytes against each other, so it can hold nothing but those packages.

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::machine;
use crate::provision::{NODE, NPM, Provision, install_missing, npm_packages};

const WEB: &str = "web";
const SOURCE: &str = "web/build";
const SCRIPTS: [&str; 3] = ["build.mjs", "graphiql.js", "oauth.js"];
const MADE: [&str; 5] = [
    "graphiql/vendor/graphiql.js",
    "graphiql/vendor/graphiql.css",
    "graphiql/vendor/LICENSES.txt",
    "shared/vendor/oauth.js",
    "shared/vendor/LICENSES.txt",
];

/// Makes the files.
pub fn run() -> Result<u8> {
    let root = machine::root()?;
    make(&root, &root.join(WEB))?;
    for name in MADE {
        println!("{WEB}/{name}: written");
    }
    Ok(0)
}

/// Whether the files are what would be made now.
pub fn check() -> Result<u8> {
    let root = machine::root()?;
    let scratch = Provision::bare()?;
    make(&root, scratch.folder())?;
    let mut differing = 0;
    for name in MADE {
        let kept = fs::read(root.join(WEB).join(name)).unwrap_or_default();
        if kept != fs::read(scratch.folder().join(name))? {
            println!("{WEB}/{name}: is not what {SOURCE} makes; run `cargo xtask vendor`");
            differing += 1;
        }
    }
    Ok(u8::from(differing > 0))
}

fn make(root: &Path, target: &Path) -> Result<()> {
    install_missing(&[NODE, NPM])?;
    let source = root.join(SOURCE);
    let packages = npm_packages(&source)?;
    // Node looks for packages beside the script.
    for name in SCRIPTS {
        fs::copy(source.join(name), packages.join(name)).with_context(|| format!("copying {name}"))?;
    }
    let status =
        Command::new("node").arg(packages.join("build.mjs")).arg(target).status().context("cannot start node")?;
    if !status.success() {
        bail!("{SOURCE}/build.mjs failed ({status})");
    }
    Ok(())
}
