//! A request at the prices of the schema: what it may cost, and what it did cost.

use async_graphql::parser::types::{Directive, ExecutableDocument, Field, Selection, SelectionSet};
use async_graphql::{Name, Positioned, Value, Variables};
use domain::metering::Cost;

use super::arguments::Known;
use super::prices::{ASSUMED, Kind, Prices, VALUE, root};
use crate::documents;

/// The fields of a request, as they will be executed: fragments in their places, those left out gone.
#[derive(Debug, Default)]
pub(crate) struct Plan {
    pub(super) fields: Vec<Planned>,
}

/// One field, for each object that it is asked of.
#[derive(Debug)]
pub(super) struct Planned {
    pub(super) key: Name,
    /// The field itself.
    pub(super) own: Cost,
    /// Each object that it gives.
    pub(super) object: Cost,
    /// How many it gives.
    pub(super) count: u64,
    /// All of it.
    pub(super) whole: Cost,
    pub(super) fields: Vec<Planned>,
}

impl Plan {
    /// The plan of the operation that will be executed. The document's size has been looked at before: its fragments
    /// make no circles, and expanded they are not too many.
    pub(crate) fn of(
        prices: &Prices,
        document: &ExecutableDocument,
        operation: Option<&str>,
        variables: &Variables,
    ) -> Self {
        let Some(operation) = documents::operation(document, operation) else { return Self::default() };
        let planner = Planner { prices, document, known: Known { given: variables, operation } };
        let mut fields = Vec::new();
        planner.add(&operation.selection_set.node, prices.kind(root(operation.ty)), None, &mut fields);
        Self { fields }
    }

    /// What it costs at most.
    pub(crate) fn requested(&self) -> Cost {
        self.fields.iter().map(|field| field.whole).sum::<Cost>().max(Cost::LEAST)
    }

    /// What an answer did cost, which is never more than what was asked for. A root field that failed has worked, too.
    pub(crate) fn actual(&self, data: &Value) -> Cost {
        let failed = |field: &&Planned| match data {
            Value::Object(answered) => !answered.contains_key(&field.key),
            _ => true,
        };
        let failed: Cost = self.fields.iter().filter(failed).map(|field| field.own).sum();
        (failed + actual(&self.fields, data)).max(Cost::LEAST).min(self.requested())
    }

    /// What one event of a stream did cost: its beginning is paid for.
    pub(crate) fn of_event(&self, data: &Value) -> Cost {
        let begun = self.fields.iter().map(|field| field.own).sum();
        self.actual(data).less(begun)
    }
}

fn actual(fields: &[Planned], value: &Value) -> Cost {
    match value {
        Value::List(items) => items.iter().map(|item| actual(fields, item)).sum(),
        Value::Object(answered) => {
            let cost = |field: &Planned| match answered.get(&field.key) {
                // Of another type, or refused.
                None => Cost::ZERO,
                Some(_) if field.fields.is_empty() => field.own,
                Some(value) => field.own + field.object.times(objects(value)) + actual(&field.fields, value),
            };
            fields.iter().map(cost).sum()
        }
        _ => Cost::ZERO,
    }
}

fn objects(value: &Value) -> u64 {
    match value {
        Value::List(items) => items.iter().map(objects).sum(),
        Value::Null => 0,
        _ => 1,
    }
}

struct Planner<'a> {
    prices: &'a Prices,
    document: &'a ExecutableDocument,
    known: Known<'a>,
}

/// The fields whose size the field around them says, and the size.
type Sized<'a> = Option<(&'a [String], u64)>;

impl<'a> Planner<'a> {
    fn add(&self, set: &'a SelectionSet, kind: Option<&'a Kind>, sized: Sized<'a>, planned: &mut Vec<Planned>) {
        for selection in &set.items {
            match &selection.node {
                Selection::Field(field) if self.is_wanted(&field.node.directives) => {
                    planned.push(self.field(&field.node, kind, sized));
                }
                Selection::InlineFragment(fragment) if self.is_wanted(&fragment.node.directives) => {
                    let condition = fragment.node.type_condition.as_ref();
                    let kind = condition.map_or(kind, |on| self.prices.kind(&on.node.on.node));
                    self.add(&fragment.node.selection_set.node, kind, sized, planned);
                }
                Selection::FragmentSpread(spread) if self.is_wanted(&spread.node.directives) => {
                    let fragment = self.document.fragments.get(&spread.node.fragment_name.node);
                    if let Some(fragment) = fragment {
                        let kind = self.prices.kind(&fragment.node.type_condition.node.on.node);
                        self.add(&fragment.node.selection_set.node, kind, sized, planned);
                    }
                }
                _ => {}
            }
        }
    }

    fn field(&self, field: &'a Field, kind: Option<&'a Kind>, sized: Sized<'a>) -> Planned {
        let key = field.response_key().node.clone();
        // What the schema does not know validation has to refuse, which is work, too.
        let Some(price) = kind.and_then(|kind| kind.field(&field.name.node)) else {
            let (own, mut fields) = (VALUE, Vec::new());
            self.add(&field.selection_set.node, None, None, &mut fields);
            let whole = own + fields.iter().map(|field| field.whole).sum();
            return Planned { key, own, object: Cost::ZERO, count: 0, whole, fields };
        };
        let within = self.prices.kind(&price.output);
        let told = price.size.as_ref().map(|size| (size, self.known.size(size, field, price)));
        let count = match (told, sized) {
            (_, Some((names, count))) if names.iter().any(|name| *name == field.name.node) => count,
            (Some((size, count)), _) if size.sized.is_empty() => count,
            _ if price.is_list => ASSUMED,
            _ => 1,
        };
        let inner = told.filter(|(size, _)| !size.sized.is_empty()).map(|(size, count)| (size.sized.as_slice(), count));
        let mut fields = Vec::new();
        self.add(&field.selection_set.node, within, inner, &mut fields);
        let object = within.map_or(Cost::ZERO, |kind| kind.object);
        let each = object + fields.iter().map(|field| field.whole).sum::<Cost>();
        let own = price.own.times(self.known.weeks_of(field, price));
        let whole = if within.is_some() { own + each.times(count) } else { own };
        Planned { key, own, object, count, whole, fields }
    }

