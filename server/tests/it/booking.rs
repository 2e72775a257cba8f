//! One slot, one meeting: whoever asks, in whatever order, however many at once.

use std::collections::BTreeMap;

use futures_util::future::join_all;
use serde_json::{Value, json};

use crate::support::{App, Offer, Store, always, codes};

/// A day far enough ahead that every test may have it to itself.
fn at(time: &str) -> String {
    format!("2035-01-02T{time}:00Z")
}

const DAY: (&str, &str) = ("2035-01-02T00:00:00Z", "2035-01-03T00:00:00Z");

/// How many bookings came to each end.
fn ends(payloads: &[Value]) -> BTreeMap<String, usize> {
    let mut ends = BTreeMap::new();
    for payload in payloads {
        let end = codes(payload).first().map_or("BOOKED", |code| *code).to_owned();
        *ends.entry(end).or_default() += 1;
    }
    ends
}

fn counts<const N: usize>(expected: [(&str, usize); N]) -> BTreeMap<String, usize> {
    expected.map(|(end, count)| (end.to_owned(), count)).into()
}

both_stores!(of_two_hundred_who_want_one_slot_one_gets_it, async |app: App| {
    let offer = app.open_offer(30).await;
    let caller = app.as_persona("anonymous");
    let selection = "meeting { id } errors { ... on SlotTaken { alternatives { startsAt } } }";
    let attempts = (0..200).map(|_| caller.insist("bookMeeting", offer.booking(&at("10:00")), selection));
    let payloads = join_all(attempts).await;

    assert_eq!(ends(&payloads), counts([("BOOKED", 1), ("SLOT_TAKEN", 199)]));
    let lost = payloads.iter().filter(|payload| payload["meeting"].is_null());
    for alternatives in lost.map(|payload| &payload["errors"][0]["alternatives"]) {
        let starts: Vec<_> = alternatives.as_array().unwrap().iter().map(|slot| &slot["startsAt"]).collect();
        let near = ["09:00", "09:15", "09:30", "10:30", "10:45", "11:00"].map(at);
        assert_eq!(starts, near.iter().collect::<Vec<_>>());
    }
    assert_eq!(booked_events(&app).await, 1);
});

async fn booked_events(app: &App) -> usize {
    app.settled().await;
    let document = r#"{ events(first: 100, filter: {types: ["meeting_booked"]}) { nodes { id } } }"#;
    app.as_persona("ops").gql(document, json!({})).await["events"]["nodes"].as_array().unwrap().len()
}

both_stores!(of_overlapping_times_of_unequal_length_one_is_booked, async |app: App| {
    let host = app.host(always()).await;
    let long = app.offer(&[&host], json!({"durationMinutes": 60})).await;
    let short = app.offer(&[&host], json!({"durationMinutes": 15})).await;
    let (at_ten, within) = (at("10:00"), at("10:30"));
    let attempts = (0..20).flat_map(|_| [long.book(&at_ten), short.book(&within)]);
    let payloads = join_all(attempts).await;

    assert_eq!(ends(&payloads), counts([("BOOKED", 1), ("SLOT_TAKEN", 39)]));
});

async fn hold(offer: &Offer<'_>, persona: &str, start: &str) -> Value {
    let input = json!({"meetingTypeId": offer.id, "startsAt": start, "minutes": 5});
    offer.app.as_persona(persona).mutate("holdSlot", input, "hold { id }").await
}

async fn book_held(offer: &Offer<'_>, persona: &str, start: &str, hold: &Value) -> Value {
    let mut input = offer.booking(start);
    input["holdId"] = hold["hold"]["id"].clone();
    offer.app.as_persona(persona).mutate("bookMeeting", input, "meeting { startsAt }").await
}

both_stores!(the_alternatives_are_told_by_the_visitors_clock, async |app: App| {
    let offer = app.open_offer(30).await;
    let start = at("10:00");
    offer.booked(&start).await;
    let asked = json!({"meetingTypeId": offer.id, "startsAt": start, "timeZone": "America/New_York"});
    let alternatives = "errors { ... on SlotTaken { alternatives { startsAt localStart } } }";
    let booking = json!({"invitee": {"email": "gwen@example.com"}});
    for (mutation, more) in [("bookMeeting", booking), ("holdSlot", json!({}))] {
        let mut input = asked.clone();
        input.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        let refused = app.as_persona("anonymous").mutate(mutation, input, alternatives).await;
        let first = &refused["errors"][0]["alternatives"][0];
        assert_eq!(first, &json!({"startsAt": at("09:00"), "localStart": "2035-01-02T04:00:00-05:00"}), "{mutation}");
    }
});

