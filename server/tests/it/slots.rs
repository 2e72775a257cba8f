//! Offered times through the running server, on days on which clocks change. The starts are those of the calendar,
//! worked out by hand.

use serde_json::{Value, json};

use crate::support::{App, Offer, Store, always, every_day};

/// Before every date in here.
const CLOCK: &str = "2026-01-01T00:00:00Z";

/// The whole-day range of these dates in every zone.
fn around(date: &str) -> (String, String) {
    let day: chrono::NaiveDate = date.parse().unwrap();
    let instant = |day: chrono::NaiveDate| format!("{day}T00:00:00Z");
    (instant(day.pred_opt().unwrap()), instant(day.succ_opt().unwrap().succ_opt().unwrap()))
}

/// The slots of one host with these hours on a date, in the zone of the host: their labels and instants.
async fn offered(app: &App, zone: &str, (start, end): (&str, &str), minutes: u32, date: &str) -> Vec<(String, String)> {
    let host = app.host(every_day(zone, start, end)).await;
    let offer = app.offer(&[&host], json!({"durationMinutes": minutes})).await;
    seen_from(&offer, zone, date).await
}

/// The slots of an offer on the viewer's date.
async fn seen_from(offer: &Offer<'_>, zone: &str, date: &str) -> Vec<(String, String)> {
    let (from, until) = around(date);
    let input = json!({"meetingTypeId": offer.id, "from": from, "until": until, "timeZone": zone});
    let document = "query ($input: AvailabilityInput!) { \
                    availability(input: $input) { days { date slots { startsAt localStart } } } }";
    let answer = offer.app.as_persona("anonymous").gql(document, json!({"input": input})).await;
    let days = answer["availability"]["days"].as_array().unwrap();
    let day = days.iter().find(|day| day["date"] == date).map(|day| day["slots"].as_array().unwrap());
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    day.into_iter().flatten().map(|slot| (text(&slot["localStart"]), text(&slot["startsAt"]))).collect()
}

/// The UTC times of day, `06:00`.
fn utc(slots: &[(String, String)]) -> Vec<&str> {
    slots.iter().map(|(_, start)| &start[11..16]).collect()
}

async fn every_case(store: Store) {
    let app = App::sandbox_at(store, CLOCK).await;
    let new_york = "America/New_York";

    let spring = offered(&app, new_york, ("01:00", "04:00"), 30, "2026-03-08").await;
    assert_eq!(utc(&spring), ["06:00", "06:30", "07:00", "07:30"]);

    let autumn = offered(&app, new_york, ("00:00", "03:00"), 60, "2026-11-01").await;
    assert_eq!(utc(&autumn), ["04:00", "05:00", "06:00", "07:00"]);
    let labels: Vec<_> = autumn.iter().map(|(label, _)| &label[11..]).collect();
    assert_eq!(labels, ["00:00:00-04:00", "01:00:00-04:00", "01:00:00-05:00", "02:00:00-05:00"]);

    for (date, expected) in [("2026-03-08", 46), ("2026-03-09", 48), ("2026-11-01", 50)] {
        let day = offered(&app, new_york, ("00:00", "24:00"), 30, date).await;
        assert_eq!(day.len(), expected, "{date}");
    }

    let no_midnight = offered(&app, "Africa/Cairo", ("09:00", "11:00"), 60, "2026-04-24").await;
    assert_eq!(utc(&no_midnight), ["06:00", "07:00"]);
}

#[tokio::test]
async fn hours_mean_what_the_clock_on_the_wall_says_on_sqlite() {
    every_case(Store::Sqlite).await;
}

#[tokio::test]
async fn hours_mean_what_the_clock_on_the_wall_says_on_postgres() {
    every_case(Store::Postgres).await;
}

