//! Page tokens: what anybody who looks at a booking page holds in their hands.

use serde_json::{Value, json};

use crate::support::{App, Offer, Reply, Store, codes, fresh_key, mutation_document, wait_until};
use crate::target::PERSONAL;

const SITE: &str = "https://www.example.com";

/// A visitor of a page.
struct Visitor<'a> {
    app: &'a App,
    token: String,
    origin: Option<&'a str>,
}

impl<'a> Visitor<'a> {
    /// Of a page whose token opens this offer.
    async fn of(offer: &'a Offer<'_>, more: Value) -> Self {
        let mut input = json!({"name": "Website", "origins": [SITE], "meetingTypeIds": [offer.id]});
        input.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        let made = offer.app.as_persona("admin").mutate("createPageToken", input, "pageToken { token }").await;
        let token = made["pageToken"]["token"].as_str().unwrap_or_else(|| panic!("{made}")).to_owned();
        Self { app: offer.app, token, origin: Some(SITE) }
    }

    async fn ask(&self, document: &str, variables: Value) -> Reply {
        self.ask_at(&self.app.url, document, variables).await
    }

    async fn ask_at(&self, server: &str, document: &str, variables: Value) -> Reply {
        let body = json!({"query": document, "variables": variables});
        let mut request = self.app.http.post(format!("{server}/graphql")).bearer_auth(&self.token).json(&body);
        if let Some(origin) = self.origin {
            request = request.header("origin", origin);
        }
        Reply::read(request.send().await.unwrap()).await.unwrap()
    }

    async fn mutate(&self, mutation: &str, mut input: Value, selection: &str) -> Value {
        input["idempotencyKey"] = json!(fresh_key());
        let reply = self.ask(&mutation_document(mutation, selection), json!({"input": input})).await;
        assert!(reply.body.get("errors").is_none(), "{mutation}: {}", reply.text);
        reply.body["data"][mutation].clone()
    }
}

fn code(reply: &Reply) -> &str {
    reply.body["errors"][0]["extensions"]["code"].as_str().unwrap_or_default()
}

fn at(time: &str) -> String {
    format!("2035-01-02T{time}:00Z")
}

both_stores!(a_visitor_books_without_a_secret, async |app: App| {
    let offer = app.open_offer(30).await;
    let visitor = Visitor::of(&offer, json!({})).await;
    let found = visitor.ask("{ meetingTypes { id slug } }", json!({})).await;
    let types = found.body["data"]["meetingTypes"].as_array().unwrap();
    assert_eq!(types.iter().map(|found| found["id"].as_str().unwrap()).collect::<Vec<_>>(), [offer.id.as_str()]);
    let slug = types[0]["slug"].clone();

    let document = "query ($input: AvailabilityInput!) { availability(input: $input) { slots { startsAt } } }";
    let range = json!({"meetingTypeId": offer.id, "from": at("09:00"), "until": at("12:00")});
    let free = visitor.ask(document, json!({"input": range})).await;
    assert!(free.text.contains("startsAt"), "{}", free.text);
    let slot = json!({"meetingTypeId": offer.id, "startsAt": at("10:00")});
    let held = visitor.mutate("holdSlot", slot, "hold { id }").await;
    let form = json!({"formId": "demo-request", "contact": {"email": "vera@initech.example"}, "meetingType": slug});
    let sent = visitor.mutate("submitForm", form, "submission { id score contact { id } meetingType { id } }").await;
    let shown = &sent["submission"];
    assert_eq!(
        (&shown["score"], &shown["contact"], &shown["meetingType"]["id"]),
        (&Value::Null, &Value::Null, &json!(offer.id))
    );
    let mut booking = offer.booking(&at("10:00"));
    booking["holdId"] = held["hold"]["id"].clone();
    let booked = visitor.mutate("bookMeeting", booking, "meeting { startsAt contact { id } }").await;
    assert_eq!((&booked["meeting"]["startsAt"], &booked["meeting"]["contact"]), (&json!(at("10:00")), &Value::Null));
    let again = json!({"meetingTypeId": offer.id, "startsAt": at("11:00")});
    let held = visitor.mutate("holdSlot", again, "hold { id }").await;
    let released = visitor.mutate("releaseHold", json!({"holdId": held["hold"]["id"]}), "holdId").await;
    assert_eq!(codes(&released), [""; 0]);
});

