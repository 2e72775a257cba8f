//! What an on-call engineer is handed: the rules name measures that exist and sections that are there, and what the
//! runbook says to run runs.

use std::collections::BTreeSet;
use std::net::TcpListener;

use serde_json::json;

use crate::endpoints::{Endpoint, Receiver};
use crate::support::{App, Store, Wishes, redis_url, wait_until};

const RULES: &str = include_str!("../../../docs/alerts.yml");
const RUNBOOK: &str = include_str!("../../../docs/operating.md");

/// The blocks of a language in the runbook.
fn blocks(language: &str) -> Vec<&'static str> {
    let opened = RUNBOOK.split(&format!("```{language}\n")).skip(1).collect::<Vec<_>>();
    opened.into_iter().map(|rest| rest.split("```").next().unwrap()).collect()
}

/// The names of measures in a text; the series of a histogram belong to one.
fn measures(text: &str) -> BTreeSet<String> {
    let is_name = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let words = text.split(|c| !is_name(c)).filter(|word| word.starts_with("meridian_") && !word.ends_with('_'));
    let series = ["_bucket", "_sum", "_count"];
    let name = |word: &str| series.iter().find_map(|end| word.strip_suffix(end)).unwrap_or(word).to_owned();
    words.map(name).collect()
}

#[tokio::test]
async fn every_measure_that_rules_and_runbook_name_is_told() {
    let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string();
    // With Redis, because it is measured too.
    let environment = vec![("MERIDIAN_METRICS__LISTEN", address.clone()), ("MERIDIAN_REDIS_URL", redis_url())];
    let app = App::start_with(Store::Sqlite, Wishes { environment, ..Wishes::default() }).await;
    let refusal = json!({"path_prefix": "/crm/v3/objects", "count": 1, "fault": "status", "status": 400});
    app.crm().script(json!([refusal])).await;
    app.webhook().send("unfit", &json!({})).await;
    let receiver = Receiver::start().await;
    Endpoint::active(&app, &receiver.url, json!({})).await;
    app.open_offer(30).await.booked("2031-01-07T10:00:00Z").await;
    app.settled().await;

    let named = measures(&format!("{RULES}{RUNBOOK}"));
    assert!(named.len() >= 12, "{named:?}");
    let told = async || {
        let told = app.http.get(format!("http://{address}/metrics")).send().await.unwrap().text().await.unwrap();
        told.lines().filter(|line| !line.starts_with('#')).map(str::to_owned).collect::<Vec<_>>()
    };
    wait_until("the form in quarantine is counted", async || {
        told().await.contains(&"meridian_quarantined_forms 1".to_owned())
    })
    .await;
    let untold: Vec<String> = named.difference(&measures(&told().await.join("\n"))).cloned().collect();
    assert!(untold.is_empty(), "{untold:?} are named and not told");
}

#[test]
fn every_rule_names_its_section() {
    let anchors: BTreeSet<String> = RUNBOOK
        .lines()
        .filter(|line| line.starts_with('#'))
        .map(|line| line.trim_start_matches('#').trim().to_lowercase().replace(' ', "-").replace('?', ""))
        .collect();
    let rules: Vec<&str> = RULES.split("- alert: ").skip(1).collect();
    assert!(rules.len() >= 10);
    for rule in rules {
        let name = rule.lines().next().unwrap();
        let section = rule.split("runbook: docs/operating.md#").nth(1).and_then(|rest| rest.lines().next());
        assert!(section.is_some_and(|section| anchors.contains(section)), "{name}: {section:?} of {anchors:?}");
        assert!(rule.contains("severity: page") || rule.contains("severity: ticket"), "{name}");
        assert!(RUNBOOK.contains(&format!("`{name}`")) || SECTIONS_OF_THEIR_OWN.contains(&name), "{name} is explained");
    }
}

/// Alerts whose name says what the section is about.
const SECTIONS_OF_THEIR_OWN: [&str; 3] = ["MeridianDeadLetters", "MeridianQuarantine", "MeridianFactsSetAside"];

both_stores!(what_the_runbook_says_to_run_runs, async |app: App| {
    app.webhook().send("unfit", &json!({})).await;
    app.settled().await;
    let (sql, documents) = (blocks("sql"), blocks("graphql"));
    assert!(sql.len() >= 6 && documents.len() >= 3, "{} {}", sql.len(), documents.len());
    for block in sql {
        assert!(!block.contains("UPDATE") && !block.contains("DELETE"), "what is run here only reads: {block}");
        app.alter(block).await;
    }
    for document in documents {
        let reply = app.as_persona("admin").gql_response(document, json!({})).await;
        assert!(reply.body["errors"].is_null(), "{document}\n{}", reply.text);
    }
});
