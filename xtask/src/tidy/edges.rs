//! Who may depend on whom: between our crates, and on the libraries that one room keeps to itself.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use serde_json::Value;

use super::Violation;

/// Each crate of ours and the ones it may depend on, for building as for testing.
const ROOMS: [(&str, &[&str]); 10] = [
    ("domain", &[]),
    ("migrations", &[]),
    ("persistence", &["domain", "migrations"]),
    ("commands", &["domain", "persistence"]),
    ("connectors", &["domain"]),
    ("worker", &["commands", "domain", "persistence"]),
    ("api", &["commands", "domain", "persistence"]),
    ("sandbox", &["commands", "domain", "persistence"]),
    ("server", &["domain", "migrations", "persistence", "commands", "connectors", "worker", "api", "sandbox"]),
    ("xtask", &[]),
];

/// Libraries that stay in their room, so that their types cannot spread.
const FENCES: [Fence; 9] = [
    Fence { library: "sea-orm", rooms: &["persistence", "migrations"], in_tests_of: &[] },
    Fence { library: "sea-orm-migration", rooms: &["persistence", "migrations"], in_tests_of: &[] },
    Fence { library: "sqlx", rooms: &["persistence", "migrations"], in_tests_of: &["worker", "server"] },
    // In the sandbox only for the plain route, which shows what the executor takes by itself.
    Fence { library: "async-graphql", rooms: &["api", "sandbox"], in_tests_of: &[] },
    Fence { library: "axum", rooms: &["api", "sandbox"], in_tests_of: &[] },
    Fence { library: "jiff", rooms: &["domain"], in_tests_of: &[] },
    Fence { library: "chrono-tz", rooms: &["domain"], in_tests_of: &[] },
    Fence { library: "redis", rooms: &["persistence"], in_tests_of: &["server"] },
    // Tests speak HTTP to what they started.
    Fence {
        library: "reqwest",
        rooms: &["connectors"],
        in_tests_of: &["persistence", "worker", "api", "sandbox", "server"],
    },
];

struct Fence {
    library: &'static str,
    rooms: &'static [&'static str],
    in_tests_of: &'static [&'static str],
}

/// A crate of ours as its manifest tells it.
pub struct Crate {
    name: String,
    manifest: PathBuf,
    text: String,
    dependencies: Vec<Dependency>,
}

struct Dependency {
    name: String,
    is_dev: bool,
}

/// Our crates, out of `cargo metadata --no-deps`.
pub fn crates(metadata: &Value, root: &Path) -> Result<Vec<Crate>> {
    let packages = metadata["packages"].as_array().context("cargo metadata lists no packages")?;
    packages.iter().map(|package| read(package, root)).collect()
}

fn read(package: &Value, root: &Path) -> Result<Crate> {
    let text_of = |value: &Value| value.as_str().map(str::to_owned).context("cargo metadata lacks a name or path");
    let manifest = PathBuf::from(text_of(&package["manifest_path"])?);
    let dependencies = package["dependencies"].as_array().context("cargo metadata lacks dependencies")?;
    let dependencies = dependencies
        .iter()
        .map(|dependency| Ok(Dependency { name: text_of(&dependency["name"])?, is_dev: dependency["kind"] == "dev" }));
    Ok(Crate {
        name: text_of(&package["name"])?,
        text: fs::read_to_string(&manifest)?,
        manifest: manifest.strip_prefix(root).map(Path::to_owned).unwrap_or(manifest),
        dependencies: dependencies.collect::<Result<_>>()?,
    })
}

/// Every dependency that crosses a wall.
pub fn violations(crates: &[Crate]) -> Vec<Violation> {
    let mut violations = Vec::new();
    for room in crates {
        let Some((_, allowed)) = ROOMS.iter().find(|(name, _)| *name == room.name) else {
            let message =
                format!("`{}` is no room of the house; see docs/architecture.md before adding one", room.name);
            violations.push(Violation::new(&room.manifest, 1, message));
            continue;
        };
        for dependency in &room.dependencies {
            if let Some(message) = complaint(&room.name, allowed, dependency) {
                violations.push(Violation::new(&room.manifest, line_of(&room.text, dependency), message));
            }
        }
    }
    violations
}