both_stores!(a_hold_is_for_whoever_made_it, async |app: App| {
    let offer = app.open_offer(30).await;
    let start = at("10:00");
    let held = hold(&offer, "anonymous", &start).await;

    let mut without = offer.booking(&start);
    without["idempotencyKey"] = json!("without-the-hold");
    let refused = app.as_persona("admin").mutate("bookMeeting", without, "meeting { id }").await;
    assert_eq!(codes(&refused), ["SLOT_TAKEN"]);
    assert_eq!(codes(&hold(&offer, "admin", &start).await), ["SLOT_TAKEN"]);
    assert_eq!(codes(&book_held(&offer, "admin", &start, &held).await), ["HOLD_EXPIRED"]);
    assert_eq!(codes(&book_held(&offer, "anonymous", &at("11:00"), &held).await), ["HOLD_EXPIRED"]);
    assert!(!offer.starts(DAY.0, DAY.1).await.contains(&start));

    let booked = book_held(&offer, "anonymous", &start, &held).await;
    assert_eq!(booked, json!({"meeting": {"startsAt": start}, "errors": []}));
    assert_eq!(codes(&book_held(&offer, "anonymous", &start, &held).await), ["HOLD_EXPIRED"]);
});

both_stores!(a_released_hold_frees_its_time, async |app: App| {
    let offer = app.open_offer(30).await;
    let held = hold(&offer, "anonymous", &at("10:00")).await;
    let release = json!({"holdId": held["hold"]["id"]});

    let foreign = app.as_persona("admin").mutate("releaseHold", release.clone(), "holdId").await;
    assert_eq!(codes(&foreign), ["NOT_FOUND"]);
    let released = app.as_persona("anonymous").mutate("releaseHold", release, "holdId").await;
    assert_eq!(released, json!({"holdId": held["hold"]["id"], "errors": []}));
    assert_eq!(codes(&offer.book(&at("10:00")).await), [""; 0]);
});

#[tokio::test]
async fn a_hold_ends_by_itself_on_sqlite() {
    a_hold_ends_by_itself(Store::Sqlite).await;
}

#[tokio::test]
async fn a_hold_ends_by_itself_on_postgres() {
    a_hold_ends_by_itself(Store::Postgres).await;
}

async fn a_hold_ends_by_itself(store: Store) {
    let mut app = App::sandbox_at(store, "2026-01-01T00:00:00Z").await;
    let (offer, held) = {
        let offer = app.open_offer(30).await;
        let held = hold(&offer, "anonymous", &at("10:00")).await;
        assert_eq!(codes(&offer.book(&at("10:00")).await), ["SLOT_TAKEN"]);
        (offer.id, held)
    };
    app.travel("2026-01-01T00:06:00Z").await;

    let offer = Offer { app: &app, id: offer };
    assert_eq!(codes(&book_held(&offer, "anonymous", &at("10:00"), &held).await), ["HOLD_EXPIRED"]);
    assert!(offer.starts(DAY.0, DAY.1).await.contains(&at("10:00")));
    assert_eq!(codes(&offer.book(&at("10:00")).await), [""; 0]);
}

const WHOLE: &str = "meeting { id status startsAt sequence version calendarUid host { id } contact { id owner { id } } \
                     attribution { originalSource } }";

both_stores!(a_meeting_that_moves_keeps_what_it_is, async |app: App| {
    let offer = app.open_offer(30).await;
    let mut input = offer.booking(&at("10:00"));
    input["idempotencyKey"] = json!("first");
    let before = app.as_persona("admin").mutate("bookMeeting", input, WHOLE).await["meeting"].take();
    let to = json!({"meetingId": before["id"], "startsAt": at("10:15"), "expectedVersion": 1});
    let after = app.as_persona("admin").mutate("rescheduleMeeting", to, WHOLE).await["meeting"].take();

    let mut expected = before.clone();
    expected["startsAt"] = json!(at("10:15"));
    expected["sequence"] = json!(before["sequence"].as_i64().unwrap() + 1);
    expected["version"] = json!(2);
    assert_eq!(after, expected);
    assert_eq!(codes(&offer.book(&at("09:45")).await), [""; 0], "the old time is free again");
    assert_eq!(codes(&offer.book(&at("10:30")).await), ["SLOT_TAKEN"]);
    let stale = json!({"meetingId": before["id"], "startsAt": at("12:00"), "expectedVersion": 1});
    let refused = app.as_persona("admin").mutate("rescheduleMeeting", stale, WHOLE).await;
    assert_eq!(codes(&refused), ["VERSION_CONFLICT"]);
});

