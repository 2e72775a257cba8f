//! Names that say nothing: a folder, crate or module called so collects whatever has no home.

use std::path::Path;

use super::Violation;

const FORBIDDEN: [&str; 6] = ["utils", "common", "helpers", "services", "dto", "types"];

/// The forbidden folder or module in this path, if there is one.
pub fn violations(path: &Path) -> Option<Violation> {
    let folders = path.parent()?.iter().filter_map(|part| part.to_str());
    let module = path.file_stem().filter(|_| path.extension().is_some_and(|extension| extension == "rs"));
    let name = folders.chain(module.and_then(|stem| stem.to_str())).find(|name| FORBIDDEN.contains(name))?;
    let message = format!("`{name}` says nothing about its content; name it after the feature or the thing it makes");
    Some(Violation::new(path, 1, message))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tidy::shown;

    #[test]
    fn a_place_for_everything_is_refused_whatever_its_form() {
        check("utils/src/lib.rs", "utils");
        check("api/src/dto/meeting.rs", "dto");
        check("domain/src/types.rs", "types");
        check("server/tests/common/mod.rs", "common");
    }

    #[test]
    fn a_name_that_only_contains_such_a_word_is_fine() {
        for path in ["domain/src/meetings/meeting_types.rs", "docs/types.md", "commands/src/lib.rs"] {
            assert_eq!(shown(violations(Path::new(path))), "");
        }
    }

    fn check(path: &str, name: &str) {
        let expected = format!(
            "{path}:1: `{name}` says nothing about its content; name it after the feature or the thing it makes\n"
        );
        assert_eq!(shown(violations(Path::new(path))), expected);
    }
}
