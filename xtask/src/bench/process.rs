//! What Linux counts of a process: its memory and its processor time (proc(5)); and its end.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};

/// `USER_HZ`, in which processor time is told: the same on every Linux that runs here.
const TICKS_PER_SECOND: u64 = 100;
/// What is under way may take a while.
const END_LIMIT: Duration = Duration::from_mins(1);

/// The memory that is in RAM (`VmRSS`).
pub fn resident_kib(process: u32) -> Result<u64> {
    let path = format!("/proc/{process}/status");
    let status = fs::read_to_string(&path).with_context(|| format!("reading {path}"))?;
    resident_in(&status).with_context(|| format!("{path} has no VmRSS"))
}

/// What it has worked so far, in the kernel and outside of it (`utime`, `stime`).
pub fn processor_time(process: u32) -> Result<Duration> {
    let path = format!("/proc/{process}/stat");
    let stat = fs::read_to_string(&path).with_context(|| format!("reading {path}"))?;
    worked_in(&stat).with_context(|| format!("{path} has no times"))
}

/// Asks it to end, and waits until it has.
pub fn end(process: u32) -> Result<()> {
    let asked = Command::new("kill").arg(process.to_string()).status().context("there is no `kill`")?;
    ensure!(asked.success(), "process {process} could not be asked to end");
    let (place, began) = (format!("/proc/{process}"), Instant::now());
    while Path::new(&place).exists() {
        ensure!(began.elapsed() < END_LIMIT, "process {process} did not end in {} s", END_LIMIT.as_secs());
        thread::sleep(Duration::from_millis(20));
    }
    Ok(())
}

fn resident_in(status: &str) -> Option<u64> {
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    line.trim().strip_suffix(" kB")?.parse().ok()
}

/// The 14th and the 15th field. The second is the program's name in brackets, which may hold anything.
fn worked_in(stat: &str) -> Option<Duration> {
    let (_, rest) = stat.rsplit_once(')')?;
    let mut times = rest.split_whitespace().skip(11).map(str::parse::<u64>);
    let ticks = times.next()?.ok()? + times.next()?.ok()?;
    Some(Duration::from_millis(ticks * 1000 / TICKS_PER_SECOND))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn resident_memory_is_found_among_the_rest() {
        let status = "Name:\tmeridian\nVmPeak:\t  900 kB\nVmRSS:\t  33812 kB\nThreads:\t3\n";
        assert_eq!(resident_in(status), Some(33_812));
        assert_eq!(resident_in("Name:\tmeridian\n"), None);
        assert!(resident_kib(std::process::id()).unwrap() > 0);
    }

    #[test]
    fn processor_time_is_found_behind_any_name() {
        let stat = "7 (a ) b) S 1 7 7 0 -1 4194560 1 2 3 4 150 25 9 9 20 0 5 0 100 1 2";
        assert_eq!(worked_in(stat), Some(Duration::from_millis(1750)));
        assert_eq!(worked_in("7 (a) S 1"), None);
        processor_time(std::process::id()).unwrap();
    }
}
