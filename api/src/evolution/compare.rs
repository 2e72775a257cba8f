//! Walks two surfaces side by side and notes every difference.

use std::collections::{BTreeMap, BTreeSet};

use async_graphql::parser::types::{BaseType, Type};

use super::change::{Change, Kind};
use super::surface::{Definition, Directive, Field, Input, Surface, Words};

/// Every difference, in no order.
pub(super) fn all(old: &Surface, new: &Surface) -> Vec<Change> {
    let mut found = Vec::new();
    roots(&mut found, old, new);
    let types = Sides::of(&old.types, &new.types);
    for (name, definition) in types.gone {
        found.push(Change::new(Kind::TypeRemoved, name, format!("{} was removed", definition.sort)));
    }
    for (name, definition) in types.come {
        found.push(Change::new(Kind::TypeAdded, name, format!("{} was added", definition.sort)));
    }
    for (name, old, new) in types.kept {
        compare_types(&mut found, name, old, new);
    }
    let directives = Sides::of(&old.directives, &new.directives);
    for (name, _) in directives.gone {
        found.push(Change::new(Kind::DirectiveRemoved, format!("@{name}"), "the directive was removed"));
    }
    for (name, _) in directives.come {
        found.push(Change::new(Kind::DirectiveAdded, format!("@{name}"), "the directive was added"));
    }
    for (name, old, new) in directives.kept {
        compare_directives(&mut found, &format!("@{name}"), old, new);
    }
    found
}

/// What only one side has, and what both have.
struct Sides<'a, T> {
    gone: Vec<(&'a String, &'a T)>,
    come: Vec<(&'a String, &'a T)>,
    kept: Vec<(&'a String, &'a T, &'a T)>,
}

impl<'a, T> Sides<'a, T> {
    fn of(old: &'a BTreeMap<String, T>, new: &'a BTreeMap<String, T>) -> Self {
        Self {
            gone: old.iter().filter(|(name, _)| !new.contains_key(*name)).collect(),
            come: new.iter().filter(|(name, _)| !old.contains_key(*name)).collect(),
            kept: old.iter().filter_map(|(name, value)| Some((name, value, new.get(name)?))).collect(),
        }
    }
}

fn roots(found: &mut Vec<Change>, old: &Surface, new: &Surface) {
    for operation in ["query", "mutation", "subscription"] {
        match (old.roots.get(operation), new.roots.get(operation)) {
            (None, Some(ty)) => {
                found.push(Change::new(Kind::RootAdded, operation, format!("it is possible now, at {ty}")));
            }
            (Some(ty), None) => {
                found.push(Change::new(Kind::RootChanged, operation, format!("it began at {ty} and is gone")));
            }
            (Some(old), Some(new)) if old != new => {
                found.push(Change::new(Kind::RootChanged, operation, format!("it begins at {new} instead of {old}")));
            }
            _ => {}
        }
    }
}

fn compare_types(found: &mut Vec<Change>, name: &str, old: &Definition, new: &Definition) {
    if old.sort != new.sort {
        let message = format!("it was {} and is {}", old.sort, new.sort);
        found.push(Change::new(Kind::TypeChangedKind, name, message));
        return;
    }
    compare_words(found, name, &old.words, &new.words);
    match (old.is_one_of, new.is_one_of) {
        (false, true) => found.push(Change::new(Kind::OneOfAdded, name, "exactly one of its fields may be given now")),
        (true, false) => found.push(Change::new(Kind::OneOfRemoved, name, "several of its fields may be given now")),
        _ => {}
    }
    let implements = [Kind::ImplementedInterfaceRemoved, Kind::ImplementedInterfaceAdded];
    compare_sets(found, name, (&old.implements, &new.implements), implements, "the interface");
    let members = [Kind::TypeRemovedFromUnion, Kind::TypeAddedToUnion];
    compare_sets(found, name, (&old.members, &new.members), members, "the member");
    compare_values(found, name, &old.values, &new.values);
    compare_fields(found, name, &old.fields, &new.fields);
    let at = |input: &str| format!("{name}.{input}");
    compare_inputs(found, &INPUT_FIELDS, &at, &old.inputs, &new.inputs);
}

