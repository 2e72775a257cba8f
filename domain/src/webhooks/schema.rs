//! Validation by JSON Schema, draft 2020-12, with formats asserted and every violation reported at once.
//!
//! No reference leaves the schema's own file (a `$ref` that fetched would be server-side request forgery). A report
//! never repeats a value, and no property name that is not plain: both may be somebody's personal data, and reports
//! end up in logs.

use std::sync::LazyLock;

use chrono::NaiveDateTime;
use jsonschema::error::ValidationErrorKind;
use jsonschema::{ValidationError, Validator};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::contacts::{CountryCode, EmailAddress};

/// The schema of `webform_submitted` version 1, as it is published.
pub const WEBFORM_SUBMITTED_V1: &str = include_str!("../../schemas/webform_submitted.v1.json");

/// Violations in one report. Whoever has more has another schema in mind.
pub const VIOLATIONS_MAX: usize = 100;

/// Wall-clock time without an offset, to the minute or the second.
const LOCAL_FORMATS: [&str; 2] = ["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S"];

/// One thing that is wrong with a payload.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Violation {
    /// Where: a JSON Pointer (RFC 6901); empty for the whole payload.
    pub path: String,
    /// What is wrong, for a person; without the value.
    pub message: String,
    /// The keyword of the schema that says so, e.g. `required`; `json` when the text is not JSON at all.
    pub keyword: String,
}

impl Violation {
    /// The payload as a whole is wrong.
    pub(super) fn whole(keyword: &str, message: String) -> Self {
        Self { path: String::new(), message, keyword: keyword.to_owned() }
    }
}

/// `None` only if the schema in this repository does not compile; a test sees to that, and nothing is accepted then.
static WEBFORM_SUBMITTED: LazyLock<Option<Validator>> = LazyLock::new(|| compile(WEBFORM_SUBMITTED_V1).ok());

/// Everything that is wrong with a `webform_submitted` payload, at most [`VIOLATIONS_MAX`].
pub(super) fn webform_submitted(payload: &Value) -> Vec<Violation> {
    match WEBFORM_SUBMITTED.as_ref() {
        Some(validator) => {
            validator.iter_errors(payload).flat_map(|error| report(&error)).take(VIOLATIONS_MAX).collect()
        }
        None => vec![Violation::whole("$schema", "the schema of this event cannot be read".to_owned())],
    }
}

fn compile(text: &str) -> Result<Validator, String> {
    let schema: Value = serde_json::from_str(text).map_err(|error| error.to_string())?;
    jsonschema::draft202012::options()
        .should_validate_formats(true)
        .should_ignore_unknown_formats(false)
        .offline()
        // The domain is the judge of what it will have to normalise afterwards.
        .with_format("email", |text: &str| EmailAddress::parse(text).is_ok())
        .with_format("country-code", |text: &str| CountryCode::parse(text).is_ok())
        .with_format("time-zone", |text: &str| text.parse::<chrono_tz::Tz>().is_ok())
        .with_format("local-date-time", |text: &str| {
            LOCAL_FORMATS.iter().any(|format| NaiveDateTime::parse_from_str(text, format).is_ok())
        })
        .build(&schema)
        .map_err(|error| error.to_string())
}

/// One violation, or one per property for properties that the schema does not know.
fn report(error: &ValidationError<'_>) -> Vec<Violation> {
    let keyword = error.kind().keyword().to_owned();
    let parent = plain_part(error.instance_path().as_str());
    match error.kind() {
        ValidationErrorKind::AdditionalProperties { unexpected } => unexpected
            .iter()
            .map(|name| Violation {
                path: if is_plain(name) { format!("{parent}/{name}") } else { parent.clone() },
                message: "the schema has no such property".to_owned(),
                keyword: keyword.clone(),
            })
            .collect(),
        ValidationErrorKind::PropertyNames { .. } => {
            let message = "a property name does not have the expected form".to_owned();
            vec![Violation { path: parent, message, keyword }]
        }
        _ => vec![Violation { path: parent, message: error.masked_with("the value").to_string(), keyword }],
    }
}

/// The pointer up to the first segment that might be more than a name.
fn plain_part(pointer: &str) -> String {
    let segments = pointer.split('/').skip(1).take_while(|segment| is_plain(segment));
    segments.flat_map(|segment| ["/", segment]).collect()
}

fn is_plain(name: &str) -> bool {
    (1..=64).contains(&name.len())
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b'-'))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::consent::{Channel, LawfulBasis, Permission};

    #[test]
    fn the_published_schema_compiles() {
        assert_eq!(compile(WEBFORM_SUBMITTED_V1).err(), None);
    }

    #[test]
    fn a_reference_to_elsewhere_is_never_fetched() {
        assert!(compile(r#"{ "$ref": "https://example.com/schema.json" }"#).is_err());
    }

    #[test]
    fn a_format_that_nobody_checks_is_an_error() {
        assert!(compile(r#"{ "type": "string", "format": "favourite-colour" }"#).is_err());
    }

    #[test]
    fn schema_and_domain_use_the_same_words() {
        let schema: Value = serde_json::from_str(WEBFORM_SUBMITTED_V1).unwrap();
        let words = |name: &str| schema["$defs"]["consent"]["properties"][name]["enum"].clone();
        assert_eq!(words("channel"), serde_json::to_value(Channel::ALL).unwrap());
        assert_eq!(words("permission"), serde_json::to_value(Permission::ALL).unwrap());
        assert_eq!(words("lawful_basis"), serde_json::to_value(LawfulBasis::ALL).unwrap());
    }
}
