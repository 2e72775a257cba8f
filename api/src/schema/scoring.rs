//! Scoring models.

use async_graphql::{Context, InputObject, Json, Object, Result, SimpleObject};
use commands::scoring as intents;
use domain::errors::{ErrorCode, Refusal};
use domain::scoring::Rule;

use super::errors::UserError;
use super::mutation::{Attempt, conclude, key};
use super::request::RequestScope;
use super::scalars::IdempotencyKey;

/// The next version of the scoring model.
#[derive(InputObject)]
pub(crate) struct PublishScoringModelInput {
    /// Names this intent.
    idempotency_key: IdempotencyKey,
    /// Points that make a contact marketing qualified.
    threshold: i32,
    /// What gives or takes points, e.g.
    /// `{"name": "leads a team", "points": 20, "when": {"fact": "field", "field": "job_title", "is": {"contains": "head"}}}`.
    rules: Vec<Json<serde_json::Value>>,
}

/// What became of the model.
#[derive(SimpleObject)]
pub(crate) struct PublishScoringModelPayload {
    /// The number of the new version; null when it was refused.
    version: Option<i32>,
    /// Why it was refused.
    errors: Vec<UserError>,
}

#[derive(Default)]
pub(crate) struct ScoringMutation;

#[Object]
impl ScoringMutation {
    /// Publishes a scoring model as the next version, in force from then on. Needs `routing:manage`.
    async fn publish_scoring_model(
        &self,
        ctx: &Context<'_>,
        input: PublishScoringModelInput,
    ) -> Result<PublishScoringModelPayload> {
        let request = RequestScope::of(ctx);
        let key = key(ctx, &input.idempotency_key)?.to_owned();
        let attempt: Attempt<_> = match read(input.rules) {
            Err(refusal) => Err(refusal),
            Ok(rules) => {
                let intent = intents::PublishScoringModel { threshold: input.threshold, rules };
                Ok(intents::publish_scoring_model(request.stores(), &request.operation(), &key, intent).await)
            }
        };
        let (model, errors) = conclude(ctx, attempt)?;
        Ok(PublishScoringModelPayload { version: model.map(|model| model.version), errors })
    }
}

fn read(rules: Vec<Json<serde_json::Value>>) -> Result<Vec<Rule>, Refusal> {
    let rule = |(index, Json(rule)): (usize, Json<serde_json::Value>)| {
        serde_json::from_value(rule).map_err(|_| {
            let field = format!("input.rules[{index}]");
            Refusal::field(ErrorCode::FieldMismatch, field, "This is not a scoring rule.")
        })
    };
    rules.into_iter().enumerate().map(rule).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_example_that_the_schema_gives_is_a_rule() {
        let sdl = crate::schema::sdl();
        let example = sdl.lines().find_map(|line| line.trim().strip_prefix("`{\"name\": \"leads a team\"")).unwrap();
        let example = format!("{{\"name\": \"leads a team\"{}", example.trim_end_matches("`."));
        assert!(read(vec![Json(serde_json::from_str(&example).unwrap())]).is_ok(), "{example}");
    }
}
