//! What requests cost, as callers are told.

use serde_json::{Value, json};

use crate::support::{App, Store};

const CONTACTS: &str = "query($n: Int!) { contacts(first: $n) { nodes { id givenName } } }";

#[tokio::test]
async fn every_answer_tells_what_it_cost_and_what_is_left() {
    let app = App::start(Store::Sqlite).await;
    let admin = app.as_persona("admin");
    let cost = async |query: &str, variables: Value| {
        let reply = admin.gql_response(query, variables).await;
        let mut cost = reply.body["extensions"]["cost"].clone();
        let available = cost["available"].take().as_u64().expect("it is told");
        assert!((19_000..=20_000).contains(&available), "{}", reply.text);
        cost
    };
    let told = |requested, actual: Value| {
        let mut told = json!({
            "requested": requested, "available": null, "restoreRate": 2000, "maximum": 20_000, "actual": actual,
        });
        told.as_object_mut().unwrap().retain(|name, value| name != "actual" || !value.is_null());
        told
    };
    assert_eq!(cost(CONTACTS, json!({"n": 100})).await["requested"], 125);
    let contacts = admin.gql("{ contacts(first: 100) { nodes { id } } }", json!({})).await;
    let there = contacts["contacts"]["nodes"].as_array().unwrap().len() as u64;
    assert_eq!(cost(CONTACTS, json!({"n": 100})).await, told(125, json!((50 + there * 12).div_ceil(10))));
    assert_eq!(cost("{ viewer { clientId } }", json!({})).await, told(2, json!(2)));
    // Whoever sends what is refused pays the least there is.
    assert_eq!(cost("{ viewer {", json!({})).await, told(1, Value::Null));
    assert_eq!(cost("{ nope }", json!({})).await, told(1, json!(1)));
}

#[tokio::test]
async fn what_costs_too_much_is_refused_and_can_be_explained() {
    let app = App::start(Store::Sqlite).await;
    let admin = app.as_persona("admin");
    let dear = "{ contacts(first: 100) { nodes { id meetings(first: 100) { nodes { id } } } } }";
    let reply = admin.gql_response(dear, json!({})).await;
    let error = &reply.body["errors"][0];
    assert_eq!((reply.status.as_u16(), &error["extensions"]["code"]), (200, &json!("COST_EXCEEDED")), "{}", reply.text);
    assert_eq!(
        error["message"],
        "The request costs up to 11615 points; one may cost 2000. Ask for shorter lists or fewer fields."
    );

    let explaining = app.as_persona("admin").with_header("meridian-cost", "explain");
    let explained = explaining.gql_response(dear, json!({})).await;
    assert_eq!((&explained.body["data"], &explained.body["errors"]), (&Value::Null, &Value::Null));
    let cost = &explained.body["extensions"]["cost"];
    assert_eq!(cost["requested"], 11_615);
    assert_eq!(
        cost["fields"],
        json!([
            {"field": "contacts", "weight": 5, "each": 0, "count": 1, "cost": 11_615},
            {"field": "contacts.nodes", "weight": 0, "each": 1, "count": 100, "cost": 11_610},
            {"field": "contacts.nodes.id", "weight": 0.1, "each": 0, "count": 1, "cost": 0.1},
            {"field": "contacts.nodes.meetings", "weight": 5, "each": 0, "count": 1, "cost": 115},
            {"field": "contacts.nodes.meetings.nodes", "weight": 0, "each": 1, "count": 100, "cost": 110},
            {"field": "contacts.nodes.meetings.nodes.id", "weight": 0.1, "each": 0, "count": 1, "cost": 0.1},
        ])
    );
    let wrong = explaining.gql_response("{ nope }", json!({})).await;
    assert_eq!(wrong.body["errors"][0]["extensions"]["code"], "GRAPHQL_VALIDATION_FAILED", "{}", wrong.text);
}

#[tokio::test]
async fn what_is_explained_is_not_done() {
    let app = App::start(Store::Sqlite).await;
    let admin = app.as_persona("admin");
    let hosts = async || admin.gql("{ hosts { id } }", json!({})).await["hosts"].as_array().unwrap().len();
    let before = hosts().await;
    let input = json!({"idempotencyKey": "explained", "name": "A", "email": "a@acme.example",
                       "schedule": {"timeZone": "UTC", "weekly": []}});
    let document = "mutation($input: CreateHostInput!) { createHost(input: $input) { host { id } errors { code } } }";
    let body = json!({"query": document, "variables": {"input": input}, "extensions": {"cost": "explain"}});
    let request = app.http.post(format!("{}/graphql", app.url)).bearer_auth(admin.token().await).json(&body);
    let told: Value = request.send().await.unwrap().json().await.unwrap();
    assert_eq!(told["extensions"]["cost"]["requested"], 13, "{told}");
    assert_eq!((told["data"].clone(), hosts().await), (Value::Null, before));
    assert!(admin.gql(document, json!({"input": input})).await["createHost"]["host"]["id"].is_string());
}
