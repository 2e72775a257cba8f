//! A program of our own that runs beside a bench: started, waited for until it says that it is ready, and kept.

use std::fs::{self, File};
use std::path::Path;
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use super::keeper::{Keeper, StopSignal};

/// A debug build that makes and seeds its database on a busy machine deserves patience.
const START_LIMIT: Duration = Duration::from_mins(1);

/// A program that runs.
#[derive(Debug)]
pub struct Started {
    /// What it said after the mark.
    pub said: String,
    /// Its process.
    pub id: u32,
}

/// Starts `program` and waits for a line that begins with `mark`.
pub fn start(folder: &Path, keeper: &mut Keeper, name: &str, program: &mut Command, mark: &str) -> Result<Started> {
    let (out, log) = (folder.join(format!("{name}.out")), folder.join(format!("{name}.log")));
    program.stdout(File::create(&out)?).stderr(File::create(&log)?);
    let mut server = keeper.spawn(program, StopSignal::Kill).with_context(|| format!("cannot start {name}"))?;
    let started = Instant::now();
    loop {
        if let Some(rest) = announced(&fs::read_to_string(&out)?, mark) {
            let id = server.id().with_context(|| format!("{name} has no process"))?;
            return Ok(Started { said: rest.to_owned(), id });
        }
        if server.has_ended()? {
            bail!("{name} ended while starting:\n{}", super::last_lines(&log));
        }
        if started.elapsed() > START_LIMIT {
            bail!("{name} was not ready within {} s:\n{}", START_LIMIT.as_secs(), super::last_lines(&log));
        }
        thread::sleep(Duration::from_millis(20));
    }
}

/// What follows the mark, once the whole line is there.
fn announced<'a>(output: &'a str, mark: &str) -> Option<&'a str> {
    let mut whole = output.split_inclusive('\n').filter_map(|line| line.strip_suffix('\n'));
    whole.find_map(|line| line.strip_prefix(mark)).map(str::trim)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::provision::Provision;

    #[test]
    fn a_line_counts_when_it_is_whole() {
        assert_eq!(announced("hello\nready http://a", "ready "), None);
        assert_eq!(announced("hello\nready http://a\n", "ready "), Some("http://a"));
        assert_eq!(announced("not ready yet\n", "ready "), None);
    }

    #[test]
    fn a_program_that_cannot_start_tells_why() {
        let mut provision = Provision::bare().unwrap();
        let mut program = Command::new("sh");
        program.args(["-c", "echo the reason >&2; exit 1"]);
        let error = provision.start("it", &mut program, "ready ").unwrap_err();
        assert_eq!(error.to_string(), "it ended while starting:\nthe reason");
    }
}
