//! `cargo xtask proof`: events on PostgreSQL, delivered by workers that are killed with -9, to a receiver that fails.
//!
//! Afterwards the log is read through the API and held against what the receiver took in: every event arrived, and
//! none before an earlier one about the same entity.

mod forms;
mod instance;
mod log;
mod receiver;
mod verdict;

use std::path::PathBuf;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use serde_json::json;

use self::instance::Instance;
use self::receiver::{Kind, Receiver};
use self::verdict::Verdict;
use crate::machine;

#[derive(clap::Args)]
pub struct Flags {
    /// Events in the log before it ends
    #[arg(long, value_name = "N", default_value_t = 200_000)]
    events: usize,
    /// Of a hundred deliveries so many fail: refused, dropped before or after they were taken in, or throttled
    #[arg(long, value_name = "PERCENT", default_value_t = 20, value_parser = clap::value_parser!(u64).range(0..=90))]
    failing: u64,
    /// Workers
    #[arg(long, value_name = "N", default_value_t = 3)]
    workers: usize,
    /// Seconds between two kills, of one worker after the other; 0 kills nobody
    #[arg(long, value_name = "SECONDS", default_value_t = 5)]
    kill_every: u64,
    /// Events a second; 0: as many as come
    #[arg(long, value_name = "N", default_value_t = 0)]
    rate: u64,
    /// Endpoints that are told of every event
    #[arg(long, value_name = "N", default_value_t = 1)]
    endpoints: usize,
    /// As many more that hang up
    #[arg(long, value_name = "N", default_value_t = 0)]
    dead: usize,
    /// As many more that take half a minute to answer
    #[arg(long, value_name = "N", default_value_t = 0)]
    slow: usize,
    /// Use this meridian instead of building one
    #[arg(long, value_name = "PATH")]
    binary: Option<PathBuf>,
}

/// Nothing new for so long means that what is missing is lost.
const SILENCE_MAX: Duration = Duration::from_mins(2);
const LOOK_EVERY: Duration = Duration::from_millis(200);

/// Progress goes to standard error, the result to standard output.
pub fn run(flags: &Flags) -> Result<u8> {
    ensure!(flags.workers > 0 && flags.endpoints > 0, "without workers and endpoints nothing is delivered");
    let meridian = match &flags.binary {
        Some(path) => std::fs::canonicalize(path).with_context(|| format!("there is no {}", path.display()))?,
        None => build()?,
    };
    let receiver = Receiver::start(flags.failing)?;
    let mut instance = Instance::start(&meridian)?;
    for _ in 0..flags.workers {
        instance.start_worker()?;
    }
    for (kind, number) in [(Kind::Healthy, flags.endpoints), (Kind::Dead, flags.dead), (Kind::Slow, flags.slow)] {
        (0..number).try_for_each(|number| subscribe(&instance, &receiver.url(kind, number)))?;
    }
    let began = Instant::now();
    let forms = flags.events.div_ceil(forms::EVENTS_EACH);
    eprintln!("{forms} forms ...");
    let log = storm(&mut instance, &receiver, flags)?;
    let took = began.elapsed();
    let verdicts = (0..flags.endpoints).map(|number| verdict::judge(&log, &receiver.taken_in(number)));
    let verdict = verdicts.reduce(Verdict::and).context("no endpoint to judge")?;
    let dead = dead_letters(&instance)?;
    let (failed, latency) = (receiver.failed(), receiver.latency());
    println!(
        "{} events about {} entities, {} taken in ({} more than once), {failed} attempts failed, {} kills -9, {dead} dead letters",
        log.len(),
        verdict.entities,
        verdict.taken_in,
        verdict.repeated,
        instance.kills(),
    );
    println!(
        "{:.0} s, {:.0} deliveries a second; from the event to its receipt p50 {} ms, p99 {} ms",
        took.as_secs_f64(),
        rate(verdict.taken_in, took),
        latency.0.as_millis(),
        latency.1.as_millis(),
    );
    println!("lost: {}, inverted: {}", verdict.lost, verdict.inverted);
    let holds = verdict.lost == 0 && verdict.inverted == 0 && dead == 0 && log.len() >= flags.events;
    Ok(u8::from(!holds))
}

