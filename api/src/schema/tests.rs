//! Rules that hold for the whole schema, asked of its SDL.

use std::collections::BTreeMap;

use async_graphql::parser::parse_schema;
use async_graphql::parser::types::{TypeDefinition, TypeKind, TypeSystemDefinition};

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

#[test]
fn the_sdl_is_the_same_every_time() {
    assert_eq!(sdl(), sdl());
}
