//! A replay: events of the log, sent to one endpoint again.
//!
//! It goes through the log from its first position to the last one there was when it began, in batches. Counts and
//! place change in the transaction that writes the deliveries of a batch, so a replay that is interrupted anywhere goes
//! on without leaving out or doubling an event.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::endpoint::EndpointFilter;
use crate::access::{Permit, action};
use crate::events::{Event, EventType, Fact};
use crate::ids::{EndpointId, ReplayId};
use crate::limits::REPLAY_STRETCH;

/// Which events are sent again. Everything that is empty does not limit; what the endpoint's own filter keeps out stays
/// out.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Selection {
    /// Happened at this instant or later.
    #[serde(default)]
    pub from: Option<DateTime<Utc>>,
    /// Happened before this instant.
    #[serde(default)]
    pub to: Option<DateTime<Utc>>,
    /// Of these types.
    #[serde(default)]
    pub types: Vec<EventType>,
    /// About this entity, by its id.
    #[serde(default)]
    pub entity: Option<String>,
}

/// Where a replay is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReplayState {
    /// It goes on as fast as the endpoint takes it.
    Running,
    /// It waits for people.
    Paused,
    /// Everything that it found has been made, or is a dead letter.
    Done,
    /// People ended it.
    Cancelled,
}

/// A replay.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Replay {
    /// Its id.
    pub id: ReplayId,
    /// Whom it tells.
    pub endpoint: EndpointId,
    /// Of what.
    pub selection: Selection,
    /// It counts and sends nothing.
    pub dry_run: bool,
    /// Where it is.
    pub state: ReplayState,
    /// The position before the first one that it looks at.
    pub first: i64,
    /// The last position that it has looked at.
    pub scanned: i64,
    /// The last one that it will look at.
    pub through: i64,
    /// Events that it found.
    pub matched: i64,
    /// Deliveries that it led to.
    pub enqueued: i64,
    /// When it was begun.
    pub created_at: DateTime<Utc>,
    /// When it was over.
    pub finished_at: Option<DateTime<Utc>>,
}

/// The replay has been through or was cancelled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ended;

impl Selection {
    /// Whether an event is sent again to an endpoint with this filter. Nobody is told of himself.
    pub fn takes(&self, filter: &EndpointFilter, endpoint: EndpointId, event: &Event) -> bool {
        let is_about_itself = matches!(event.fact, Fact::WebhookEndpointChanged { endpoint: it, .. } if it == endpoint);
        !is_about_itself
            && filter.matches(event)
            && self.from.is_none_or(|from| from <= event.occurred_at)
            && self.to.is_none_or(|to| event.occurred_at < to)
            && (self.types.is_empty() || self.types.contains(&event.fact.event_type()))
            && self.entity.as_ref().is_none_or(|entity| *entity == event.fact.entity())
    }
}

impl Replay {
    /// Begins one over the positions after `first` up to `through`.
    pub fn start(
        _: &Permit<action::ManageWebhooks>,
        id: ReplayId,
        (endpoint, selection, dry_run): (EndpointId, Selection, bool),
        (first, through): (i64, i64),
        now: DateTime<Utc>,
    ) -> Self {
        Self {
            id,
            endpoint,
            selection,
            dry_run,
            state: ReplayState::Running,
            first,
            scanned: first,
            through,
            matched: 0,
            enqueued: 0,
            created_at: now,
            finished_at: None,
        }
    }

    /// Whether nothing about it can change any more.
    pub fn is_over(&self) -> bool {
        matches!(self.state, ReplayState::Done | ReplayState::Cancelled)
    }

    /// Brings it to another state by hand. Doing so twice is doing so once.
    pub fn turn(self, _: &Permit<action::ManageWebhooks>, to: ReplayState, now: DateTime<Utc>) -> Result<Self, Ended> {
        if self.is_over() {
            return Err(Ended);
        }
        let finished_at = (to == ReplayState::Cancelled).then_some(now);
        Ok(Self { state: to, finished_at, ..self })
    }

    /// The places that it looks at next: after the first of these, up to the second.
    pub fn stretch(&self) -> (i64, i64) {
        (self.scanned, self.through.min(self.scanned.saturating_add(REPLAY_STRETCH)))
    }

    /// After a batch that looked at everything up to a position.
    #[must_use]
    pub fn after(self, scanned: i64, matched: i64) -> Self {
        let enqueued = if self.dry_run { 0 } else { matched };
        let (matched, enqueued) = (self.matched + matched, self.enqueued + enqueued);
        Self { scanned: scanned.min(self.through), matched, enqueued, ..self }
    }

    /// Whether every position has been looked at.
    pub fn is_scanned(&self) -> bool {
        self.scanned >= self.through
    }

