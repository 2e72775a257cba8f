//! The sandbox's own process, and the scripts that drive a browser through its pages.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

const PATIENCE: Duration = Duration::from_mins(1);
const SCRIPTS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/browser");

/// What a script of `tests/browser` prints, in a new sandbox.
pub(crate) fn told_by(script: &str) -> String {
    let folder = tempfile::tempdir().unwrap();
    let sandbox = Sandbox::start(folder.path());
    // Node looks for packages beside the script.
    let tools = PathBuf::from(variable("MERIDIAN_TOOLS_NODE"));
    std::os::unix::fs::symlink(tools.join("node_modules"), folder.path().join("node_modules")).unwrap();
    for name in [script, "visit.mjs"] {
        fs::copy(Path::new(SCRIPTS).join(name), folder.path().join(name)).unwrap();
    }
    let mut node = Command::new("node");
    node.arg(folder.path().join(script)).arg(&sandbox.url).arg(folder.path().join("data/sandbox.json"));
    node.arg(variable("MERIDIAN_TEST_CHROMIUM")).current_dir(folder.path());
    let output = node.output().unwrap();
    let (said, complained) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{said}\n{complained}");
    said.into_owned()
}

/// A running `meridian sandbox`. It ends with its value.
struct Sandbox {
    url: String,
    process: Child,
}

impl Sandbox {
    fn start(folder: &Path) -> Self {
        let (out, log) = (folder.join("out"), folder.join("log"));
        let mut meridian = Command::new(env!("CARGO_BIN_EXE_meridian"));
        meridian.args(["sandbox", "--port", "0", "--data-dir"]).arg(folder.join("data"));
        // The test run's own variables are no settings.
        meridian.env_clear().stdin(Stdio::null());
        meridian.stdout(File::create(&out).unwrap()).stderr(File::create(&log).unwrap());
        let mut sandbox = Self { url: String::new(), process: meridian.spawn().unwrap() };
        let started = Instant::now();
        while sandbox.url.is_empty() {
            let is_over = sandbox.process.try_wait().unwrap().is_some() || started.elapsed() > PATIENCE;
            assert!(!is_over, "the sandbox does not start: {}", fs::read_to_string(&log).unwrap());
            thread::sleep(Duration::from_millis(20));
            let said = fs::read_to_string(&out).unwrap();
            let url =
                said.lines().find_map(|line| line.strip_prefix("meridian ready ")).filter(|_| said.ends_with('\n'));
            url.unwrap_or_default().clone_into(&mut sandbox.url);
        }
        sandbox
    }
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        // One that has ended already is what we want.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

#[expect(clippy::disallowed_methods, reason = "the test run's own configuration, read by no product code")]
fn variable(name: &str) -> String {
    std::env::var(name).unwrap_or_else(|_| panic!("{name} is not set; `cargo xtask test` provides it"))
}
