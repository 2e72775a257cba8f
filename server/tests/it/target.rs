//! One lead of Acme with everything that a lead can have: what strangers try to reach and to see.

use serde_json::{Value, json};

use crate::support::App;

/// What nobody without `contacts.pii:read` may read. The words stand nowhere else.
pub const PERSONAL: [&str; 9] = [
    "zelda.quux@zeldaworks.example",
    "+442079460123",
    "Zeldaname",
    "Quuxname",
    "note-needle",
    "reason-needle",
    "answer-needle",
    "zelda.quux",
    "2079460123",
];

/// The ids of everything.
pub struct Target {
    pub contact: String,
    /// Booked, then called off.
    pub cancelled: String,
    /// Booked; it can be changed.
    pub meeting: String,
    pub host: String,
    pub meeting_type: String,
    /// A delivery that the CRM refused for good.
    pub dead_letter: String,
    pub hold: String,
    pub busy: String,
    /// The form tool.
    pub connection: String,
    /// The HubSpot connection.
    pub crm: String,
    /// The sender's id of the webhook.
    pub submission: String,
    /// A webhook endpoint that is not verified.
    pub endpoint: String,
    /// A delivery in quarantine.
    pub quarantined: String,
    /// The last place of the event log.
    pub cursor: String,
}

impl Target {
    /// Brings one into being, and waits until the worker has done with it.
    pub async fn arrive(app: &App) -> Self {
        let refused =
            json!({"message": "zelda.quux@zeldaworks.example is not welcome", "category": "VALIDATION_ERROR"});
        // Once not now, once not ever; either way the CRM repeats what it was sent.
        let fault = |path: &str, status: u16| json!({"path_prefix": path, "count": 1, "fault": "status", "status": status, "body": refused});
        app.crm().script(json!([fault("/crm/v3/objects/contacts", 500), fault("/crm/v3/objects/meetings", 400)])).await;
        let sent = app.webhook().send("delivery-of-zelda", &form()).await;
        assert_eq!(sent.status, 202, "{}", sent.text);
        app.settled().await;

        let admin = app.as_persona("admin");
        let known = admin.gql(KNOWN, json!({})).await;
        let contact = text(&known, "/contacts/nodes/0/id");
        let meeting_type = text(&known, "/meetingType/id");
        let host = text(&known, "/contacts/nodes/0/owner/id");
        let connection = app.manifest.hooks.connection_id.to_string();
        let connections = known["connections"].as_array().unwrap();
        let crm =
            connections.iter().find(|found| found["provider"] == "HUBSPOT").map(|found| text(found, "/id")).unwrap();
        let slots = slots(app, &meeting_type, &host).await;

        let cancelled = book(app, &meeting_type, &host, &slots[0], "note-needle").await;
        let reason = json!({"meetingId": cancelled, "reason": "reason-needle"});
        admin.mutate("cancelMeeting", reason, "meeting { id }").await;
        app.settled().await;
        let meeting = book(app, &meeting_type, &host, &slots[0], "note-needle").await;
        let hold =
            admin.mutate("holdSlot", json!({"meetingTypeId": meeting_type, "startsAt": slots[3]}), "hold { id }").await;
        let busy = json!({"hostId": host, "startsAt": "2031-01-01T09:00:00Z", "endsAt": "2031-01-01T10:00:00Z"});
        let busy = admin.mutate("addBusyTime", busy, "busyTimeId").await;
        let url = json!({"url": "https://partner.example/endpoint-needle"});
        let endpoint = admin.mutate("createWebhookEndpoint", url, "webhookEndpoint { id }").await;
        app.settled().await;
        let mut unfit = form();
        unfit["contact"]["nickname"] = json!("z");
        let quarantined = app.webhook().send("delivery-that-does-not-fit", &unfit).await;
        let left = admin
            .gql("{ deadLetters { nodes { id } } events(first: 100) { pageInfo { endCursor } } }", json!({}))
            .await;
        Self {
            contact,
            cancelled,
            meeting,
            host,
            meeting_type,
            dead_letter: text(&left, "/deadLetters/nodes/0/id"),
            hold: text(&hold, "/hold/id"),
            busy: text(&busy, "/busyTimeId"),
            connection,
            crm,
            submission: "delivery-of-zelda".to_owned(),
            endpoint: text(&endpoint, "/webhookEndpoint/id"),
            quarantined: text(&quarantined.body, "/quarantine"),
            cursor: text(&left, "/events/pageInfo/endCursor"),
        }
    }
}

impl Target {
    /// One id of every kind that there is.
    pub fn all(&self) -> [&str; 11] {
        [
            &self.contact,
            &self.meeting,
            &self.host,
            &self.meeting_type,
            &self.dead_letter,
            &self.hold,
            &self.busy,
            &self.connection,
            &self.crm,
            &self.endpoint,
            &self.quarantined,
        ]
    }
}

/// What Zelda fills in.
pub fn form() -> Value {
    json!({
        "event": "webform_submitted", "version": 1, "occurred_at": "2026-11-21T09:00:00Z", "form_id": "demo-request",
        "contact": {
            "email": "zelda.quux@zeldaworks.example", "phone": "+44 20 7946 0123",
            "given_name": "Zeldaname", "family_name": "Quuxname", "company": "Works", "country": "GB",
        },
        "answers": { "company_size": "201-1000", "wish": "answer-needle" },
        "product_line": "scheduling",
        "consents": [{
            "channel": "email", "permission": "granted", "lawful_basis": "consent", "timestamp": "2026-11-21T09:00:00Z",
        }],
    })
}

/// Starts that are free for a host, soonest first.
pub async fn slots(app: &App, meeting_type: &str, host: &str) -> Vec<String> {
    #[expect(clippy::disallowed_methods, reason = "the servers run on the machine's clock")]
    let now = chrono::Utc::now();
    let range = json!({
        "meetingTypeId": meeting_type, "hostId": host, "from": now.to_rfc3339(), "until": (now + chrono::TimeDelta::days(14)).to_rfc3339(),
    });
    let query = "query ($range: AvailabilityInput!) { availability(input: $range) { slots { startsAt } } }";
    let found = app.as_persona("anonymous").gql(query, json!({ "range": range })).await;
    let slots = found["availability"]["slots"].as_array().unwrap();
    slots.iter().map(|slot| text(slot, "/startsAt")).collect()
}

/// Books as the booking page does, and answers with the meeting's id.
pub async fn book(app: &App, meeting_type: &str, host: &str, start: &str, note: &str) -> String {
    let invitee = json!({
        "email": "zelda.quux@zeldaworks.example", "phone": "+44 20 7946 0123",
        "givenName": "Zeldaname", "familyName": "Quuxname",
    });
    let input = json!({
        "meetingTypeId": meeting_type, "hostId": host, "startsAt": start, "timeZone": "Europe/London", "note": note, "invitee": invitee,
    });
    let payload = app.as_persona("anonymous").mutate("bookMeeting", input, "meeting { id }").await;
    text(&payload, "/meeting/id")
}

const KNOWN: &str = "{
    contacts { nodes { id owner { id } } }
    meetingType(slug: \"demo\") { id }
    connections { id provider }
}";

fn text(value: &Value, pointer: &str) -> String {
    value.pointer(pointer).and_then(Value::as_str).unwrap_or_else(|| panic!("no {pointer} in {value}")).to_owned()
}
