//! What a document may ask for before anybody validates it.
//!
//! The executor's own checks expand every fragment wherever it is spread, so a two-kilobyte document of fragments that
//! spread each other would keep them busy for ever. Here each fragment is measured once, whatever spreads it.

mod text;

use std::collections::HashMap;

use async_graphql::parser::types::{ExecutableDocument, OperationType, Selection, SelectionSet};
use async_graphql::{Name, Positioned, ServerError, Value, Variables};
use domain::errors::ErrorCode;
use domain::limits::{
    DOCUMENT_ALIASES_MAX, DOCUMENT_DEPTH_MAX, DOCUMENT_DIRECTIVES_MAX, DOCUMENT_FIELDS_MAX, DOCUMENT_MUTATIONS_MAX,
    DOCUMENT_OPERATIONS_MAX, DOCUMENT_ROOTS_MAX, QUERY_TEXTS_BYTES_MAX,
};

use crate::schema::fault;

/// Refuses a text that is too long for the parser.
pub(crate) fn check_text(text: &str) -> Result<(), ServerError> {
    match text::complaint(text) {
        None => Ok(()),
        Some(message) => Err(refusal(ErrorCode::GraphqlValidationFailed, message)),
    }
}

/// Refuses a document that is too large once its fragments are expanded, or has a text that no store keeps.
pub(crate) fn check(document: &ExecutableDocument) -> Result<(), ServerError> {
    let mut sizes = Sizes { document, known: HashMap::new() };
    let mut whole = Size::default();
    if document.operations.iter().count() > DOCUMENT_OPERATIONS_MAX {
        return Err(too_many("operations", DOCUMENT_OPERATIONS_MAX));
    }
    for (_, operation) in document.operations.iter() {
        let selections = &operation.node.selection_set;
        let size = sizes.of(selections, 0)?;
        if operation.node.ty == OperationType::Mutation && size.roots > DOCUMENT_MUTATIONS_MAX {
            let message = format!("The operation has more than {DOCUMENT_MUTATIONS_MAX} mutations.");
            return Err(refusal(ErrorCode::GraphqlValidationFailed, message));
        }
        if size.roots > DOCUMENT_ROOTS_MAX {
            return Err(too_many("root fields in an operation", DOCUMENT_ROOTS_MAX));
        }
        whole = whole.and(size);
        whole.directives = whole.directives.saturating_add(count(&operation.node.directives));
        check_texts(selections)?;
    }
    for fragment in document.fragments.values() {
        check_texts(&fragment.node.selection_set)?;
    }
    if whole.fields > DOCUMENT_FIELDS_MAX {
        let message = format!("The document asks for more than {DOCUMENT_FIELDS_MAX} fields.");
        return Err(refusal(ErrorCode::GraphqlValidationFailed, message));
    }
    if whole.aliases > DOCUMENT_ALIASES_MAX {
        return Err(too_many("aliases", DOCUMENT_ALIASES_MAX));
    }
    if whole.directives > DOCUMENT_DIRECTIVES_MAX {
        return Err(too_many("directives", DOCUMENT_DIRECTIVES_MAX));
    }
    Ok(())
}

/// Refuses variables with a text that no store keeps, and more text than a query can have a use for. The fields of a
/// mutation run one after the other, so that the limit of a request is limit enough.
pub(crate) fn check_variables(document: &ExecutableDocument, variables: &Variables) -> Result<(), ServerError> {
    let is_query = document.operations.iter().any(|(_, operation)| operation.node.ty != OperationType::Mutation);
    if is_query && variables.values().map(bytes).sum::<usize>() > QUERY_TEXTS_BYTES_MAX {
        let message = format!("The variables of a query or a subscription have {QUERY_TEXTS_BYTES_MAX} bytes at most.");
        return Err(refusal(ErrorCode::GraphqlValidationFailed, message));
    }
    match variables.iter().find_map(|(name, value)| nul_in(value, name)) {
        Some(path) => Err(nul(&path)),
        None => Ok(()),
    }
}

/// How much a selection asks for.
#[derive(Debug, Clone, Copy, Default)]
struct Size {
    fields: u32,
    /// Those that are not within another.
    roots: u32,
    depth: u32,
    aliases: u32,
    directives: u32,
}

impl Size {
    fn and(self, other: Self) -> Self {
        Self {
            fields: self.fields.saturating_add(other.fields),
            roots: self.roots.saturating_add(other.roots),
            depth: self.depth.max(other.depth),
            aliases: self.aliases.saturating_add(other.aliases),
            directives: self.directives.saturating_add(other.directives),
        }
    }
}

/// The sizes of fragments, each measured once.
struct Sizes<'a> {
    document: &'a ExecutableDocument,
    /// `None`: being measured just now, so that who meets it again has found a cycle.
    known: HashMap<&'a Name, Option<Size>>,
}

