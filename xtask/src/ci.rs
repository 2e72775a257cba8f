//! `cargo xtask ci`: what a change must pass, cheap steps first, with the time of each at the end.
//!
//! Everything is compiled in one profile and with one package selection, so that on two cores nothing is built twice
//! (clippy's check builds apart). A failed step does not hide the findings of the next ones, except where these
//! could only repeat it.

use std::time::{Duration, Instant};

use anyhow::Result;

use crate::{drift, machine, released, test, tidy};

struct Step {
    name: &'static str,
    run: fn() -> Result<u8>,
    /// Whether the steps after it are pointless when it fails.
    is_base: bool,
}

const STEPS: [Step; 7] = [
    Step { name: "fmt", run: || cargo(&["fmt", "--all", "--check"]), is_base: false },
    Step { name: "tidy", run: tidy::run, is_base: false },
    Step {
        name: "clippy",
        run: || cargo(&["clippy", "--workspace", "--all-targets", "--", "--deny", "warnings"]),
        is_base: false,
    },
    Step { name: "build", run: || cargo(drift::BUILD), is_base: true },
    Step { name: "drift", run: || drift::run(&drift::Flags::default()), is_base: false },
    Step { name: "schema", run: || released::run(&released::Flags::default()), is_base: false },
    Step { name: "test", run: || test::run(&test::Flags::default()), is_base: false },
];

pub fn run() -> u8 {
    let mut results = Vec::new();
    for step in &STEPS {
        println!("\n=== {}", step.name);
        let started = Instant::now();
        let passed = match (step.run)() {
            Ok(code) => code == 0,
            Err(error) => {
                eprintln!("error: {error:#}");
                false
            }
        };
        results.push((step.name, passed, started.elapsed()));
        if !passed && step.is_base {
            break;
        }
    }
    print!("\n{}", table(&results));
    let passed = results.iter().all(|(_, passed, _)| *passed);
    u8::from(!passed)
}

fn cargo(arguments: &[&str]) -> Result<u8> {
    Ok(machine::code_of(machine::cargo()?.args(arguments).status()?))
}

fn table(results: &[(&str, bool, Duration)]) -> String {
    let mut table = String::new();
    for step in STEPS.iter().map(|step| step.name) {
        let line = match results.iter().find(|(name, ..)| *name == step) {
            Some((_, true, time)) => format!("{step:<8} ok      {:>7.1} s\n", time.as_secs_f64()),
            Some((_, false, time)) => format!("{step:<8} FAILED  {:>7.1} s\n", time.as_secs_f64()),
            None => format!("{step:<8} not run\n"),
        };
        table.push_str(&line);
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_tells_what_failed_and_what_was_not_reached() {
        let second = Duration::from_secs(1);
        let results =
            [("fmt", true, second), ("tidy", true, second), ("clippy", false, second), ("build", false, second)];
        assert_eq!(
            table(&results),
            "fmt      ok          1.0 s\n\
             tidy     ok          1.0 s\n\
             clippy   FAILED      1.0 s\n\
             build    FAILED      1.0 s\n\
             drift    not run\n\
             schema   not run\n\
             test     not run\n"
        );
    }
}
