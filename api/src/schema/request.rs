//! One request: who asks, through which reader, and what its mutations found.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use async_graphql::Context;
use async_graphql::dataloader::DataLoader;
use commands::Stores;
use domain::access::policy::Rule;
use domain::ids::MeetingTypeId;
use domain::operation::{CorrelationId, Operation};
use persistence::Reader;
use persistence::meters::Meters;

use super::loaders::Reads;
use crate::Api;
use crate::auth::Caller;
use crate::gateway::IdempotencyKeyHeader;
use crate::subscriptions::{Course, Hub};

/// What every resolver is given.
pub(crate) struct RequestScope {
    pub api: Arc<Api>,
    pub hub: Hub,
    /// Where a subscription begins and ends.
    pub course: Arc<Course>,
    pub caller: Caller,
    pub correlation: CorrelationId,
    /// What the visitors of a page have spent.
    pub meters: Meters,
    /// Which of its mutations did something, and which were answered from their stored answers.
    pub deeds: Deeds,
}

impl RequestScope {
    /// The scope of the request that `context` belongs to. The engine puts it there, for every request.
    pub(crate) fn of<'a>(context: &Context<'a>) -> &'a Self {
        context.data_unchecked::<Arc<Self>>()
    }

    /// Whether the caller sees what a rule of the policy table is about.
    pub(crate) fn sees(&self, rule: &Rule) -> bool {
        rule.admits(&self.caller.grants)
    }

    /// Whether an offer is there for the caller: to the visitor of a page only those of its token are.
    pub(crate) fn offers(&self, meeting_type: MeetingTypeId) -> bool {
        self.caller.page().is_none_or(|page| page.opens(meeting_type))
    }

    pub(crate) fn reader(&self) -> Reader {
        self.api.stores.database.reader(self.caller.workspace)
    }

    pub(crate) fn stores(&self) -> &Stores {
        &self.api.stores
    }

    /// The operation of a mutation.
    pub(crate) fn operation(&self) -> Operation {
        let caller = (self.caller.actor(), self.caller.grants.clone());
        self.api.edge.operation(self.caller.workspace, caller, self.correlation.clone())
    }
}

/// What the mutations of a request did.
#[derive(Debug, Default)]
pub(crate) struct Deeds {
    anew: AtomicBool,
    again: AtomicBool,
}

impl Deeds {
    pub(crate) fn note(&self, replayed: bool) {
        let kind = if replayed { &self.again } else { &self.anew };
        kind.store(true, Ordering::Relaxed);
    }

    /// Whether there were mutations, and all of them were answered from their stored answers.
    pub(crate) fn are_replays(&self) -> bool {
        self.again.load(Ordering::Relaxed) && !self.anew.load(Ordering::Relaxed)
    }
}

/// The loaders of the request that `context` belongs to.
pub(crate) fn loader<'a>(context: &Context<'a>) -> &'a DataLoader<Reads> {
    context.data_unchecked::<DataLoader<Reads>>()
}

/// The idempotency key header of the request, if it came with one.
pub(crate) fn key_header<'a>(context: &Context<'a>) -> Option<&'a str> {
    context.data_opt::<IdempotencyKeyHeader>().map(|header| header.0.as_str())
}

/// Whether the caller sees what is at a coordinate: `sees!(ctx, "Contact.email")`. The policy table decides, and one that
/// it does not have does not compile.
macro_rules! sees {
    ($ctx:expr, $coordinate:literal) => {
        $crate::schema::request::RequestScope::of($ctx).sees(const { domain::access::policy::rule($coordinate) })
    };
}
pub(crate) use sees;
