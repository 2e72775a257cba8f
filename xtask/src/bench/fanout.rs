//! From one event to many subscribers: how many deliveries a second, and what an idle subscription weighs, beside a
//! bare broadcaster that sends what it is given to every socket.
//!
//! Both sides are read by the same two threads of this process, which share the machine with them: only the ratio says
//! something.

use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, anyhow, ensure};

use super::Pace;
use super::client::Session;
use super::ground::{BOOK, Seats};
use super::http::{Connection, Post, Url};
use super::load::percentile;
use super::process::resident_kib;
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
/// Deliveries a second, all subscribers together, while their times are taken.
const PACE: u32 = 25_000;

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
    /// 99 of 100 deliveries took no longer, counted from just before their event was caused, at [`PACE`]. A socket is
    /// read when those before it have been, so the truth is rather less.
    pub p99: Duration,
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
    for subscriber in &subscribers {
        subscriber.patience(PATIENCE)?;
    }
    let began = Instant::now();
    let arrivals = heard(&mut subscribers, pace.events, || cause(pace.events))?;
    let ended = arrivals.into_iter().max().context("nobody was there to hear")?;
    let per_second = rate(pace.subscribers * pace.events, ended - began);
    let latencies = paced(&mut subscribers, pace.deliveries, cause)?;
    Ok(Side { per_second, kib_each, p99: percentile(&latencies, 99) })
}

/// How long every delivery of events took that come one after the other, in order of length.
fn paced(subscribers: &mut [Subscriber], events: usize, cause: impl Fn(usize) -> Result<()>) -> Result<Vec<Duration>> {
    let interval = Duration::from_secs(1) * u32::try_from(subscribers.len())? / PACE;
    let mut latencies = Vec::new();
    for _ in 0..events {
        let began = Instant::now();
        let arrivals = heard(subscribers, 1, || cause(1))?;
        latencies.extend(arrivals.into_iter().map(|arrived| arrived - began));
        thread::sleep(interval.saturating_sub(began.elapsed()));
    }
    latencies.sort_unstable();
    Ok(latencies)
}

/// When each event that is caused was there, at each subscriber.
fn heard(subscribers: &mut [Subscriber], events: usize, cause: impl FnOnce() -> Result<()>) -> Result<Vec<Instant>> {
    thread::scope(|scope| {
        let share = subscribers.len().div_ceil(READERS).max(1);
        let readers: Vec<_> =
            subscribers.chunks_mut(share).map(|some| scope.spawn(move || hear(some, events))).collect();
        cause()?;
        let join = |reader: thread::ScopedJoinHandle<'_, Result<Vec<Instant>>>| {
            reader.join().map_err(|_| anyhow!("a reader panicked"))?
        };
        let arrivals = readers.into_iter().map(join).collect::<Result<Vec<_>>>()?;
        Ok(arrivals.into_iter().flatten().collect())
    })
}

fn hear(subscribers: &mut [Subscriber], events: usize) -> Result<Vec<Instant>> {
    let mut arrivals = Vec::with_capacity(subscribers.len() * events);
    for event in 0..events {
        for subscriber in &mut *subscribers {
            let (arrived, _) = subscriber.text().with_context(|| format!("event {event} did not come"))?;
            arrivals.push(arrived);
        }
    }
    Ok(arrivals)
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
    fn the_figures_are_per_second_and_per_subscriber() {
        let figures = (rate(100_000, Duration::from_secs(4)), weight(1_000, 7_000, 500), weight(7_000, 1_000, 500));
        assert_eq!(format!("{figures:?}"), "(25000.0, 12.0, 0.0)");
    }
}
