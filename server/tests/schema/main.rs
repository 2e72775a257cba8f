//! The schema as others read it: what `meridian schema diff` says of two texts, held against graphql-js, and the tools
//! that clients are built with.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test ends where its stage cannot be set")]

mod diff;
mod foreign;
mod pairs;

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// What the repository holds of the schema.
fn schema() -> String {
    std::fs::read_to_string(repository().join("schema.graphql")).unwrap()
}

fn repository() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
}

/// A folder of the test's own in which Node finds the tools, and a script of ours.
struct Workshop {
    folder: tempfile::TempDir,
}

impl Workshop {
    fn open() -> Self {
        let folder = tempfile::tempdir().unwrap();
        // Node looks for packages beside the script.
        std::os::unix::fs::symlink(tools().join("node_modules"), folder.path().join("node_modules")).unwrap();
        Self { folder }
    }

    fn path(&self) -> &Path {
        self.folder.path()
    }

    fn put(&self, name: &str, text: &str) {
        let path = self.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, text).unwrap();
    }

    /// Runs a script of `tests/schema` in the folder; what it prints.
    fn run(&self, script: &str, arguments: &[&str]) -> String {
        let source = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/schema")).join(script);
        let copy = self.path().join(script);
        std::fs::copy(source, &copy).unwrap();
        let output = Command::new("node").arg(copy).args(arguments).current_dir(self.path()).output().unwrap();
        succeeded(script, &output)
    }
}

fn succeeded(what: &str, output: &Output) -> String {
    let (said, complained) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{what}: {said}\n{complained}");
    said.into_owned()
}

/// The folder whose `node_modules` has the packages of `server/tests/tools`.
#[expect(clippy::disallowed_methods, reason = "the test run's own configuration, read by no product code")]
fn tools() -> PathBuf {
    let folder = std::env::var("MERIDIAN_TOOLS_NODE");
    folder.unwrap_or_else(|_| panic!("MERIDIAN_TOOLS_NODE is not set; `cargo xtask test` provides it")).into()
}