both_stores!(a_meeting_that_is_cancelled_gives_its_time_back, async |app: App| {
    let offer = app.open_offer(30).await;
    let cancel = json!({"meetingId": offer.booked(&at("10:00")).await, "reason": "Ill"});
    let ops = app.as_persona("ops");
    let cancelled = ops.mutate("cancelMeeting", cancel.clone(), "meeting { status cancelReason sequence }").await;

    let meeting = json!({"status": "CANCELLED", "cancelReason": "Ill", "sequence": 1});
    assert_eq!(cancelled, json!({"meeting": meeting, "errors": []}));
    assert_eq!(codes(&ops.mutate("cancelMeeting", cancel, "meeting { id }").await), ["MEETING_NOT_ACTIVE"]);
    assert_eq!(codes(&offer.book(&at("10:00")).await), [""; 0]);
});

both_stores!(a_cancelled_meeting_cannot_move, async |app: App| {
    let offer = app.open_offer(30).await;
    let meeting = offer.booked(&at("10:00")).await;
    let ops = app.as_persona("ops");
    ops.mutate("cancelMeeting", json!({"meetingId": meeting}), "meeting { id }").await;
    let to = json!({"meetingId": meeting, "startsAt": at("12:00")});
    assert_eq!(codes(&ops.mutate("rescheduleMeeting", to, "meeting { id }").await), ["MEETING_NOT_ACTIVE"]);
});

both_stores!(round_robin_stays_fair_under_a_rush, async |app: App| {
    let hosts = [app.host(always()).await, app.host(always()).await, app.host(always()).await];
    let offer = app.offer(&[&hosts[0], &hosts[1], &hosts[2]], json!({"durationMinutes": 15})).await;
    let starts: Vec<_> = (0..60).map(|slot| at(&format!("{:02}:{:02}", slot / 4, slot % 4 * 15))).collect();
    let payloads = join_all(starts.iter().map(|start| offer.book(start))).await;

    let mut shares = BTreeMap::new();
    for payload in &payloads {
        *shares.entry(payload["meeting"]["host"]["id"].as_str().unwrap()).or_insert(0) += 1;
    }
    assert_eq!(shares, hosts.iter().map(|host| (host.as_str(), 20)).collect());
});

both_stores!(a_limit_a_day_holds_under_a_rush, async |app: App| {
    let host = app.host(always()).await;
    let rules = json!({"durationMinutes": 15, "limits": {"meetingsPerDay": 2}});
    let offer = app.offer(&[&host], rules).await;
    let starts: Vec<_> = (0..20).map(|hour| at(&format!("{hour:02}:00"))).collect();
    let payloads = join_all(starts.iter().map(|start| offer.book(start))).await;

    assert_eq!(ends(&payloads), counts([("BOOKED", 2), ("SLOT_NOT_OFFERED", 18)]));
});

both_stores!(what_changes_nothing_is_no_news, async |app: App| {
    let offer = app.open_offer(30).await;
    let id = offer.booked(&at("10:00")).await;
    let admin = app.as_persona("admin");
    let whole = "meeting { version sequence status }";
    let told = async |kind: &str| app.log_text().await.matches(kind).count();

    let same = json!({"meetingId": id, "startsAt": at("10:00")});
    let stays = admin.mutate("rescheduleMeeting", same, whole).await;
    assert_eq!(stays["meeting"], json!({"version": 1, "sequence": 0, "status": "CONFIRMED"}));
    assert_eq!(told("meeting_rescheduled").await, 0);

    let came = json!({"meetingId": id, "outcome": "COMPLETED"});
    for _ in 0..2 {
        let noted = admin.mutate("recordMeetingOutcome", came.clone(), whole).await;
        assert_eq!(noted["meeting"], json!({"version": 2, "sequence": 0, "status": "COMPLETED"}));
    }
    app.settled().await;
    assert_eq!(told("meeting_outcome").await, 1);
});