#[tokio::test]
async fn a_viewer_s_zone_changes_labels_and_nothing_else() {
    let app = App::sandbox_at(Store::Sqlite, CLOCK).await;
    let host = app.host(every_day("Asia/Kolkata", "09:00", "12:00")).await;
    let offer = app.offer(&[&host], json!({"durationMinutes": 60})).await;
    for (viewer, first) in [
        ("Asia/Kolkata", "2026-06-02T09:00:00+05:30"),
        ("Europe/London", "2026-06-02T04:30:00+01:00"),
        ("Pacific/Kiritimati", "2026-06-02T17:30:00+14:00"),
    ] {
        let seen = seen_from(&offer, viewer, "2026-06-02").await;
        assert_eq!(utc(&seen), ["03:30", "04:30", "05:30"], "{viewer}");
        assert_eq!(seen[0].0, first);
    }
    let the_evening_before = seen_from(&offer, "America/Los_Angeles", "2026-06-01").await;
    assert_eq!(utc(&the_evening_before), ["03:30", "04:30", "05:30"]);
}

#[tokio::test]
async fn several_hosts_offer_what_any_of_them_can_take_and_tell_who() {
    let app = App::sandbox_at(Store::Sqlite, CLOCK).await;
    let new_york = app.host(every_day("America/New_York", "09:00", "10:00")).await;
    let london = app.host(every_day("Europe/London", "13:00", "15:00")).await;
    let offer = app.offer(&[&new_york, &london], json!({"durationMinutes": 60})).await;
    // Between the two changes of the clock London is four hours ahead, else five.
    for (date, expected) in [
        ("2026-03-10", json!([["13:00", [&new_york, &london]], ["14:00", [&london]]])),
        ("2026-03-31", json!([["12:00", [&london]], ["13:00", [&new_york, &london]]])),
    ] {
        let input = json!({
            "meetingTypeId": offer.id, "from": format!("{date}T00:00:00Z"), "until": format!("{date}T23:59:00Z"),
        });
        let document = "query ($input: AvailabilityInput!) { \
                        availability(input: $input) { slots { startsAt hosts { id } } } }";
        let data = app.as_persona("anonymous").gql(document, json!({"input": input})).await;
        let slots = data["availability"]["slots"].as_array().unwrap().iter().map(|slot| {
            let hosts: Vec<_> = slot["hosts"].as_array().unwrap().iter().map(|host| &host["id"]).collect();
            json!([&slot["startsAt"].as_str().unwrap()[11..16], hosts])
        });
        assert_eq!(Value::Array(slots.collect()), expected, "{date}");
    }
}

both_stores!(an_answer_without_end_is_refused_before_it_is_made, async |app: App| {
    let host = app.host(always()).await;
    let offer = app.offer(&[&host], json!({"durationMinutes": 30, "intervalMinutes": 5})).await;
    let year = json!({"meetingTypeId": offer.id, "from": "2035-01-01T00:00:00Z", "until": "2036-01-01T00:00:00Z"});
    let document = "query ($input: AvailabilityInput!) { availability(input: $input) { slots { startsAt } } }";
    let caller = app.as_persona("anonymous");
    let reply = caller.gql_response(document, json!({"input": year})).await;
    let error = &reply.body["errors"][0];
    assert_eq!(
        (&error["extensions"]["code"], &error["extensions"]["field"]),
        (&json!("FIELD_MISMATCH"), &json!("input.until"))
    );
    assert_eq!(error["message"], "There are more than 50000 slots, counted for each host: ask for a shorter range.");
    assert_eq!(offer.starts("2035-01-01T00:00:00Z", "2035-02-01T00:00:00Z").await.len(), 31 * 24 * 12);

    let dear = document.replace(
        "startsAt",
        "startsAt endsAt localStart hosts { id name } a: hosts { id name } \
                                 b: hosts { id name } c: hosts { id name } d: hosts { id name } e: hosts { id name } \
                                 f: hosts { id name } g: hosts { id name } h: hosts { id name }",
    );
    let reply = caller.gql_response(&dear, json!({"input": year})).await;
    assert_eq!(reply.body["errors"][0]["extensions"]["code"], "COST_EXCEEDED", "{}", reply.body);
});
