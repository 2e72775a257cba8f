//! The GraphQL schema: three shapes per thing end here, in the one that callers see.
//!
//! A resolver reads through the request's reader, or runs one command. It never decides a business rule. What may not be
//! seen is absent: null, or not found.

mod accounts;
mod activities;
mod availability;
mod consent;
mod contacts;
mod costs;
mod errors;
mod events;
mod gate;
mod integrations;
mod loaders;
mod meetings;
mod mutation;
mod node;
mod paging;
mod request;
mod routing;
mod scalars;
mod scoring;
mod webhooks;
mod workspaces;

use async_graphql::{MergedObject, MergedSubscription, SDLExportOptions, Schema, SchemaBuilder};

use gate::Gate;

pub(crate) use costs::{COST, LIST_SIZE};
pub(crate) use errors::{classify, describe, fault, unparsable};
pub(crate) use loaders::Reads;
pub(crate) use request::{Deeds, RequestScope};

/// Nesting that no honest query needs more of: the introspection query of graphql-js goes this deep.
const DEPTH_MAX: usize = 15;

/// Everything that can be read.
#[derive(MergedObject, Default)]
#[graphql(name = "Query")]
pub struct QueryFields(
    workspaces::WorkspacesQuery,
    workspaces::ClientsQuery,
    workspaces::PageTokensQuery,
    node::NodeQuery,
    availability::AvailabilityQuery,
    webhooks::SubmissionsQuery,
    webhooks::EndpointsQuery,
    webhooks::InboundQuery,
    webhooks::ReplaysQuery,
    contacts::ContactsQuery,
    meetings::MeetingsQuery,
    events::EventsQuery,
    integrations::IntegrationsQuery,
    integrations::DeadLettersQuery,
    integrations::DestinationsQuery,
    errors::ErrorsQuery,
);

/// Everything that can be done. Every input carries an idempotency key.
#[derive(MergedObject, Default)]
#[graphql(name = "Mutation")]
pub struct MutationFields(
    webhooks::SubmissionsMutation,
    webhooks::EndpointsMutation,
    webhooks::QuarantineMutation,
    webhooks::ReplaysMutation,
    meetings::MeetingsMutation,
    consent::ConsentMutation,
    integrations::DeadLettersMutation,
    integrations::DestinationsMutation,
    availability::AvailabilityMutation,
    scoring::ScoringMutation,
    routing::RoutingMutation,
    workspaces::ClientsMutation,
    workspaces::PageTokensMutation,
);

/// Everything that can be followed.
#[derive(MergedSubscription, Default)]
#[graphql(name = "Subscription")]
pub struct SubscriptionFields(events::MeetingEventsSubscription);

/// The root types, behind the gate that asks the policy table.
type Query = Gate<QueryFields>;
type Mutation = Gate<MutationFields>;
type Subscription = Gate<SubscriptionFields>;

/// The schema.
pub type MeridianSchema = Schema<Query, Mutation, Subscription>;

/// The schema before it is finished.
pub(crate) type MeridianBuilder = SchemaBuilder<Query, Mutation, Subscription>;

/// The schema, as far as it does not depend on the deployment.
pub(crate) fn builder() -> MeridianBuilder {
    Schema::build(Query::default(), Mutation::default(), Subscription::default())
        .register_output_type::<costs::Costs>()
        .limit_depth(DEPTH_MAX)
}

/// The schema as SDL, sorted: `schema.graphql` is this text.
pub fn sdl() -> String {
    builder().finish().sdl_with_options(
        SDLExportOptions::new().sorted_fields().sorted_arguments().sorted_enum_items().include_specified_by(),
    )
}

#[cfg(test)]
mod tests;
