//! Hosts and offers for tests, made by the administrator through the API.

use std::sync::atomic::{AtomicU64, Ordering};

use serde_json::{Value, json};

use super::App;

/// Something that can be booked.
pub struct Offer<'a> {
    /// Where.
    pub app: &'a App,
    /// Its id.
    pub id: String,
}

/// A schedule of the same hours every day.
pub fn every_day(zone: &str, start: &str, end: &str) -> Value {
    let days = ["MONDAY", "TUESDAY", "WEDNESDAY", "THURSDAY", "FRIDAY", "SATURDAY", "SUNDAY"];
    let weekly = days.map(|weekday| json!({"weekday": weekday, "start": start, "end": end}));
    json!({"timeZone": zone, "weekly": weekly})
}

/// A schedule without a break.
pub fn always() -> Value {
    every_day("UTC", "00:00", "24:00")
}

impl App {
    /// A new host with this schedule; answers with the id.
    pub async fn host(&self, schedule: Value) -> String {
        let number = number();
        let input = json!({"name": format!("Host {number}"), "email": format!("host{number}@acme.example"), "schedule": schedule});
        let made = self.as_persona("admin").mutate("createHost", input, "host { id }").await;
        id_of(&made["host"], &made)
    }

    /// A new offer of these hosts under these rules.
    pub async fn offer(&self, hosts: &[&str], rules: Value) -> Offer<'_> {
        let slug = format!("offer-{}", number());
        let input = json!({"slug": slug, "name": "Offer", "rules": rules, "hostIds": hosts});
        let made = self.as_persona("admin").mutate("createMeetingType", input, "meetingType { id }").await;
        Offer { app: self, id: id_of(&made["meetingType"], &made) }
    }

    /// A new host who always works, with an offer of meetings of this many minutes on a grid of 15.
    pub async fn open_offer(&self, minutes: u32) -> Offer<'_> {
        let host = self.host(always()).await;
        self.offer(&[&host], json!({"durationMinutes": minutes, "intervalMinutes": 15})).await
    }
}

impl Offer<'_> {
    /// The input of a booking at this start, by somebody nobody has met before.
    pub fn booking(&self, start: &str) -> Value {
        json!({
            "meetingTypeId": self.id, "startsAt": start, "timeZone": "Europe/Berlin",
            "invitee": {"email": format!("guest{}@example.com", number()), "givenName": "Gwen", "familyName": "Guest"},
        })
    }

    /// Books this start as the booking page does; the payload with `id`, `startsAt` and the host's `id`.
    pub async fn book(&self, start: &str) -> Value {
        let caller = self.app.as_persona("anonymous");
        caller.insist("bookMeeting", self.booking(start), "meeting { id startsAt host { id } }").await
    }

    /// Books this start and answers with the meeting's id.
    pub async fn booked(&self, start: &str) -> String {
        let payload = self.book(start).await;
        id_of(&payload["meeting"], &payload)
    }

    /// The starts that are free in a range.
    pub async fn starts(&self, from: &str, until: &str) -> Vec<String> {
        let input = json!({"meetingTypeId": self.id, "from": from, "until": until});
        let document = "query ($input: AvailabilityInput!) { availability(input: $input) { slots { startsAt } } }";
        let data = self.app.as_persona("anonymous").gql(document, json!({"input": input})).await;
        let slots = data["availability"]["slots"].as_array().unwrap();
        slots.iter().map(|slot| slot["startsAt"].as_str().unwrap().to_owned()).collect()
    }
}

/// The codes of a payload's errors.
pub fn codes(payload: &Value) -> Vec<&str> {
    payload["errors"].as_array().unwrap().iter().map(|error| error["code"].as_str().unwrap()).collect()
}

fn id_of(made: &Value, payload: &Value) -> String {
    made["id"].as_str().unwrap_or_else(|| panic!("refused: {payload}")).to_owned()
}

fn number() -> u64 {
    static MADE: AtomicU64 = AtomicU64::new(0);
    MADE.fetch_add(1, Ordering::Relaxed)
}
