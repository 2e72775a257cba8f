//! Telling what a request costs, field by field, without executing it.
//!
//! It is asked for by the header `Meridian-Cost: explain`, or by `"extensions": {"cost": "explain"}` in the request,
//! which works over every transport.

use async_graphql::{Name, Request, Value};
use domain::metering::Cost;

use super::plan::{Plan, Planned};
use crate::gateway::CostHeader;

/// The word that asks for it.
const EXPLAIN: &str = "explain";

/// Whether a request is to be explained and not executed.
pub(crate) fn is_asked_for(request: &Request) -> bool {
    let is_word = |value: &Value| matches!(value, Value::String(word) if word == EXPLAIN);
    let header = request.data.get(&std::any::TypeId::of::<CostHeader>());
    let header = header.and_then(|header| header.downcast_ref::<CostHeader>());
    header.is_some_and(|header| header.0 == EXPLAIN) || request.extensions.get("cost").is_some_and(is_word)
}

/// Lines of an explanation: nobody reads more.
const LINES_MAX: usize = 500;

/// The fields of a plan, each with what it costs: those that come first, where there are very many.
pub(crate) fn explanation(plan: &Plan) -> Value {
    let mut lines = Vec::new();
    tell(&plan.fields, "", &mut lines);
    Value::List(lines)
}

fn tell(fields: &[Planned], before: &str, lines: &mut Vec<Value>) {
    for field in fields {
        if lines.len() >= LINES_MAX {
            return;
        }
        let path = if before.is_empty() { field.key.to_string() } else { format!("{before}.{}", field.key) };
        let line = [
            ("field", Value::String(path.clone())),
            ("weight", points(field.own)),
            ("each", points(field.object)),
            ("count", Value::from(field.count)),
            ("cost", points(field.whole)),
        ];
        lines.push(Value::Object(line.into_iter().map(|(name, value)| (Name::new(name), value)).collect()));
        tell(&field.fields, &path, lines);
    }
}

/// With the decimals.
fn points(cost: Cost) -> Value {
    cost.to_string().parse().map_or(Value::Null, Value::Number)
}
