//! Blots personal data out of a provider's answer before it may enter a fault.
//!
//! Two nets: the very values that we sent (a provider likes to echo what it refuses), then whatever looks like an
//! e-mail address or a phone number, because an answer may speak of somebody else's record.

/// What stands where personal data stood.
const BLOT: &str = "[…]";
/// A dead letter shows this much of an answer, in characters: enough for every error body seen so far.
const LENGTH_MAX: usize = 600;
/// Shorter values ("Al", "HR") would blot out half of the sentence by accident, and say nothing by themselves.
const VALUE_LENGTH_MIN: usize = 3;
/// Fewer digits are a status, a port or a count; E.164 numbers in use have at least seven.
const PHONE_DIGITS_MIN: usize = 7;

/// The text without `values`, e-mail addresses and phone numbers, cut to [`LENGTH_MAX`] characters.
pub(crate) fn redact<'a>(text: &str, values: impl IntoIterator<Item = &'a str>) -> String {
    let mut values: Vec<&str> = values.into_iter().filter(|value| value.chars().count() >= VALUE_LENGTH_MIN).collect();
    // Longest first, or "Ann" would leave the tail of "Annabel" behind.
    values.sort_unstable_by_key(|value| std::cmp::Reverse(value.len()));
    let mut text = text.to_owned();
    for value in values {
        text = text.replace(value, BLOT);
    }
    let text = without_phones(&without_emails(&text));
    if text.chars().count() <= LENGTH_MAX {
        return text;
    }
    // Cut last: a cut before the search could leave half an address that no longer looks like one.
    text.chars().take(LENGTH_MAX).chain(['…']).collect()
}

fn without_emails(text: &str) -> String {
    let part_of_address = |c: char| c.is_alphanumeric() || "@.'!#$%&*+/=?^_`{|}~-".contains(c);
    replace_runs(text, part_of_address, |run| run.contains('@'))
}

fn without_phones(text: &str) -> String {
    let part_of_number = |c: char| c.is_ascii_digit() || " ()+-./".contains(c);
    replace_runs(text, part_of_number, |run| run.bytes().filter(u8::is_ascii_digit).count() >= PHONE_DIGITS_MIN)
}

/// Replaces each longest run of `member` characters that is `wanted`.
fn replace_runs(text: &str, member: impl Fn(char) -> bool, wanted: impl Fn(&str) -> bool) -> String {
    let mut result = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let inside = member(first);
        let end = rest.find(|c| member(c) != inside).unwrap_or(rest.len());
        let (run, tail) = rest.split_at(end);
        result.push_str(if inside && wanted(run) { BLOT } else { run });
        rest = tail;
    }
    result
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, values: &[&str], expected: &str) {
        assert_eq!(redact(text, values.iter().copied()), expected);
    }

    #[test]
    fn what_we_sent_does_not_come_back() {
        check("\"Annabel\" is not Ann's name", &["Ann", "Annabel"], "\"[…]\" is not […]'s name");
        check("no HR here", &["HR"], "no HR here");
    }

    #[test]
    fn strangers_are_protected_too() {
        check("Owned by ann.o'hara+crm@example.co.uk.", &[], "Owned by […]");
        check("call \"+49 (170) 123-4567\" now", &[], "call \"[…]\" now");
        check("HTTP 400 on port 8080", &[], "HTTP 400 on port 8080");
    }

    #[test]
    fn a_long_answer_is_cut_after_it_was_cleaned() {
        let text = format!("{}ann@example.com", "x ".repeat(298));
        let cleaned = redact(&text, []);
        assert!(!cleaned.contains("ann"), "{cleaned}");
        assert_eq!(redact(&"y ".repeat(900), []).chars().count(), LENGTH_MAX + 1);
    }
}
