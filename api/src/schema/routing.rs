//! Routing: decisions that explain themselves, the owners' tasks, and the rules.

use async_graphql::{Context, ID, InputObject, Object, Result, SimpleObject};
use commands::routing as intents;
use domain::contacts::CountryCode;
use domain::errors::{ErrorCode, Refusal};
use domain::routing::{RoutingRecord, Task, Territory};

use super::errors::UserError;
use super::integrations::CrmRecord;
use super::mutation::{Attempt, conclude, id, key};
use super::request::{RequestScope, sees};
use super::scalars::{DateTime, IdempotencyKey};
use super::workspaces::HostObject;

pub(crate) struct RoutingDecisionObject(pub RoutingRecord);

/// Who takes a lead, and why.
#[Object(name = "RoutingDecision")]
impl RoutingDecisionObject {
    /// Its id.
    async fn id(&self) -> ID {
        ID(self.0.id.to_string())
    }

    /// Who takes the lead; null when nobody could.
    async fn owner(&self, ctx: &Context<'_>) -> Result<Option<HostObject>> {
        match self.0.decision.owner {
            Some(owner) => HostObject::load(ctx, owner).await,
            None => Ok(None),
        }
    }

    /// The version of the rules that decided.
    async fn rules_version(&self) -> i32 {
        self.0.decision.version
    }

    /// The whole decision in sentences.
    async fn explanation(&self) -> String {
        self.0.decision.explain()
    }

    /// The steps, in order.
    async fn steps(&self) -> Vec<RoutingStep> {
        let step = |step: &domain::routing::Step| RoutingStep {
            step: serde_json::to_value(step.step)
                .ok()
                .and_then(|name| name.as_str().map(str::to_owned))
                .unwrap_or_default(),
            kept_host_ids: step.kept.iter().map(|id| ID(id.to_string())).collect(),
            dropped: step
                .dropped
                .iter()
                .map(|dropped| DroppedHost { host_id: ID(dropped.host.to_string()), reason: dropped.reason.clone() })
                .collect(),
            because: step.because.clone(),
        };
        self.0.decision.steps.iter().map(step).collect()
    }

    /// When it was decided.
    async fn decided_at(&self) -> DateTime {
        DateTime(self.0.decided_at)
    }
}

/// One step of a decision.
#[derive(SimpleObject)]
pub(crate) struct RoutingStep {
    /// `active`, `existing_owner`, `territory`, `product_line`, `capacity`, `fairness` or `fallback`.
    step: String,
    /// Who was left after it.
    kept_host_ids: Vec<ID>,
    /// Who was ruled out by it.
    dropped: Vec<DroppedHost>,
    /// Why, in a sentence.
    because: String,
}

/// A host that a step ruled out.
#[derive(SimpleObject)]
pub(crate) struct DroppedHost {
    /// The host.
    host_id: ID,
    /// Why.
    reason: String,
}

pub(crate) struct TaskObject(pub Task);

/// A follow-up for the owner of a lead.
#[Object(name = "Task")]
impl TaskObject {
    /// Its id.
    async fn id(&self) -> ID {
        ID(self.0.id.to_string())
    }

    /// What is to be done.
    async fn subject(&self) -> &str {
        &self.0.subject
    }

    /// The SLA: when it must be done.
    async fn due_at(&self) -> DateTime {
        DateTime(self.0.due_at)
    }

    /// Since when.
    async fn created_at(&self) -> DateTime {
        DateTime(self.0.created_at)
    }

    /// Whose it is.
    async fn owner(&self, ctx: &Context<'_>) -> Result<Option<HostObject>> {
        match self.0.owner {
            Some(owner) => HostObject::load(ctx, owner).await,
            None => Ok(None),
        }
    }

    /// The CRM's records of it, as far as the CRM has confirmed them.
    async fn crm_records(&self, ctx: &Context<'_>) -> Result<Vec<CrmRecord>> {
        CrmRecord::of(ctx, sees!(ctx, "Task.crmRecords").then(|| self.0.id.to_string())).await
    }
}

/// The next version of the routing rules.
#[derive(InputObject)]
pub(crate) struct PublishRoutingRulesInput {
    /// Names this intent.
    idempotency_key: IdempotencyKey,
    /// Named parts of the world that hosts serve.
    territories: Vec<TerritoryInput>,
    /// Who takes a lead that nobody else can, the first active one in this order: 0–100.
    #[graphql(default)]
    fallback_owner_ids: Vec<ID>,
    /// Minutes that the owner has for the first touch: 1–527040.
    sla_minutes: u32,
}

/// A part of the world.
#[derive(InputObject)]
pub(crate) struct TerritoryInput {
    /// The name that hosts refer to: 1–200 characters, once.
    name: String,
    /// Its countries, ISO 3166-1 alpha-2: 1–300.
    countries: Vec<String>,
}

/// What became of the rules.
#[derive(SimpleObject)]
pub(crate) struct PublishRoutingRulesPayload {
    /// The number of the new version; null when it was refused.
    version: Option<i32>,
    /// Why it was refused.
    errors: Vec<UserError>,
}

#[derive(Default)]
pub(crate) struct RoutingMutation;

#[Object]
impl RoutingMutation {
    /// Publishes routing rules as the next version, in force from then on. Needs `routing:manage`.
    async fn publish_routing_rules(
        &self,
        ctx: &Context<'_>,
        input: PublishRoutingRulesInput,
    ) -> Result<PublishRoutingRulesPayload> {
        let request = RequestScope::of(ctx);
        let key = key(ctx, &input.idempotency_key)?.to_owned();
        let attempt: Attempt<_> = match read(input) {
            Err(refusal) => Err(refusal),
            Ok(intent) => {
                Ok(intents::publish_routing_rules(request.stores(), &request.operation(), &key, intent).await)
            }
        };
        let (rules, errors) = conclude(ctx, attempt)?;
        Ok(PublishRoutingRulesPayload { version: rules.map(|rules| rules.version), errors })
    }
}

fn read(input: PublishRoutingRulesInput) -> Result<intents::PublishRoutingRules, Refusal> {
    let unknown =
        || Refusal::field(ErrorCode::FieldMismatch, "input.territories", "A country is no ISO 3166-1 alpha-2 code.");
    let territory = |territory: TerritoryInput| {
        let countries = territory.countries.iter().map(|code| CountryCode::parse(code).map_err(|_| unknown()));
        Ok(Territory { name: territory.name, countries: countries.collect::<Result<_, _>>()?, regions: Vec::new() })
    };
    Ok(intents::PublishRoutingRules {
        territories: input.territories.into_iter().map(territory).collect::<Result<_, Refusal>>()?,
        fallback_owners: input
            .fallback_owner_ids
            .iter()
            .map(|given| id(given, "fallbackOwnerIds"))
            .collect::<Result<_, _>>()?,
        sla_minutes: input.sla_minutes,
    })
}
