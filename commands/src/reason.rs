//! What people say when they decide about something that failed.

use domain::errors::Violation;
use domain::limits::SHORT_TEXT_LENGTH_MAX;

/// The reason that was given in `input.reason`, without blanks around it.
pub(crate) fn why(reason: &str) -> Result<String, Violation> {
    let reason = reason.trim();
    // U+0000 is kept by PostgreSQL in no text.
    if reason.is_empty() || reason.chars().count() > SHORT_TEXT_LENGTH_MAX || reason.contains('\0') {
        let message = format!("Say why, in at most {SHORT_TEXT_LENGTH_MAX} characters.");
        return Err(Violation { path: "input.reason".to_owned(), message });
    }
    Ok(reason.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reason_is_said_and_short() {
        let check = |reason: &str, expected: Option<&str>| assert_eq!(why(reason).ok().as_deref(), expected);
        check(" A test of ours. ", Some("A test of ours."));
        check(&"ä".repeat(SHORT_TEXT_LENGTH_MAX), Some(&"ä".repeat(SHORT_TEXT_LENGTH_MAX)));
        check(&"a".repeat(SHORT_TEXT_LENGTH_MAX + 1), None);
        check(" \n", None);
        check("a\0b", None);
    }
}