fn complaint(room: &str, allowed: &[&str], dependency: &Dependency) -> Option<String> {
    let name = dependency.name.as_str();
    let is_ours = ROOMS.iter().any(|(ours, _)| *ours == name);
    if is_ours && !allowed.contains(&name) {
        let allowed = if allowed.is_empty() { "nothing of ours".to_owned() } else { allowed.join(", ") };
        return Some(format!("{room} may not depend on {name}, only on {allowed}; move the code to the room that may"));
    }
    let fence = FENCES.iter().find(|fence| fence.library == name)?;
    let is_allowed = fence.rooms.contains(&room) || (dependency.is_dev && fence.in_tests_of.contains(&room));
    if is_allowed {
        return None;
    }
    let rooms = fence.rooms.join(" and ");
    Some(format!("{name} stays in {rooms}; {room} asks that room for what it needs, in domain types"))
}

/// The line of the manifest that names the dependency, looked for in the section of its kind.
fn line_of(manifest: &str, dependency: &Dependency) -> usize {
    let mut section = "";
    for (index, line) in manifest.lines().enumerate() {
        if line.starts_with('[') {
            section = line.trim_matches(['[', ']']);
        }
        let is_kind = section.contains("dependencies") && section.contains("dev-dependencies") == dependency.is_dev;
        let key = line.split(['.', '=', ' ']).next().unwrap_or_default();
        if is_kind && (key == dependency.name || section.ends_with(&format!("dependencies.{}", dependency.name))) {
            return index + 1;
        }
    }
    1
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tidy::shown;

    #[test]
    fn an_edge_of_the_plan_is_fine() {
        check("commands", "[dependencies]\ndomain.workspace = true\npersistence.workspace = true\n", "");
        check("domain", "[dependencies]\njiff.workspace = true\n", "");
    }

    #[test]
    fn an_edge_against_the_plan_is_refused_in_tests_too() {
        let complaint =
            "domain may not depend on commands, only on nothing of ours; move the code to the room that may";
        check("domain", "[dependencies]\ncommands.workspace = true\n", &format!("domain/Cargo.toml:2: {complaint}\n"));
        check(
            "domain",
            "[dependencies]\n\n[dev-dependencies]\ncommands = { path = \"../commands\" }\n",
            &format!("domain/Cargo.toml:4: {complaint}\n"),
        );
    }

    #[test]
    fn a_fenced_library_stays_in_its_room() {
        check(
            "commands",
            "[dependencies]\nserde.workspace = true\nsea-orm.workspace = true\n",
            "commands/Cargo.toml:3: sea-orm stays in persistence and migrations; commands asks that room for what it \
             needs, in domain types\n",
        );
    }

    #[test]
    fn some_fences_open_for_tests_only() {
        check("server", "[dev-dependencies]\nredis.workspace = true\n", "");
        check(
            "server",
            "[dependencies]\nredis.workspace = true\n",
            "server/Cargo.toml:2: redis stays in persistence; server asks that room for what it needs, in domain types\n",
        );
    }

    #[test]
    fn a_new_crate_needs_a_place_in_the_plan() {
        check(
            "shed",
            "[dependencies]\n",
            "shed/Cargo.toml:1: `shed` is no room of the house; see docs/architecture.md before adding one\n",
        );
    }

    /// `manifest` has only dependency sections, one dependency per line.
    fn check(name: &str, manifest: &str, expected: &str) {
        let mut is_dev = false;
        let mut dependencies = Vec::new();
        for line in manifest.lines().filter(|line| !line.is_empty()) {
            if let Some(section) = line.strip_prefix('[') {
                is_dev = section.starts_with("dev");
            } else {
                let name = line.split(['.', ' ']).next().unwrap().to_owned();
                dependencies.push(Dependency { name, is_dev });
            }
        }
        let manifest_path = Path::new(name).join("Cargo.toml");
        let room = Crate { name: name.to_owned(), manifest: manifest_path, text: manifest.to_owned(), dependencies };
        assert_eq!(shown(violations(&[room])), expected);
    }
}
