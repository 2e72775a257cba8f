//! What the specification demands of a document and its variables, and the executor does not ask (GraphQL §5, §6.1.2).
//!
//! apollo-compiler knows nearly all of it; [`values`] and [`variables`] are what it leaves out. Whether the sum is right
//! is held against graphql-js, document by document (server/tests/it/conformance/documents.graphql). Deliberately absent: values
//! that do not fit their arguments, which the executor names with their places.

mod values;
mod variables;

use std::sync::LazyLock;

use apollo_compiler::ast::Type;
use apollo_compiler::parser::{LineColumn, SourceMap, SourceSpan};
use apollo_compiler::validation::Valid;
use apollo_compiler::{ExecutableDocument, Schema};
use async_graphql::{Pos, ServerError};
use domain::errors::ErrorCode;

use crate::schema::{fault, sdl};

pub(crate) use variables::complaints as of_variables;

/// The schema as the library reads it. A test sees to it that it can.
static SCHEMA: LazyLock<Valid<Schema>> = LazyLock::new(|| {
    Schema::parse_and_validate(sdl(), "schema.graphql").unwrap_or_else(|broken| Valid::assume_valid(broken.partial))
});

/// Complaints of one document: nobody reads more.
const COMPLAINTS_MAX: usize = 20;

/// Reads the schema now, and not when the first request comes.
pub(crate) fn prepare() {
    LazyLock::force(&SCHEMA);
}

/// What is wrong with a document that was parsed and is not too large: each thing once, with its places.
pub(crate) fn of_document(text: &str) -> Vec<ServerError> {
    let mut complaints: Vec<ServerError> = Vec::new();
    for (message, at) in sentences(text) {
        let message = sentence(&message);
        let at = at.map(|at| Pos { line: at.line, column: at.column });
        match complaints.iter_mut().find(|complaint| complaint.message == message) {
            Some(known) => known.locations.extend(at),
            None => complaints.push(complaint(message, at)),
        }
    }
    complaints
}

fn sentences(text: &str) -> Vec<(String, Option<LineColumn>)> {
    match ExecutableDocument::parse_and_validate(&SCHEMA, text, "document.graphql") {
        Err(invalid) => {
            let found = invalid.errors.iter().take(COMPLAINTS_MAX);
            found.map(|found| (found.error.to_string(), found.line_column_range().map(|range| range.start))).collect()
        }
        Ok(document) => {
            let found = values::complaints(&SCHEMA, &document).into_iter();
            found.map(|(message, at)| (message, place(at, &document.sources))).collect()
        }
    }
}

/// With a capital letter, and its end.
fn sentence(text: &str) -> String {
    let mut letters = text.chars();
    let first = letters.next().map(|first| first.to_uppercase().to_string()).unwrap_or_default();
    format!("{first}{}.", letters.as_str())
}

fn complaint(message: String, at: Option<Pos>) -> ServerError {
    let mut error = fault(ErrorCode::GraphqlValidationFailed, message, None);
    error.locations.extend(at);
    error
}

fn place(at: Option<SourceSpan>, sources: &SourceMap) -> Option<LineColumn> {
    at?.line_column_range(sources).map(|range| range.start)
}

/// What a type takes besides null.
fn given(ty: &Type) -> Type {
    ty.clone().nullable()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_schema_is_read_whole() {
        let read = Schema::parse_and_validate(sdl(), "schema.graphql").map_err(|broken| broken.errors.to_string());
        assert!(read.unwrap().get_input_object("SubmitFormInput").is_some());
    }

    fn check(text: &str, expected: &[&str]) {
        let told = of_document(text).into_iter().map(|error| {
            let places: Vec<_> = error.locations.iter().map(|at| format!("{}:{}", at.line, at.column)).collect();
            format!("{} {}", places.join(" "), error.message)
        });
        assert_eq!(told.collect::<Vec<_>>(), expected, "{text}");
    }

    #[test]
    fn a_complaint_tells_what_is_wrong_and_where_but_no_value() {
        check("{ viewer { scopes } }", &[]);
        check("{ viewer { scopes nothing } }", &["1:19 Type `Viewer` does not have a field `nothing`."]);
        check(
            "{ meetings(filter: {status: \"secret\"}) { nodes { id } } }",
            &["1:29 Expected value of type MeetingStatus, found a string."],
        );
    }

    #[test]
    fn nothing_is_said_twice() {
        check(
            "{ viewer { scopes @a @a @b } }",
            &[
                "1:19 1:22 Cannot find directive `@a` in this document.",
                "1:25 Cannot find directive `@b` in this document.",
            ],
        );
    }

    #[test]
    fn a_subscription_has_one_source() {
        check("subscription { meetingBooked { id } }", &[]);
        let told = of_document("subscription { meetingBooked { id } meetingOutcome { id } }");
        assert_eq!(told.len(), 1, "{told:?}");
        assert_eq!(of_document("subscription { __typename }").len(), 1);
    }

    #[test]
    fn variables_fit_wherever_they_stand() {
        let events = |variable: &str, types: &str| {
            format!("query ({variable}) {{ events(filter: {{types: {types}}}) {{ nodes {{ id }} }} }}")
        };
        check(&events("$a: String!", "[$a]"), &[]);
        check(&events("$a: [String!]!", "$a"), &[]);
        check(&events("$a: [String!]", "$a"), &[]);
        let wrong = |of: &str, wanted: &str| {
            vec![format!("Variable `$a` of type `{of}` cannot be used where `{wanted}` is expected.")]
        };
        let check = |text: &str, expected: Vec<String>| {
            let told: Vec<_> = of_document(text).into_iter().map(|error| error.message).collect();
            assert_eq!(told, expected, "{text}");
        };
        check(&events("$a: String", "[$a]"), wrong("String", "String!"));
        check(&events("$a: String!", "$a"), wrong("String!", "[String!]!"));
        check(&events("$a: [String]", "$a"), wrong("[String]", "[String!]!"));
        check("query ($a: ID = null) { meeting(id: $a) { id } }", wrong("ID", "ID!"));
    }

    #[test]
    fn an_object_gives_each_field_once_and_one_of_several_where_that_is_asked_for() {
        check(
            "{ meetings(filter: {status: CANCELLED, status: COMPLETED}) { nodes { id } } }",
            &["1:20 Field `status` is given twice."],
        );
        let offer = |variables: &str, window: &str| {
            let rules = format!("{{durationMinutes: 30, window: {window}}}");
            let input = format!("{{idempotencyKey: \"k\", slug: \"s\", name: \"n\", hostIds: [], rules: {rules}}}");
            format!("mutation {variables} {{ createMeetingType(input: {input}) {{ __typename }} }}")
        };
        let check = |variables: &str, window: &str, expected: &[&str]| {
            let told: Vec<_> = of_document(&offer(variables, window)).into_iter().map(|error| error.message).collect();
            assert_eq!(told, expected, "{window}");
        };
        check("", "{rollingDays: 3}", &[]);
        check("($a: Int!)", "{rollingDays: $a}", &[]);
        let one = ["Exactly one field of `BookingWindowInput` must be given, and not null."];
        check("", "{}", &one);
        check("", "{rollingDays: null}", &one);
        check("", "{rollingDays: 3, fixedDates: {from: \"2026-03-01\", to: \"2026-03-02\"}}", &one);
        check(
            "($a: Int)",
            "{rollingDays: $a}",
            &["Variable `$a` of type `Int` cannot be used where `Int!` is expected."],
        );
    }
}
