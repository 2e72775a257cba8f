//! Scalars: values that are read once, at the border, and refused there with a typed error.

use async_graphql::{InputType, InputValueError, InputValueResult, Scalar, ScalarType, Value};
use chrono::{NaiveDate, SecondsFormat, SubsecRound, Utc};
use domain::errors::ErrorCode;
use domain::limits::IDEMPOTENCY_KEY_LENGTH_MAX;
use domain::time::Zone;

use crate::place;

fn refused<T: InputType>(code: ErrorCode, message: &str) -> InputValueError<T> {
    InputValueError::custom(message).with_extension("code", code.as_str()).with_extension("retryable", false)
}

/// What a value of the type `kind` looks like, and the code for one that does not. The validator knows where a value
/// stands, but not what is wrong with it; so every scalar says it here.
pub(super) fn expected(kind: &str) -> (ErrorCode, String) {
    let (code, sentence) = match kind {
        "DateTime" => (ErrorCode::FieldMismatch, DATE_TIME),
        "Date" => (ErrorCode::FieldMismatch, DATE),
        "LocalTime" => (ErrorCode::FieldMismatch, LOCAL_TIME),
        "TimeZone" => (ErrorCode::UnknownTimeZone, TIME_ZONE),
        "IdempotencyKey" => (ErrorCode::FieldMismatch, IDEMPOTENCY_KEY),
        "EventCursor" => (ErrorCode::CursorMismatch, EVENT_CURSOR),
        "Int" | "ID" => return (ErrorCode::FieldMismatch, format!("This is not an `{kind}`.")),
        _ => return (ErrorCode::FieldMismatch, format!("This is not a `{kind}`.")),
    };
    (code, sentence.to_owned())
}

const DATE_TIME: &str = "This is not an RFC 3339 date and time with an offset, such as `2026-11-21T09:00:00Z`.";
const DATE: &str = "This is not a date such as `2026-11-21`.";
const LOCAL_TIME: &str = "This is not a wall-clock time such as `09:30`.";
const TIME_ZONE: &str = "This is not an IANA time zone that Meridian knows.";
const IDEMPOTENCY_KEY: &str = "An idempotency key has 1 to 255 visible ASCII characters.";
const EVENT_CURSOR: &str = "This is not a cursor of an event.";

fn text<T: InputType>(value: Value) -> Result<String, InputValueError<T>> {
    match value {
        Value::String(text) => Ok(text),
        _ => Err(refused(ErrorCode::FieldMismatch, "This is not a string.")),
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct DateTime(pub chrono::DateTime<Utc>);

/// An instant, RFC 3339. An offset is required in (`2026-11-21T09:00:00+01:00`); UTC comes out (`…Z`).
#[Scalar(name = "DateTime", specified_by_url = "https://scalars.graphql.org/andimarek/date-time")]
impl ScalarType for DateTime {
    fn parse(value: Value) -> InputValueResult<Self> {
        let parsed = chrono::DateTime::parse_from_rfc3339(&text(value)?);
        parsed
            .map(|instant| Self(instant.with_timezone(&Utc).trunc_subsecs(6)))
            .map_err(|_| refused(ErrorCode::FieldMismatch, DATE_TIME))
    }

    fn is_valid(value: &Value) -> bool {
        <Self as ScalarType>::parse(value.clone()).is_ok()
    }

    fn to_value(&self) -> Value {
        Value::String(self.0.to_rfc3339_opts(SecondsFormat::AutoSi, true))
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Date(pub NaiveDate);

/// A calendar date, ISO 8601: `2026-11-21`.
#[Scalar(name = "Date", specified_by_url = "https://scalars.graphql.org/andimarek/local-date")]
impl ScalarType for Date {
    fn parse(value: Value) -> InputValueResult<Self> {
        NaiveDate::parse_from_str(&text(value)?, "%Y-%m-%d")
            .map(Self)
            .map_err(|_| refused(ErrorCode::FieldMismatch, DATE))
    }

    fn is_valid(value: &Value) -> bool {
        <Self as ScalarType>::parse(value.clone()).is_ok()
    }

    fn to_value(&self) -> Value {
        Value::String(self.0.to_string())
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct LocalTime(pub domain::time::LocalTime);

/// A time on a wall clock, `09:30`; `24:00` is the end of the day.
#[Scalar(name = "LocalTime")]
impl ScalarType for LocalTime {
    fn parse(value: Value) -> InputValueResult<Self> {
        serde_json::from_value(serde_json::Value::String(text(value)?))
            .map(Self)
            .map_err(|_| refused(ErrorCode::FieldMismatch, LOCAL_TIME))
    }

    fn is_valid(value: &Value) -> bool {
        <Self as ScalarType>::parse(value.clone()).is_ok()
    }

    fn to_value(&self) -> Value {
        serde_json::to_value(self.0).ok().and_then(|json| Value::from_json(json).ok()).unwrap_or(Value::Null)
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct TimeZone(pub Zone);

/// The name of a time zone in the IANA database: `Europe/Berlin`.
#[Scalar(name = "TimeZone", specified_by_url = "https://www.rfc-editor.org/rfc/rfc6557")]
impl ScalarType for TimeZone {
    fn parse(value: Value) -> InputValueResult<Self> {
        text(value)?.parse().map(Self).map_err(|_| refused(ErrorCode::UnknownTimeZone, TIME_ZONE))
    }

    fn is_valid(value: &Value) -> bool {
        <Self as ScalarType>::parse(value.clone()).is_ok()
    }

    fn to_value(&self) -> Value {
        Value::String(self.0.name().to_owned())
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct IdempotencyKey(pub String);

/// Names one intent of the caller: 1–255 visible ASCII characters, for example a UUID. The same key again gives the
/// same answer again; it is remembered for at least 7 days.
#[Scalar(
    name = "IdempotencyKey",
    specified_by_url = "https://datatracker.ietf.org/doc/draft-ietf-httpapi-idempotency-key-header/"
)]
impl ScalarType for IdempotencyKey {
    fn parse(value: Value) -> InputValueResult<Self> {
        let key = text(value)?;
        let fits =
            (1..=IDEMPOTENCY_KEY_LENGTH_MAX).contains(&key.len()) && key.bytes().all(|byte| byte.is_ascii_graphic());
        if fits { Ok(Self(key)) } else { Err(refused(ErrorCode::FieldMismatch, IDEMPOTENCY_KEY)) }
    }

    fn is_valid(value: &Value) -> bool {
        <Self as ScalarType>::parse(value.clone()).is_ok()
    }

    fn to_value(&self) -> Value {
        Value::String(self.0.clone())
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct EventCursor(pub domain::events::EventCursor);

/// A place in the event log; keep it and resume after it. Opaque.
#[Scalar(name = "EventCursor")]
impl ScalarType for EventCursor {
    fn parse(value: Value) -> InputValueResult<Self> {
        place::parse(&text(value)?).map(Self).ok_or_else(|| refused(ErrorCode::CursorMismatch, EVENT_CURSOR))
    }

    fn is_valid(value: &Value) -> bool {
        <Self as ScalarType>::parse(value.clone()).is_ok()
    }

    fn to_value(&self) -> Value {
        Value::String(place::to_text(self.0))
    }
}
