//! What the executor refuses, in our words: with a code, the place in the input, and without the value, which may be
//! somebody's address.
//!
//! The executor reports in sentences only, so they are read here, at one place; a sentence that is not known keeps its
//! text and gets the code that its place asks for.

use async_graphql::ServerError;
use async_graphql::parser::Error as SyntaxError;
use domain::errors::ErrorCode;

use super::describe;
use crate::schema::scalars::expected;

/// A value that does not fit its argument.
struct Misfit {
    code: ErrorCode,
    field: Option<String>,
    message: String,
}

/// Makes sure that every error of a response has a code, and that nothing is said twice.
pub(crate) fn classify(errors: &mut Vec<ServerError>) {
    // The cost rules read arguments too, and complain of one that is reported already: with its place, by another rule,
    // so a complaint without a place goes only where one with a place stays.
    if errors.iter().any(|error| error.message.starts_with(PLACED)) {
        errors.retain(|error| ![UNPLACED, UNREAD].iter().any(|begins| error.message.starts_with(begins)));
    }
    for error in errors {
        translate(error);
    }
}

/// A document that cannot be parsed: what is wrong, without the text around it.
pub(crate) fn unparsable(error: &SyntaxError) -> ServerError {
    let said = error.to_string();
    // The parser draws the line with a caret under it; its last line says what was expected.
    let reason = said.lines().rev().find_map(|line| line.trim_start().strip_prefix("= ")).unwrap_or(&said);
    let reason = reason.trim_end_matches('.').replace('_', " ");
    let mut refusal = ServerError::new(format!("The document is not GraphQL: {reason}."), None);
    refusal.locations = error.positions().collect();
    describe(ErrorCode::GraphqlParseFailed, refusal.extensions.get_or_insert_default());
    refusal
}

fn translate(error: &mut ServerError) {
    if let Some(Misfit { code, field, message }) = read(&error.message) {
        error.message = message;
        let extensions = error.extensions.get_or_insert_default();
        describe(code, extensions);
        if let Some(field) = field {
            extensions.set("field", field);
        }
        return;
    }
    if error.extensions.as_ref().is_some_and(|extensions| extensions.get("code").is_some()) {
        return;
    }
    let code = if error.path.is_empty() {
        ErrorCode::GraphqlValidationFailed
    } else {
        tracing::error!(error = %error.message, "an error without a code");
        ErrorCode::Internal.entry().cause.clone_into(&mut error.message);
        ErrorCode::Internal
    };
    describe(code, error.extensions.get_or_insert_default());
}

/// Begins a sentence that names its argument.
const PLACED: &str = "Invalid value for argument \"";

/// Begins a sentence that names no argument.
const UNPLACED: &str = "Expected input type \"";

/// Begins a sentence about a value that could not be read, wherever it was.
const UNREAD: &str = "Failed to parse \"";

fn read(sentence: &str) -> Option<Misfit> {
    if let Some(rest) = sentence.strip_prefix(PLACED) {
        let (path, reason) = rest.split_once("\", ")?;
        return Some(at(path, reason));
    }
    if let Some(rest) = sentence.strip_prefix(UNREAD) {
        let (kind, reason) = rest.split_once("\": ")?;
        let reason = reason.split(" (occurred while parsing").next().unwrap_or(reason);
        let reason = if reason == "Invalid number" { "A number is outside its range." } else { reason };
        return Some(Misfit { code: expected(kind).0, field: None, message: reason.to_owned() });
    }
    let (kind, _) = sentence.strip_prefix(UNPLACED)?.split_once("\", found ")?;
    let (code, message) = expected(kind);
    Some(Misfit { code, field: None, message })
}

fn at(path: &str, reason: &str) -> Misfit {
    let field = brackets(path);
    let quoted = |text: &str| text.split('"').nth(1).map(str::to_owned);
    let (code, field, message) = if let Some(kind) = reason.strip_prefix("expected type ") {
        let (code, message) = expected(kind.trim_matches('"'));
        (code, field, message)
    } else if reason.starts_with("enumeration type ") {
        let kind = quoted(reason).unwrap_or_default();
        (ErrorCode::FieldMismatch, field, format!("This is not a value of `{kind}`."))
    } else if reason.starts_with("unknown field ") {
        let kind = reason.rsplit('"').nth(1).unwrap_or_default();
        (ErrorCode::FieldMismatch, field, format!("`{kind}` has no field of this name."))
    } else if let (Some(missing), true) = (quoted(reason), reason.ends_with("is required but not provided")) {
        (ErrorCode::FieldMismatch, format!("{field}.{missing}"), "This is required.".to_owned())
    } else if reason.starts_with("Oneof") {
        (ErrorCode::FieldMismatch, field, "Give exactly one of the fields.".to_owned())
    } else {
        (ErrorCode::FieldMismatch, field, "This does not fit its type.".to_owned())
    };
    let field = match quoted(reason).filter(|_| reason.starts_with("unknown field ")) {
        Some(unknown) if is_name(&unknown) => format!("{field}.{unknown}"),
        _ => field,
    };
    Misfit { code, field: Some(field), message }
}