fn build() -> Result<PathBuf> {
    let built = machine::cargo()?.args(["build", "--release", "--package", "server", "--bins"]).status()?;
    ensure!(built.success(), "the release build failed");
    machine::meridian("release")
}

fn subscribe(instance: &Instance, url: &str) -> Result<()> {
    let mut session = instance.admin.connect()?;
    let create = "mutation($input: CreateWebhookEndpointInput!) { createWebhookEndpoint(input: $input) \
                  { errors { code message } webhookEndpoint { id } } }";
    let made = session.change(create, &json!({"idempotencyKey": format!("create-{url}"), "url": url}))?;
    let verify = "mutation($input: VerifyWebhookEndpointInput!) { verifyWebhookEndpoint(input: $input) \
                  { errors { code message } webhookEndpoint { status } } }";
    let id = &made["webhookEndpoint"]["id"];
    session.change(verify, &json!({"idempotencyKey": format!("verify-{url}"), "endpointId": id}))?;
    // What happens before an endpoint is active is not sent to it.
    let status = "query($id: ID!) { node(id: $id) { ... on WebhookEndpoint { status } } }";
    let began = Instant::now();
    while session.ask(status, &json!({"id": id}))?["node"]["status"] != "ACTIVE" {
        ensure!(began.elapsed() < SILENCE_MAX, "the endpoint is not verified");
        std::thread::sleep(LOOK_EVERY);
    }
    Ok(())
}

/// Sends forms and kills workers until everything in the log has arrived at every healthy endpoint; the log.
fn storm(instance: &mut Instance, receiver: &Receiver, flags: &Flags) -> Result<Vec<log::Event>> {
    let forms = flags.events.div_ceil(forms::EVENTS_EACH);
    let sending = forms::send(instance.sender()?, forms, flags.rate);
    let kill_every = Some(Duration::from_secs(flags.kill_every)).filter(|every| !every.is_zero());
    let expected = forms * forms::EVENTS_EACH;
    let mut log: Vec<log::Event> = Vec::new();
    let (mut killed_at, mut heard, mut heard_at) = (Instant::now(), 0, Instant::now());
    loop {
        std::thread::sleep(LOOK_EVERY);
        let now_heard = receiver.count();
        if now_heard != heard {
            (heard, heard_at) = (now_heard, Instant::now());
        }
        let is_sent = sending.iter().all(std::thread::JoinHandle::is_finished);
        let wanted = log.len().max(expected) * flags.endpoints;
        if is_sent && heard >= wanted || heard_at.elapsed() > SILENCE_MAX {
            // Once more, until it has not grown: the relay may be behind the senders.
            let known = log.len();
            log = log::read(&mut instance.admin.connect()?)?;
            if log.len() == known {
                break;
            }
        }
        if kill_every.is_some_and(|every| killed_at.elapsed() >= every) {
            instance.replace_oldest_worker()?;
            killed_at = Instant::now();
            eprintln!("{heard} taken in, {} kills", instance.kills());
        }
    }
    for thread in sending {
        thread.join().map_err(|_| anyhow::anyhow!("a sender panicked"))??;
    }
    Ok(log)
}

#[expect(clippy::cast_precision_loss, reason = "2^53 deliveries are not in sight")]
fn rate(deliveries: usize, took: Duration) -> f64 {
    deliveries as f64 / took.as_secs_f64()
}

fn dead_letters(instance: &Instance) -> Result<usize> {
    let asked = "{ deadLetters(first: 100) { nodes { id } } }";
    let data = instance.admin.connect()?.ask(asked, &json!({}))?;
    data["deadLetters"]["nodes"].as_array().map(Vec::len).context("no dead letters in the answer")
}
