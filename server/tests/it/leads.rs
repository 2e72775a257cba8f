//! Leads who come in and book: the shortest way to facts that the CRM and the streams are to hear of.

use chrono::{SecondsFormat, TimeDelta, Utc};
use serde_json::{Value, json};

use crate::support::Caller;

/// Somebody who sent the demo form.
#[derive(Debug)]
pub struct Lead {
    pub email: String,
    pub contact: String,
    submission: Value,
}

/// A free time of a host.
#[derive(Debug, Clone)]
pub struct FreeTime {
    meeting_type: String,
    host: String,
    starts_at: String,
}

/// Sends the demo form as `name`.
pub async fn submit(caller: &Caller<'_>, name: &str) -> Lead {
    let email = format!("{}@example.com", name.to_lowercase());
    let contact = json!({"email": email, "givenName": name, "familyName": "Lovelace", "country": "US"});
    let input = json!({"formId": "demo-request", "meetingType": "demo", "contact": contact});
    let wanted = "submission { contact { id } meetingType { id } slots { startsAt hosts { id } } }";
    let mut answer = caller.mutate("submitForm", input, wanted).await;
    assert_eq!(answer["errors"], json!([]));
    let submission = answer["submission"].take();
    Lead { email, contact: text(&submission["contact"]["id"]), submission }
}

impl Lead {
    /// Books the first slot that the form's answer offered; the meeting's id.
    pub async fn book(&self, caller: &Caller<'_>) -> String {
        let slot = &self.submission["slots"][0];
        let input = json!({
            "meetingTypeId": self.submission["meetingType"]["id"],
            "hostId": slot["hosts"][0]["id"],
            "startsAt": slot["startsAt"],
            "timeZone": "America/New_York",
            "contactId": self.contact,
        });
        booked(&caller.mutate("bookMeeting", input, "meeting { id }").await)
    }
}

/// Times of the introduction, which has no buffers and no limits: any number of them can be booked.
pub async fn free_times(caller: &Caller<'_>) -> Vec<FreeTime> {
    let offer = caller.gql(r#"{ meetingType(slug: "intro") { id } }"#, json!({})).await;
    let meeting_type = text(&offer["meetingType"]["id"]);
    #[expect(clippy::disallowed_methods, reason = "the servers under test run on the machine's clock")]
    let now = Utc::now();
    let day = |days| (now + TimeDelta::days(days)).to_rfc3339_opts(SecondsFormat::Secs, true);
    let query =
        "query ($input: AvailabilityInput!) { availability(input: $input) { slots { startsAt hosts { id } } } }";
    let input = json!({"meetingTypeId": meeting_type, "from": day(2), "until": day(9)});
    let data = caller.gql(query, json!({"input": input})).await;
    let slots = data["availability"]["slots"].as_array().unwrap();
    let time = |slot: &Value, host: &Value| FreeTime {
        meeting_type: meeting_type.clone(),
        host: text(&host["id"]),
        starts_at: text(&slot["startsAt"]),
    };
    slots.iter().flat_map(|slot| slot["hosts"].as_array().unwrap().iter().map(|host| time(slot, host))).collect()
}

impl FreeTime {
    /// Books it for the `number`-th guest; the meeting's id.
    pub async fn book(&self, caller: &Caller<'_>, number: usize) -> String {
        booked(&caller.mutate("bookMeeting", self.input(number), "meeting { id }").await)
    }

    /// The input of the booking, without an idempotency key.
    pub fn input(&self, number: usize) -> Value {
        json!({
            "meetingTypeId": self.meeting_type,
            "hostId": self.host,
            "startsAt": self.starts_at,
            "timeZone": "Europe/Berlin",
            "invitee": {"email": format!("guest-{number}@example.com")},
        })
    }
}

fn booked(answer: &Value) -> String {
    assert_eq!(answer["errors"], json!([]));
    text(&answer["meeting"]["id"])
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_else(|| panic!("no text: {value}")).to_owned()
}
