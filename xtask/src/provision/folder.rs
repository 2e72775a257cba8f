//! The temporary folder of one run. Its path is short, because a unix socket's path may have 107 bytes only.

use std::fs::{self, DirBuilder};
use std::io::ErrorKind;
use std::os::unix::fs::DirBuilderExt;
use std::path::PathBuf;

use anyhow::{Context, Result, bail};

/// Creates a folder that did not exist. Others may look in (0755), because PostgreSQL runs as another user when we
/// are root; what is secret inside has modes of its own.
pub fn create() -> Result<PathBuf> {
    let base = std::env::temp_dir();
    for attempt in 0..100 {
        let folder = base.join(format!("meridian-{}-{attempt}", std::process::id()));
        match DirBuilder::new().mode(0o755).create(&folder) {
            Ok(()) => return fs::canonicalize(folder).context("the temporary folder vanished"),
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
            Err(error) => return Err(error).with_context(|| format!("cannot create {}", folder.display())),
        }
    }
    bail!("{} is full of old meridian folders of this process id; remove them", base.display())
}
