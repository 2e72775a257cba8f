//! What may break: the removal of something whose deprecation named a day that has come, and of the types that were
//! reached through it alone.

use std::collections::BTreeSet;

use chrono::NaiveDate;

use super::change::{Change, Kind};
use super::surface::{Input, Surface, Words, named};

/// What stands before the day in the reason of a deprecation.
const MARK: &str = "removal not before ";
const DAY_BYTES: usize = "2027-01-01".len();

/// Notes an excuse at each change that has one.
pub(super) fn apply(changes: &mut [Change], old: &Surface, today: NaiveDate) {
    let announced = announced(old, today);
    for change in changes.iter_mut() {
        let is_removal = matches!(change.kind, Kind::FieldRemoved | Kind::ArgRemoved | Kind::ValueRemovedFromEnum);
        if let Some((_, day)) = announced.iter().find(|(at, _)| is_removal && *at == change.at) {
            change.excuse = Some(format!("announced: {MARK}{day}"));
        }
    }
    let gone: BTreeSet<&str> =
        changes.iter().filter(|change| change.excuse.is_some()).map(|change| change.at.as_str()).collect();
    let reached = Walk::through(old, &gone);
    for change in changes.iter_mut().filter(|change| change.kind == Kind::TypeRemoved) {
        if !reached.contains(&change.at) {
            change.excuse = Some("nothing leads to it but what may go".to_owned());
        }
    }
}

/// The coordinates of all that may go today, each with its day.
fn announced(old: &Surface, today: NaiveDate) -> Vec<(String, NaiveDate)> {
    let mut found = Vec::new();
    let mut look = |at: String, words: &Words| {
        let day = words.deprecated.as_deref().and_then(removal_day);
        found.extend(day.filter(|day| *day <= today).map(|day| (at, day)));
    };
    for (name, definition) in &old.types {
        for (value, words) in &definition.values {
            look(format!("{name}.{value}"), words);
        }
        for (input, Input { words, .. }) in &definition.inputs {
            look(format!("{name}.{input}"), words);
        }
        for (field_name, field) in &definition.fields {
            look(format!("{name}.{field_name}"), &field.words);
            for (argument, Input { words, .. }) in &field.arguments {
                look(format!("{name}.{field_name}({argument}:)"), words);
            }
        }
    }
    found
}

/// The day in a reason such as “use `lead`; removal not before 2027-01-01”.
fn removal_day(reason: &str) -> Option<NaiveDate> {
    let (_, rest) = reason.split_once(MARK)?;
    rest.get(..DAY_BYTES)?.parse().ok()
}

/// A walk from the roots to every type that a document can name.
struct Walk<'a> {
    surface: &'a Surface,
    gone: &'a BTreeSet<&'a str>,
    reached: BTreeSet<String>,
}

impl<'a> Walk<'a> {
    /// The types that are reached without what is gone.
    fn through(surface: &'a Surface, gone: &'a BTreeSet<&'a str>) -> BTreeSet<String> {
        let mut walk = Self { surface, gone, reached: BTreeSet::new() };
        for root in surface.roots.values() {
            walk.enter(root);
        }
        for input in surface.directives.values().flat_map(|directive| directive.arguments.values()) {
            walk.enter(named(&input.ty));
        }
        walk.reached
    }

    /// No deeper than there are types, and those of a schema are hundreds.
    fn enter(&mut self, name: &str) {
        let Some(definition) = self.surface.types.get(name) else { return };
        if !self.reached.insert(name.to_owned()) {
            return;
        }
        for other in definition.implements.iter().chain(&definition.members) {
            self.enter(other);
        }
        // An interface leads to all that can stand for it.
        for (other, candidate) in &self.surface.types {
            if candidate.implements.contains(name) {
                self.enter(other);
            }
        }
        for (input, Input { ty, .. }) in &definition.inputs {
            self.follow(&format!("{name}.{input}"), named(ty));
        }
        for (field_name, field) in &definition.fields {
            let at = format!("{name}.{field_name}");
            if self.gone.contains(at.as_str()) {
                continue;
            }
            self.enter(named(&field.ty));
            for (argument, Input { ty, .. }) in &field.arguments {
                self.follow(&format!("{at}({argument}:)"), named(ty));
            }
        }
    }

    fn follow(&mut self, at: &str, name: &str) {
        if !self.gone.contains(at) {
            self.enter(name);
        }
    }
}