fn compare_sets(
    found: &mut Vec<Change>,
    at: &str,
    (old, new): (&BTreeSet<String>, &BTreeSet<String>),
    [removed, added]: [Kind; 2],
    what: &str,
) {
    found.extend(old.difference(new).map(|name| Change::new(removed, at, format!("{what} {name} was removed"))));
    found.extend(new.difference(old).map(|name| Change::new(added, at, format!("{what} {name} was added"))));
}

fn compare_values(found: &mut Vec<Change>, name: &str, old: &BTreeMap<String, Words>, new: &BTreeMap<String, Words>) {
    let values = Sides::of(old, new);
    for (value, _) in values.gone {
        found.push(Change::new(Kind::ValueRemovedFromEnum, format!("{name}.{value}"), "the value was removed"));
    }
    for (value, _) in values.come {
        found.push(Change::new(Kind::ValueAddedToEnum, format!("{name}.{value}"), "the value was added"));
    }
    for (value, old, new) in values.kept {
        compare_words(found, &format!("{name}.{value}"), old, new);
    }
}

fn compare_fields(found: &mut Vec<Change>, name: &str, old: &BTreeMap<String, Field>, new: &BTreeMap<String, Field>) {
    let fields = Sides::of(old, new);
    for (field, _) in fields.gone {
        found.push(Change::new(Kind::FieldRemoved, format!("{name}.{field}"), "the field was removed"));
    }
    for (field, _) in fields.come {
        found.push(Change::new(Kind::FieldAdded, format!("{name}.{field}"), "the field was added"));
    }
    for (field, old, new) in fields.kept {
        let at = format!("{name}.{field}");
        compare_words(found, &at, &old.words, &new.words);
        if old.ty != new.ty {
            let kind = if fits_readers(&old.ty, &new.ty) { Kind::FieldTypeNarrowed } else { Kind::FieldChangedKind };
            found.push(Change::new(kind, &at, types_differ(&old.ty, &new.ty)));
        }
        let argument_at = |argument: &str| format!("{at}({argument}:)");
        compare_inputs(found, &ARGUMENTS, &argument_at, &old.arguments, &new.arguments);
    }
}

fn compare_directives(found: &mut Vec<Change>, at: &str, old: &Directive, new: &Directive) {
    compare_words(found, at, &old.words, &new.words);
    let locations = [Kind::DirectiveLocationRemoved, Kind::DirectiveWidened];
    compare_sets(found, at, (&old.locations, &new.locations), locations, "the place");
    let argument_at = |argument: &str| format!("{at}({argument}:)");
    compare_inputs(found, &DIRECTIVE_ARGUMENTS, &argument_at, &old.arguments, &new.arguments);
}

/// What differences of something that is given are called.
struct InputKinds {
    what: &'static str,
    removed: Kind,
    changed: Kind,
    required_added: Kind,
    optional_added: Kind,
    default_changed: Kind,
    default_added: Kind,
}

const ARGUMENTS: InputKinds = InputKinds {
    what: "argument",
    removed: Kind::ArgRemoved,
    changed: Kind::ArgChangedKind,
    required_added: Kind::RequiredArgAdded,
    optional_added: Kind::OptionalArgAdded,
    default_changed: Kind::ArgDefaultValueChange,
    default_added: Kind::ArgDefaultValueAdded,
};
const INPUT_FIELDS: InputKinds = InputKinds {
    what: "input field",
    removed: Kind::FieldRemoved,
    changed: Kind::FieldChangedKind,
    required_added: Kind::RequiredInputFieldAdded,
    optional_added: Kind::OptionalInputFieldAdded,
    default_changed: Kind::InputFieldDefaultValueChange,
    default_added: Kind::InputFieldDefaultValueAdded,
};
const DIRECTIVE_ARGUMENTS: InputKinds = InputKinds {
    what: "argument",
    removed: Kind::DirectiveArgRemoved,
    changed: Kind::DirectiveArgChangedKind,
    required_added: Kind::RequiredDirectiveArgAdded,
    optional_added: Kind::OptionalDirectiveArgAdded,
    default_changed: Kind::DirectiveArgDefaultValueChange,
    default_added: Kind::DirectiveArgDefaultValueAdded,
};

