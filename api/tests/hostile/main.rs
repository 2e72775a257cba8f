//! Requests that are meant to do harm, against the whole API: each is refused with its code, within so much processor
//! time and memory, and the server goes on.
//!
//! A test binary of its own, because its allocator counts, and because one test is all that runs: what another
//! allocated meanwhile would be counted too.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test ends where its stage cannot be set")]

mod corpus;
mod victim;

use std::fmt::Write as _;
use std::time::Duration;

use peak_alloc::PeakAlloc;

use self::corpus::{Attack, attacks};
use self::victim::Victim;

#[global_allocator]
static MEMORY: PeakAlloc = PeakAlloc;

/// What a request may take before it is refused. A debug build is some twenty times slower, for the same work.
const PROCESSOR_MAX: Duration = Duration::from_millis(if cfg!(debug_assertions) { 1000 } else { 50 });
/// What it may hold at its worst moment, the request and its answer included.
const MEMORY_MAX: usize = 16 * 1024 * 1024;

#[test]
fn what_means_harm_is_refused_before_it_does_any() {
    let victim = Victim::start();
    // Whatever is made once is made before anything is measured.
    let usual = victim.send(&Attack::document("usual", "{ viewer { clientId } }", "-"));
    assert_eq!(usual.code, "-", "{}", usual.text);
    let mut table = String::new();
    for attack in attacks() {
        MEMORY.reset_peak_usage();
        let (held, worked) = (MEMORY.current_usage(), victim.worked());
        let answer = victim.send(&attack);
        let (memory, processor) = (MEMORY.peak_usage().saturating_sub(held), victim.worked().saturating_sub(worked));
        writeln!(table, "{:>7.1} ms {:>7} KiB  {}", processor.as_secs_f64() * 1e3, memory / 1024, attack.name).unwrap();
        assert_eq!(answer.code, attack.code, "{}: {}", attack.name, &answer.text[..answer.text.len().min(300)]);
        assert!(processor <= PROCESSOR_MAX, "{}: {processor:?}\n{table}", attack.name);
        assert!(memory <= MEMORY_MAX, "{}: {memory} bytes\n{table}", attack.name);
        assert!(answer.text.len() <= 256 * 1024, "{}: an answer of {} bytes", attack.name, answer.text.len());
    }
    println!("{table}");
    assert_eq!(victim.send(&Attack::document("usual", "{ viewer { clientId } }", "-")).code, "-");
}
