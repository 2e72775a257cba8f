//! Groups: those who ask the same with the same rights. Each event is executed once for a group and written down once.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;

use async_graphql::{Response, ServerError, Value};
use domain::access::Grants;
use domain::errors::ErrorCode;
use domain::ids::{HostId, WorkspaceId};
use futures_util::StreamExt;
use futures_util::stream::BoxStream;
use tokio::task::AbortHandle;

use super::RETRY_AFTER;
use super::course::{Course, Meeting};
use super::tail::{Placed, Tail};
use crate::gateway::to_json;
use crate::measures;

/// Results kept for each member, in bytes: what a subscription that is a little behind costs at most.
const KEPT_BYTES_EACH: usize = 8 * 1024;
/// How long the execution of an event may take: more than all that it asks of the store, which ends a statement itself.
const EXECUTION_MAX: Duration = Duration::from_secs(30);
/// Executions of an event that the store failed in part. Each waits for the store first, up to some seconds.
const TRIES_MAX: usize = 8;

/// Executes a question on a course.
pub(crate) type Ask = Arc<dyn Fn(Arc<Course>) -> BoxStream<'static, Response> + Send + Sync>;

/// What a group has in common: everything that can change an answer.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Key {
    pub(super) workspace: WorkspaceId,
    pub(super) payer: String,
    pub(super) host: Option<HostId>,
    pub(super) grants: Grants,
    pub(super) document: String,
    pub(super) operation: Option<String>,
    pub(super) variables: String,
}

/// The groups of a process. Clones share them.
#[derive(Clone)]
pub(crate) struct Groups {
    live: Arc<Mutex<HashMap<Key, Weak<Group>>>>,
    /// How long the execution of an event may take before it is begun anew.
    pub(super) patience: Duration,
}

impl Default for Groups {
    fn default() -> Self {
        Self::with_patience(EXECUTION_MAX)
    }
}

/// A group, for as long as it has members.
pub(super) struct Group {
    key: Key,
    groups: Groups,
    driver: AbortHandle,
    _counted: measures::One,
    pub(super) ask: Ask,
    /// What the group was given, newest last.
    pub(super) results: Arc<Tail<Shared>>,
}

/// The result of an event, as every member gets it.
#[derive(Debug, Clone)]
pub(super) struct Shared {
    pub(super) position: i64,
    pub(super) json: Arc<str>,
}

impl Placed for Shared {
    fn position(&self) -> i64 {
        self.position
    }

    fn bytes(&self) -> usize {
        self.json.len()
    }
}

impl Groups {
    /// None yet; an execution is begun anew that takes longer than this over an event.
    pub(super) fn with_patience(patience: Duration) -> Self {
        Self { live: Arc::default(), patience }
    }

    /// How many there are.
    #[cfg(test)]
    pub(crate) fn count(&self) -> usize {
        self.live.lock().unwrap_or_else(PoisonError::into_inner).len()
    }

    /// Where somebody who follows from `start` meets the group of this key. The first makes it, at the `newest` event.
    pub(super) fn join(&self, key: &Key, ask: &Ask, start: i64, newest: i64) -> Meeting {
        // Declared before the lock, so that a group that has ended is dropped after it: its end takes the lock too.
        let ended;
        let mut live = self.live.lock().unwrap_or_else(PoisonError::into_inner);
        let known = live.get(key).and_then(Weak::upgrade);
        if let Some(group) = known.as_ref().filter(|group| !group.results.has_ended()) {
            return Meeting { start, position: group.results.meeting_point(start), group: Arc::clone(group) };
        }
        ended = known;
        let results = Arc::new(Tail::new(newest, KEPT_BYTES_EACH));
        let driver = tokio::spawn(drive(Arc::clone(ask), newest, Arc::clone(&results), self.patience)).abort_handle();
        let group = Group {
            key: key.clone(),
            groups: self.clone(),
            driver,
            _counted: measures::One::of(measures::GROUPS),
            ask: Arc::clone(ask),
            results,
        };
        let group = Arc::new(group);
        live.insert(key.clone(), Arc::downgrade(&group));
        drop(live);
        drop(ended);
        Meeting { start, position: group.results.meeting_point(start), group }
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        self.driver.abort();
        let mut live = self.groups.live.lock().unwrap_or_else(PoisonError::into_inner);
        // A successor under the same key may be there already.
        if live.get(&self.key).is_some_and(|group| group.strong_count() == 0) {
            live.remove(&self.key);
        }
    }
}

/// Executes every event after `start`, once, or again where the store failed it or never answered.
async fn drive(ask: Ask, start: i64, results: Arc<Tail<Shared>>, patience: Duration) {
    // Whatever ends it, as a panic in a resolver does: the members are told.
    let _told = Told(Arc::clone(&results));
    let (mut given, mut tries) = (start, 0);
    loop {
        let course = Arc::new(Course::fixed(given, None));
        let mut responses = ask(Arc::clone(&course));
        while let Ok(Some(response)) = next(&mut responses, &course, patience).await {
            let position = course.reached();
            // Refused before the first event: the rules let every member in, so it is the store that fails.
            if position == given || is_torn(&response, &mut tries) {
                break;
            }
            let Ok(json) = to_json(&response) else { return };
            results.extend(vec![Shared { position, json: json.into() }]);
            given = position;
        }
        tokio::time::sleep(RETRY_AFTER).await;
    }
}

/// An execution that does not come to an end.
pub(super) struct Stuck;

/// The next result of an execution, if it has one in time.
pub(super) async fn next(
    responses: &mut BoxStream<'static, Response>,
    course: &Course,
    patience: Duration,
) -> Result<Option<Response>, Stuck> {
    tokio::select! {
        response = responses.next() => Ok(response),
        () = course.stuck(patience) => {
            tracing::warn!("showing an event to subscribers takes too long; the store may have gone silent");
            Err(Stuck)
        }
    }
}

/// Whether something of an event is missing that may be there when it is executed again. After a number of `tries` it
/// is given as it is: its errors say what is missing, and its cursor leads on.
pub(super) fn is_torn(response: &Response, tries: &mut usize) -> bool {
    let code = |error: &ServerError| error.extensions.as_ref()?.get("code").cloned();
    let passing = Value::from(ErrorCode::Unavailable.as_str());
    let is_torn = response.errors.iter().any(|error| code(error).as_ref() == Some(&passing)) && *tries < TRIES_MAX;
    *tries = if is_torn { *tries + 1 } else { 0 };
    is_torn
}

struct Told(Arc<Tail<Shared>>);

impl Drop for Told {
    fn drop(&mut self) {
        self.0.end();
    }
}
