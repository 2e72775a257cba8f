//! The machine that we run on: folders, programs, environment. Every variable of the environment that xtask names is
//! read here.

use std::env;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus};

use anyhow::{Context, Result, bail};
use serde_json::Value;

/// The root of the checkout. Asked at run time and not compiled in, so that two checkouts can share one build folder.
pub fn root() -> Result<PathBuf> {
    let xtask = env::var_os("CARGO_MANIFEST_DIR").context("start this program as `cargo xtask`")?;
    Ok(Path::new(&xtask).parent().context("xtask lies in the root of the checkout")?.to_owned())
}

/// Where downloads and builds are kept between runs: outside the checkout, shared by all checkouts of a user.
pub fn cache() -> Result<PathBuf> {
    let base = match env::var_os("XDG_CACHE_HOME").filter(|path| !path.is_empty()) {
        Some(path) => PathBuf::from(path),
        None => Path::new(&env::var_os("HOME").context("neither XDG_CACHE_HOME nor HOME is set")?).join(".cache"),
    };
    let cache = base.join("meridian");
    fs::create_dir_all(&cache).with_context(|| format!("cannot create the cache folder {}", cache.display()))?;
    Ok(cache)
}

/// Cargo, in the root of the checkout. On CI it compiles through sccache where that is installed; incremental
/// compilation is off there because it defeats sccache and only helps the second build of one folder.
pub fn cargo() -> Result<Command> {
    let mut cargo = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo.current_dir(root()?);
    if env::var_os("CI").is_some_and(|ci| ci == "true") {
        cargo.env("CARGO_INCREMENTAL", "0");
        if let Some(sccache) = program("sccache") {
            cargo.env("RUSTC_WRAPPER", sccache);
        }
    }
    Ok(cargo)
}

/// Our own crates as `cargo metadata` tells them, without resolving anything from outside.
pub fn metadata() -> Result<Value> {
    let output = cargo()?.args(["metadata", "--no-deps", "--format-version", "1"]).output()?;
    if !output.status.success() {
        bail!("cargo metadata failed:\n{}", String::from_utf8_lossy(&output.stderr));
    }
    serde_json::from_slice(&output.stdout).context("cargo metadata did not answer with JSON")
}

/// The built `meridian` of a profile folder (`debug` or `release`), wherever CARGO_TARGET_DIR or a config put it.
pub fn meridian(profile: &str) -> Result<PathBuf> {
    let metadata = metadata()?;
    let target = metadata["target_directory"].as_str().context("cargo metadata names no target_directory")?;
    Ok(Path::new(target).join(profile).join("meridian"))
}

/// A program of this name on PATH.
pub fn program(name: &str) -> Option<PathBuf> {
    path_folders().into_iter().map(|folder| folder.join(name)).find(|file| is_program(file))
}

/// The folders of PATH, in its order.
pub fn path_folders() -> Vec<PathBuf> {
    let path = env::var_os("PATH").unwrap_or_default();
    env::split_paths(&path).collect()
}

/// Whether this is a file that may be executed.
pub fn is_program(file: &Path) -> bool {
    fs::metadata(file).is_ok_and(|meta| meta.is_file() && meta.permissions().mode() & 0o111 != 0)
}

/// The exit code that repeats a child's: its own, or 1 when a signal ended it.
pub fn code_of(status: ExitStatus) -> u8 {
    status.code().and_then(|code| u8::try_from(code).ok()).unwrap_or(1)
}
