//! An example for every code: what is sent, and what is answered.
//!
//! A request is a GraphQL document, or an HTTP message where the code is not one of a document. What stands in angle
//! brackets is for the reader to fill in; a test fills it in, sends what can be sent alone, and holds the answers
//! against these.

use super::ErrorCode;

const EXAMPLES: &str = include_str!("examples.txt");

/// What leads to a code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Example {
    /// Of the sandbox's personas, the one to whom it happens; `None`: to anybody who may do what is asked for.
    pub persona: Option<&'static str>,
    /// A document, or an HTTP message.
    pub request: &'static str,
    /// The part of the answer that has the code, as JSON.
    pub answer: &'static str,
}

impl Example {
    /// Whether the request is an HTTP message.
    pub fn is_message(&self) -> bool {
        self.request.lines().next().is_some_and(|line| line.split(' ').nth(1).is_some_and(|path| path.starts_with('/')))
    }
}

/// The example of a code. A test sees to it that there is one for each.
pub fn example(code: ErrorCode) -> Option<Example> {
    EXAMPLES.split("== ").find_map(|text| {
        let (head, rest) = text.split_once('\n')?;
        let (name, persona) = head.split_once(" by ").map_or((head, None), |(name, persona)| (name, Some(persona)));
        let (request, answer) = rest.split_once("\n--\n")?;
        (name == code.as_str()).then(|| Example { persona, request, answer: answer.trim_end() })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_is_one_for_every_code_and_for_nothing_else() {
        let heads: Vec<_> = EXAMPLES.split("== ").filter_map(|text| text.split(['\n', ' ']).next()).skip(1).collect();
        assert_eq!(heads, ErrorCode::ALL.iter().map(|code| code.as_str()).collect::<Vec<_>>());
        for code in ErrorCode::ALL {
            let example = example(*code).unwrap_or_else(|| panic!("{code}"));
            let answer: serde_json::Value = serde_json::from_str(example.answer).unwrap();
            assert!(answer.to_string().contains(&format!("\"{code}\"")), "{code}: {answer}");
        }
    }
}
