//! Meters: the buckets that callers' requests are paid from, in this process or shared through Redis.
//!
//! With Redis all servers pour into one bucket per caller, by one script that reads, decides and writes at once. While
//! Redis is away each server goes on with buckets of its own: a caller may then spend its allowance on each of them,
//! and nobody is refused because of Redis. Deliberately absent: rows. What a caller has spent is worth nothing an hour
//! later.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use chrono::{DateTime, Utc};
use domain::metering::{Allowance, Bucket, Cost, Taken, time_for};
use redis::Script;
use tokio::time::{Instant, timeout};

use crate::bus::{Bus, Wire};

/// How long Redis may take over a meter: every request waits for it.
const ANSWER_TIMEOUT: Duration = Duration::from_millis(100);
/// After a silence Redis is not asked again for so long.
const LEFT_ALONE: Duration = Duration::from_secs(1);
/// Meters in memory before those that are empty are looked for.
const METERS_KEPT: usize = 10_000;

/// One clock for all servers, Redis's own. Numbers are thousandths of points; what is below that is lost at each call,
/// in the caller's favour.
const SCRIPT: &str = r"
local burst, rate, cost, back = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4])
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local kept = redis.call('HMGET', KEYS[1], 'level', 'at')
local level, at = tonumber(kept[1]) or 0, tonumber(kept[2]) or now
level = math.max(0, level - math.floor(math.max(0, now - at) * rate / 1000000) - back)
local paid = 0
if level + cost <= burst then
  level = level + cost
  paid = 1
end
redis.call('HSET', KEYS[1], 'level', string.format('%.0f', level), 'at', string.format('%.0f', math.max(now, at)))
redis.call('PEXPIRE', KEYS[1], string.format('%.0f', math.min(86400000, math.ceil(level * 1000 / math.max(rate, 1)) + 1000)))
return {paid, string.format('%.0f', level)}
";

/// A handle on the meters; clones share them.
#[derive(Debug, Clone)]
pub struct Meters(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    wire: Option<Wire>,
    script: Script,
    kept: Mutex<Kept>,
}

/// What this process knows.
#[derive(Debug)]
struct Kept {
    meters: HashMap<String, Meter>,
    sweep_at: usize,
    left_alone_until: Option<Instant>,
}

#[derive(Debug)]
struct Meter {
    bucket: Bucket,
    allowance: Allowance,
    /// Taken too much: given back with the next that is taken.
    owed: Cost,
    /// Until then there is not even the least.
    nothing_until: Option<Instant>,
}

impl Meters {
    /// Shared through the bus's Redis, where it has one.
    pub fn new(bus: &Bus) -> Self {
        let kept = Kept { meters: HashMap::new(), sweep_at: METERS_KEPT, left_alone_until: None };
        Self(Arc::new(Shared { wire: bus.wire(), script: Script::new(SCRIPT), kept: Mutex::new(kept) }))
    }

    /// Takes a cost out of what `key` may spend.
    pub async fn take(&self, key: &str, allowance: Allowance, cost: Cost, now: DateTime<Utc>) -> Taken {
        let owed = self.settle(key, allowance, now);
        let shared = self.take_shared(key, allowance, (cost, owed)).await;
        let mut kept = self.kept();
        let meter = kept.meter(key, allowance, now);
        let taken = shared.unwrap_or_else(|| meter.bucket.take(allowance, (cost, owed), now));
        meter.nothing_until = match taken {
            Taken::Refused { available, .. } if available < Cost::LEAST => {
                Some(Instant::now() + time_for(Cost::LEAST.less(available), allowance.per_second))
            }
            _ => None,
        };
        taken
    }

    /// How long somebody has to wait who was found to have not even the least left: nobody need be asked again before.
    pub fn nothing_left_for(&self, key: &str) -> Option<Duration> {
        let until = self.kept().meters.get(key)?.nothing_until?;
        until.checked_duration_since(Instant::now()).filter(|wait| !wait.is_zero())
    }

    /// Gives back what turned out to be too much. The caller is told with its next request.
    pub fn give_back(&self, key: &str, allowance: Allowance, cost: Cost, now: DateTime<Utc>) {
        if cost > Cost::ZERO {
            let mut kept = self.kept();
            let meter = kept.meter(key, allowance, now);
            meter.owed += cost;
            meter.nothing_until = None;
        }
    }

    /// What is owed to a caller, which from now on counts as given back.
    fn settle(&self, key: &str, allowance: Allowance, now: DateTime<Utc>) -> Cost {
        std::mem::take(&mut self.kept().meter(key, allowance, now).owed)
    }

    /// `None` where there is no Redis, or none that answers.
    async fn take_shared(&self, key: &str, allowance: Allowance, (cost, back): (Cost, Cost)) -> Option<Taken> {
        let mut line = self.0.wire.as_ref()?.line()?;
        if self.kept().left_alone_until.is_some_and(|until| Instant::now() < until) {
            return None;
        }
        let mut call = self.0.script.prepare_invoke();
        call.key(format!("meridian:meter:{{{key}}}"));
        for number in [allowance.burst, allowance.per_second, cost, back] {
            call.arg(number.as_thousandths());
        }
        if let Ok(Ok((paid, level))) = timeout(ANSWER_TIMEOUT, line.invoke(&call)).await {
            let level = Cost::thousandths(level);
            let available = allowance.burst.less(level);
            let wait = time_for((level + cost).less(allowance.burst), allowance.per_second);
            self.kept().left_alone_until = None;
            return Some(if paid { Taken::Paid { available } } else { Taken::Refused { available, wait } });
        }
        let mut kept = self.kept();
        if kept.left_alone_until.is_none() {
            tracing::warn!("Redis does not keep meters; each server measures for itself until it does");
        }
        kept.left_alone_until = Some(Instant::now() + LEFT_ALONE);
        None
    }

    fn kept(&self) -> std::sync::MutexGuard<'_, Kept> {
        // Nothing in it can be half written.
        self.0.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Kept {
    fn meter(&mut self, key: &str, allowance: Allowance, now: DateTime<Utc>) -> &mut Meter {
        if self.meters.len() >= self.sweep_at && !self.meters.contains_key(key) {
            self.meters.retain(|_, meter| meter.owed > Cost::ZERO || !meter.bucket.is_empty(meter.allowance, now));
            self.sweep_at = METERS_KEPT.max(self.meters.len() * 2);
        }
        self.meters.entry(key.to_owned()).or_insert_with(|| Meter {
            bucket: Bucket::new(now),
            allowance,
            owed: Cost::ZERO,
            nothing_until: None,
        })
    }
}
