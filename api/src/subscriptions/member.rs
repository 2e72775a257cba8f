//! One subscription: reads for itself until it has met its group, then takes what the group is given.
//!
//! Nothing is lost or doubled where the two meet: a member knows the position up to which it has everything, and takes
//! from the group what lies behind that. One that has fallen so far behind that the group no longer keeps what it needs
//! reads for itself again.

use std::sync::Arc;
use std::time::Duration;

use async_graphql::Response;
use domain::events::EventCursor;
use futures_util::StreamExt;
use futures_util::stream::{self, BoxStream};
use tokio::sync::watch;

use super::RETRY_AFTER;
use super::course::{Course, Meeting};
use super::groups::{self, Ask, Group, Groups, Key, Shared, Stuck, is_torn};
use crate::gateway::{StreamItem, to_json};

/// Follows as somebody who asks this, after the position `begin` if there is one.
pub(crate) fn stream(groups: Groups, key: Key, ask: &Ask, begin: Option<i64>) -> BoxStream<'static, StreamItem> {
    let patience = groups.patience;
    let course = Arc::new(Course::joining(groups, key, Arc::clone(ask), begin));
    let responses = ask(Arc::clone(&course));
    let member = Member { seen: 0, tries: 0, patience, phase: Phase::Reading { course, responses, meeting: None } };
    stream::unfold(member, async |mut member| Some((member.next().await?, member))).boxed()
}

struct Member {
    /// Everything up to this position has been given, or did not match.
    seen: i64,
    /// How often the next event was torn.
    tries: usize,
    /// How long it may take over an event that it executes for itself.
    patience: Duration,
    phase: Phase,
}