impl<'a> Sizes<'a> {
    fn of(&mut self, selections: &'a Positioned<SelectionSet>, depth: u32) -> Result<Size, ServerError> {
        if depth > DOCUMENT_DEPTH_MAX {
            return Err(too_deep());
        }
        let mut whole = Size::default();
        for selection in &selections.node.items {
            let part = match &selection.node {
                Selection::Field(field) => {
                    let within = self.of(&field.node.selection_set, depth + 1)?;
                    let aliases = within.aliases.saturating_add(u32::from(field.node.alias.is_some()));
                    let fields = within.fields.saturating_add(1);
                    Size { fields, roots: 1, depth: within.depth + 1, aliases, ..within }
                }
                Selection::InlineFragment(fragment) => spread(self.of(&fragment.node.selection_set, depth + 1)?),
                Selection::FragmentSpread(name) => spread(self.of_fragment(&name.node.fragment_name.node, depth)?),
            };
            let directives = count(selection.node.directives());
            let part = Size { directives: part.directives.saturating_add(directives), ..part };
            whole = whole.and(part);
        }
        if depth.saturating_add(whole.depth) > DOCUMENT_DEPTH_MAX {
            return Err(too_deep());
        }
        Ok(whole)
    }

    fn of_fragment(&mut self, name: &'a Name, depth: u32) -> Result<Size, ServerError> {
        match self.known.get(name) {
            Some(Some(size)) => return Ok(*size),
            Some(None) => {
                let message = format!("The fragment `{name}` spreads itself.");
                return Err(refusal(ErrorCode::GraphqlValidationFailed, message));
            }
            None => {}
        }
        // One that is not defined is for validation to name.
        let Some(fragment) = self.document.fragments.get(name) else { return Ok(Size::default()) };
        self.known.insert(name, None);
        let size = self.of(&fragment.node.selection_set, depth + 1)?;
        self.known.insert(name, Some(size));
        Ok(size)
    }
}

/// A fragment counts as a field where it is spread: one of nothing makes work, too.
fn spread(within: Size) -> Size {
    Size { fields: within.fields.saturating_add(1), ..within }
}

fn count<T>(items: &[T]) -> u32 {
    u32::try_from(items.len()).unwrap_or(u32::MAX)
}

fn too_many(what: &str, max: impl std::fmt::Display) -> ServerError {
    refusal(ErrorCode::GraphqlValidationFailed, format!("The document has more than {max} {what}."))
}

fn too_deep() -> ServerError {
    let message = format!("The document is nested more than {DOCUMENT_DEPTH_MAX} levels deep.");
    refusal(ErrorCode::GraphqlValidationFailed, message)
}

/// Arguments that are written into the document.
fn check_texts(selections: &Positioned<SelectionSet>) -> Result<(), ServerError> {
    for selection in &selections.node.items {
        match &selection.node {
            Selection::Field(field) => {
                for (name, value) in &field.node.arguments {
                    let Ok(value) = value.node.clone().into_const_with(|_| Ok::<_, ()>(Value::Null)) else { continue };
                    if let Some(path) = nul_in(&value, &name.node) {
                        return Err(nul(&path));
                    }
                }
                check_texts(&field.node.selection_set)?;
            }
            Selection::InlineFragment(fragment) => check_texts(&fragment.node.selection_set)?,
            Selection::FragmentSpread(_) => {}
        }
    }
    Ok(())
}

/// The texts in a value, names included.
fn bytes(value: &Value) -> usize {
    match value {
        Value::String(text) => text.len(),
        Value::List(items) => items.iter().map(bytes).sum(),
        Value::Object(fields) => fields.iter().map(|(name, field)| name.len() + bytes(field)).sum(),
        _ => 0,
    }
}

/// Where a text holds U+0000: PostgreSQL keeps it in no text, so nobody may send it, whichever store runs.
fn nul_in(value: &Value, path: &str) -> Option<String> {
    match value {
        Value::String(text) => text.contains('\0').then(|| path.to_owned()),
        Value::List(items) => {
            items.iter().enumerate().find_map(|(index, item)| nul_in(item, &format!("{path}[{index}]")))
        }
        Value::Object(fields) => fields.iter().find_map(|(name, field)| nul_in(field, &format!("{path}.{name}"))),
        _ => None,
    }
}

fn nul(path: &str) -> ServerError {
    let mut refusal = refusal(ErrorCode::FieldMismatch, "A text cannot contain U+0000.".to_owned());
    refusal.extensions.get_or_insert_default().set("field", path);
    refusal
}

fn refusal(code: ErrorCode, message: String) -> ServerError {
    fault(code, message, None)
}

#[cfg(test)]
mod tests {
    use std::fmt::Write as _;

    use super::*;