/// Whether a caller's key can be repeated: it is a name, and not something that slipped into the wrong place.
fn is_name(text: &str) -> bool {
    text.len() <= 64 && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

/// `input.consents.0.channel` as `input.consents[0].channel`, the form that refusals of commands have.
fn brackets(path: &str) -> String {
    let mut text = String::with_capacity(path.len());
    for part in path.split('.') {
        if part.bytes().all(|byte| byte.is_ascii_digit()) {
            text.extend(["[", part, "]"]);
        } else {
            if !text.is_empty() {
                text.push('.');
            }
            text.push_str(part);
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use async_graphql::parser::parse_query;

    use super::*;

    /// What becomes of a sentence of the executor: code, place, sentence.
    fn check(sentence: &str, expected: &str) {
        let mut errors = vec![ServerError::new(sentence, None)];
        classify(&mut errors);
        let text = |name: &str| match errors[0].extensions.as_ref().and_then(|extensions| extensions.get(name)) {
            Some(async_graphql::Value::String(text)) => text.clone(),
            _ => "-".to_owned(),
        };
        assert_eq!(format!("{} {} {}", text("code"), text("field"), errors[0].message), expected);
    }

    #[test]
    fn a_value_that_does_not_fit_is_placed_and_not_repeated() {
        check(
            r#"Invalid value for argument "input.startsAt", expected type "DateTime""#,
            "FIELD_MISMATCH input.startsAt This is not an RFC 3339 date and time with an offset, such as \
             `2026-11-21T09:00:00Z`.",
        );
        check(
            r#"Invalid value for argument "input.consents.0.channel", enumeration type "ConsentChannel" does not contain the value "ada@x.example""#,
            "FIELD_MISMATCH input.consents[0].channel This is not a value of `ConsentChannel`.",
        );
        check(
            r#"Invalid value for argument "input", unknown field "nope" of type "AvailabilityInput""#,
            "FIELD_MISMATCH input.nope `AvailabilityInput` has no field of this name.",
        );
        check(
            r#"Invalid value for argument "input", unknown field "ada@x.example" of type "AvailabilityInput""#,
            "FIELD_MISMATCH input `AvailabilityInput` has no field of this name.",
        );
        check(
            r#"Invalid value for argument "input", field "from" of type "DateTime!" is required but not provided"#,
            "FIELD_MISMATCH input.from This is required.",
        );
        check(
            r#"Invalid value for argument "first", expected type "Int""#,
            "FIELD_MISMATCH first This is not an `Int`.",
        );
        check(
            r#"Failed to parse "TimeZone": No such zone. (occurred while parsing "A") (occurred while parsing "B")"#,
            "UNKNOWN_TIME_ZONE - No such zone.",
        );
        check(
            r#"Failed to parse "Int": Invalid number (occurred while parsing "A")"#,
            "FIELD_MISMATCH - A number is outside its range.",
        );
        check(r#"Expected input type "Int", found "ada"."#, "FIELD_MISMATCH - This is not an `Int`.");
        check(
            r#"Unknown field "a" on type "Query"."#,
            r#"GRAPHQL_VALIDATION_FAILED - Unknown field "a" on type "Query"."#,
        );
    }

    #[test]
    fn what_was_said_is_not_said_again() {
        let said = [
            r#"Invalid value for argument "first", expected type "Int""#,
            r#"Expected input type "Int", found 1."#,
            r#"Failed to parse "Int": Invalid number (occurred while parsing "A")"#,
        ];
        let mut errors: Vec<_> = said.map(|sentence| ServerError::new(sentence, None)).into();
        classify(&mut errors);
        assert_eq!(errors.len(), 1);
    }

    #[test]
    fn what_is_said_without_a_place_only_stays() {
        let said = [r#"Expected input type "Int", found 1."#, r#"Expected input type "Int", found "ada"."#];
        let mut errors: Vec<_> = said.map(|sentence| ServerError::new(sentence, None)).into();
        classify(&mut errors);
        assert_eq!(errors.len(), 2, "a response without errors would pass for a success");
    }

    #[test]
    fn a_syntax_error_does_not_repeat_the_document() {
        let check = |document: &str, expected: &str| {
            let error = parse_query(document).map(|_| ()).expect_err("it is not GraphQL");
            assert_eq!(unparsable(&error).message, expected);
        };
        check("{", "The document is not GraphQL: expected selection.");
        check("", "The document is not GraphQL: expected executable definition.");
        let deep = format!("{}x{}", "{a".repeat(200), "}".repeat(200));
        check(&deep, "The document is not GraphQL: recursion limit exceeded.");
    }
}
