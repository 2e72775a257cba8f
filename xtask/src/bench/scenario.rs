//! What is asked of the server under load, and the rounds in which it and the plain route take turns.

use std::time::Duration;

use anyhow::{Result, ensure};
use serde_json::json;

use super::Pace;
use super::client::Client;
use super::ground::{AVAILABILITY, BOOK, Ground, Seats, range_of};
use super::http::Post;
use super::load::{Load, Report};
use super::process::processor_time;
use super::stage::{Program, Stage};

/// Requests in flight where a scenario does not say otherwise: more than a small machine has cores.
const CONNECTIONS: usize = 16;

/// As much as it takes to show that somebody with a token was answered.
const TRIVIAL: &str = "{ viewer { clientId } }";

/// What is authenticated, measured and priced, and never executed: what admission takes by itself.
const DEAR: &str = "{ contacts(first: 100) { nodes { meetings(first: 100) { nodes { id } } } } }";

/// One kind of request, whom it is sent to, and what its good answers contain.
struct Scenario<'a> {
    name: &'static str,
    subject: &'a Program,
    connections: usize,
    request: Box<dyn Fn() -> Vec<u8> + Sync + 'a>,
    status: u16,
    proof: &'static str,
}

/// What was measured of one scenario.
pub struct Row {
    pub name: &'static str,
    pub connections: usize,
    /// Medians of the rounds.
    pub subject: Figures,
    /// Medians of the rounds.
    pub plain: Figures,
    /// Requests of all rounds that were answered otherwise than they should, or not at all.
    pub not_accepted: u64,
}

/// Medians of several reports.
pub struct Figures {
    pub per_second: f64,
    pub p50: Duration,
    pub p99: Duration,
    /// What the process that answers works for one request.
    pub processor: Duration,
}

impl Row {
    /// How many of them the server does in the time in which the plain route does one.
    pub fn ratio(&self) -> f64 {
        self.subject.per_second / self.plain.per_second
    }
}

