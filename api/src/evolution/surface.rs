//! What clients can see of a schema, out of its text: maps by name, since order means nothing.
//!
//! The parser is the one that the API serves with. Deliberately absent: whether a directive is repeatable, since that
//! parser says it of every one, and a description of the schema itself, which it does not read.

use std::collections::{BTreeMap, BTreeSet};

use async_graphql::parser::parse_schema;
use async_graphql::parser::types::{
    BaseType, ConstDirective, DirectiveDefinition, DirectiveLocation, FieldDefinition, InputValueDefinition,
    SchemaDefinition, Type, TypeDefinition, TypeKind, TypeSystemDefinition,
};
use async_graphql::{Name, Positioned, Value};

/// Part of every schema without being written down (GraphQL, October 2021, §3.5); `@oneOf` by its amendment of 2025.
const BUILT_IN_SCALARS: [&str; 5] = ["Int", "Float", "String", "Boolean", "ID"];
const BUILT_IN_DIRECTIVES: [&str; 5] = ["skip", "include", "deprecated", "specifiedBy", "oneOf"];
/// What `@deprecated` says when it says nothing.
const NO_REASON: &str = "No longer supported";

/// Why a text is no schema.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unreadable {
    /// It is not in the schema definition language.
    #[error("{0}")]
    Syntax(String),
    /// A name is given twice.
    #[error("{0} is defined twice")]
    Twice(String),
    /// A name is used and not defined.
    #[error("{0} names a type that is not there: {1}")]
    Unknown(String, String),
    /// There is nothing to query.
    #[error("it has no query root")]
    Rootless,
}

/// What clients can see.
#[derive(Debug, Default)]
pub(super) struct Surface {
    pub(super) types: BTreeMap<String, Definition>,
    pub(super) directives: BTreeMap<String, Directive>,
    /// The name of each root operation's type.
    pub(super) roots: BTreeMap<&'static str, String>,
}

/// What stands beside any definition.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Words {
    pub(super) description: Option<String>,
    /// The reason, when it is deprecated.
    pub(super) deprecated: Option<String>,
    /// The other directives, as they are written, in the order of their names.
    pub(super) applied: Vec<String>,
}

/// A type of any sort. Two of one sort differ in the maps of that sort only; the others are empty.
#[derive(Debug, Default)]
pub(super) struct Definition {
    pub(super) words: Words,
    pub(super) sort: &'static str,
    pub(super) is_one_of: bool,
    pub(super) implements: BTreeSet<String>,
    pub(super) members: BTreeSet<String>,
    pub(super) values: BTreeMap<String, Words>,
    pub(super) fields: BTreeMap<String, Field>,
    pub(super) inputs: BTreeMap<String, Input>,
}

/// A field of an object or an interface.
#[derive(Debug)]
pub(super) struct Field {
    pub(super) words: Words,
    pub(super) ty: Type,
    pub(super) arguments: BTreeMap<String, Input>,
}

/// An argument, or a field of an input object.
#[derive(Debug)]
pub(super) struct Input {
    pub(super) words: Words,
    pub(super) ty: Type,
    pub(super) default: Option<String>,
}

/// A directive's definition.
#[derive(Debug)]
pub(super) struct Directive {
    pub(super) words: Words,
    pub(super) locations: BTreeSet<String>,
    pub(super) arguments: BTreeMap<String, Input>,
}

impl Input {
    /// Whether it has to be given.
    pub(super) fn is_required(&self) -> bool {
        !self.ty.nullable && self.default.is_none()
    }
}

impl Surface {
    /// Reads a text in the schema definition language.
    pub(super) fn read(text: &str) -> Result<Self, Unreadable> {
        let document = parse_schema(text).map_err(|error| Unreadable::Syntax(error.to_string()))?;
        let mut surface = Self::default();
        let mut extensions = Vec::new();
        for definition in document.definitions {
            match definition {
                TypeSystemDefinition::Schema(schema) => surface.take_roots(&schema.node),
                TypeSystemDefinition::Directive(directive) => surface.take_directive(directive.node)?,
                // An extension may stand before what it extends.
                TypeSystemDefinition::Type(ty) if ty.node.extend => extensions.push(ty.node),
                TypeSystemDefinition::Type(ty) => surface.take_type(ty.node)?,
            }
        }
        for extension in extensions {
            surface.extend(extension)?;
        }
        if surface.roots.is_empty() {
            surface.assume_roots();
        }
        surface.check()?;
        Ok(surface)
    }

