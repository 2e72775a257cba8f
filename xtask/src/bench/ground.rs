//! What is measured on: hosts, offers and slots, made through the API like an administrator would.
//!
//! All dates are fixed and lie far ahead. So every run has the same calendars, no slot is too soon, and nothing here
//! has to know what day it is.

use std::sync::atomic::{AtomicUsize, Ordering};

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};

use super::client::{Client, Session};

/// Thirty days.
const FROM: &str = "2036-01-07T00:00:00Z";
const UNTIL: &str = "2036-02-06T00:00:00Z";

/// The same days in parts: the slots of all hosts for bookings are more than one question is answered.
const PARTS: [(&str, &str); 3] =
    [(FROM, "2036-01-17T00:00:00Z"), ("2036-01-17T00:00:00Z", "2036-01-27T00:00:00Z"), ("2036-01-27T00:00:00Z", UNTIL)];

/// One host each of the offer of ten.
const ZONES: [&str; 10] = [
    "Europe/Berlin",
    "America/New_York",
    "America/Los_Angeles",
    "America/Sao_Paulo",
    "Europe/London",
    "Africa/Johannesburg",
    "Asia/Dubai",
    "Asia/Kolkata",
    "Asia/Tokyo",
    "Australia/Sydney",
];

/// Each of the ten is taken elsewhere for an hour on this many days.
const BUSY_DAYS: usize = 20;

/// Hosts for bookings: more than there are bookings at a time, so that neighbours in time rarely meet.
const BOOKED_HOSTS: usize = 20;

/// The list of slots of an offer.
pub const AVAILABILITY: &str =
    "query($input: AvailabilityInput!) { availability(input: $input) { slots { startsAt endsAt } } }";

/// A booking. The errors come first, so that their absence can be seen in the text of the answer.
pub const BOOK: &str =
    "mutation($input: BookMeetingInput!) { bookMeeting(input: $input) { errors { code message } meeting { id } } }";

const CREATE_HOST: &str =
    "mutation($input: CreateHostInput!) { createHost(input: $input) { errors { code message } host { id } } }";
const CREATE_OFFER: &str = "mutation($input: CreateMeetingTypeInput!) { createMeetingType(input: $input) \
                            { errors { code message } meetingType { id } } }";
const ADD_BUSY_TIME: &str =
    "mutation($input: AddBusyTimeInput!) { addBusyTime(input: $input) { errors { code message } } }";

/// What is measured on.
pub struct Ground {
    /// Half hours with one host, 08:00 to 20:00 every day.
    pub offer_of_one: String,
    /// The same with ten hosts, each in another zone.
    pub offer_of_ten: String,
    /// Quarter hours around the clock, for bookings.
    pub seats: Seats,
}

impl Ground {
    /// Makes it. The workspace must not have been used before.
    pub fn make(admin: &Client) -> Result<Self> {
        let mut session = admin.connect()?;
        let mut hosts = Vec::new();
        for (number, zone) in ZONES.iter().enumerate() {
            let host = create_host(&mut session, &format!("bench-listed-{number}"), zone, ["08:00", "20:00"])?;
            for day in 7..7 + BUSY_DAYS {
                let input = json!({
                    "idempotencyKey": format!("bench-busy-{number}-{day}"), "hostId": host,
                    "startsAt": format!("2036-01-{day:02}T14:00:00Z"), "endsAt": format!("2036-01-{day:02}T15:00:00Z"),
                });
                session.change(ADD_BUSY_TIME, &input)?;
            }
            hosts.push(host);
        }
        let offer_of_one = create_offer(&mut session, "bench-one", &hosts[..1], 30)?;
        let offer_of_ten = create_offer(&mut session, "bench-ten", &hosts, 30)?;
        let name = |number| format!("bench-booked-{number}");
        let booked =
            (0..BOOKED_HOSTS).map(|number| create_host(&mut session, &name(number), "UTC", ["00:00", "24:00"]));
        let booked = booked.collect::<Result<Vec<_>>>()?;
        let offer = create_offer(&mut session, "bench-booked", &booked, 15)?;
        let starts = starts(&mut session, &offer)?;
        Ok(Self {
            offer_of_one,
            offer_of_ten,
            seats: Seats { offer, hosts: booked, starts, taken: AtomicUsize::new(0) },
        })
    }
}