    /// It is over when everything was looked at and nothing of it waits.
    #[must_use]
    pub fn settled(self, waiting: u64, now: DateTime<Utc>) -> Self {
        if self.is_scanned() && waiting == 0 && !self.is_over() {
            Self { state: ReplayState::Done, finished_at: Some(now), ..self }
        } else {
            self
        }
    }

    /// How much of the log it has looked at, from 0 to 1.
    pub fn progress(&self) -> f64 {
        let (done, all) = (self.scanned - self.first, self.through - self.first);
        let whole = |count: i64| f64::from(i32::try_from(count).unwrap_or(i32::MAX));
        if all <= 0 { 1.0 } else { whole(done) / whole(all) }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::access::{Actor, Grants};
    use crate::ids::EntityId;

    const CONTACT: &str = "con_00000000000000000000000007";

    /// A score of 80 for a contact at 9:00, held against a selection.
    fn check(selection: serde_json::Value, filter: serde_json::Value, expected: bool) {
        let event: Event = serde_json::from_value(json!({
            "id": "evt_00000000000000000000000001", "workspace": "wsp_00000000000000000000000001", "position": 1,
            "fact": {"type": "MQL_reached", "contact": CONTACT, "score": 80, "threshold": 50, "model_version": 1},
            "occurred_at": "2026-03-02T09:00:00Z", "actor": serde_json::to_value(Actor::System).unwrap(),
            "correlation": "c",
        }))
        .unwrap();
        let selection: Selection = serde_json::from_value(selection).unwrap();
        let filter: EndpointFilter = serde_json::from_value(filter).unwrap();
        let endpoint = EndpointId::from_uuid(uuid::Uuid::nil());
        assert_eq!(selection.takes(&filter, endpoint, &event), expected, "{selection:?} {filter:?}");
    }

    #[test]
    fn a_selection_narrows_what_the_endpoint_wants() {
        check(json!({}), json!({}), true);
        check(json!({}), json!({"types": ["meeting_booked"]}), false);
        check(json!({"types": ["MQL_reached"], "entity": CONTACT}), json!({}), true);
        check(json!({"types": ["meeting_booked"]}), json!({}), false);
        check(json!({"entity": "con_00000000000000000000000008"}), json!({}), false);
    }

    #[test]
    fn its_time_begins_at_from_and_ends_before_to() {
        check(json!({"from": "2026-03-02T09:00:00Z", "to": "2026-03-02T09:00:01Z"}), json!({}), true);
        check(json!({"from": "2026-03-02T09:00:01Z"}), json!({}), false);
        check(json!({"to": "2026-03-02T09:00:00Z"}), json!({}), false);
    }

    fn replay(dry_run: bool) -> Replay {
        let what = (EndpointId::from_uuid(uuid::Uuid::nil()), Selection::default(), dry_run);
        let permit = Permit::ask(&Grants::all()).unwrap();
        Replay::start(&permit, ReplayId::from_uuid(uuid::Uuid::nil()), what, (10, 30), DateTime::UNIX_EPOCH)
    }

    #[test]
    fn it_is_done_when_everything_was_looked_at_and_nothing_waits() {
        let now = DateTime::UNIX_EPOCH;
        let half = replay(false).after(20, 4);
        assert_eq!((half.progress(), half.matched, half.enqueued), (0.5, 4, 4));
        assert_eq!(half.clone().settled(0, now).state, ReplayState::Running);
        let whole = half.after(40, 1);
        assert_eq!((whole.scanned, whole.matched), (30, 5));
        assert_eq!(whole.clone().settled(1, now).state, ReplayState::Running);
        assert_eq!(whole.settled(0, now).state, ReplayState::Done);
        assert_eq!(replay(true).after(30, 7).enqueued, 0);
    }

    #[test]
    fn a_long_log_is_gone_through_in_stretches() {
        let long = Replay { through: 10 + REPLAY_STRETCH + 7, ..replay(false) };
        assert_eq!(long.stretch(), (10, 10 + REPLAY_STRETCH));
        let rest = long.after(10 + REPLAY_STRETCH, 0);
        assert_eq!(rest.stretch(), (10 + REPLAY_STRETCH, 10 + REPLAY_STRETCH + 7));
        assert!(!rest.is_scanned());
        assert_eq!(replay(false).stretch(), (10, 30));
    }

    #[test]
    fn what_is_over_stays_as_it_is() {
        let permit = Permit::ask(&Grants::all()).unwrap();
        let turn = |replay: Replay, to| replay.turn(&permit, to, DateTime::UNIX_EPOCH);
        let paused = turn(replay(false), ReplayState::Paused).unwrap();
        assert_eq!(turn(paused.clone(), ReplayState::Running).unwrap().state, ReplayState::Running);
        let cancelled = turn(paused, ReplayState::Cancelled).unwrap();
        assert_eq!(turn(cancelled, ReplayState::Running), Err(Ended));
    }
}
