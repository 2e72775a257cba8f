//! `meridian schema diff` on the command line, and its verdicts beside those of graphql-js.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::{Command, Output};

use serde_json::{Value, json};

use crate::{Workshop, pairs, schema, succeeded};

/// What graphql-js is asked, and what it says: the name of each pair with the kinds of its changes.
type Verdicts = BTreeMap<String, Vec<String>>;

fn diff(old: &Path, new: &Path, more: &[&str]) -> Output {
    let mut meridian = Command::new(env!("CARGO_BIN_EXE_meridian"));
    meridian.args(["schema", "diff"]).arg(old).arg(new).args(more).env_clear().output().unwrap()
}

const OLD: &str = "type Query { lead: Int now: Int @deprecated(reason: \"use lead; removal not before 2026-12-01\") }";
const NEW: &str = "type Query { lead: Int }";

#[test]
fn what_was_announced_may_go_when_its_day_has_come_and_not_before() {
    let workshop = tempfile::tempdir().unwrap();
    let (old, new) = (workshop.path().join("old.graphql"), workshop.path().join("new.graphql"));
    std::fs::write(&old, OLD).unwrap();
    std::fs::write(&new, NEW).unwrap();
    let early = diff(&old, &new, &["--on", "2026-11-30"]);
    assert_eq!(early.status.code(), Some(1));
    assert_eq!(
        String::from_utf8(early.stdout).unwrap(),
        "breaking   Query.now: the field was removed\n1 breaking (1 not announced), 0 dangerous, 0 safe\n"
    );
    let due = diff(&old, &new, &["--on", "2026-12-01", "--json"]);
    let told: Value = serde_json::from_str(&succeeded("diff", &due)).unwrap();
    let change = json!({
        "class": "BREAKING", "kind": "FIELD_REMOVED", "at": "Query.now", "message": "the field was removed",
        "excuse": "announced: removal not before 2026-12-01",
    });
    assert_eq!(told, json!({ "refused": false, "changes": [change] }));
}

#[test]
fn a_text_that_cannot_be_read_is_a_failure_that_says_which() {
    let workshop = tempfile::tempdir().unwrap();
    let (old, new) = (workshop.path().join("old.graphql"), workshop.path().join("new.graphql"));
    std::fs::write(&old, NEW).unwrap();
    let missing = diff(&old, &new, &[]);
    assert!(String::from_utf8_lossy(&missing.stderr).starts_with("meridian: cannot read "));
    std::fs::write(&new, "type Query { lead: Int").unwrap();
    let torn = diff(&old, &new, &[]);
    assert_eq!(torn.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&torn.stderr).starts_with("meridian: the new schema: "));
}

#[test]
fn graphql_js_says_the_same_of_every_pair() {
    let workshop = Workshop::open();
    let mut names = Vec::new();
    for (name, old, new) in pairs::all() {
        workshop.put(&format!("pairs/{name}/old.graphql"), &old);
        workshop.put(&format!("pairs/{name}/new.graphql"), &new);
        names.push(name);
    }
    // Our own schema with one thing of each sort taken away, added or changed, at places that a seed chooses.
    workshop.put("pairs/0/old.graphql", &schema());
    let mutants: usize = workshop.run("mutate.mjs", &["pairs/0/old.graphql", "12"]).trim().parse().unwrap();
    assert!(mutants > 12, "{mutants}");
    names.extend((0..mutants).map(|number| format!("mutant-{number}")));

    let judged: Value = serde_json::from_str(&workshop.run("judge.mjs", &["pairs"])).unwrap();
    let known: Vec<String> = serde_json::from_value(judged["kinds"].clone()).unwrap();
    let theirs: Verdicts = serde_json::from_value(judged["verdicts"].clone()).unwrap();
    let mut seen: Vec<&str> = Vec::new();
    for name in &names {
        let folder = workshop.path().join("pairs").join(name);
        let ours = kinds(&folder.join("old.graphql"), &folder.join("new.graphql"), &known);
        assert_eq!(ours, theirs[name], "{name}");
        seen.extend(theirs[name].iter().filter_map(|kind| known.iter().find(|one| *one == kind)).map(String::as_str));
    }
    // A kind that no pair shows would be compared by nobody.
    let unseen: Vec<_> = known.iter().filter(|kind| !seen.contains(&kind.as_str())).collect();
    assert!(unseen.is_empty(), "{unseen:?}");
}

/// What we say, as far as graphql-js knows such a kind.
fn kinds(old: &Path, new: &Path, known: &[String]) -> Vec<String> {
    let told: Value = serde_json::from_slice(&diff(old, new, &["--json"]).stdout).unwrap();
    let changes = told["changes"].as_array().unwrap();
    let kinds = changes.iter().map(|change| change["kind"].as_str().unwrap().to_owned());
    let mut kinds: Vec<_> = kinds.filter(|kind| known.contains(kind)).collect();
    kinds.sort();
    kinds
}
