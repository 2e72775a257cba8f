//! Arguments as far as costs depend on them: numbers, lengths of lists, and instants.
//!
//! Nothing is copied: a variable of a megabyte may stand behind every field of a document.

use async_graphql::parser::types::{Field, OperationDefinition};
use async_graphql::{Name, Value as Given, Variables};
use async_graphql_value::Value as Written;
use chrono::{DateTime, Utc};
use domain::limits::{AVAILABILITY_DAYS_MAX, PAGE_SIZE_MAX};

use super::prices::{ASSUMED, Price, Size};

/// What variables are.
#[derive(Clone, Copy)]
pub(super) struct Known<'a> {
    pub given: &'a Variables,
    pub operation: &'a OperationDefinition,
}

/// A place in an argument: as it is written into the document, or within a variable or a default.
enum Found<'a> {
    Written(&'a Written),
    Given(&'a Given),
}

impl<'a> Known<'a> {
    fn variable(&self, name: &Name) -> Option<&'a Given> {
        self.given.get(name).or_else(|| {
            let mut definitions = self.operation.variable_definitions.iter();
            let definition = definitions.find(|definition| definition.node.name.node == *name)?;
            definition.node.default_value()
        })
    }

    /// What stands at `input.from` of a field's arguments, or in the default of the argument.
    fn at(&self, field: &'a Field, price: &'a Price, path: &str) -> Option<Found<'a>> {
        let mut steps = path.split('.');
        let name = steps.next()?;
        let mut found = match field.get_argument(name) {
            Some(written) => self.settled(&written.node)?,
            None => Found::Given(price.defaults.get(name)?),
        };
        for step in steps {
            found = match found {
                Found::Written(Written::Object(fields)) => self.settled(fields.get(step)?)?,
                Found::Given(Given::Object(fields)) => Found::Given(fields.get(step)?),
                _ => return None,
            };
        }
        Some(found)
    }

    fn settled(&self, written: &'a Written) -> Option<Found<'a>> {
        match written {
            Written::Variable(name) => self.variable(name).map(Found::Given),
            other => Some(Found::Written(other)),
        }
    }

    /// The value of `if` in `@skip(if:)` and `@include(if:)`, when it is known.
    pub(super) fn is_true(&self, written: &'a Written) -> Option<bool> {
        match self.settled(written)? {
            Found::Written(Written::Boolean(value)) | Found::Given(Given::Boolean(value)) => Some(*value),
            _ => None,
        }
    }

    /// How many a field will give. What is out of range is refused when it runs, so it costs no more than the range.
    pub(super) fn size(&self, size: &Size, field: &'a Field, price: &'a Price) -> u64 {
        let sliced = size.slicing.iter().find_map(|path| match self.at(field, price, path)? {
            Found::Written(Written::Number(number)) | Found::Given(Given::Number(number)) => {
                Some(number.as_u64().unwrap_or(0))
            }
            Found::Written(Written::List(items)) => Some(items.len() as u64),
            Found::Given(Given::List(items)) => Some(items.len() as u64),
            _ => Some(1),
        });
        if !size.slicing.is_empty() {
            return sliced.unwrap_or(ASSUMED).min(PAGE_SIZE_MAX as u64);
        }
        size.assumed.saturating_mul(self.weeks_of(field, price))
    }

    /// The weeks that are asked for; one, where no weeks are.
    pub(super) fn weeks_of(&self, field: &'a Field, price: &'a Price) -> u64 {
        let weeks = price.size.as_ref().and_then(|size| size.weeks.as_ref());
        weeks.map_or(1, |(from, until)| self.weeks(field, price, (from, until)))
    }

    /// Begun weeks between two instants.
    fn weeks(&self, field: &'a Field, price: &'a Price, (from, until): (&str, &str)) -> u64 {
        let instant = |path| match self.at(field, price, path)? {
            Found::Written(Written::String(text)) | Found::Given(Given::String(text)) => {
                DateTime::parse_from_rfc3339(text).ok().map(|instant| instant.with_timezone(&Utc))
            }
            _ => None,
        };
        let weeks = match (instant(from), instant(until)) {
            (Some(from), Some(until)) => (until - from).num_weeks().clamp(0, AVAILABILITY_DAYS_MAX / 7),
            _ => 0,
        };
        weeks.unsigned_abs() + 1
    }
}