    /// The message of the refusal, or `ok`.
    fn check(query: &str, variables: serde_json::Value, expected: &str) {
        let document = async_graphql::parser::parse_query(query).unwrap();
        let variables = Variables::from_json(variables);
        let checked = super::check(&document).and_then(|()| check_variables(&document, &variables));
        let said = checked.map_or_else(|error| error.message, |()| "ok".to_owned());
        assert_eq!(said, expected);
    }

    /// `levels` fragments, each of which spreads the next `times` times.
    fn bomb(levels: u32, times: usize) -> String {
        let mut text = "{ ...F0 }".to_owned();
        for level in 0..levels {
            let spreads = format!("...F{} ", level + 1).repeat(times);
            write!(text, " fragment F{level} on Query {{ {spreads} }}").unwrap();
        }
        text + &format!(" fragment F{levels} on Query {{ a }}")
    }

    #[test]
    fn ordinary_documents_pass() {
        check("{ a { b { c } } ...F } fragment F on Query { d ...G } fragment G on Query { e }", json!({}), "ok");
        check("query($a: [String]) { f(x: $a, y: \"b\") }", json!({"a": ["c"]}), "ok");
        check("{ ...Nowhere }", json!({}), "ok");
    }

    #[test]
    fn a_query_has_no_use_for_long_texts() {
        let most = "a".repeat(QUERY_TEXTS_BYTES_MAX);
        check("query($a: String) { f(x: $a) }", json!({"a": most}), "ok");
        let more = json!({"a": most, "b": [{"c": "d"}]});
        check(
            "query($a: String) { f(x: $a) }",
            more.clone(),
            "The variables of a query or a subscription have 16384 bytes at most.",
        );
        check("mutation($a: String) { f(x: $a) }", more, "ok");
    }

    #[test]
    fn fragments_count_wherever_they_are_spread_and_are_measured_once() {
        let within = bomb(12, 20).replacen("{ ...F0 }", "{ a { ...F0 } }", 1);
        check(&within, json!({}), "The document asks for more than 5000 fields.");
        check(&bomb(12, 20), json!({}), "The document has more than 100 root fields in an operation.");
        check(&bomb(12, 1), json!({}), "ok");
        let nothing = bomb(3, 100).replace("{ a }", "{ ...Nowhere }");
        check(&nothing, json!({}), "The document asks for more than 5000 fields.");
        check(&bomb(200, 10), json!({}), "The document is nested more than 32 levels deep.");
    }

    #[test]
    fn an_operation_has_a_limited_number_of_mutations() {
        check(&format!("mutation {{ {} }}", "a ".repeat(10)), json!({}), "ok");
        let many = "The operation has more than 10 mutations.";
        check(&format!("mutation {{ {} }}", "a ".repeat(11)), json!({}), many);
        check(&format!("mutation {{ ...F }} fragment F on M {{ {} }}", "a ".repeat(11)), json!({}), many);
        check(&format!("mutation {{ ...on M {{ {} }} }}", "a ".repeat(11)), json!({}), many);
    }

    #[test]
    fn what_only_makes_work_is_counted() {
        let aliases = (0..301).map(|number| format!("a{number}: b ")).collect::<Vec<_>>().concat();
        check(&format!("{{ c {{ {aliases} }} }}"), json!({}), "The document has more than 300 aliases.");
        check(&format!("{{ c {} }}", "@d ".repeat(101)), json!({}), "The document has more than 100 directives.");
        check(
            &format!("{{ c ... {} {{ d }} }}", "@d ".repeat(101)),
            json!({}),
            "The document has more than 100 directives.",
        );
        check(
            &format!("{{ {} }}", "b ".repeat(101)),
            json!({}),
            "The document has more than 100 root fields in an operation.",
        );
        let operations = (0..51).map(|number| format!("query Q{number} {{ a }} ")).collect::<Vec<_>>().concat();
        check(&operations, json!({}), "The document has more than 50 operations.");
    }

    #[test]
    fn what_has_no_end_is_refused() {
        check("{ ...F } fragment F on Query { a ...F ...F }", json!({}), "The fragment `F` spreads itself.");
        let deep = format!("{}a{}", "{a".repeat(40), "}".repeat(40));
        check(&deep, json!({}), "The document is nested more than 32 levels deep.");
    }

    #[test]
    fn no_text_holds_u_0000() {
        check("{ f(x: {y: [\"a\\u0000\"]}) }", json!({}), "A text cannot contain U+0000.");
        check("query($i: I) { f(i: $i) }", json!({"i": {"a": ["b", "c\u{0}"]}}), "A text cannot contain U+0000.");
        assert_eq!(nul_in(&Value::from_json(json!({"a": ["b", "c\u{0}"]})).unwrap(), "i").as_deref(), Some("i.a[1]"));
    }

    use serde_json::json;
}
