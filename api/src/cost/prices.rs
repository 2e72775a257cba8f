//! The prices of a schema, read from its SDL.

use std::collections::{HashMap, HashSet};

use async_graphql::Value;
use async_graphql::parser::parse_schema;
use async_graphql::parser::types::{
    BaseType, ConstDirective, FieldDefinition, OperationType, TypeKind, TypeSystemDefinition,
};
use async_graphql::{Name, Positioned};
use domain::metering::Cost;

use crate::schema::{COST, LIST_SIZE};

/// A value of an answer.
pub(super) const VALUE: Cost = Cost::thousandths(100);
/// An object of an answer.
const OBJECT: Cost = Cost::points(1);
/// Anything of the answer to an introspection: nothing is read for it.
const INTROSPECTED: Cost = Cost::thousandths(10);
/// The length of a list whose length nobody says.
pub(super) const ASSUMED: u64 = 5;

/// What the executor adds to every schema; no SDL tells of it. Lists are as long as ours are on average.
const INTROSPECTION: &str = r#"
type __Root {
    __schema: __Schema! @cost(weight: "20")
    __type(name: String!): __Type
}
type __Schema {
    description: String
    types: [__Type!]! @listSize(assumedSize: 250)
    queryType: __Type! mutationType: __Type subscriptionType: __Type
    directives: [__Directive!]! @listSize(assumedSize: 8)
}
type __Type {
    kind: String! name: String description: String specifiedByURL: String isOneOf: Boolean
    fields(includeDeprecated: Boolean): [__Field!] @listSize(assumedSize: 4)
    interfaces: [__Type!] @listSize(assumedSize: 1)
    possibleTypes: [__Type!] @listSize(assumedSize: 1)
    enumValues(includeDeprecated: Boolean): [__EnumValue!] @listSize(assumedSize: 2)
    inputFields(includeDeprecated: Boolean): [__InputValue!] @listSize(assumedSize: 2)
    ofType: __Type
}
type __Field {
    name: String! description: String isDeprecated: Boolean! deprecationReason: String
    args(includeDeprecated: Boolean): [__InputValue!]! @listSize(assumedSize: 1)
    type: __Type!
}
type __InputValue {
    name: String! description: String type: __Type! defaultValue: String isDeprecated: Boolean deprecationReason: String
}
type __EnumValue { name: String! description: String isDeprecated: Boolean! deprecationReason: String }
type __Directive {
    name: String! description: String locations: [String!]! isRepeatable: Boolean
    args(includeDeprecated: Boolean): [__InputValue!]! @listSize(assumedSize: 2)
}
"#;

/// The prices of a schema.
#[derive(Debug, Default)]
pub(crate) struct Prices {
    kinds: HashMap<Name, Kind>,
}

/// An object type or an interface.
#[derive(Debug, Default)]
pub(super) struct Kind {
    /// One object of it.
    pub object: Cost,
    fields: HashMap<Name, Price>,
}

/// A field.
#[derive(Debug)]
pub(super) struct Price {
    /// The field itself: for a value, the value; for an object, what it takes to get at it.
    pub own: Cost,
    /// What it gives; a value has no kind.
    pub output: Name,
    pub is_list: bool,
    pub size: Option<Size>,
    /// Arguments that need not be given.
    pub defaults: HashMap<Name, Value>,
}

/// How long a list is.
#[derive(Debug)]
pub(super) struct Size {
    pub assumed: u64,
    pub slicing: Vec<String>,
    pub weeks: Option<(String, String)>,
    /// Fields within; none: the field itself.
    pub sized: Vec<String>,
}

impl Prices {
    /// Those that an SDL tells. One that cannot be parsed has none, and everything costs the least there is; a test
    /// sees to it that ours can.
    pub(crate) fn read(sdl: &str) -> Self {
        let mut prices = Self::default();
        prices.add(INTROSPECTION, INTROSPECTED, INTROSPECTED);
        prices.add(sdl, VALUE, OBJECT);
        let introspection = prices.kinds.remove("__Root").unwrap_or_default();
        if let Some(query) = prices.kinds.get_mut(root(OperationType::Query)) {
            query.fields.extend(introspection.fields);
        }
        prices
    }

