//! The folder that a sandbox lives in: which files it has, who may read them, and when they may go.

use std::fs::{self, DirBuilder, File, OpenOptions, TryLockError};
use std::io::{ErrorKind, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

const LOCK: &str = "lock";
const DATABASE: &str = "meridian.db";
const SECRET_KEY: &str = "secret.key";
const CRM_STATE: &str = "hubspot.state";
const MANIFEST: &str = "sandbox.json";
/// There while the seed is incomplete. A start that finds it begins again.
const SEEDING: &str = "seeding";

/// All that a sandbox writes. Only these are ever removed, so that a mistyped `--data-dir` costs nobody their files.
const OURS: [&str; 7] = ["meridian.db", "meridian.db-wal", "meridian.db-shm", SECRET_KEY, CRM_STATE, MANIFEST, SEEDING];

/// A sandbox's folder, held for one process.
#[derive(Debug)]
pub struct DataDir {
    path: PathBuf,
    _lock: File,
}

impl DataDir {
    /// Opens the folder, making it when it is missing. `fresh` throws away what an earlier sandbox left, as does an
    /// earlier seed that was cut off. Fails when another process holds the folder.
    pub fn open(path: &Path, fresh: bool) -> Result<Self> {
        let place = || format!("the data directory {}", path.display());
        DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(path)
            .with_context(|| format!("cannot make {}", place()))?;
        let lock = private(OpenOptions::new().write(true).create(true), &path.join(LOCK))
            .with_context(|| format!("cannot write into {}", place()))?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                bail!("another sandbox runs on {}; stop it, or choose another with --data-dir", place())
            }
            Err(TryLockError::Error(error)) => return Err(error).with_context(|| format!("cannot lock {}", place())),
        }
        let dir = Self { path: path.to_owned(), _lock: lock };
        if fresh || dir.file(SEEDING).exists() {
            dir.clear()?;
        }
        Ok(dir)
    }

    /// The SQLite database, as a URL.
    pub fn database_url(&self) -> String {
        let path = self.file(DATABASE).display().to_string();
        // The path is percent-decoded and cut at `?` when the URL is read.
        format!("sqlite:{}", path.replace('%', "%25").replace('?', "%3F"))
    }

    /// The file that the fake CRM keeps its account in.
    pub fn crm_state(&self) -> PathBuf {
        self.file(CRM_STATE)
    }

    /// `sandbox.json`.
    pub fn manifest(&self) -> PathBuf {
        self.file(MANIFEST)
    }

    /// The instance's secret key; `draw` makes it on the first start.
    pub fn secret_key(&self, draw: impl FnOnce() -> [u8; 32]) -> Result<[u8; 32]> {
        let path = self.file(SECRET_KEY);
        match fs::read(&path) {
            Ok(bytes) => bytes.try_into().ok().with_context(|| {
                format!("{} is damaged: it has to hold 32 bytes; start anew with --fresh", path.display())
            }),
            Err(error) if error.kind() == ErrorKind::NotFound => {
                let key = draw();
                write_private(&path, &key)?;
                Ok(key)
            }
            Err(error) => Err(error).with_context(|| format!("cannot read {}", path.display())),
        }
    }

    /// Notes that a seed begins. Until [`DataDir::seeded`] what it writes is worth nothing.
    pub(crate) fn seeding(&self) -> Result<()> {
        write_private(&self.file(SEEDING), b"")
    }

    /// Notes that the seed is complete.
    pub(crate) fn seeded(&self) -> Result<()> {
        remove(&self.file(SEEDING))
    }

    fn clear(&self) -> Result<()> {
        // The marker goes last: a clearing that is cut off is begun again.
        OURS.iter().try_for_each(|name| remove(&self.file(name)))
    }

    fn file(&self, name: &str) -> PathBuf {
        self.path.join(name)
    }
}

/// Replaces a file as a whole or not at all; only its owner can read it.
pub(crate) fn write_private(path: &Path, bytes: &[u8]) -> Result<()> {
    let draft = path.with_extension("draft");
    let write = || {
        let mut file = private(OpenOptions::new().write(true).create(true).truncate(true), &draft)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        fs::rename(&draft, path)
    };
    write().with_context(|| format!("cannot write {}", path.display()))
}

fn private(options: &mut OpenOptions, path: &Path) -> std::io::Result<File> {
    options.mode(0o600).open(path)
}

fn remove(path: &Path) -> Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != ErrorKind::NotFound => {
            Err(error).with_context(|| format!("cannot remove {}", path.display()))
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn the_key_is_made_once_and_only_its_owner_reads_it() {
        let folder = tempfile::tempdir().unwrap();
        let dir = DataDir::open(&folder.path().join("new"), false).unwrap();
        assert_eq!(dir.secret_key(|| [1; 32]).unwrap(), [1; 32]);
        assert_eq!(dir.secret_key(|| [2; 32]).unwrap(), [1; 32]);
        let mode = fs::metadata(dir.file(SECRET_KEY)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }

    #[test]
    fn fresh_removes_our_files_and_nobody_else_s() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("thesis.txt"), "mine").unwrap();
        let dir = DataDir::open(folder.path(), false).unwrap();
        dir.secret_key(|| [1; 32]).unwrap();
        drop(dir);
        let dir = DataDir::open(folder.path(), true).unwrap();
        assert_eq!(dir.secret_key(|| [2; 32]).unwrap(), [2; 32]);
        assert!(folder.path().join("thesis.txt").exists());
    }

    #[test]
    fn a_seed_that_was_cut_off_is_begun_again() {
        let folder = tempfile::tempdir().unwrap();
        let dir = DataDir::open(folder.path(), false).unwrap();
        dir.seeding().unwrap();
        fs::write(dir.file(DATABASE), "half").unwrap();
        drop(dir);
        let dir = DataDir::open(folder.path(), false).unwrap();
        assert!(!dir.file(DATABASE).exists());
        assert!(!dir.file(SEEDING).exists());
    }

    #[test]
    fn two_sandboxes_cannot_share_a_folder() {
        let folder = tempfile::tempdir().unwrap();
        let _first = DataDir::open(folder.path(), false).unwrap();
        let refused = DataDir::open(folder.path(), true).unwrap_err().to_string();
        assert!(refused.starts_with("another sandbox runs on"), "{refused}");
    }
}
