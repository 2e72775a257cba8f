//! Rules that hold for the whole schema, asked of its SDL.

use std::collections::BTreeMap;

use async_graphql::Positioned;
use async_graphql::parser::parse_schema;
use async_graphql::parser::types::{
    ConstDirective, FieldDefinition, InputValueDefinition, TypeDefinition, TypeKind, TypeSystemDefinition,
};
use domain::access::policy::{self, Rule};

use super::sdl;

fn types() -> BTreeMap<String, TypeDefinition> {
    let document = parse_schema(sdl()).unwrap();
    let definition = |definition| match definition {
        TypeSystemDefinition::Type(found) => Some((found.node.name.node.to_string(), found.node)),
        _ => None,
    };
    document.definitions.into_iter().filter_map(definition).collect()
}

#[test]
fn every_mutation_takes_one_input_with_an_idempotency_key() {
    let types = types();
    let TypeKind::Object(mutation) = &types["Mutation"].kind else { panic!("no mutations") };
    assert!(!mutation.fields.is_empty());
    for field in mutation.fields.iter().map(|field| &field.node) {
        let [input] = field.arguments.as_slice() else { panic!("{} takes not one argument", field.name.node) };
        let input_type = input.node.ty.node.to_string();
        let input_type = input_type.strip_suffix('!').unwrap();
        let TypeKind::InputObject(fields) = &types[input_type].kind else { panic!("{input_type}") };
        let key = fields.fields.iter().find(|field| field.node.name.node == "idempotencyKey");
        assert_eq!(key.unwrap().node.ty.node.to_string(), "IdempotencyKey!", "{input_type}");
        assert!(field.ty.node.to_string().ends_with("Payload!"), "{}", field.name.node);
    }
}

#[test]
fn everything_is_described() {
    let mut bare = Vec::new();
    for (name, definition) in types() {
        // The connection types are the library's.
        let library = name == "PageInfo" || name.ends_with("Connection") || name.ends_with("Edge");
        let root = matches!(name.as_str(), "Query" | "Mutation" | "Subscription");
        if definition.description.is_none() && !library && !root {
            bare.push(name.clone());
        }
        macro_rules! undescribed {
            ($items:expr, $name:ident) => {
                $items
                    .iter()
                    .filter(|item| item.node.description.is_none())
                    .map(|item| item.node.$name.node.to_string())
                    .collect::<Vec<_>>()
            };
        }
        let undescribed = match &definition.kind {
            TypeKind::Object(object) => undescribed!(object.fields, name),
            TypeKind::InputObject(input) => undescribed!(input.fields, name),
            TypeKind::Enum(values) => undescribed!(values.values, value),
            _ => Vec::new(),
        };
        if !library {
            bare.extend(undescribed.into_iter().map(|field| format!("{name}.{field}")));
        }
    }
    assert_eq!(bare, Vec::<String>::new());
}

/// A field by its coordinate: its type, its description and its directives.
fn field(
    types: &BTreeMap<String, TypeDefinition>,
    coordinate: &str,
) -> (String, String, Vec<Positioned<ConstDirective>>) {
    let (owner, name) = coordinate.split_once('.').unwrap();
    let said = |text: &Option<Positioned<String>>| text.as_ref().map(|text| text.node.clone()).unwrap_or_default();
    let of_object =
        |field: &FieldDefinition| (field.ty.node.to_string(), said(&field.description), field.directives.clone());
    let of_input =
        |field: &InputValueDefinition| (field.ty.node.to_string(), said(&field.description), field.directives.clone());
    match types.get(owner).map(|found| &found.kind) {
        Some(TypeKind::Object(object)) => {
            object.fields.iter().find(|field| field.node.name.node == name).map(|field| of_object(&field.node))
        }
        Some(TypeKind::InputObject(input)) => {
            input.fields.iter().find(|field| field.node.name.node == name).map(|field| of_input(&field.node))
        }
        _ => None,
    }
    .unwrap_or_else(|| panic!("the schema has no {coordinate}"))
}

#[test]
fn every_root_field_has_its_line_in_the_policy_table_and_says_what_it_needs() {
    let types = types();
    let mut fields = Vec::new();
    for root in ["Mutation", "Query", "Subscription"] {
        let TypeKind::Object(object) = &types[root].kind else { panic!("{root} is no object") };
        fields.extend(object.fields.iter().map(|field| format!("{root}.{}", field.node.name.node)));
    }
    fields.sort();
    assert_eq!(fields, policy::ROOT_FIELDS.iter().map(|rule| rule.coordinate).collect::<Vec<_>>());
    for rule in policy::ROOT_FIELDS {
        let (_, description, _) = field(&types, rule.coordinate);
        for scope in rule.scopes {
            let words = description.split_ascii_whitespace().collect::<Vec<_>>().join(" ");
            assert!(words.contains(&format!("Needs `{scope}`")), "{}: {description}", rule.coordinate);
        }
    }
}

#[test]
fn what_is_hidden_can_be_null_and_says_so() {
    let types = types();
    for rule in policy::HIDDEN_FIELDS {
        let (kind, _, _) = field(&types, rule.coordinate);
        assert!(!kind.ends_with('!') || kind.starts_with('['), "{} is {kind}", rule.coordinate);
    }
    let is_node = |definition: &&TypeDefinition| match &definition.kind {
        TypeKind::Object(object) => object.implements.iter().any(|interface| interface.node == "Node"),
        _ => false,
    };
    let nodes: Vec<_> = types.values().filter(is_node).map(|node| node.name.node.to_string()).collect();
    assert_eq!(nodes, policy::NODES.iter().map(|rule| rule.coordinate).collect::<Vec<_>>());
}

#[test]
fn the_schema_shows_the_scopes_of_the_policy_table_and_no_others() {
    let types = types();
    let tables = [policy::ROOT_FIELDS, policy::HIDDEN_FIELDS, policy::GUARDED_INPUTS];
    let guarded: Vec<&Rule> = tables.into_iter().flatten().filter(|rule| !rule.scopes.is_empty()).collect();
    for rule in &guarded {
        let (_, _, directives) = field(&types, rule.coordinate);
        let directive = directives.iter().find(|directive| directive.node.name.node == "requiresScope").unwrap();
        let (_, scopes) = &directive.node.arguments[0];
        let expected: Vec<_> = rule.scopes.iter().map(|scope| format!("\"{scope}\"")).collect();
        assert_eq!(scopes.node.to_string(), format!("[{}]", expected.join(", ")), "{}", rule.coordinate);
    }
    // Its own definition is one more.
    assert_eq!(sdl().matches(" @requiresScope(").count(), guarded.len() + 1);
}

#[test]
fn the_sdl_is_the_same_every_time() {
    assert_eq!(sdl(), sdl());
}
