//! Settings have their limits: what is too long, too many or nothing is named with its place, and nothing is kept.

use serde_json::{Value, json};

use crate::support::{App, Caller, fresh_key};

/// Sends a mutation as the administrator and expects these places to be complained of.
async fn check(admin: &Caller<'_>, mutation: &str, kind: &str, mut input: Value, expected: &[&str]) {
    input["idempotencyKey"] = fresh_key().into();
    let document =
        format!("mutation($input: {kind}!) {{ it: {mutation}(input: $input) {{ errors {{ code field }} }} }}");
    let data = admin.gql(&document, json!({"input": input})).await;
    let errors = data["it"]["errors"].as_array().unwrap().clone();
    assert!(errors.iter().all(|error| error["code"] == "FIELD_MISMATCH"), "{errors:?}");
    let places: Vec<_> = errors.iter().map(|error| error["field"].as_str().unwrap()).collect();
    assert_eq!(places, expected, "{mutation}");
}

both_stores!(settings_have_their_limits, async |app: App| {
    let admin = app.as_persona("admin");
    let hosts = admin.gql("{ hosts { id } meetingTypes { id } }", json!({})).await;
    let long = "x".repeat(201);
    let host = json!({
        "name": long, "email": "a@acme.example", "schedule": {"timeZone": "UTC", "weekly": []},
        "territories": ["EMEA", ""], "productLines": vec!["core"; 101], "weight": 0, "crmOwnerId": long,
    });
    let places = ["input.name", "input.crmOwnerId", "input.territories[1]", "input.productLines", "input.weight"];
    check(&admin, "createHost", "CreateHostInput", host, &places).await;
    let offer = json!({
        "slug": "no slug", "name": " ", "hostIds": [hosts["hosts"][0]["id"]], "location": "x".repeat(1001),
        "rules": {"durationMinutes": 0},
    });
    let places = ["input.rules.durationMinutes", "input.slug", "input.name", "input.location"];
    check(&admin, "createMeetingType", "CreateMeetingTypeInput", offer, &places).await;
    let territory = json!({"name": "UK", "countries": ["GB"]});
    let rules = json!({"slaMinutes": 0, "territories": [territory, territory, {"name": long, "countries": []}]});
    let places = [
        "input.territories[1].name",
        "input.territories[2].name",
        "input.territories[2].countries",
        "input.slaMinutes",
    ];
    check(&admin, "publishRoutingRules", "PublishRoutingRulesInput", rules, &places).await;
    assert_eq!(admin.gql("{ hosts { id } meetingTypes { id } }", json!({})).await, hosts);
});