/// The variables of [`AVAILABILITY`].
pub fn range_of(offer: &str) -> Value {
    range(offer, (FROM, UNTIL))
}

fn range(offer: &str, (from, until): (&str, &str)) -> Value {
    json!({"input": {"meetingTypeId": offer, "from": from, "until": until}})
}

/// Every free slot of every host for bookings, each given out once.
pub struct Seats {
    offer: String,
    hosts: Vec<String>,
    starts: Vec<String>,
    taken: AtomicUsize,
}

impl Seats {
    /// The input of a booking that nobody else makes: another slot, another invitee, another key. Host after host at
    /// one time, then the next time.
    pub fn take(&self) -> Value {
        let number = self.taken.fetch_add(1, Ordering::Relaxed);
        let host = &self.hosts[number % self.hosts.len()];
        // When all are given out, the first ones come again; `check` says so before a number is believed.
        let start = &self.starts[number / self.hosts.len() % self.starts.len()];
        json!({
            "idempotencyKey": format!("bench-book-{number}"), "meetingTypeId": self.offer, "hostId": host,
            "startsAt": start, "timeZone": "Europe/Paris", "invitee": {"email": format!("invitee{number}@bench.example")},
        })
    }

    /// Fails when more were asked for than there are.
    pub fn check(&self) -> Result<()> {
        let all = self.hosts.len() * self.starts.len();
        ensure!(
            self.taken.load(Ordering::Relaxed) <= all,
            "the bench ran out of its {all} free slots; shorten its rounds"
        );
        Ok(())
    }
}

fn create_host(session: &mut Session<'_>, name: &str, zone: &str, [start, end]: [&str; 2]) -> Result<String> {
    let days = ["MONDAY", "TUESDAY", "WEDNESDAY", "THURSDAY", "FRIDAY", "SATURDAY", "SUNDAY"];
    let weekly: Vec<_> = days.iter().map(|day| json!({"weekday": day, "start": start, "end": end})).collect();
    let input = json!({
        "idempotencyKey": name, "name": name, "email": format!("{name}@bench.example"),
        "schedule": {"timeZone": zone, "weekly": weekly},
    });
    id_of(&session.change(CREATE_HOST, &input)?["host"])
}

fn create_offer(session: &mut Session<'_>, slug: &str, hosts: &[String], minutes: u32) -> Result<String> {
    let rules = json!({"durationMinutes": minutes});
    let input = json!({"idempotencyKey": slug, "name": slug, "slug": slug, "hostIds": hosts, "rules": rules});
    id_of(&session.change(CREATE_OFFER, &input)?["meetingType"])
}

fn starts(session: &mut Session<'_>, offer: &str) -> Result<Vec<String>> {
    let mut starts = Vec::new();
    for part in PARTS {
        let data = session.ask(AVAILABILITY, &range(offer, part))?;
        let slots = data["availability"]["slots"].as_array().context("availability without slots")?;
        starts.extend(slots.iter().filter_map(|slot| slot["startsAt"].as_str().map(str::to_owned)));
    }
    ensure!(!starts.is_empty(), "the offer for bookings has no free slots");
    Ok(starts)
}

fn id_of(object: &Value) -> Result<String> {
    object["id"].as_str().map(str::to_owned).context("an object without an id")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_seat_is_given_out_twice_before_all_are() {
        let list = |prefix: &str, count| (0..count).map(|number| format!("{prefix}{number}")).collect::<Vec<_>>();
        let (hosts, starts) = (list("h", 3), list("s", 4));
        let seats = Seats { offer: "offer".to_owned(), hosts, starts, taken: AtomicUsize::new(0) };
        let place = |input: Value| format!("{}{}", input["hostId"], input["startsAt"]);
        let mut given: Vec<_> = (0..12).map(|_| place(seats.take())).collect();
        given.sort();
        given.dedup();
        assert_eq!(given.len(), 12);
        seats.check().unwrap();
        seats.take();
        assert_eq!(
            seats.check().unwrap_err().to_string(),
            "the bench ran out of its 12 free slots; shorten its rounds"
        );
    }
}
