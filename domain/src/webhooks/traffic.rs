//! What became of the requests to a connection, counted.

use std::collections::BTreeMap;
use std::fmt;

use chrono::{DateTime, SubsecRound, TimeDelta, Timelike, Utc};

use crate::errors::ErrorCode;
use crate::ids::ConnectionId;

/// What became of one delivery.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum InboundOutcome {
    /// It was stored.
    Accepted,
    /// It had been stored before.
    Duplicate,
    /// It was authentic and did not fit its schema; it is kept.
    Quarantined,
    /// It asked whether somebody is there, and was answered.
    Greeted,
    /// It was refused.
    Rejected(ErrorCode),
}

impl InboundOutcome {
    /// The text in stores and measures: the catalogue's code when it was refused.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Accepted => "accepted",
            Self::Duplicate => "duplicate",
            Self::Quarantined => "quarantined",
            Self::Greeted => "greeted",
            Self::Rejected(code) => code.as_str(),
        }
    }

    /// The outcome of this text.
    pub fn parse(text: &str) -> Option<Self> {
        let kept = [Self::Accepted, Self::Duplicate, Self::Quarantined, Self::Greeted];
        kept.into_iter().find(|known| known.as_str() == text).or_else(|| text.parse().ok().map(Self::Rejected))
    }

    /// The code, if it was refused.
    pub fn rejection(self) -> Option<ErrorCode> {
        match self {
            Self::Rejected(code) => Some(code),
            _ => None,
        }
    }
}

impl fmt::Display for InboundOutcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// How often a connection's deliveries had one outcome in one hour.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HourlyTraffic {
    /// The connection.
    pub connection: ConnectionId,
    /// The hour's first instant.
    pub hour: DateTime<Utc>,
    /// What became of them.
    pub outcome: InboundOutcome,
    /// How many.
    pub count: i64,
    /// The last of them.
    pub last_at: DateTime<Utc>,
}

impl HourlyTraffic {
    /// One delivery.
    pub fn of(connection: ConnectionId, outcome: InboundOutcome, at: DateTime<Utc>) -> Self {
        Self { connection, hour: hour_of(at), outcome, count: 1, last_at: at }
    }
}

/// How a connection's webhooks are doing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct InboundHealth {
    /// When a delivery was last acknowledged.
    pub last_accepted_at: Option<DateTime<Utc>>,
    /// When one was last refused, and why.
    pub last_rejected: Option<(DateTime<Utc>, ErrorCode)>,
    /// What became of those of this hour and the 23 before it, by the text of the outcome.
    pub counts: Vec<(InboundOutcome, i64)>,
}

impl InboundHealth {
    /// Out of everything that was counted.
    pub fn of(traffic: &[HourlyTraffic], now: DateTime<Utc>) -> Self {
        let mut counts: BTreeMap<&str, (InboundOutcome, i64)> = BTreeMap::new();
        let mut health = Self::default();
        for hourly in traffic {
            match hourly.outcome {
                InboundOutcome::Accepted | InboundOutcome::Duplicate | InboundOutcome::Quarantined => {
                    health.last_accepted_at = health.last_accepted_at.max(Some(hourly.last_at));
                }
                InboundOutcome::Rejected(code) if health.last_rejected.is_none_or(|(at, _)| at < hourly.last_at) => {
                    health.last_rejected = Some((hourly.last_at, code));
                }
                InboundOutcome::Rejected(_) | InboundOutcome::Greeted => {}
            }
            if hourly.hour > now - TimeDelta::hours(24) {
                counts.entry(hourly.outcome.as_str()).or_insert((hourly.outcome, 0)).1 += hourly.count;
            }
        }
        Self { counts: counts.into_values().collect(), ..health }
    }
}

fn hour_of(at: DateTime<Utc>) -> DateTime<Utc> {
    at.trunc_subsecs(0) - TimeDelta::seconds(i64::from(at.minute() * 60 + at.second()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_outcome_survives_its_text() {
        let codes = ErrorCode::ALL.iter().map(|code| InboundOutcome::Rejected(*code));
        for outcome in codes.chain([InboundOutcome::Accepted, InboundOutcome::Greeted, InboundOutcome::Quarantined]) {
            assert_eq!(InboundOutcome::parse(outcome.as_str()), Some(outcome));
        }
        assert_eq!(InboundOutcome::parse("lost"), None);
    }

    #[test]
    fn health_is_of_a_day_and_remembers_the_last_of_all() {
        let at = |text: &str| text.parse::<DateTime<Utc>>().unwrap();
        let counted =
            |outcome, when| HourlyTraffic::of("cxn_0000000000000000000000000a".parse().unwrap(), outcome, at(when));
        let rejected = InboundOutcome::Rejected;
        let traffic = [
            counted(InboundOutcome::Accepted, "2026-11-20T10:59:00Z"),
            counted(InboundOutcome::Quarantined, "2026-11-20T11:00:00Z"),
            counted(rejected(ErrorCode::SignatureInvalid), "2026-11-19T11:00:00Z"),
            counted(rejected(ErrorCode::SignatureMissing), "2026-11-19T10:00:00Z"),
            counted(InboundOutcome::Greeted, "2026-11-21T10:30:00Z"),
            counted(InboundOutcome::Greeted, "2026-11-21T09:30:00Z"),
        ];
        let health = InboundHealth::of(&traffic, at("2026-11-21T10:45:00Z"));
        assert_eq!(health.last_accepted_at, Some(at("2026-11-20T11:00:00Z")));
        assert_eq!(health.last_rejected, Some((at("2026-11-19T11:00:00Z"), ErrorCode::SignatureInvalid)));
        assert_eq!(health.counts, [(InboundOutcome::Greeted, 2), (InboundOutcome::Quarantined, 1)]);
    }

    #[test]
    fn an_hour_begins_at_its_first_instant() {
        let at: DateTime<Utc> = "2026-11-21T09:59:59.999999Z".parse().unwrap();
        assert_eq!(hour_of(at).to_rfc3339(), "2026-11-21T09:00:00+00:00");
    }
}