/// Queries, which leave nothing behind.
pub fn reads(stage: &Stage, ground: &Ground, pace: &Pace) -> Result<Vec<Row>> {
    let trivial = stage.admin.request(TRIVIAL, &json!({}));
    let dear = stage.admin.request(DEAR, &json!({}));
    let of_one = stage.admin.request(AVAILABILITY, &range_of(&ground.offer_of_one));
    let of_ten = stage.admin.request(AVAILABILITY, &range_of(&ground.offer_of_ten));
    let body = json!({"query": DEAR}).to_string();
    let stranger = Post { url: stage.admin.url(), content_type: "application/json", authorization: None, body: &body };
    let stranger = stranger.to_bytes();
    let executor = stage.plain_post("/graphql", &json!({"query": TRIVIAL}).to_string())?;
    let read = |name, subject, request: Vec<u8>, proof| Scenario {
        name,
        subject,
        connections: CONNECTIONS,
        request: Box::new(move || request.clone()),
        status: 200,
        proof,
    };
    let (ours, plain) = (&stage.sandbox, &stage.plain);
    let scenarios = [
        read("`{ viewer { clientId } }`", ours, trivial, r#""viewer":{"clientId":""#),
        read("the first, by the executor alone", plain, executor, r#""viewer":{"clientId":""#),
        Scenario { status: 401, ..read("a dear query without a token", ours, stranger, r#""code":"UNAUTHENTICATED""#) },
        read("the same, refused for its price", ours, dear, r#""code":"COST_EXCEEDED""#),
        read("a token by client credentials", ours, stage.admin.token_request(), r#""access_token":""#),
        read("`availability`, 30 days, 1 host", ours, of_one, r#""slots":[{"startsAt":""#),
        read("`availability`, 30 days, 10 hosts", ours, of_ten, r#""slots":[{"startsAt":""#),
    ];
    take_turns(&scenarios, stage, pace)
}

/// Bookings. They come last: what the worker makes of them goes on in the background.
pub fn bookings(stage: &Stage, seats: &Seats, pace: &Pace) -> Result<Vec<Row>> {
    let book = |connections| Scenario {
        name: "`bookMeeting`",
        subject: &stage.sandbox,
        connections,
        request: Box::new(|| booking(&stage.admin, seats)),
        status: 200,
        proof: r#""bookMeeting":{"errors":[]"#,
    };
    let rows = take_turns(&[book(1), book(CONNECTIONS)], stage, pace)?;
    seats.check()?;
    Ok(rows)
}

/// The bytes of a booking that nobody else makes.
fn booking(client: &Client, seats: &Seats) -> Vec<u8> {
    client.request(BOOK, &json!({"input": seats.take()}))
}

/// In every round each scenario, and before each the plain route under the same load: a busy minute hits all.
fn take_turns(scenarios: &[Scenario<'_>], stage: &Stage, pace: &Pace) -> Result<Vec<Row>> {
    let echo = stage.plain_post("/json", &json!({"query": TRIVIAL, "variables": {}}).to_string())?;
    let mut reports: Vec<(Vec<Measured>, Vec<Measured>)> = scenarios.iter().map(|_| Default::default()).collect();
    for _ in 0..pace.rounds {
        for (scenario, (subject, plain)) in scenarios.iter().zip(&mut reports) {
            let connections = scenario.connections;
            plain.push(drive(&stage.plain, connections, pace, || echo.clone(), (200, TRIVIAL))?);
            let report =
                drive(scenario.subject, connections, pace, &scenario.request, (scenario.status, scenario.proof))?;
            let refused = &report.report.refused;
            ensure!(report.report.accepted > 0, "{}: not one good answer ({refused:?})", scenario.name);
            subject.push(report);
        }
    }
    Ok(scenarios.iter().zip(&reports).map(|(scenario, (subject, plain))| row(scenario, subject, plain)).collect())
}

/// A report, and what the process worked meanwhile.
struct Measured {
    report: Report,
    processor: Duration,
}

fn drive(
    program: &Program,
    connections: usize,
    pace: &Pace,
    request: impl Fn() -> Vec<u8> + Sync,
    (status, proof): (u16, &str),
) -> Result<Measured> {
    let load = Load { address: program.url.address()?, connections, warm_up: pace.warm_up, duration: pace.round };
    let before = processor_time(program.id)?;
    let report = load.drive(request, |response| response.proves(status, proof))?;
    let processor = processor_time(program.id)?.saturating_sub(before) / report.exchanges.max(1);
    Ok(Measured { report, processor })
}

fn row(scenario: &Scenario<'_>, subject: &[Measured], plain: &[Measured]) -> Row {
    Row {
        name: scenario.name,
        connections: scenario.connections,
        subject: medians(subject),
        plain: medians(plain),
        not_accepted: subject.iter().map(|measured| measured.report.not_accepted()).sum(),
    }
}

fn medians(rounds: &[Measured]) -> Figures {
    Figures {
        per_second: median(rounds.iter().map(|round| round.report.per_second()), f64::total_cmp),
        p50: median(rounds.iter().map(|round| round.report.p50), Ord::cmp),
        p99: median(rounds.iter().map(|round| round.report.p99), Ord::cmp),
        processor: median(rounds.iter().map(|round| round.processor), Ord::cmp),
    }
}

/// Of an odd number of values the middle one; of an even number the greater of the two in the middle.
fn median<T: Copy + Default>(values: impl Iterator<Item = T>, compare: fn(&T, &T) -> std::cmp::Ordering) -> T {
    let mut values: Vec<T> = values.collect();
    values.sort_by(compare);
    values.get(values.len() / 2).copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_ignores_one_bad_round() {
        assert_eq!(median([100, 3, 101].into_iter(), Ord::cmp), 100);
        assert!((median([100.0, 3.0, 101.0].into_iter(), f64::total_cmp) - 100.0).abs() < f64::EPSILON);
    }
}