    fn take_roots(&mut self, schema: &SchemaDefinition) {
        let given = [("query", &schema.query), ("mutation", &schema.mutation), ("subscription", &schema.subscription)];
        for (operation, name) in given {
            self.roots.extend(name.as_ref().map(|name| (operation, name.node.to_string())));
        }
    }

    /// Without a `schema { … }`, the types of these names are the roots.
    fn assume_roots(&mut self) {
        for (operation, name) in [("query", "Query"), ("mutation", "Mutation"), ("subscription", "Subscription")] {
            if self.types.contains_key(name) {
                self.roots.insert(operation, name.to_owned());
            }
        }
    }

    fn take_directive(&mut self, definition: DirectiveDefinition) -> Result<(), Unreadable> {
        let name = definition.name.node.to_string();
        if BUILT_IN_DIRECTIVES.contains(&name.as_str()) {
            return Ok(());
        }
        let directive = Directive {
            words: words(definition.description, &[]),
            locations: definition.locations.iter().map(|location| location_name(location.node)).collect(),
            arguments: inputs(&format!("@{name}"), definition.arguments)?,
        };
        put(&mut self.directives, "@", name, directive)
    }

    fn take_type(&mut self, definition: TypeDefinition) -> Result<(), Unreadable> {
        let name = definition.name.node.to_string();
        let sort = match &definition.kind {
            TypeKind::Scalar => "a scalar",
            TypeKind::Object(_) => "an object type",
            TypeKind::Interface(_) => "an interface",
            TypeKind::Union(_) => "a union",
            TypeKind::Enum(_) => "an enum",
            TypeKind::InputObject(_) => "an input object",
        };
        let mut taken = Definition {
            words: words(definition.description, &definition.directives),
            sort,
            is_one_of: definition.directives.iter().any(|directive| directive.node.name.node == "oneOf"),
            ..Definition::default()
        };
        taken.fill(&name, definition.kind)?;
        put(&mut self.types, "", name, taken)
    }

    fn extend(&mut self, extension: TypeDefinition) -> Result<(), Unreadable> {
        let name = extension.name.node.to_string();
        let Some(extended) = self.types.get_mut(&name) else {
            return Err(Unreadable::Unknown(format!("an extension of {name}"), name));
        };
        extended.is_one_of |= extension.directives.iter().any(|directive| directive.node.name.node == "oneOf");
        extended.words.applied.extend(words(None, &extension.directives).applied);
        extended.words.applied.sort();
        extended.fill(&name, extension.kind)
    }

    /// Every name that is used has to be there; a misspelt one would look like a removed type.
    fn check(&self) -> Result<(), Unreadable> {
        let known = |at: &str, name: &str| {
            let is_known = self.types.contains_key(name) || BUILT_IN_SCALARS.contains(&name);
            if is_known { Ok(()) } else { Err(Unreadable::Unknown(at.to_owned(), name.to_owned())) }
        };
        for (name, definition) in &self.types {
            for other in definition.implements.iter().chain(&definition.members) {
                known(name, other)?;
            }
            for (field_name, field) in &definition.fields {
                known(&format!("{name}.{field_name}"), named(&field.ty))?;
                for (argument, input) in &field.arguments {
                    known(&format!("{name}.{field_name}({argument}:)"), named(&input.ty))?;
                }
            }
            for (field_name, input) in &definition.inputs {
                known(&format!("{name}.{field_name}"), named(&input.ty))?;
            }
        }
        for (name, directive) in &self.directives {
            for (argument, input) in &directive.arguments {
                known(&format!("@{name}({argument}:)"), named(&input.ty))?;
            }
        }
        for (operation, name) in &self.roots {
            known(operation, name)?;
        }
        if self.roots.contains_key("query") { Ok(()) } else { Err(Unreadable::Rootless) }
    }
}

