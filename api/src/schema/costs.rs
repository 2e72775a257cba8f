//! What fields cost: the one table of it. It is written into the schema as `@cost` and `@listSize`, in the words of the
//! cost directives specification (<https://ibm.github.io/graphql-specs/cost-spec.html>), and what is charged is read
//! from there ([`crate::cost`]): nobody is charged what the schema does not say.
//!
//! A point is about what an object costs that is read from the store and written into the answer. A value costs a
//! tenth: without that an answer of a hundred thousand values would be cheap.

use std::borrow::Cow;

use async_graphql::indexmap::IndexMap;
use async_graphql::parser::types::Field;
use async_graphql::registry::{
    __DirectiveLocation, Deprecation, MetaDirective, MetaDirectiveInvocation, MetaField, MetaInputValue, MetaType,
    Registry,
};
use async_graphql::{ContextSelectionSet, OutputType, Positioned, ServerResult, Value};

/// The directive of weights.
pub(crate) const COST: &str = "cost";
/// The directive of lists' sizes.
pub(crate) const LIST_SIZE: &str = "listSize";

/// Objects that cost something else than a point. Connections, edges and payloads are only wrappers: see [`of_object`].
const OBJECTS: &[(&str, &str)] = &[
    // Computed, many at a time.
    ("AvailabilityDay", "0.1"),
    ("ErrorCatalogueEntry", "0.1"),
    ("Slot", "0.1"),
    // Part of what they belong to.
    ("Attribution", "0.1"),
    ("DroppedHost", "0.1"),
    ("InboundCount", "0.1"),
    ("PayloadViolation", "0.1"),
    ("RoutingStep", "0.1"),
    ("WebhookCondition", "0.1"),
    ("WebhookFilter", "0.1"),
    ("WebhookHeader", "0.1"),
    ("WebhookHours", "0.1"),
    ("WeeklyHours", "0.1"),
];

/// Fields that ask the store by themselves or compute much, by `Type.field`. Mutations, pages and lists: [`of_field`].
const FIELDS: &[(&str, &str)] = &[
    // Each week: calendars are read and slots made whatever is shown of them.
    ("Query.availability", "10"),
    ("Query.destinations", "20"),
    ("Mutation.submitForm", "50"),
    ("Mutation.replayDeadLetters", "50"),
    ("OAuthClient.documentHashes", "50"),
    ("Contact.activities", "5"),
    ("Contact.consentStatus", "5"),
    ("Contact.consents", "5"),
    ("Contact.crmRecords", "2"),
    ("Contact.routingDecision", "5"),
    ("Contact.tasks", "5"),
    ("Integration.inboundHealth", "5"),
    ("Meeting.crmRecords", "2"),
    ("Replay.dead", "5"),
    ("Replay.delivered", "5"),
    ("Submission.routingDecision", "5"),
    ("Submission.slots", "20"),
    ("Task.crmRecords", "2"),
    ("WebhookEndpoint.health", "10"),
];

/// A mutation: a transaction.
const MUTATION: &str = "10";
/// A page of a connection: a statement.
const PAGE: &str = "5";
/// The beginning of a stream.
const SUBSCRIPTION: &str = "10";

/// How long lists are that nobody says the length of: what is usual for those that are bounded elsewhere.
const LISTS: &[(&str, i32)] = &[
    ("Contact.activities", 20),
    ("Query.errorCatalogue", 50),
    ("Query.hosts", 20),
    ("Query.meetingTypes", 10),
    ("SlotTaken.alternatives", 5),
    ("Submission.slots", 12),
    ("Meeting.crmRecords", 1),
    ("Contact.crmRecords", 1),
    ("Task.crmRecords", 1),
    // Those of a slot are few, and each is read once for all slots.
    ("Slot.hosts", 1),
    // Counted with the slots of the range, which are spread over the days.
    ("AvailabilityDay.slots", 1),
];

/// The length of a list that is not in the table.
const LIST: i32 = 5;
/// Slots of a week: half hours of a working week, or quarters of an afternoon.
const SLOTS_A_WEEK: i32 = 40;

fn of_object(name: &str) -> Option<&'static str> {
    let wrapper = name == "PageInfo" || ["Connection", "Edge", "Payload"].iter().any(|end| name.ends_with(end));
    if wrapper { Some("0") } else { entry(OBJECTS, name) }
}

fn of_field(kind: &str, field: &MetaField) -> Option<&'static str> {
    entry(FIELDS, &format!("{kind}.{}", field.name)).or_else(|| match kind {
        "Mutation" => Some(MUTATION),
        "Subscription" => Some(SUBSCRIPTION),
        _ if is_page(field) => Some(PAGE),
        _ => None,
    })
}

fn entry<T: Copy>(table: &[(&str, T)], name: &str) -> Option<T> {
    table.iter().find(|(known, _)| *known == name).map(|(_, value)| *value)
}

fn is_page(field: &MetaField) -> bool {
    field.ty.trim_end_matches('!').ends_with("Connection")
}

