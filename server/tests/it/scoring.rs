//! The score follows what a contact does, whatever comes first.

use serde_json::json;

use crate::support::App;

both_stores!(a_booking_and_its_outcome_score_at_once, async |app: App| {
    let admin = app.as_persona("admin");
    let came = json!({"fact": "activity", "kind": "meeting_outcome", "times_max": 1,
                      "property": {"name": "outcome", "is": {"equals": "completed"}}});
    let rules = json!([
        {"name": "booked", "points": 30, "when": {"fact": "activity", "kind": "meeting_booked", "times_max": 1}},
        {"name": "came", "points": 25, "when": came},
    ]);
    let published = admin.mutate("publishScoringModel", json!({"threshold": 50, "rules": rules}), "version").await;
    assert_eq!(published["errors"], json!([]));

    let offer = app.open_offer(30).await;
    let meeting = offer.booked("2031-01-07T10:00:00Z").await;
    let look = "query($id: ID!) { meeting(id: $id) { contact { id score lifecycle } } }";
    let contact = admin.gql(look, json!({"id": meeting})).await["meeting"]["contact"].take();
    assert_eq!((&contact["score"], &contact["lifecycle"]), (&json!(30), &json!("LEAD")));

    for outcome in ["COMPLETED", "NO_SHOW", "COMPLETED"] {
        let input = json!({"meetingId": meeting, "outcome": outcome});
        admin.mutate("recordMeetingOutcome", input, "meeting { id }").await;
    }
    let after = admin.gql(look, json!({"id": meeting})).await["meeting"]["contact"].take();
    assert_eq!((&after["score"], &after["lifecycle"]), (&json!(55), &json!("MQL")));
    app.settled().await;
    let log =
        "query($id: ID!) { events(filter: {entityId: $id, types: [\"MQL_reached\"]}, first: 10) { nodes { type } } }";
    let events = admin.gql(log, json!({"id": contact["id"]})).await;
    assert_eq!(events["events"]["nodes"], json!([{"type": "MQL_reached"}]), "once, although it was reached twice");
});
