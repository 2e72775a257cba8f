//! The kernel against a brute force in Python that shares nothing with it but the JSON documents.
//!
//! The scripts need a Python whose `tzdata` package is the release that jiff bundles; `cargo xtask test` makes one.

use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use domain::ids::HostId;
use domain::time::{Interval, LocalTime};
use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::TestRunner;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::json;

use crate::arbitrary::{DAYS, story};
use crate::story::zone_of;

/// Runs `script` of `tests/oracle` on `question` and reads its answer.
pub fn ask<A: DeserializeOwned>(script: &str, question: &impl Serialize) -> A {
    #[expect(clippy::disallowed_methods, reason = "a test is told by its runner where the oracle's Python is")]
    let Ok(python) = std::env::var("MERIDIAN_ORACLE_PYTHON") else {
        panic!(
            "run the tests through `cargo xtask test`: it sets MERIDIAN_ORACLE_PYTHON to a Python with the right tzdata"
        )
    };
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/oracle").join(script);
    let mut oracle = Command::new(&python)
        .arg(path)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap_or_else(|error| panic!("{python}: {error}"));
    let question = serde_json::to_vec(question).unwrap();
    oracle.stdin.take().unwrap().write_all(&question).unwrap();
    let output = oracle.wait_with_output().unwrap();
    assert!(output.status.success(), "{script} failed; its message is above");
    serde_json::from_slice(&output.stdout).unwrap()
}

#[test]
fn slots_are_what_a_walk_over_all_minutes_finds() {
    let mut runner = TestRunner::deterministic();
    let stories: Vec<_> = (0..60).map(|_| story().new_tree(&mut runner).unwrap().current()).collect();
    let questions: Vec<_> = stories
        .iter()
        .map(|(story, begin)| {
            let (from, to) = (begin.timestamp(), (*begin + TimeDelta::days(DAYS)).timestamp());
            json!({ "offer": story.offer, "hosts": story.hosts, "from": from, "to": to, "now": story.now.timestamp() })
        })
        .collect();
    let answers: Vec<Vec<(i64, Vec<HostId>)>> = ask("slots.py", &questions);
    let mut slots_seen = 0;
    for (((story, begin), question), expected) in stories.iter().zip(&questions).zip(answers) {
        let slots = story.between(*begin, *begin + TimeDelta::days(DAYS));
        let found: Vec<_> = slots.into_iter().map(|slot| (slot.start.timestamp(), slot.hosts)).collect();
        assert_eq!(found, expected, "{question:#}");
        slots_seen += found.len();
    }
    assert!(slots_seen > 500, "the stories are too strict to tell anything: {slots_seen} slots");
}

#[derive(Serialize)]
struct WindowCase {
    zone: &'static str,
    date: NaiveDate,
    windows: Vec<(LocalTime, LocalTime)>,
}

#[test]
fn windows_around_every_transition_mean_what_a_walk_over_all_minutes_finds() {
    let windows =
        ["00:00-24:00", "00:00-00:30", "23:30-24:00", "00:30-01:45", "01:00-04:00", "02:10-02:50", "09:00-17:00"];
    let windows: Vec<(LocalTime, LocalTime)> = windows
        .iter()
        .map(|text| text.split_once('-').map(|(start, end)| (start.parse().unwrap(), end.parse().unwrap())).unwrap())
        .collect();
    let cases: Vec<WindowCase> = WINDOW_ZONES
        .iter()
        .flat_map(|zone| dates_around_transitions(zone).into_iter().map(move |date| (*zone, date)))
        .map(|(zone, date)| WindowCase { zone, date, windows: windows.clone() })
        .collect();
    let mut answers = ask::<Vec<Vec<(i64, i64)>>>("windows.py", &cases).into_iter();
    for WindowCase { zone, date, windows } in cases {
        for (start, end) in windows {
            let intervals = zone_of(zone).instants_of(date, start, end);
            let found: Vec<_> = intervals.into_iter().map(|Interval { start, end }| (start, end)).collect();
            assert_eq!(Some(found), answers.next(), "{zone} {date} {start}-{end}");
        }
    }
}

/// One zone for each way in which clocks change between 2024 and 2037.
const WINDOW_ZONES: [&str; 24] = [
    "Africa/Cairo",
    "Africa/Casablanca",
    "America/Asuncion",
    "America/Havana",
    "America/New_York",
    "America/Nuuk",
    "America/Santiago",
    "America/Scoresbysund",
    "America/St_Johns",
    "America/Vancouver",
    "Antarctica/Casey",
    "Antarctica/Troll",
    "Asia/Almaty",
    "Asia/Beirut",
    "Asia/Gaza",
    "Asia/Jerusalem",
    "Asia/Kolkata",
    "Atlantic/Azores",
    "Australia/Lord_Howe",
    "Europe/Dublin",
    "Europe/London",
    "Pacific/Chatham",
    "Pacific/Easter",
    "Pacific/Norfolk",
];

fn dates_around_transitions(zone: &str) -> Vec<NaiveDate> {
    let years = Interval::covering(instant("2024-01-01T00:00:00Z"), instant("2038-01-01T00:00:00Z"));
    let pieces = zone_of(zone).pieces(years);
    let starts = pieces.as_slice().iter().map(|piece| zone_of(zone).local_date(piece.utc.starts_at()));
    starts.flat_map(|date| [date - TimeDelta::days(1), date, date + TimeDelta::days(1)]).collect()
}

fn instant(text: &str) -> DateTime<Utc> {
    crate::story::at(text)
}