impl Definition {
    /// Adds what a definition or an extension of it lists.
    fn fill(&mut self, name: &str, kind: TypeKind) -> Result<(), Unreadable> {
        match kind {
            TypeKind::Scalar => {}
            TypeKind::Object(object) => {
                self.implements.extend(names(&object.implements));
                self.take_fields(name, object.fields)?;
            }
            TypeKind::Interface(interface) => {
                self.implements.extend(names(&interface.implements));
                self.take_fields(name, interface.fields)?;
            }
            TypeKind::Union(union) => self.members.extend(names(&union.members)),
            TypeKind::Enum(list) => {
                for value in list.values {
                    let value = value.node;
                    let described = words(value.description, &value.directives);
                    put(&mut self.values, &format!("{name}."), value.value.node.to_string(), described)?;
                }
            }
            TypeKind::InputObject(object) => {
                for (field, input) in inputs(name, object.fields)? {
                    put(&mut self.inputs, &format!("{name}."), field, input)?;
                }
            }
        }
        Ok(())
    }

    fn take_fields(&mut self, name: &str, fields: Vec<Positioned<FieldDefinition>>) -> Result<(), Unreadable> {
        for Positioned { node: field, .. } in fields {
            let field_name = field.name.node.to_string();
            let taken = Field {
                words: words(field.description, &field.directives),
                ty: field.ty.node,
                arguments: inputs(&format!("{name}.{field_name}"), field.arguments)?,
            };
            put(&mut self.fields, &format!("{name}."), field_name, taken)?;
        }
        Ok(())
    }
}

/// The name of the type within all lists.
pub(super) fn named(ty: &Type) -> &str {
    match &ty.base {
        BaseType::Named(name) => name,
        BaseType::List(of) => named(of),
    }
}

fn names(names: &[Positioned<Name>]) -> impl Iterator<Item = String> {
    names.iter().map(|name| name.node.to_string())
}

fn put<T>(map: &mut BTreeMap<String, T>, place: &str, name: String, value: T) -> Result<(), Unreadable> {
    if map.contains_key(&name) {
        return Err(Unreadable::Twice(format!("{place}{name}")));
    }
    map.insert(name, value);
    Ok(())
}

fn inputs(at: &str, list: Vec<Positioned<InputValueDefinition>>) -> Result<BTreeMap<String, Input>, Unreadable> {
    let mut inputs = BTreeMap::new();
    for Positioned { node: input, .. } in list {
        let taken = Input {
            words: words(input.description, &input.directives),
            ty: input.ty.node,
            default: input.default_value.map(|value| literal(&value.node)),
        };
        put(&mut inputs, &format!("{at}, "), input.name.node.to_string(), taken)?;
    }
    Ok(inputs)
}

fn words(description: Option<Positioned<String>>, directives: &[Positioned<ConstDirective>]) -> Words {
    let directives = directives.iter().map(|directive| &directive.node);
    let (mut deprecated, mut applied) = (None, Vec::new());
    for directive in directives {
        match directive.name.node.as_str() {
            "deprecated" => {
                deprecated = Some(match directive.get_argument("reason").map(|reason| &reason.node) {
                    Some(Value::String(reason)) => reason.clone(),
                    _ => NO_REASON.to_owned(),
                });
            }
            // A kind of input object rather than a remark about one.
            "oneOf" => {}
            _ => applied.push(written(directive)),
        }
    }
    applied.sort();
    Words { description: description.map(|text| text.node), deprecated, applied }
}

fn written(directive: &ConstDirective) -> String {
    let name = &directive.name.node;
    if directive.arguments.is_empty() {
        return format!("@{name}");
    }
    let pairs = directive.arguments.iter();
    let mut pairs: Vec<_> = pairs.map(|(name, value)| format!("{}: {}", name.node, literal(&value.node))).collect();
    pairs.sort();
    format!("@{name}({})", pairs.join(", "))
}

/// A literal as GraphQL writes it, with the fields of objects in the order of their names: their order means nothing.
fn literal(value: &Value) -> String {
    match value {
        Value::List(list) => format!("[{}]", list.iter().map(literal).collect::<Vec<_>>().join(", ")),
        Value::Object(object) => {
            let mut pairs: Vec<_> = object.iter().map(|(name, value)| format!("{name}: {}", literal(value))).collect();
            pairs.sort();
            format!("{{{}}}", pairs.join(", "))
        }
        other => other.to_string(),
    }
}

/// `FieldDefinition` → `FIELD_DEFINITION`.
fn location_name(location: DirectiveLocation) -> String {
    let mut name = String::new();
    for letter in format!("{location:?}").chars() {
        if letter.is_ascii_uppercase() && !name.is_empty() {
            name.push('_');
        }
        name.push(letter.to_ascii_uppercase());
    }
    name
}
