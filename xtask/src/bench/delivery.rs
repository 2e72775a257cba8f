//! From a booking to a subscriber: how long after the request was sent the event is there.

use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use serde_json::Value;

use super::client::Session;
use super::ground::{BOOK, Seats};
use super::load::percentile;
use super::stage::Stage;
use super::websocket::Subscriber;

const SUBSCRIPTION: &str = "subscription { meetingBooked { entityId } }";

/// An event that takes longer is lost.
const DELIVERY_MAX: Duration = Duration::from_secs(10);

/// Bookings before the clock counts: the first ones may be made before the subscription has begun.
const REHEARSALS: usize = 10;
const REHEARSAL_MAX: Duration = Duration::from_secs(1);

/// What was measured.
#[derive(Debug, PartialEq)]
pub struct Delivery {
    pub bookings: usize,
    pub p50: Duration,
    pub p99: Duration,
}

/// Books one meeting after the other, each when the last one's event is here, by the clock of this process.
pub fn measure(stage: &Stage, seats: &Seats, bookings: usize) -> Result<Delivery> {
    let subscriber = Subscriber::open(&stage.subscriptions, stage.admin.authorization(), SUBSCRIPTION)?;
    let (sender, events) = channel();
    // It ends when nobody listens any more, or with the server.
    thread::spawn(move || follow(subscriber, &sender));
    let mut session = stage.admin.connect()?;
    rehearse(&mut session, seats, &events)?;
    let mut latencies = Vec::with_capacity(bookings);
    for _ in 0..bookings {
        let began = Instant::now();
        let meeting = book(&mut session, seats)?;
        latencies.push(arrival(&events, &meeting, DELIVERY_MAX)? - began);
    }
    Ok(summary(latencies))
}

/// An event, when it was here, and the meeting that it is about.
type Arrived = Result<(Instant, String)>;

fn follow(mut subscriber: Subscriber, events: &Sender<Arrived>) {
    loop {
        let event = next(&mut subscriber);
        let is_last = event.is_err();
        if events.send(event).is_err() || is_last {
            return;
        }
    }
}

fn next(subscriber: &mut Subscriber) -> Arrived {
    let (arrived, result) = subscriber.next()?;
    let id = result.pointer("/data/meetingBooked/entityId").and_then(Value::as_str);
    Ok((arrived, id.with_context(|| format!("not a booking: {result}"))?.to_owned()))
}

/// Until some booking's event comes back; then the subscription has begun, and everything is warm.
fn rehearse(session: &mut Session<'_>, seats: &Seats, events: &Receiver<Arrived>) -> Result<()> {
    for _ in 0..REHEARSALS {
        let meeting = book(session, seats)?;
        if arrival(events, &meeting, REHEARSAL_MAX).is_ok() {
            return Ok(());
        }
    }
    bail!("no booking reached the subscriber")
}

fn book(session: &mut Session<'_>, seats: &Seats) -> Result<String> {
    let payload = session.change(BOOK, &seats.take())?;
    payload["meeting"]["id"].as_str().map(str::to_owned).context("a booking without a meeting")
}

/// When the event about this meeting was here; events about others are passed over.
fn arrival(events: &Receiver<Arrived>, meeting: &str, limit: Duration) -> Result<Instant> {
    let until = Instant::now() + limit;
    loop {
        let left = until.saturating_duration_since(Instant::now());
        let event = events.recv_timeout(left).with_context(|| format!("no event within {} s", limit.as_secs()))?;
        let (arrived, about) = event.context("the subscription failed")?;
        if about == meeting {
            return Ok(arrived);
        }
    }
}

fn summary(mut latencies: Vec<Duration>) -> Delivery {
    latencies.sort_unstable();
    Delivery { bookings: latencies.len(), p50: percentile(&latencies, 50), p99: percentile(&latencies, 99) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_is_found_among_those_of_others_and_missed_in_time() {
        let (sender, events) = channel();
        let now = Instant::now();
        for meeting in ["mtg_a", "mtg_b"] {
            sender.send(Ok((now, meeting.to_owned()))).unwrap();
        }
        assert_eq!(arrival(&events, "mtg_b", Duration::from_secs(1)).unwrap(), now);
        let error = arrival(&events, "mtg_a", Duration::ZERO).unwrap_err();
        assert_eq!(error.to_string(), "no event within 0 s");
    }

    #[test]
    fn the_summary_does_not_depend_on_the_order() {
        let latencies = [5, 1, 3].map(Duration::from_millis).to_vec();
        let (p50, p99) = (Duration::from_millis(3), Duration::from_millis(5));
        assert_eq!(summary(latencies), Delivery { bookings: 3, p50, p99 });
    }
}
