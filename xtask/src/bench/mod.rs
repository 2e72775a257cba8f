//! `cargo xtask bench`: a load on a running server, as a ratio to a baseline under the same load.
//!
//! Absolute numbers of a shared machine mean little; a ratio means something when both sides are measured in turns,
//! so that a busy minute hits both. Start the server in a release build.

use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};

use self::http::{Request, Url};
use self::load::{Load, Report, Turn};

mod http;
mod load;

/// In headers and body: replaced by text that no other request of the run has, for idempotency keys and names.
const TURN: &str = "<turn>";

#[derive(clap::Args)]
pub struct Flags {
    /// What to measure, http only
    url: String,
    /// What to compare with: a GET of this URL
    #[arg(long)]
    baseline: Option<String>,
    /// Send this file by POST as application/json instead of a GET; <turn> in it is replaced by text unique to each
    /// request, and answers with a top-level "errors" do not count
    #[arg(long)]
    body: Option<PathBuf>,
    /// Another header, such as "authorization: Bearer ..."; <turn> is replaced here too
    #[arg(long = "header")]
    headers: Vec<String>,
    /// Requests in flight at a time, each on a connection of its own
    #[arg(long, default_value_t = 16)]
    connections: usize,
    /// Length of one round, after one second of warm-up
    #[arg(long, default_value_t = 5)]
    seconds: u64,
    /// Rounds of each side, in turns
    #[arg(long, default_value_t = 3)]
    rounds: usize,
}

pub fn run(flags: &Flags) -> Result<u8> {
    ensure!(
        flags.connections > 0 && flags.seconds > 0 && flags.rounds > 0,
        "connections, seconds and rounds start at 1"
    );
    let subject = Target::subject(flags)?;
    let baseline = flags.baseline.as_deref().map(Target::baseline).transpose()?;
    println!("{:<10} {}", "", Report::HEADINGS);
    let mut rates = (Vec::new(), Vec::new());
    for round in 0..flags.rounds {
        if let Some(baseline) = &baseline {
            rates.0.push(baseline.measure(round, flags)?);
        }
        rates.1.push(subject.measure(round, flags)?);
    }
    if baseline.is_some() {
        println!("ratio of the medians: {:.3}", median(rates.1) / median(rates.0));
    }
    Ok(0)
}

/// One side of the comparison: where to, and what every turn sends.
struct Target<'a> {
    name: &'static str,
    url: Url,
    headers: &'a [String],
    body: Option<String>,
}

impl<'a> Target<'a> {
    fn subject(flags: &'a Flags) -> Result<Self> {
        let read = |file: &PathBuf| fs::read_to_string(file).with_context(|| format!("reading {}", file.display()));
        let body = flags.body.as_ref().map(read).transpose()?;
        Ok(Self { name: "subject", url: Url::parse(&flags.url)?, headers: &flags.headers, body })
    }

    fn baseline(url: &str) -> Result<Self> {
        Ok(Self { name: "baseline", url: Url::parse(url)?, headers: &[], body: None })
    }

    /// One round; prints its line and answers with its requests per second.
    fn measure(&self, round: usize, flags: &Flags) -> Result<f64> {
        let load = Load {
            address: self.url.address()?,
            connections: flags.connections,
            warm_up: Duration::from_secs(1),
            duration: Duration::from_secs(flags.seconds),
        };
        let report = load.drive(|turn| self.request(round, turn), http::Response::is_success)?;
        println!("{:<10} {report}", self.name);
        if report.accepted == 0 {
            bail!("{}: not one good answer", self.name);
        }
        Ok(report.per_second())
    }

    fn request(&self, round: usize, turn: Turn) -> Vec<u8> {
        let unique = format!("{round}-{}-{}", turn.connection, turn.number);
        let fill = |text: &String| text.replace(TURN, &unique);
        let headers: Vec<String> = self.headers.iter().map(fill).collect();
        let body = self.body.as_ref().map(fill);
        Request { url: &self.url, headers: &headers, json: body.as_ref().map(String::as_bytes) }.to_bytes()
    }
}

/// Of an odd number of rounds the middle one; of an even number the better of the two in the middle.
fn median(mut rates: Vec<f64>) -> f64 {
    rates.sort_by(f64::total_cmp);
    rates.get(rates.len() / 2).copied().unwrap_or(f64::NAN)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_request_is_marked_with_its_turn() {
        let headers = ["idempotency-key: k<turn>".to_owned()];
        let url = Url::parse("http://localhost/").unwrap();
        let target = Target { name: "subject", url, headers: &headers, body: Some(r#"{"name":"<turn>"}"#.to_owned()) };
        let request = String::from_utf8(target.request(2, Turn { connection: 3, number: 40 })).unwrap();
        assert!(request.contains("\r\nidempotency-key: k2-3-40\r\n"));
        assert!(request.ends_with("\r\ncontent-length: 17\r\n\r\n{\"name\":\"2-3-40\"}"), "{request}");
    }

    #[test]
    fn the_median_ignores_one_bad_round() {
        assert!((median(vec![100.0, 3.0, 101.0]) - 100.0).abs() < f64::EPSILON);
    }
}
