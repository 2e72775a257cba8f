//! What the text of a document may be before the parser sees it. The parser needs some two hundred bytes and half a
//! microsecond for each token, and a deep nesting of brackets is a deep recursion.

use domain::limits::{DOCUMENT_BRACKETS_MAX, DOCUMENT_BYTES_MAX, DOCUMENT_NAME_BYTES_MAX, DOCUMENT_TOKENS_MAX};

/// What is wrong with a text, as a sentence.
pub(super) fn complaint(text: &str) -> Option<String> {
    if text.len() > DOCUMENT_BYTES_MAX {
        return Some(format!("The document is longer than {DOCUMENT_BYTES_MAX} bytes."));
    }
    let measured = measure(text.as_bytes());
    if measured.tokens > DOCUMENT_TOKENS_MAX {
        return Some(format!("The document has more than {DOCUMENT_TOKENS_MAX} words and signs."));
    }
    if measured.longest_word > DOCUMENT_NAME_BYTES_MAX {
        return Some(format!("The document has a name or a number of more than {DOCUMENT_NAME_BYTES_MAX} bytes."));
    }
    (measured.depth > DOCUMENT_BRACKETS_MAX)
        .then(|| format!("The document has brackets within more than {DOCUMENT_BRACKETS_MAX} others."))
}

#[derive(Debug, Default, PartialEq, Eq)]
struct Measured {
    tokens: usize,
    depth: usize,
    longest_word: usize,
}

/// Counts tokens (GraphQL §2.1.6) closely enough: a number with a sign or a point may count as two. It stops when there
/// are too many.
fn measure(text: &[u8]) -> Measured {
    let (mut measured, mut depth, mut at) = (Measured::default(), 0_usize, 0);
    while let Some(&byte) = text.get(at) {
        let length = match byte {
            b' ' | b'\t' | b'\n' | b'\r' | b',' => 1,
            b'#' => text[at..].iter().position(|byte| matches!(byte, b'\n' | b'\r')).unwrap_or(text.len() - at),
            b'"' => string(&text[at..]),
            _ if is_word(byte) => text[at..].iter().position(|byte| !is_word(*byte)).unwrap_or(text.len() - at),
            _ => 1,
        };
        match byte {
            b' ' | b'\t' | b'\n' | b'\r' | b',' | b'#' => {}
            _ => measured.tokens += 1,
        }
        match byte {
            b'{' | b'[' | b'(' => depth += 1,
            b'}' | b']' | b')' => depth = depth.saturating_sub(1),
            _ => {}
        }
        measured.depth = measured.depth.max(depth);
        if is_word(byte) {
            measured.longest_word = measured.longest_word.max(length);
        }
        if measured.tokens > DOCUMENT_TOKENS_MAX {
            break;
        }
        at += length;
    }
    measured
}

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

/// How long a string is that begins here; to the end of the text when it does not end.
fn string(text: &[u8]) -> usize {
    if let Some(block) = text.strip_prefix(b"\"\"\"") {
        let mut from = 0;
        while let Some(end) = find(&block[from..], b"\"\"\"") {
            if from + end == 0 || block[from + end - 1] != b'\\' {
                return 3 + from + end + 3;
            }
            from += end + 3;
        }
        return text.len();
    }
    let mut at = 1;
    while let Some(byte) = text.get(at) {
        match byte {
            b'\\' => at += 2,
            b'"' | b'\n' | b'\r' => return at + 1,
            _ => at += 1,
        }
    }
    text.len()
}

fn find(text: &[u8], what: &[u8]) -> Option<usize> {
    text.windows(what.len()).position(|window| window == what)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, tokens: usize, depth: usize) {
        let measured = measure(text.as_bytes());
        assert_eq!((measured.tokens, measured.depth), (tokens, depth), "{text}");
    }

    #[test]
    fn words_and_signs_count_and_what_is_between_them_does_not() {
        check("", 0, 0);
        check("{ a, b # c d }\n e }", 5, 1);
        check("query Q($a: [Int!] = [1, 2]) { a(x: $a, y: {z: \"b\"}) @c }", 34, 3);
        check("... on A", 5, 0);
        check("}}{", 3, 1);
    }

    #[test]
    fn a_string_is_one_word_whatever_is_in_it() {
        check(r#"{ a(b: "{ [ \" (") }"#, 8, 2);
        check(r#"{ a(b: """ { " \""" ( """) }"#, 8, 2);
        check(r#"" without an end"#, 1, 0);
        check(r#"""" without an end {"#, 1, 0);
        check("\"a\n{", 2, 1);
        check(r#"" \"#, 1, 0);
        check(r#""" {"#, 2, 1);
    }

    #[test]
    fn a_text_has_limits() {
        let check = |text: &str, expected: Option<&str>| assert_eq!(complaint(text).as_deref(), expected);
        check("{ a }", None);
        check(&"a ".repeat(DOCUMENT_TOKENS_MAX + 1), Some("The document has more than 10000 words and signs."));
        check(&"[".repeat(65), Some("The document has brackets within more than 64 others."));
        check(&format!("{{ {}: a }}", "a".repeat(128)), None);
        check(
            &format!("{{ {}: a }}", "a".repeat(129)),
            Some("The document has a name or a number of more than 128 bytes."),
        );
        check(&format!("{{ a(b: \"{}\") }}", "a".repeat(129)), None);
        check(&"#".repeat(65_537), Some("The document is longer than 65536 bytes."));
    }
}