/// How many there will be of a list: the arguments of its directive.
fn size_of(kind: &str, field: &MetaField, is_object: impl Fn(&str) -> bool) -> Option<Vec<(&'static str, Value)>> {
    let name = format!("{kind}.{}", field.name);
    let list = |texts: &[&str]| Value::List(texts.iter().map(|text| Value::from(*text)).collect());
    if is_page(field) {
        return Some(vec![("slicingArguments", list(&["first"])), ("sizedFields", list(&["edges", "nodes"]))]);
    }
    if name == "Query.availability" {
        return Some(vec![
            ("assumedSize", SLOTS_A_WEEK.into()),
            ("weeksBetween", list(&["input.from", "input.until"])),
            ("sizedFields", list(&["days", "slots"])),
        ]);
    }
    if name == "Query.nodes" {
        return Some(vec![("slicingArguments", list(&["ids"]))]);
    }
    // Those of wrappers and of availability are sized by the field around them.
    let sized_around = kind.ends_with("Connection") || kind == "Availability";
    let of_objects = is_object(field.ty.trim_matches(['[', ']', '!']));
    let is_list = field.ty.starts_with('[') && of_objects && !sized_around;
    // Refusals of a payload: one, when there is any.
    let usual = if kind.ends_with("Payload") { 1 } else { LIST };
    is_list.then(|| vec![("assumedSize", entry(LISTS, &name).unwrap_or(usual).into())])
}

/// Writes the table into a schema when it is registered there. Nothing in the schema is of this type.
pub(super) struct Costs;

impl OutputType for Costs {
    fn type_name() -> Cow<'static, str> {
        Cow::Borrowed("Costs")
    }

    fn create_type_info(registry: &mut Registry) -> String {
        registry.directives.insert(COST.to_owned(), cost());
        registry.directives.insert(LIST_SIZE.to_owned(), list_size());
        let leaves: Vec<String> = registry.types.iter().filter(|(_, kind)| kind.is_leaf()).map(named).collect();
        for (kind, described) in &mut registry.types {
            let (fields, own) = match described {
                MetaType::Object { fields, directive_invocations, .. } => (fields, Some(directive_invocations)),
                MetaType::Interface { fields, .. } => (fields, None),
                _ => continue,
            };
            if let (Some(weight), Some(own)) = (of_object(kind), own) {
                own.push(weighing(weight));
            }
            for field in fields.values_mut() {
                let weight = of_field(kind, field).map(weighing);
                let size = size_of(kind, field, |name| !leaves.iter().any(|leaf| leaf == name)).map(|arguments| {
                    let args = arguments.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
                    MetaDirectiveInvocation { name: LIST_SIZE.to_owned(), args }
                });
                field.directive_invocations.extend(weight.into_iter().chain(size));
            }
        }
        Self::type_name().into_owned()
    }

    async fn resolve(&self, _: &ContextSelectionSet<'_>, _: &Positioned<Field>) -> ServerResult<Value> {
        Ok(Value::Null)
    }
}

fn named((name, _): (&String, &MetaType)) -> String {
    name.clone()
}

fn weighing(weight: &str) -> MetaDirectiveInvocation {
    MetaDirectiveInvocation { name: COST.to_owned(), args: IndexMap::from([("weight".to_owned(), weight.into())]) }
}

fn cost() -> MetaDirective {
    let weight = argument("weight", "String!", "Points, e.g. `0.1`.");
    let description = "What an object, or a field of its own, costs; each week, where weeks are asked for. Without it an \
                       object costs a point, a value 0.1, and a field nothing beside what it gives.";
    directive(COST, description, vec![weight], vec![__DirectiveLocation::FIELD_DEFINITION, __DirectiveLocation::OBJECT])
}

fn list_size() -> MetaDirective {
    let arguments = vec![
        argument("assumedSize", "Int", "How many there are; each week, where weeks are asked for."),
        argument("slicingArguments", "[String!]", "The argument that says how many: a number, or a list as long."),
        argument("weeksBetween", "[String!]", "The arguments between which weeks are counted, begun ones included."),
        argument("sizedFields", "[String!]", "The fields within that are meant; else the field itself."),
    ];
    let description = "How many a list is taken for when its cost is counted, before anything is read.";
    directive(LIST_SIZE, description, arguments, vec![__DirectiveLocation::FIELD_DEFINITION])
}

fn argument(name: &str, ty: &str, description: &str) -> MetaInputValue {
    MetaInputValue {
        name: name.to_owned(),
        description: Some(description.to_owned()),
        ty: ty.to_owned(),
        deprecation: Deprecation::NoDeprecated,
        default_value: None,
        visible: None,
        inaccessible: false,
        tags: Vec::new(),
        is_secret: false,
        directive_invocations: Vec::new(),
    }
}

fn directive(
    name: &str,
    description: &str,
    arguments: Vec<MetaInputValue>,
    locations: Vec<__DirectiveLocation>,
) -> MetaDirective {
    MetaDirective {
        name: name.to_owned(),
        description: Some(description.to_owned()),
        locations,
        args: arguments.into_iter().map(|argument| (argument.name.clone(), argument)).collect(),
        is_repeatable: false,
        visible: None,
        composable: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::sdl;

    #[test]
    fn every_line_of_the_table_is_about_something_in_the_schema() {
        let sdl = sdl();
        let types: Vec<&str> = sdl.split("\n}\n").collect();
        let fields = FIELDS.iter().map(|(name, _)| *name).chain(LISTS.iter().map(|(name, _)| *name));
        for (kind, field) in fields.filter_map(|name| name.split_once('.')) {
            let found = types.iter().find(|text| text.contains(&format!("\ntype {kind} ")));
            let found = found.unwrap_or_else(|| panic!("no type {kind}"));
            let has = ["(", ":"].iter().any(|next| found.contains(&format!("\n\t{field}{next}")));
            assert!(has, "{kind}.{field}");
        }
        for (kind, weight) in OBJECTS {
            let stands = sdl.lines().any(|line| {
                line.starts_with(&format!("type {kind} ")) && line.contains(&format!("@cost(weight: \"{weight}\")"))
            });
            assert!(stands, "{kind}");
        }
    }
}
