//! GraphiQL in a real browser, as a newcomer meets it: the sandbox's own page, a member who signs in, every sample.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test ends where its stage cannot be set")]

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

const PATIENCE: Duration = Duration::from_mins(1);

/// What the browser is to see. A sample that cannot succeed in a new sandbox is refused for a reason of its own: the
/// meeting of the samples is cancelled before its outcome is recorded, and nothing is dead that could be replayed.
const EXPECTED: &str = "\
signed in: true
the address is clean: true
nothing is kept of the tokens: true
Who am I: ok
Meeting types: ok
Availability: ok
Submit a form: ok
Hold a slot: ok
Book a meeting: ok
Reschedule a meeting: ok
Cancel a meeting: ok
Record an outcome: MEETING_NOT_ACTIVE
Meetings: ok
Meeting events (subscription): MeetingBooked
Trace by correlation id: ok
Dead letters: ok
Replay a dead letter: NOT_FOUND
scopes are shown: true
signed out: true
the schema without a token: 401
from elsewhere: nothing
complaints: none
";

#[test]
fn a_newcomer_signs_in_and_runs_every_sample() {
    let folder = tempfile::tempdir().unwrap();
    let sandbox = Sandbox::start(folder.path());
    // Node looks for packages beside the script.
    let tools = PathBuf::from(variable("MERIDIAN_TOOLS_NODE"));
    std::os::unix::fs::symlink(tools.join("node_modules"), folder.path().join("node_modules")).unwrap();
    let script = folder.path().join("newcomer.mjs");
    fs::copy(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/graphiql/newcomer.mjs"), &script).unwrap();
    let mut node = Command::new("node");
    node.arg(script).arg(&sandbox.url).arg(folder.path().join("data/sandbox.json"));
    node.arg(variable("MERIDIAN_TEST_CHROMIUM")).current_dir(folder.path());
    let output = node.output().unwrap();
    let (said, complained) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{said}\n{complained}");
    assert_eq!(said, EXPECTED, "{complained}");
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