both_stores!(a_page_token_opens_nothing_else, async |app: App| {
    let target = crate::target::Target::arrive(&app).await;
    let offer = app.open_offer(30).await;
    let visitor = Visitor::of(&offer, json!({"fieldsPerMinute": 6000})).await;
    let open: Vec<_> = domain::access::policy::PAGE_FIELDS.to_vec();
    let mut closed = 0;
    for call in crate::access::calls(&target) {
        let reply = visitor.ask(&call.document, call.variables.clone()).await;
        let personal: Vec<_> = PERSONAL.into_iter().filter(|personal| reply.text.contains(personal)).collect();
        assert_eq!(personal, [""; 0], "{}: {}", call.field, reply.text);
        if open.iter().any(|field| field.split_once('.').unwrap().1 == call.field) {
            assert_ne!(code(&reply), "SCOPE_DENIED", "{}: {}", call.field, reply.text);
        } else {
            assert_eq!(
                (code(&reply), &reply.body["data"]),
                ("SCOPE_DENIED", &Value::Null),
                "{}: {}",
                call.field,
                reply.text
            );
            closed += 1;
        }
    }
    assert!(closed > 40, "{closed}");

    // Of its fields, only for its own offers.
    let other = &target.meeting_type;
    let range = json!({"meetingTypeId": other, "from": at("09:00"), "until": at("12:00")});
    let document = "query ($input: AvailabilityInput!) { availability(input: $input) { slots { startsAt } } }";
    assert_eq!(code(&visitor.ask(document, json!({"input": range})).await), "NOT_FOUND");
    let known = visitor.ask("{ meetingType(slug: \"demo\") { id } }", json!({})).await;
    assert_eq!(known.body["data"], json!({"meetingType": null}), "{}", known.text);
    let invitee = json!({"email": "vera@initech.example"});
    let booking = |more: Value| {
        let mut input = json!({"meetingTypeId": offer.id, "startsAt": at("10:00"), "timeZone": "UTC"});
        input.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        input
    };
    for (mutation, input) in [
        ("holdSlot", json!({"meetingTypeId": other, "startsAt": at("10:00")})),
        ("bookMeeting", booking(json!({"meetingTypeId": other, "invitee": invitee}))),
        ("bookMeeting", booking(json!({"contactId": target.contact}))),
        ("submitForm", json!({"formId": "f", "contact": {"email": "vera@initech.example"}, "meetingType": "demo"})),
        ("submitForm", json!({"formId": "f", "contact": {"email": "vera@initech.example"}})),
        ("releaseHold", json!({"holdId": target.hold})),
    ] {
        let answer = visitor.mutate(mutation, input.clone(), "__typename").await;
        assert!(["NOT_FOUND", "HOLD_EXPIRED"].contains(&codes(&answer)[0]), "{mutation} {input}: {answer}");
    }
});

both_stores!(a_page_token_is_for_its_sites, async |app: App| {
    let offer = app.open_offer(30).await;
    let mut visitor = Visitor::of(&offer, json!({})).await;
    for stranger in [None, Some("https://evil.example"), Some("https://www.example.com.evil.example"), Some("null")] {
        visitor.origin = stranger;
        let reply = visitor.ask("{ meetingTypes { id } }", json!({})).await;
        assert_eq!((code(&reply), &reply.body["data"]), ("SCOPE_DENIED", &Value::Null), "{stranger:?}: {}", reply.text);
    }
    visitor.origin = Some(SITE);
    assert_eq!(code(&visitor.ask("{ meetingTypes { id } }", json!({})).await), "");
});

both_stores!(a_page_token_has_its_minute_and_no_more, async |app: App| {
    let offer = app.open_offer(30).await;
    let visitor = Visitor::of(&offer, json!({"fieldsPerMinute": 4})).await;
    let many = visitor.ask("{ a: meetingTypes { id } b: meetingTypes { id } c: meetingTypes { id } }", json!({})).await;
    assert_eq!(code(&many), "", "{}", many.text);
    let mut last = visitor.ask("{ meetingTypes { id } }", json!({})).await;
    assert_eq!(code(&last), "", "{}", last.text);
    last = visitor.ask("{ meetingTypes { id } }", json!({})).await;
    assert_eq!(code(&last), "RATE_LIMITED", "{}", last.text);
    let wait = last.body["errors"][0]["extensions"]["retryAfterMs"].as_i64().unwrap();
    assert!((1..=15_000).contains(&wait), "{wait}");
    // Another page has a minute of its own.
    let other = Visitor::of(&offer, json!({"fieldsPerMinute": 4})).await;
    assert_eq!(code(&other.ask("{ meetingTypes { id } }", json!({})).await), "");
});

#[tokio::test]
async fn a_page_has_one_minute_at_all_servers_together() {
    let mut app = App::start(Store::Postgres).await;
    let elsewhere = app.another_api().await;
    let offer = app.open_offer(30).await;
    let visitor = Visitor::of(&offer, json!({"fieldsPerMinute": 4})).await;
    let mut codes = Vec::new();
    for server in [&app.url, &elsewhere, &app.url, &elsewhere, &app.url, &elsewhere] {
        codes.push(code(&visitor.ask_at(server, "{ meetingTypes { id } }", json!({})).await).to_owned());
    }
    assert_eq!(codes, ["", "", "", "", "RATE_LIMITED", "RATE_LIMITED"]);
}

both_stores!(a_revoked_page_token_is_refused_everywhere, async |app: App| {
    let mut app = app;
    let elsewhere = app.another_api().await;
    let offer = app.open_offer(30).await;
    let visitor = Visitor::of(&offer, json!({})).await;
    let admin = app.as_persona("admin");
    let document = json!({"query": "{ meetingTypes { id } }"});
    let status = async |server: &str| {
        let request = app.http.post(format!("{server}/graphql")).bearer_auth(&visitor.token).header("origin", SITE);
        request.json(&document).send().await.unwrap().status().as_u16()
    };
    for server in [&app.url, &elsewhere] {
        assert_eq!(status(server).await, 200);
    }
    let revoked =
        admin.mutate("revokePageToken", json!({"pageTokenId": visitor.token}), "pageToken { revokedAt }").await;
    assert!(revoked["pageToken"]["revokedAt"].is_string(), "{revoked}");
    let begun = std::time::Instant::now();
    for server in [&app.url, &elsewhere] {
        wait_until("the token is refused", async || status(server).await == 401).await;
    }
    assert!(begun.elapsed() < std::time::Duration::from_secs(5), "{:?}", begun.elapsed());
    // It stays revoked, and what was never made is no token either.
    let never = "pgt_01jd3v00000000000000000000";
    let request = app.http.post(format!("{}/graphql", app.url)).bearer_auth(never).header("origin", SITE);
    assert_eq!(request.json(&document).send().await.unwrap().status().as_u16(), 401);
    let listed = admin.gql("{ pageTokens { nodes { token revokedAt } } }", json!({})).await;
    assert_eq!(listed["pageTokens"]["nodes"][0]["token"], json!(visitor.token));
});
