//! What messages are made from, read for many deliveries at once.

use std::collections::{BTreeMap, BTreeSet};
use std::future::Future;

use domain::events::Entry;
use domain::ids::{EndpointId, EventId, WorkspaceId};
use domain::webhooks::endpoint::{Endpoint, EndpointSecrets};
use persistence::events::events_by_id;
use persistence::webhooks::open_endpoints;
use persistence::{Reader, StoreError};

use crate::Worker;
use crate::deliveries::Answer;
use crate::together::Together;

type Opened = (Endpoint, EndpointSecrets);
/// What was found; what was not is not among it.
type Found<K, V> = Result<Vec<(K, V)>, StoreError>;
type Read<K, V> = Together<(WorkspaceId, K), Result<Option<V>, StoreError>>;

/// The reads of a worker's deliveries. Who asks is answered by a read that begins after the question. Clones share
/// their reads.
#[derive(Clone, Default)]
pub(crate) struct Reads {
    endpoints: Read<EndpointId, Opened>,
    events: Read<EventId, Entry>,
}

impl Reads {
    /// An endpoint with its secrets.
    pub(crate) async fn endpoint(
        &self,
        worker: &Worker,
        workspace: WorkspaceId,
        id: EndpointId,
    ) -> Result<Opened, Answer> {
        let worker = worker.clone();
        let answer = move |questions| {
            let sealer = worker.sealer.clone();
            let open = move |reader: Reader, ids: Vec<EndpointId>| {
                let sealer = sealer.clone();
                async move {
                    let opened = open_endpoints(&reader, &sealer, &ids).await?;
                    Ok(opened.into_iter().map(|opened| (opened.0.id, opened)).collect())
                }
            };
            read_all(worker.clone(), questions, open)
        };
        // Whoever deleted it wants nothing of what was in line, and nobody else is to be told of that.
        let absent = || Answer::Drop { reason: "The endpoint does not exist any more.".to_owned() };
        one(self.endpoints.ask((workspace, id), answer).await, "endpoint", absent)
    }

    /// An event, or that it cannot be read.
    pub(crate) async fn event(&self, worker: &Worker, workspace: WorkspaceId, id: EventId) -> Result<Entry, Answer> {
        let worker = worker.clone();
        let answer = move |questions| {
            let read = |reader: Reader, ids: Vec<EventId>| async move {
                let events = events_by_id(&reader, &ids).await?;
                Ok(events.into_iter().map(|event| (event.id(), event)).collect())
            };
            read_all(worker.clone(), questions, read)
        };
        let absent = || Answer::GiveUp { reason: "The event does not exist any more.".to_owned() };
        one(self.events.ask((workspace, id), answer).await, "event", absent)
    }
}

/// Answers questions, each workspace's by one read. If that fails because of one of them, each is read by itself.
async fn read_all<K, V, F>(
    worker: Worker,
    questions: Vec<(WorkspaceId, K)>,
    read: impl Fn(Reader, Vec<K>) -> F,
) -> Vec<Result<Option<V>, StoreError>>
where
    K: Copy + Ord,
    V: Clone,
    F: Future<Output = Found<K, V>>,
{
    let mut wanted: BTreeMap<WorkspaceId, BTreeSet<K>> = BTreeMap::new();
    for (workspace, key) in &questions {
        wanted.entry(*workspace).or_default().insert(*key);
    }
    let mut answers: BTreeMap<(WorkspaceId, K), Result<V, StoreError>> = BTreeMap::new();
    for (workspace, keys) in wanted {
        let reader = worker.stores.database.reader(workspace);
        let mut note = |keys: Vec<K>, found: Found<K, V>| match found {
            Ok(found) => answers.extend(found.into_iter().map(|(key, value)| ((workspace, key), Ok(value)))),
            Err(error) => answers.extend(keys.into_iter().map(|key| ((workspace, key), Err(error.clone())))),
        };
        let keys: Vec<K> = keys.into_iter().collect();
        match read(reader.clone(), keys.clone()).await {
            Err(error) if !error.is_transient() => {
                for key in keys {
                    note(vec![key], read(reader.clone(), vec![key]).await);
                }
            }
            found => note(keys, found),
        }
    }
    questions.iter().map(|question| answers.get(question).cloned().transpose()).collect()
}

fn one<V>(
    answer: Option<Result<Option<V>, StoreError>>,
    what: &str,
    absent: impl FnOnce() -> Answer,
) -> Result<V, Answer> {
    let unanswered = || Answer::OurFault { reason: format!("Reading the {what} ended in a defect of Meridian's.") };
    answer.ok_or_else(unanswered)??.ok_or_else(absent)
}
