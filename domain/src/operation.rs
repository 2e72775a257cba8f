//! Who does what, when and on whose behalf: the value every command and query is given.
//!
//! It is made once, at the edge (a request, a delivery, a schedule). Below the edge nobody asks for the time, an
//! id or the caller again.

use std::sync::Arc;

use chrono::{DateTime, SubsecRound, Utc};
use serde::{Deserialize, Serialize};

use crate::access::{Action, Actor, Denied, Grants, Permit};
use crate::ids::{EntityId, IdSource, WorkspaceId};

/// One unit of work for one workspace.
#[derive(Debug, Clone)]
pub struct Operation {
    /// The tenant: every store access of this operation is bound to it.
    pub workspace: WorkspaceId,
    /// Who acts.
    pub actor: Actor,
    /// What the actor may do.
    pub grants: Grants,
    /// The one "now" of the operation, with microsecond precision (what both stores keep).
    pub now: DateTime<Utc>,
    /// Follows the work through responses, logs, events and outgoing calls.
    pub correlation: CorrelationId,
    ids: IdSource,
}

impl Operation {
    /// Permission for the action `A`, or the scope that is missing.
    pub fn permit<A: Action>(&self) -> Result<Permit<A>, Denied> {
        Permit::ask(&self.grants)
    }

    /// A new id of the wanted kind.
    pub fn new_id<I: EntityId>(&self) -> I {
        I::from_uuid(self.ids.next(self.now))
    }
}

/// The edge of the system: where "now" and new ids come from. The server's edge reads the real clock and real
/// randomness; a test's edge is fixed and seeded.
#[derive(Clone)]
pub struct Edge {
    clock: Arc<dyn Fn() -> DateTime<Utc> + Send + Sync>,
    ids: IdSource,
}

impl Edge {
    /// An edge with this clock and these ids.
    pub fn new(clock: impl Fn() -> DateTime<Utc> + Send + Sync + 'static, ids: IdSource) -> Self {
        Self { clock: Arc::new(clock), ids }
    }

    /// Now, cut to microseconds so that SQLite and PostgreSQL agree on equality.
    pub fn now(&self) -> DateTime<Utc> {
        (self.clock)().trunc_subsecs(6)
    }

    /// A new correlation id, for work that came without one.
    pub fn correlation(&self) -> CorrelationId {
        CorrelationId::from_uuid(self.ids.next(self.now()))
    }

    /// A new id outside an operation (seeding, claims).
    pub fn new_id<I: EntityId>(&self) -> I {
        I::from_uuid(self.ids.next(self.now()))
    }

    /// Opens an operation of a caller.
    pub fn operation(&self, workspace: WorkspaceId, caller: (Actor, Grants), correlation: CorrelationId) -> Operation {
        let (actor, grants) = caller;
        Operation { workspace, actor, grants, now: self.now(), correlation, ids: self.ids.clone() }
    }

    /// Opens an operation of Meridian itself.
    pub fn system(&self, workspace: WorkspaceId, correlation: CorrelationId) -> Operation {
        self.operation(workspace, (Actor::System, Grants::all()), correlation)
    }
}

impl std::fmt::Debug for Edge {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Edge")
    }
}

/// Follows one piece of work everywhere: 1–128 characters of `[A-Za-z0-9._-]`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct CorrelationId(String);

impl CorrelationId {
    /// Accepts a caller's id, or `None` when it has another length or other characters (it is then replaced,
    /// never logged: a hostile header must not write into our logs).
    pub fn parse(text: &str) -> Option<Self> {
        let fits = (1..=128).contains(&text.len());
        let plain = text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-'));
        (fits && plain).then(|| Self(text.to_owned()))
    }

    /// From a UUID made at the edge.
    pub fn from_uuid(uuid: uuid::Uuid) -> Self {
        Self(uuid.simple().to_string())
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Display for CorrelationId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl From<CorrelationId> for String {
    fn from(id: CorrelationId) -> Self {
        id.0
    }
}

impl TryFrom<String> for CorrelationId {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::parse(&text).ok_or("a correlation id is 1-128 characters of [A-Za-z0-9._-]")
    }
}