    fn add(&mut self, sdl: &str, value: Cost, object: Cost) {
        let definitions = parse_schema(sdl).map(|document| document.definitions).unwrap_or_default();
        let types = definitions.into_iter().filter_map(|definition| match definition {
            TypeSystemDefinition::Type(found) => Some(found.node),
            _ => None,
        });
        let is_composite =
            |kind: &TypeKind| matches!(kind, TypeKind::Object(_) | TypeKind::Interface(_) | TypeKind::Union(_));
        let composite: Vec<_> = types.filter(|found| is_composite(&found.kind)).collect();
        let names: HashSet<Name> = composite.iter().map(|found| found.name.node.clone()).collect();
        for found in composite {
            let fields = match found.kind {
                TypeKind::Object(kind) => kind.fields,
                TypeKind::Interface(kind) => kind.fields,
                _ => Vec::new(),
            };
            let price = |field: Positioned<FieldDefinition>| {
                let output = innermost(&field.node.ty.node.base).clone();
                let usual = if names.contains(&output) { Cost::ZERO } else { value };
                (field.node.name.node.clone(), Price::of(field.node, output, usual))
            };
            let kind = Kind {
                object: weight(&found.directives).unwrap_or(object),
                fields: fields.into_iter().map(price).collect(),
            };
            self.kinds.insert(found.name.node, kind);
        }
    }

    pub(super) fn kind(&self, name: &str) -> Option<&Kind> {
        self.kinds.get(name)
    }
}

impl Kind {
    pub(super) fn field(&self, name: &str) -> Option<&Price> {
        self.fields.get(name)
    }
}

/// The type that an operation begins at.
pub(super) fn root(operation: OperationType) -> &'static str {
    match operation {
        OperationType::Query => "Query",
        OperationType::Mutation => "Mutation",
        OperationType::Subscription => "Subscription",
    }
}

impl Price {
    fn of(field: FieldDefinition, output: Name, usual: Cost) -> Self {
        let defaults = field.arguments.into_iter().filter_map(|argument| {
            let argument = argument.node;
            Some((argument.name.node, argument.default_value?.node))
        });
        Self {
            own: weight(&field.directives).unwrap_or(usual),
            output,
            is_list: matches!(field.ty.node.base, BaseType::List(_)),
            size: size(&field.directives),
            defaults: defaults.collect(),
        }
    }
}

fn innermost(base: &BaseType) -> &Name {
    match base {
        BaseType::Named(name) => name,
        BaseType::List(inner) => innermost(&inner.base),
    }
}

fn argument<'a>(directives: &'a [Positioned<ConstDirective>], name: &str, argument: &str) -> Option<&'a Value> {
    let directive = directives.iter().find(|directive| directive.node.name.node == name)?;
    directive.node.get_argument(argument).map(|value| &value.node)
}

/// Points, with at most three decimals.
fn weight(directives: &[Positioned<ConstDirective>]) -> Option<Cost> {
    let Value::String(text) = argument(directives, COST, "weight")? else { return None };
    let (whole, decimals) = text.split_once('.').unwrap_or((text, ""));
    let thousandths = format!("{whole}{decimals:0<3}").parse().ok()?;
    Some(Cost::thousandths(thousandths))
}

fn size(directives: &[Positioned<ConstDirective>]) -> Option<Size> {
    directives.iter().find(|directive| directive.node.name.node == LIST_SIZE)?;
    let texts = |name| match argument(directives, LIST_SIZE, name) {
        Some(Value::List(texts)) => texts.iter().filter_map(text).collect(),
        _ => Vec::new(),
    };
    let assumed = match argument(directives, LIST_SIZE, "assumedSize") {
        Some(Value::Number(number)) => number.as_u64(),
        _ => None,
    };
    let weeks = match texts("weeksBetween").as_slice() {
        [from, until] => Some((from.clone(), until.clone())),
        _ => None,
    };
    Some(Size {
        assumed: assumed.unwrap_or(ASSUMED),
        slicing: texts("slicingArguments"),
        weeks,
        sized: texts("sizedFields"),
    })
}

fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::sdl;

    #[test]
    fn the_schema_is_read_whole() {
        let prices = Prices::read(&sdl());
        let check = |kind: &str, field: &str, expected: &str| {
            let price = prices.kind(kind).and_then(|kind| kind.field(field)).unwrap();
            assert_eq!(price.own.to_string(), expected, "{kind}.{field}");
        };
        check("Query", "contacts", "5");
        check("Query", "availability", "10");
        check("Query", "__schema", "20");
        check("Mutation", "bookMeeting", "10");
        check("Mutation", "submitForm", "50");
        check("Subscription", "events", "10");
        check("Contact", "givenName", "0.1");
        check("Contact", "owner", "0");
        let object = |kind: &str| prices.kind(kind).unwrap().object.to_string();
        assert_eq!([object("Contact"), object("Slot"), object("ContactEdge")], ["1", "0.1", "0"]);
        let contacts = prices.kind("Query").unwrap().field("contacts").unwrap();
        assert_eq!(contacts.defaults["first"], Value::from(20));
        assert_eq!(contacts.size.as_ref().unwrap().sized, ["edges", "nodes"]);
    }
}
