//! Feature symmetry: a feature has the same name in every room, so that who knows one room finds his way in all.

use std::path::{Component, Path};

use super::Violation;

/// The features of the product.
const FEATURES: [&str; 13] = [
    "workspaces",
    "contacts",
    "accounts",
    "activities",
    "consent",
    "scoring",
    "routing",
    "availability",
    "meetings",
    "integrations",
    "webhooks",
    "events",
    "audit",
];

/// The folders whose direct content is one module per feature.
const ROOMS: [&str; 3] = ["commands/src", "worker/src/deliveries", "api/src/schema"];

/// Modules of a room that are no feature: (room, name, why it is there).
const ROOM_SPECIFIC: &[(&str, &str, &str)] = &[
    ("commands/src", "lib", "the crate's root"),
    ("commands/src", "failure", "what every command can fail with"),
    ("commands/src", "idempotency", "what every command does with its key"),
    ("commands/src", "reason", "who decides about what failed, and why"),
    ("worker/src/deliveries", "mod", "the list of destinations"),
    ("worker/src/deliveries", "pipeline", "a destination: our own pipeline, for forms that came by webhook"),
    ("worker/src/deliveries", "crm", "a destination: a CRM"),
    ("api/src/schema", "mod", "the roots of the schema"),
    ("api/src/schema", "tests", "rules for the schema as a whole"),
    ("api/src/schema", "errors", "how refusals and faults are shown"),
    ("api/src/schema", "gate", "what the policy table says, before every root field"),
    ("api/src/schema", "loaders", "batched reads of every feature"),
    ("api/src/schema", "mutation", "what every mutation does with key, ids and answer"),
    ("api/src/schema", "node", "anything by its id"),
    ("api/src/schema", "paging", "the connections of every list"),
    ("api/src/schema", "request", "what every resolver is given"),
    ("api/src/schema", "scalars", "the scalars of every feature"),
];

/// The violation of this path, when it lies directly in a room under a name that is no feature.
pub fn violations(path: &Path) -> Option<Violation> {
    let (room, rest) = ROOMS.iter().find_map(|room| Some((*room, path.strip_prefix(room).ok()?)))?;
    let Some(Component::Normal(first)) = rest.components().next() else { return None };
    let name = Path::new(first).file_stem()?.to_str()?;
    let is_known = FEATURES.contains(&name) || ROOM_SPECIFIC.iter().any(|known| (known.0, known.1) == (room, name));
    if is_known {
        return None;
    }
    let message = format!(
        "`{name}` is not a feature; put it under one of {}, or list it with its reason in xtask/src/tidy/features.rs",
        FEATURES.join(" ")
    );
    Some(Violation::new(path, 1, message))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn features_have_their_place_as_folder_or_file() {
        check("commands/src/meetings/book.rs", None);
        check("commands/src/meetings.rs", None);
        check("api/src/schema/mod.rs", None);
        check("commands/src/lib.rs", None);
    }

    #[test]
    fn a_name_of_its_own_is_refused() {
        check("commands/src/bookings/book.rs", Some("bookings"));
        check("worker/src/deliveries/sender.rs", Some("sender"));
    }

    #[test]
    fn a_name_listed_for_one_room_is_not_known_in_another() {
        check("commands/src/mod.rs", Some("mod"));
    }

    #[test]
    fn other_folders_are_free() {
        check("api/src/gateway/limits.rs", None);
        check("worker/src/routes.rs", None);
    }

    fn check(path: &str, refused: Option<&str>) {
        let message = violations(Path::new(path)).map(|violation| violation.message);
        let name = message.as_deref().and_then(|message| message.split('`').nth(1));
        assert_eq!(name, refused);
    }
}
