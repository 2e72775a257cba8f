//! The edge of the system: the only place that reads the clock and draws random numbers.

use std::sync::Mutex;

use chrono::{DateTime, TimeDelta, Utc};
use domain::ids::IdSource;
use domain::operation::Edge;
use uuid::{Builder, Uuid};

/// The machine's clock and random ids.
pub fn real() -> Edge {
    Edge::new(now, ids(now))
}

/// As [`real`], with a clock that starts at `start` and runs on from there.
pub fn starting_at(start: DateTime<Utc>) -> Edge {
    let offset: TimeDelta = start - now();
    let clock = move || now().checked_add_signed(offset).unwrap_or(DateTime::<Utc>::MAX_UTC);
    Edge::new(clock, ids(clock))
}

/// Random bytes, fit for keys: the generator is ChaCha, seeded and reseeded by the operating system.
pub fn bytes<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    rand::fill(&mut bytes);
    bytes
}

/// A random number of `[0, 1)`, for jitter.
#[expect(clippy::disallowed_methods, reason = "this is the edge")]
pub fn dice() -> f64 {
    rand::random()
}

#[expect(clippy::disallowed_methods, reason = "this is the edge")]
fn now() -> DateTime<Utc> {
    Utc::now()
}

/// UUIDv7 (RFC 9562 §5.7). The 12 bits after the milliseconds hold the rest of the instant and then count on (§6.2,
/// methods 3 and 1), so that ids made one after the other in one process also sort so, even within one operation,
/// whose `now` stands still.
fn ids(clock: impl Fn() -> DateTime<Utc> + Send + Sync + 'static) -> IdSource {
    let last = Mutex::new(Last::default());
    IdSource::new(move |now| {
        let wanted = ticks(now);
        let mut last = last.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let read = ticks(clock());
        // A clock that was set back by more than a second starts over; the ids stay unique by their random part. An
        // operation's `now` does not tell: one that takes long lags behind the ids that others made meanwhile.
        let set_back = read + TICKS_PER_SECOND < last.read;
        last.id = if set_back { wanted.min(read) } else { wanted.max(last.id + 1) };
        last.read = read;
        id(last.id)
    })
}

/// Where the ids are, and what the clock said then.
#[derive(Default)]
struct Last {
    id: u64,
    read: u64,
}

/// 4096 ticks are a millisecond.
const TICKS_PER_SECOND: u64 = 4096 * 1000;

fn ticks(now: DateTime<Utc>) -> u64 {
    let micros = u64::try_from(now.timestamp_micros()).unwrap_or(0);
    (micros / 1000) * 4096 + (micros % 1000) * 4096 / 1000
}

fn id(ticks: u64) -> Uuid {
    let mut random = bytes::<10>();
    let counter = u16::try_from(ticks % 4096).unwrap_or(0).to_be_bytes();
    random[..2].copy_from_slice(&counter);
    Builder::from_unix_timestamp_millis(ticks / 4096, &random).into_uuid()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    #[test]
    fn ids_sort_in_the_order_they_were_made_in() {
        let ids = ids(now);
        let now = at("2026-11-21T09:00:00.123456Z");
        let mut made: Vec<_> = (0..10_000).map(|_| ids.next(now)).collect();
        made.push(ids.next(now + TimeDelta::microseconds(1)));
        assert!(made.is_sorted());
        assert_eq!(made[0].get_version_num(), 7);
    }

    #[test]
    fn an_id_tells_its_instant() {
        let (seconds, nanos) = ids(now).next(at("2026-11-21T09:00:00.123Z")).get_timestamp().unwrap().to_unix();
        assert_eq!(DateTime::from_timestamp(seconds.cast_signed(), nanos), Some(at("2026-11-21T09:00:00.123Z")));
    }

    /// Ids by a clock that the test sets.
    fn ids_by(clock: &Arc<Mutex<DateTime<Utc>>>) -> IdSource {
        let clock = Arc::clone(clock);
        ids(move || *clock.lock().unwrap())
    }

    #[test]
    fn an_operation_that_takes_long_does_not_turn_the_ids_back() {
        let begun = at("2026-11-21T09:00:00Z");
        let clock = Arc::new(Mutex::new(begun));
        let ids = ids_by(&clock);
        let mut made = vec![ids.next(begun)];
        let later = begun + TimeDelta::seconds(5);
        *clock.lock().unwrap() = later;
        made.extend([ids.next(later), ids.next(begun), ids.next(later)]);
        assert!(made.is_sorted(), "{made:?}");
    }

    #[test]
    fn a_clock_that_is_set_back_is_followed() {
        let (before, after) = (at("2030-01-01T00:00:00Z"), at("2026-01-01T00:00:00Z"));
        let clock = Arc::new(Mutex::new(before));
        let ids = ids_by(&clock);
        ids.next(before);
        *clock.lock().unwrap() = after;
        let (seconds, _) = ids.next(after).get_timestamp().unwrap().to_unix();
        assert_eq!(seconds.cast_signed(), after.timestamp());
    }

    #[test]
    fn a_clock_starts_where_it_is_told_to_and_runs_on() {
        let start = at("2031-05-01T12:00:00Z");
        let passed = starting_at(start).now() - start;
        assert!(passed >= TimeDelta::microseconds(-1) && passed < TimeDelta::minutes(1), "{passed}");
    }
}
