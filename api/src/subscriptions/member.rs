//! One subscription: reads for itself until it has met its group, then takes what the group is given.
//!
//! Nothing is lost or doubled where the two meet: a member knows the position up to which it has everything, and takes
//! from the group what lies behind that. One that has fallen so far behind that the group no longer keeps what it needs
//! reads for itself again.

use std::sync::Arc;

use async_graphql::Response;
use futures_util::StreamExt;
use futures_util::stream::{self, BoxStream};
use tokio::sync::watch;

use super::course::{Course, Meeting};
use super::groups::{Ask, Group, Groups, Key, Shared};
use crate::gateway::{StreamItem, to_json};

/// Follows as somebody who asks this.
pub(crate) fn stream(groups: Groups, key: Key, ask: Ask) -> BoxStream<'static, StreamItem> {
    let course = Arc::new(Course::joining(groups, key, Arc::clone(&ask)));
    let responses = ask(Arc::clone(&course));
    let member = Member { seen: 0, phase: Phase::Reading { course, responses, meeting: None } };
    stream::unfold(member, async |mut member| Some((member.next().await?, member))).boxed()
}

struct Member {
    /// Everything up to this position has been given, or did not match.
    seen: i64,
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
                    let response = responses.next().await;
                    let met = meeting.clone().or_else(|| course.meeting());
                    match (response, met) {
                        (Some(response), Some(_)) => {
                            self.seen = course.reached();
                            return Some(as_shared(response));
                        }
                        // It was refused before it set out.
                        (Some(response), None) => return Some(response.into()),
                        (None, None) => return None,
                        (None, Some(met)) => {
                            self.seen = course.reached().max(met.position);
                            self.phase = sharing(met.group);
                        }
                    }
                }
                Phase::Sharing { group, head, ready } => {
                    if let Some(shared) = ready.next() {
                        self.seen = shared.position;
                        return Some(StreamItem::Shared(shared.json));
                    }
                    if *head.borrow_and_update() > self.seen {
                        match group.results.after(self.seen) {
                            Some(found) if !found.is_empty() => *ready = found.into_iter(),
                            Some(_) if group.results.has_ended() => return None,
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

/// From `seen` to where the group is now.
fn reading(group: Arc<Group>, seen: i64) -> Phase {
    let position = group.results.meeting_point(seen);
    let course = Arc::new(Course::fixed(seen, Some(position)));
    let responses = (group.ask)(Arc::clone(&course));
    Phase::Reading { course, responses, meeting: Some(Meeting { group, position }) }
}

/// The same bytes that a group would be given.
fn as_shared(response: Response) -> StreamItem {
    match to_json(&response) {
        Ok(json) => StreamItem::Shared(json.into()),
        Err(_) => response.into(),
    }
}
