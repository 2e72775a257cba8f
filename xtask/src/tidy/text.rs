//! Rules about the text of one file: its length, its opening words, and words that mean unfinished work.

use std::path::Path;

use super::Violation;

/// A file that needs more has two subjects.
const LINES_MAX: usize = 400;

/// Spelt in two halves, so that this file does not accuse itself.
const UNFINISHED: [&str; 3] = [concat!("TO", "DO"), concat!("FIX", "ME"), concat!("XX", "X")];

const IGNORE: &str = concat!("#[ign", "ore");

/// Whether the file is source text that these rules are about.
pub fn is_ours(path: &Path) -> bool {
    extension(path).is_some_and(|extension| matches!(extension, "rs" | "js" | "css" | "html" | "py" | "toml"))
}

/// Everything wrong with one file.
pub fn violations(path: &Path, content: &str) -> Vec<Violation> {
    let mut violations = Vec::new();
    let lines = content.lines().count();
    let has_limit = extension(path).is_some_and(|extension| matches!(extension, "rs" | "js" | "css" | "html"));
    if has_limit && lines > LINES_MAX {
        let message = format!("{lines} lines, the limit is {LINES_MAX}; split the file by meaning");
        violations.push(Violation::new(path, LINES_MAX + 1, message));
    }
    if is_module(path) && !content.starts_with("//!") {
        violations.push(Violation::new(path, 1, "a module opens with `//!`; say what it is for and what is absent"));
    }
    for (index, line) in content.lines().enumerate() {
        for word in UNFINISHED {
            if has_word(line, word) {
                let message = format!("{word}: finish it, or describe it in an issue and delete the line");
                violations.push(Violation::new(path, index + 1, message));
            }
        }
        if extension(path) == Some("rs") && line.trim_start().starts_with(IGNORE) {
            let message = "an ignored test proves nothing; provision what it needs or delete it";
            violations.push(Violation::new(path, index + 1, message));
        }
    }
    violations
}

/// Only `src` of a crate: build scripts and integration tests may be one short function.
fn is_module(path: &Path) -> bool {
    extension(path) == Some("rs") && path.components().any(|part| part.as_os_str() == "src")
}

fn extension(path: &Path) -> Option<&str> {
    path.extension()?.to_str()
}

/// Whole words only: a constant named after another word that contains one of ours is fine, and so is the word as a
/// quoted value (a type of task that a CRM calls so).
fn has_word(line: &str, word: &str) -> bool {
    let line = line.replace(&format!("\"{word}\""), "");
    line.split(|letter: char| !letter.is_alphanumeric() && letter != '_').any(|part| part == word)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tidy::shown;

    #[test]
    fn a_good_module_passes() {
        check("domain/src/ids.rs", "//! Ids.\n", "");
        check("domain/tests/ids.rs", "use domain::ids;\n", "");
    }

    #[test]
    fn a_module_says_what_it_is_for() {
        check(
            "domain/src/ids.rs",
            "use std::fmt;\n",
            "domain/src/ids.rs:1: a module opens with `//!`; say what it is for and what is absent\n",
        );
    }

    #[test]
    fn a_file_has_a_limit_and_the_limit_itself_is_fine() {
        check("web/console.js", &"x();\n".repeat(LINES_MAX), "");
        check(
            "web/console.js",
            &"x();\n".repeat(LINES_MAX + 1),
            "web/console.js:401: 401 lines, the limit is 400; split the file by meaning\n",
        );
    }

    #[test]
    fn unfinished_work_is_named_where_it_stands() {
        let content = format!("a();\nb(); // {}: later\nlet {}S = 1;\n", UNFINISHED[0], UNFINISHED[2]);
        let word = UNFINISHED[0];
        let expected = format!("web/a.js:2: {word}: finish it, or describe it in an issue and delete the line\n");
        check("web/a.js", &content, &expected);
    }

    #[test]
    fn an_ignored_test_is_refused() {
        check(
            "domain/tests/a.rs",
            &format!("#[test]\n    {IGNORE}]\nfn a() {{}}\n"),
            "domain/tests/a.rs:2: an ignored test proves nothing; provision what it needs or delete it\n",
        );
    }

    fn check(path: &str, content: &str, expected: &str) {
        assert_eq!(shown(violations(Path::new(path), content)), expected);
    }
}