fn compare_inputs(
    found: &mut Vec<Change>,
    kinds: &InputKinds,
    at: &impl Fn(&str) -> String,
    old: &BTreeMap<String, Input>,
    new: &BTreeMap<String, Input>,
) {
    let inputs = Sides::of(old, new);
    let what = kinds.what;
    for (name, _) in inputs.gone {
        found.push(Change::new(kinds.removed, at(name), format!("the {what} was removed")));
    }
    for (name, input) in inputs.come {
        let (kind, how) = if input.is_required() {
            (kinds.required_added, "a required")
        } else {
            (kinds.optional_added, "an optional")
        };
        found.push(Change::new(kind, at(name), format!("{how} {what} was added")));
    }
    for (name, old, new) in inputs.kept {
        compare_input(found, kinds, &at(name), old, new);
    }
}

fn compare_input(found: &mut Vec<Change>, kinds: &InputKinds, at: &str, old: &Input, new: &Input) {
    compare_words(found, at, &old.words, &new.words);
    if old.ty != new.ty {
        let fits = fits_writers(&old.ty, &new.ty);
        let kind = if fits { Kind::InputTypeWidened } else { kinds.changed };
        found.push(Change::new(kind, at, types_differ(&old.ty, &new.ty)));
        // Whoever has to write it anew is not helped by hearing of the default.
        if !fits {
            return;
        }
    }
    let change = match (&old.default, &new.default) {
        (Some(old), Some(new)) if old != new => (kinds.default_changed, format!("its default was {old} and is {new}")),
        (Some(old), None) => (kinds.default_changed, format!("its default {old} was removed")),
        (None, Some(new)) if old.is_required() => (Kind::BecameOptional, format!("it has the default {new} now")),
        (None, Some(new)) => (kinds.default_added, format!("it has the default {new} now")),
        _ => return,
    };
    found.push(Change::new(change.0, at, change.1));
}

fn compare_words(found: &mut Vec<Change>, at: &str, old: &Words, new: &Words) {
    let mut note = |kind, message: String| found.push(Change::new(kind, at, message));
    if old.description != new.description {
        note(Kind::DescriptionChange, "it is described in other words".to_owned());
    }
    match (&old.deprecated, &new.deprecated) {
        (None, Some(reason)) => note(Kind::DeprecationAdded, format!("it is deprecated: {reason}")),
        (Some(_), None) => note(Kind::DeprecationRemoved, "it is no longer deprecated".to_owned()),
        (Some(old), Some(new)) if old != new => {
            note(Kind::DeprecationReasonChange, format!("its deprecation says “{new}” instead of “{old}”"));
        }
        _ => {}
    }
    let (gone, come) = (missing(&old.applied, &new.applied), missing(&new.applied, &old.applied));
    let message = match (gone.as_str(), come.as_str()) {
        ("", "") => return,
        ("", come) => format!("it says {come} now"),
        (gone, "") => format!("it no longer says {gone}"),
        (gone, come) => format!("it says {come} instead of {gone}"),
    };
    note(Kind::AppliedDirectiveChange, message);
}

/// Those of `some` that `others` lack.
fn missing(some: &[String], others: &[String]) -> String {
    some.iter().filter(|one| !others.contains(one)).cloned().collect::<Vec<_>>().join(" ")
}

fn types_differ(old: &Type, new: &Type) -> String {
    format!("its type was {old} and is {new}")
}

/// Whether those who expect the old type can read what the new one gives.
fn fits_readers(old: &Type, new: &Type) -> bool {
    if new.nullable && !old.nullable {
        return false;
    }
    match (&old.base, &new.base) {
        (BaseType::List(old), BaseType::List(new)) => fits_readers(old, new),
        (BaseType::Named(old), BaseType::Named(new)) => old == new,
        _ => false,
    }
}

/// Whether the new type takes all that the old one took.
fn fits_writers(old: &Type, new: &Type) -> bool {
    if old.nullable && !new.nullable {
        return false;
    }
    match (&old.base, &new.base) {
        (BaseType::List(old), BaseType::List(new)) => fits_writers(old, new),
        (BaseType::Named(old), BaseType::Named(new)) => old == new,
        _ => false,
    }
}