enum Phase {
    /// Reads for itself; `meeting` says where to, unless the course finds out.
    Reading { course: Arc<Course>, responses: BoxStream<'static, Response>, meeting: Option<Meeting> },
    /// Shares.
    Sharing { group: Arc<Group>, head: watch::Receiver<i64>, ready: std::vec::IntoIter<Shared> },
}

impl Member {
    async fn next(&mut self) -> Option<StreamItem> {
        loop {
            match &mut self.phase {
                Phase::Reading { course, responses, meeting } => {
                    let response = groups::next(responses, course, self.patience).await;
                    let met = meeting.clone().or_else(|| course.meeting());
                    match (response, met) {
                        (Ok(Some(response)), Some(_))
                            if course.reached() > self.seen && !is_torn(&response, &mut self.tries) =>
                        {
                            self.seen = course.reached();
                            return Some(as_shared(response, self.seen));
                        }
                        // It was let in before, so it is the store that fails.
                        (Ok(Some(_)) | Err(Stuck), Some(met)) => {
                            tokio::time::sleep(RETRY_AFTER).await;
                            self.phase = reading(met.group, self.seen.max(met.start));
                        }
                        // It was refused before it set out.
                        (Ok(Some(response)), None) => return Some(response.into()),
                        (Ok(None), None) => return None,
                        // Nobody knows yet where it begins, so there is nothing to begin anew.
                        (Err(Stuck), None) => {}
                        (Ok(None), Some(met)) => {
                            self.seen = course.reached().max(met.position);
                            self.phase = sharing(met.group);
                        }
                    }
                }
                Phase::Sharing { group, head, ready } => {
                    if let Some(shared) = ready.next() {
                        self.seen = shared.position;
                        return Some(StreamItem::Shared { json: shared.json, place: EventCursor(shared.position) });
                    }
                    if *head.borrow_and_update() > self.seen {
                        match group.results.after(self.seen) {
                            Some(found) if !found.is_empty() => *ready = found.into_iter(),
                            Some(_) if group.results.has_ended() => self.phase = reading(Arc::clone(group), self.seen),
                            Some(_) => head.changed().await.ok()?,
                            None => self.phase = reading(Arc::clone(group), self.seen),
                        }
                    } else {
                        head.changed().await.ok()?;
                    }
                }
            }
        }
    }
}

fn sharing(group: Arc<Group>) -> Phase {
    let head = group.results.watch();
    Phase::Sharing { group, head, ready: Vec::new().into_iter() }
}

/// From `seen` to where the group is now; to no end when the group has ended.
fn reading(group: Arc<Group>, seen: i64) -> Phase {
    let position = if group.results.has_ended() { i64::MAX } else { group.results.meeting_point(seen) };
    let course = Arc::new(Course::fixed(seen, Some(position)));
    let responses = (group.ask)(Arc::clone(&course));
    Phase::Reading { course, responses, meeting: Some(Meeting { group, start: seen, position }) }
}

/// The same bytes that a group would be given.
fn as_shared(response: Response, position: i64) -> StreamItem {
    match to_json(&response) {
        Ok(json) => StreamItem::Shared { json: json.into(), place: EventCursor(position) },
        Err(_) => response.into(),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use async_graphql::{ServerError, Value};
    use domain::access::Grants;
    use domain::ids::EntityId;

    use super::*;

    /// How an execution goes.
    #[derive(Clone, Copy)]
    enum Turn {
        Well,
        /// The store refuses it.
        Refused,
        /// The store fails a part of its first event.
        Torn,
        /// The store never answers about its first event.
        Hangs,
        /// It panics at its first event.
        Panics,
    }

    /// A log of `newest` events, executed in these turns and well from then on.
    fn log(newest: i64, turns: &'static [Turn]) -> Ask {
        let asked = AtomicUsize::new(0);
        Arc::new(move |course: Arc<Course>| {
            match turns.get(asked.fetch_add(1, Ordering::Relaxed)).copied().unwrap_or(Turn::Well) {
                Turn::Refused => {
                    stream::iter([Response::from_errors(vec![ServerError::new("the store is away", None)])]).boxed()
                }
                turn => {
                    let (start, end) = course.set_out(0, 0);
                    let rest = if end.is_none_or(|end| end > newest) {
                        stream::pending().boxed()
                    } else {
                        stream::empty().boxed()
                    };
                    let events = stream::iter(start + 1..=end.unwrap_or(newest).min(newest));
                    let (reached, waits) = (Arc::clone(&course), Arc::clone(&course));
                    let events = events.then(move |position| {
                        reached.reach(position);
                        let hangs = matches!(turn, Turn::Hangs);
                        async move { if hangs { std::future::pending().await } else { position } }
                    });
                    let events = events.map(move |position| {
                        assert!(!matches!(turn, Turn::Panics), "as it was asked to");
                        let response = Response::new(Value::from(position));
                        if matches!(turn, Turn::Torn) { torn(response) } else { response }
                    });
                    let rest = stream::once(async move { waits.wait(true) }).filter_map(async |()| None).chain(rest);
                    events.chain(rest).boxed()
                }
            }
        })
    }

    /// With something missing for which there is an error.
    fn torn(mut response: Response) -> Response {
        let mut error = ServerError::new("the store is away", None);
        error.extensions.get_or_insert_default().set("code", "UNAVAILABLE");
        response.errors.push(error);
        response
    }

    fn key() -> Key {
        Key {
            workspace: EntityId::from_uuid(uuid::Uuid::nil()),
            payer: String::new(),
            host: None,
            grants: Grants::all(),
            document: String::new(),
            operation: None,
            variables: String::new(),
        }
    }

    /// Follows a log to its end: the first turn is the member's, the second the group's, then the member's again.
    async fn check(newest: i64, turns: &'static [Turn]) {
        let groups = Groups::with_patience(Duration::from_millis(200));
        let mut follower = stream(groups, key(), &log(newest, turns), None);
        let mut heard = Vec::new();
        while heard.len() < usize::try_from(newest).unwrap() {
            heard.push(next(&mut follower).await);
        }
        assert_eq!(heard, (1..=newest).map(|position| format!("{{\"data\":{position}}}")).collect::<Vec<_>>());
    }

    async fn next(stream: &mut BoxStream<'static, StreamItem>) -> String {
        match stream.next().await {
            Some(StreamItem::Shared { json, .. }) => json.to_string(),
            other => panic!("not an event: {other:?}"),
        }
    }

    #[tokio::test]
    async fn a_store_that_fails_the_group_costs_nothing() {
        check(5, &[Turn::Well, Turn::Refused]).await;
    }

    #[tokio::test]
    async fn an_event_that_the_store_tears_is_given_whole_later() {
        check(5, &[Turn::Torn]).await;
        check(5, &[Turn::Torn, Turn::Well, Turn::Torn, Turn::Torn]).await;
        check(5, &[Turn::Well, Turn::Torn, Turn::Torn]).await;
        check(3_000, &[Turn::Well, Turn::Well, Turn::Torn]).await;
    }

    #[tokio::test]
    async fn a_store_that_never_answers_is_asked_again() {
        check(5, &[Turn::Hangs]).await;
        check(5, &[Turn::Well, Turn::Hangs, Turn::Hangs]).await;
        check(3_000, &[Turn::Well, Turn::Well, Turn::Hangs]).await;
    }

    #[tokio::test]
    async fn an_event_that_stays_torn_is_given_as_it_is() {
        let mut follower = stream(Groups::default(), key(), &log(1, &[Turn::Torn; 200]), None);
        assert!(next(&mut follower).await.contains("UNAVAILABLE"));
    }

    #[tokio::test]
    async fn a_store_that_fails_whoever_reads_again_costs_nothing() {
        // More than a group keeps.
        check(3_000, &[Turn::Well, Turn::Well, Turn::Refused]).await;
    }

    #[tokio::test]
    async fn whoever_survives_a_group_goes_on_alone() {
        check(5, &[Turn::Well, Turn::Panics]).await;
    }
}