    fn is_wanted(&self, directives: &'a [Positioned<Directive>]) -> bool {
        directives.iter().all(|directive| {
            let condition = directive.node.get_argument("if").and_then(|value| self.known.is_true(&value.node));
            match (directive.node.name.node.as_str(), condition) {
                ("skip", Some(skipped)) => !skipped,
                ("include", Some(included)) => included,
                // Not known: it may be executed.
                _ => true,
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use async_graphql::parser::parse_query;
    use serde_json::{Value as Json, json};

    use super::*;
    use crate::schema::sdl;

    /// What a request costs at most, and for an answer.
    fn check(document: &str, variables: &Json, expected: u64) {
        let plan = plan(document, variables);
        assert_eq!(plan.requested().as_points(), expected, "{document} {variables}");
    }

    fn plan(document: &str, variables: &Json) -> Plan {
        let document = parse_query(document).unwrap();
        Plan::of(&Prices::read(&sdl()), &document, Some("Q"), &Variables::from_json(variables.clone()))
    }

    #[test]
    fn lists_cost_by_their_length() {
        check("{ contacts(first: 10) { nodes { id givenName } } }", &json!({}), 5 + 10 + 2);
        check("{ contacts { edges { cursor node { id } } } }", &json!({}), 5 + 20 + 4);
        let page = "query Q($n: Int = 3) { contacts(first: $n) { nodes { id } pageInfo { hasNextPage } } }";
        check(page, &json!({"n": 100}), 5 + 100 + 10 + 1);
        check(page, &json!({}), 9);
        check("{ nodes(ids: [\"a\", \"b\"]) { id } }", &json!({}), 3);
        check("query Q($i: [ID!]!) { nodes(ids: $i) { id } }", &json!({"i": ["a", "b", "c"]}), 4);
        check("{ contacts(first: 100) { nodes { meetings(first: 100) { nodes { id } } } } }", &json!({}), 11_605);
    }

    #[test]
    fn what_is_out_of_range_costs_no_more_than_the_range() {
        check("{ contacts(first: 2000000000) { nodes { id } } }", &json!({}), 115);
        check("{ contacts(first: -1) { nodes { id } } }", &json!({}), 5);
    }

    #[test]
    fn availability_costs_by_the_weeks() {
        let document = "query Q($input: AvailabilityInput!) { availability(input: $input) { slots { startsAt } } }";
        let weeks = |until| json!({"input": {"meetingTypeId": "a", "from": "2035-01-01T00:00:00Z", "until": until}});
        check(document, &weeks("2035-01-02T00:00:00Z"), 10 + 1 + 8);
        check(document, &weeks("2035-01-09T00:00:00Z"), 20 + 1 + 16);
        check(document, &weeks("2036-01-01T00:00:00Z"), 530 + 1 + 53 * 8);
        check(document, &weeks("9036-01-01T00:00:00Z"), 530 + 1 + 53 * 8);
        check(document, &json!({}), 10 + 1 + 8);
        let written = "{ availability(input: {from: \"2035-01-01T00:00:00Z\", until: \"2035-01-09T00:00:00Z\"}) \
                       { days { slots { startsAt } } } }";
        check(written, &json!({}), 20 + 1 + 8 + 16);
    }

    #[test]
    fn only_what_will_run_counts() {
        check("query P { contacts { nodes { id } } } query Q { viewer { scopes } }", &json!({}), 2);
        check(
            "query Q($no: Boolean!) { viewer { scopes } contacts @include(if: $no) { nodes { id } } }",
            &json!({"no": false}),
            2,
        );
        check("{ viewer { scopes } ... @skip(if: true) { contacts { nodes { id } } } }", &json!({}), 2);
        check("{ nothing { of: this } }", &json!({}), 1);
        check("mutation Q { bookMeeting(input: {}) { meeting { id } errors { code } } }", &json!({}), 13);
    }

    #[test]
    fn fragments_count_wherever_they_are_spread() {
        check("{ a: viewer { ...F } b: viewer { ...F } } fragment F on Viewer { scopes host { id } }", &json!({}), 5);
        check("{ node(id: \"a\") { id ... on Contact { tasks { id } } } }", &json!({}), 7 + 5);
    }

    #[test]
    fn looking_at_the_schema_is_affordable_once() {
        let standard = include_str!("introspection.graphql");
        let cost = plan(standard, &json!({})).requested().as_points();
        assert!((500..1500).contains(&cost), "{cost}");
        let deep = format!("{{ __schema {{ types {{ {}name{} }} }} }}", "fields { type { ".repeat(5), " } }".repeat(5));
        assert!(plan(&deep, &json!({})).requested().as_points() > 2000);
    }

    #[test]
    fn an_answer_costs_what_is_in_it() {
        let plan = plan("{ contacts(first: 100) { nodes { id owner { id } tasks { id } } } }", &json!({}));
        let two = json!({"contacts": {"nodes": [
            {"id": "a", "owner": null, "tasks": []}, {"id": "b", "owner": {"id": "c"}, "tasks": [{"id": "d"}]},
        ]}});
        let actual = |data: Json| plan.actual(&Value::from_json(data).unwrap()).to_string();
        assert_eq!(actual(two), "19.4");
        // It failed, after the page was asked for.
        assert_eq!(actual(Json::Null), "5");
    }
}
