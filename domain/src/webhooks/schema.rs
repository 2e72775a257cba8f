//! Validation by JSON Schema, draft 2020-12, with formats asserted and every violation reported at once.
//!
//! No reference leaves the schema's own file (a `$ref` that fetched would be server-side request forgery). A report
//! never repeats a value, and no property name that is not plain: both may be somebody's personal data, and reports
//! end up in logs.

use chrono::NaiveDateTime;
use jsonschema::error::ValidationErrorKind;
use jsonschema::{ValidationError, Validator};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::contacts::{CountryCode, EmailAddress};

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
    pub(crate) fn whole(keyword: &str, message: String) -> Self {
        Self { path: String::new(), message, keyword: keyword.to_owned() }
    }
}

/// Compiles a schema of ours; the formats that JSON Schema does not know are the domain's own.
pub(crate) fn compile(text: &str) -> Result<Validator, String> {
    let schema: Value = serde_json::from_str(text).map_err(|error| error.to_string())?;
    jsonschema::draft202012::options()
        .should_validate_formats(true)
        .should_ignore_unknown_formats(false)
        .offline()
        // The domain is the judge of what it will have to normalise afterwards.
        .with_format("email", |text: &str| EmailAddress::parse(text).is_ok())
        .with_format("country-code", |text: &str| CountryCode::parse(text).is_ok())
        .with_format("local-date-time", |text: &str| {
            LOCAL_FORMATS.iter().any(|format| NaiveDateTime::parse_from_str(text, format).is_ok())
        })
        .build(&schema)
        .map_err(|error| error.to_string())
}

/// One violation, or one per property for properties that the schema does not know.
pub(crate) fn report(error: &ValidationError<'_>) -> Vec<Violation> {
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

/// A text or a name with U+0000 in it: PostgreSQL keeps it in no text, and no schema can say so for all of them.
pub(super) fn nul_in(value: &Value, path: String) -> Option<Violation> {
    let refused = |path: String| {
        let message = "a text cannot contain U+0000".to_owned();
        Some(Violation { path: plain_part(&path), message, keyword: "pattern".to_owned() })
    };
    match value {
        Value::String(text) if text.contains('\0') => refused(path),
        Value::Array(items) => {
            items.iter().enumerate().find_map(|(index, item)| nul_in(item, format!("{path}/{index}")))
        }
        Value::Object(fields) => fields.iter().find_map(|(name, field)| {
            if name.contains('\0') { refused(path.clone()) } else { nul_in(field, format!("{path}/{name}")) }
        }),
        _ => None,
    }
}

/// The pointer up to the first segment that might be more than a name.
pub(crate) fn plain_part(pointer: &str) -> String {
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

    #[test]
    fn a_reference_to_elsewhere_is_never_fetched() {
        assert!(compile(r#"{ "$ref": "https://example.com/schema.json" }"#).is_err());
    }

    #[test]
    fn a_format_that_nobody_checks_is_an_error() {
        assert!(compile(r#"{ "type": "string", "format": "favourite-colour" }"#).is_err());
    }
}
