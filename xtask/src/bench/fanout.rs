//! From one event to many subscribers: how many deliveries a second, and what an idle subscription weighs, beside a
//! bare broadcaster that sends what it is given to every socket.
//!
//! Both sides are read by the same two threads of this process, which share the machine with them: only the ratio says
//! something.

use std::fs;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, anyhow, ensure};

use super::Pace;
use super::client::Session;
use super::ground::{BOOK, Seats};
use super::http::{Connection, Post, Url};
use super::stage::Stage;
use super::websocket::Subscriber;

const SUBSCRIPTION: &str = "subscription { meetingBooked { entityId } }";

/// As long as the frame that a subscriber of Meridian is sent.
const FRAME: &str =
    r#"{"id":"1","type":"next","payload":{"data":{"meetingBooked":{"entityId":"mtg_01jdfkmz007qqr28t5cy4tnkff"}}}}"#;

/// The protocol does not say when a subscription has begun; after this time on a machine at rest it has. The same wait
/// lets the allocator settle before memory is read.
const SETTLE: Duration = Duration::from_secs(2);
/// An event that takes longer is lost.
const PATIENCE: Duration = Duration::from_secs(30);
/// Threads that read; as many as a small machine has cores.
const READERS: usize = 2;

/// What was measured.
#[derive(Debug)]
pub struct FanOut {
    pub subscribers: usize,
    pub events: usize,
    pub subject: Side,
    pub plain: Side,
}

/// One side of it.
#[derive(Debug)]
pub struct Side {
    /// Deliveries, all subscribers together.
    pub per_second: f64,
    /// What an idle subscriber adds to the resident memory of the process.
    pub kib_each: f64,
}

impl FanOut {
    /// How many deliveries Meridian makes in the time in which the bare broadcaster makes one.
    pub fn ratio(&self) -> f64 {
        self.subject.per_second / self.plain.per_second
    }
}

/// The plain side first, then ours: each with its own subscribers, who leave before the others come.
pub fn measure(stage: &Stage, seats: &Seats, pace: &Pace) -> Result<FanOut> {
    let authorization = stage.admin.authorization();
    let plain = side(
        pace,
        stage.broadcast.id,
        || Subscriber::listen(&stage.broadcast.sockets),
        |events| publish(&stage.broadcast.publish, events),
    )?;
    let open = || Subscriber::open(&stage.subscriptions, authorization, SUBSCRIPTION);
    let subject = side(pace, stage.subscribed, open, |events| {
        let mut session = stage.admin.connect()?;
        (0..events).try_for_each(|_| book(&mut session, seats))
    })?;
    Ok(FanOut { subscribers: pace.subscribers, events: pace.events, subject, plain })
}

fn side(
    pace: &Pace,
    process: u32,
    open: impl Fn() -> Result<Subscriber>,
    cause: impl Fn(usize) -> Result<()>,
) -> Result<Side> {
    // One subscriber and one event first: what is made once is not a subscriber's weight.
    let mut scout = open()?;
    scout.patience(PATIENCE)?;
    thread::sleep(SETTLE);
    cause(1)?;
    scout.text().context("the first event")?;
    drop(scout);
    let before = resident_kib(process)?;
    let mut subscribers = (0..pace.subscribers).map(|_| open()).collect::<Result<Vec<_>>>()?;
    thread::sleep(SETTLE);
    let kib_each = weight(before, resident_kib(process)?, pace.subscribers);
    let began = Instant::now();
    let ended = thread::scope(|scope| {
        let share = pace.subscribers.div_ceil(READERS).max(1);
        let readers: Vec<_> =
            subscribers.chunks_mut(share).map(|some| scope.spawn(move || hear(some, pace.events))).collect();
        cause(pace.events)?;
        let join = |reader: thread::ScopedJoinHandle<'_, Result<Instant>>| {
            reader.join().map_err(|_| anyhow!("a reader panicked"))?
        };
        let ends = readers.into_iter().map(join).collect::<Result<Vec<_>>>()?;
        ends.into_iter().max().context("nobody was there to hear")
    })?;
    Ok(Side { per_second: rate(pace.subscribers * pace.events, ended - began), kib_each })
}

/// Reads every event at every subscriber; when the last one was there.
fn hear(subscribers: &mut [Subscriber], events: usize) -> Result<Instant> {
    let mut last = Instant::now();
    for subscriber in &*subscribers {
        subscriber.patience(PATIENCE)?;
    }
    for event in 0..events {
        for subscriber in &mut *subscribers {
            let (arrived, _) = subscriber.text().with_context(|| format!("event {event} did not come"))?;
            last = last.max(arrived);
        }
    }
    Ok(last)
}

fn publish(url: &Url, events: usize) -> Result<()> {
    let request = Post { url, content_type: "text/plain", authorization: None, body: FRAME }.to_bytes();
    let mut connection = Connection::open(url.address()?)?;
    for _ in 0..events {
        let response = connection.exchange(&request)?;
        ensure!(response.status == 200, "the broadcaster answered with {}", response.status);
    }
    Ok(())
}

fn book(session: &mut Session<'_>, seats: &Seats) -> Result<()> {
    session.change(BOOK, &seats.take()).map(|_| ())
}

/// The memory of a process that is in RAM, as Linux counts it (proc(5), `VmRSS`).
fn resident_kib(process: u32) -> Result<u64> {
    let path = format!("/proc/{process}/status");
    let status = fs::read_to_string(&path).with_context(|| format!("reading {path}"))?;
    resident_in(&status).with_context(|| format!("{path} has no VmRSS"))
}

fn resident_in(status: &str) -> Option<u64> {
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    line.trim().strip_suffix(" kB")?.parse().ok()
}

#[expect(clippy::cast_precision_loss, reason = "a memory of 2^53 KiB is not in sight")]
fn weight(before: u64, after: u64, subscribers: usize) -> f64 {
    after.saturating_sub(before) as f64 / subscribers.max(1) as f64
}

#[expect(clippy::cast_precision_loss, reason = "2^53 deliveries are not in sight")]
fn rate(deliveries: usize, took: Duration) -> f64 {
    deliveries as f64 / took.as_secs_f64()
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
    fn the_figures_are_per_second_and_per_subscriber() {
        let figures = (rate(100_000, Duration::from_secs(4)), weight(1_000, 7_000, 500), weight(7_000, 1_000, 500));
        assert_eq!(format!("{figures:?}"), "(25000.0, 12.0, 0.0)");
    }
}
