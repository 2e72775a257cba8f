//! Wall-clock times in a form: an unknown zone, or a time that happens twice or never, is refused, never guessed.

use chrono::NaiveDateTime;

use super::FormSubmission;
use crate::errors::{ErrorCode, Refusal};
use crate::time::{Resolved, Zone};

/// The formats of a local date and time (RFC 3339 §5.6 without the offset).
const LOCAL_FORMATS: [&str; 2] = ["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S"];

/// Every reason to refuse the form for its times; paths are JSON Pointers like those of the schema's violations.
pub fn refuse_times(form: &FormSubmission) -> Vec<Refusal> {
    let mut refusals = Vec::new();
    if let Some(name) = &form.contact.time_zone
        && name.parse::<Zone>().is_err()
    {
        refusals.push(unknown_zone("/contact/time_zone"));
    }
    if let Some(wish) = &form.preferred_start {
        let zone = wish.time_zone.parse::<Zone>();
        let local = LOCAL_FORMATS.iter().find_map(|format| NaiveDateTime::parse_from_str(&wish.local, format).ok());
        match (zone, local) {
            (Err(_), _) => refusals.push(unknown_zone("/preferred_start/time_zone")),
            (Ok(_), None) => refusals.push(Refusal::field(
                ErrorCode::FieldMismatch,
                "/preferred_start/local",
                "This is not a local date and time such as `2026-11-01T09:30`.",
            )),
            (Ok(zone), Some(local)) => refusals.extend(ambiguity(zone.resolve(local))),
        }
    }
    refusals
}

fn unknown_zone(path: &str) -> Refusal {
    Refusal::field(ErrorCode::UnknownTimeZone, path, "This is not an IANA time zone that Meridian knows.")
}

fn ambiguity(resolved: Resolved) -> Option<Refusal> {
    let message = match resolved {
        Resolved::Unique(_) => return None,
        Resolved::Ambiguous { .. } => "This time happens twice on that date in that zone.",
        Resolved::Missing => "This time does not happen on that date in that zone.",
    };
    Some(Refusal::field(ErrorCode::AmbiguousLocalTime, "/preferred_start/local", message))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn check(local: &str, zone: &str, expected: &[ErrorCode]) {
        let form = super::super::parse_value(json!({
            "event": "webform_submitted", "version": 1, "occurred_at": "2026-10-01T09:30:00Z", "form_id": "f",
            "contact": { "email": "ada@example.com" }, "preferred_start": { "local": local, "time_zone": zone },
        }))
        .unwrap();
        assert_eq!(
            refuse_times(&form).iter().map(|refusal| refusal.code).collect::<Vec<_>>(),
            expected,
            "{local} {zone}"
        );
    }

    #[test]
    fn a_time_that_happens_once_is_taken_and_others_are_refused() {
        check("2026-11-01T09:30", "America/New_York", &[]);
        check("2026-11-01T01:30", "America/New_York", &[ErrorCode::AmbiguousLocalTime]);
        check("2026-03-08T02:30", "America/New_York", &[ErrorCode::AmbiguousLocalTime]);
        check("2026-11-01T09:30", "Mars/Olympus", &[ErrorCode::UnknownTimeZone]);
    }
}
