//! Who reacts to what. This match is the whole answer to "what happens when …".
//!
//! Subscriptions and the event log are not in it: they read every event by its position.

use domain::events::{Event, Fact};
use domain::ids::ConnectionId;
use domain::integrations::Job;
use domain::webhooks::endpoint::{EndpointChange, MessageKind};
use persistence::webhooks::Subscriber;

/// The deliveries that a fact leads to, in a workspace with these CRM connections. There is no wildcard on purpose: a
/// new fact does not compile until somebody has decided who reacts to it.
pub(crate) fn jobs(fact: &Fact, crms: &[ConnectionId]) -> Vec<Job> {
    match fact {
        Fact::SubmissionReceived { submission } => vec![Job::RunPipeline { submission: *submission }],
        Fact::ContactCreated { contact, .. } | Fact::ContactUpdated { contact, .. } => {
            crms.iter().map(|&connection| Job::SyncContact { connection, contact: *contact }).collect()
        }
        Fact::TaskCreated { task, contact, .. } => {
            crms.iter().map(|&connection| Job::SyncTask { connection, contact: *contact, task: *task }).collect()
        }
        Fact::MeetingBooked { meeting }
        | Fact::MeetingRescheduled { meeting, .. }
        | Fact::MeetingCancelled { meeting }
        | Fact::MeetingOutcomeRecorded { meeting, .. } => crms
            .iter()
            .map(|&connection| Job::SyncMeeting { connection, contact: meeting.contact, meeting: meeting.id })
            .collect(),
        // Nobody: score and owner are fields of the contact and are written in the step that updates it; a form's
        // contact has an event of its own; no destination keeps consent yet; and a receipt is the echo of a delivery,
        // to which a CRM's reaction would never end; a corrected form is a delivery already. Endpoints are told by
        // [`webhooks`].
        Fact::ScoreChanged { .. }
        | Fact::MqlReached { .. }
        | Fact::LeadRouted { .. }
        | Fact::FormSubmitted { .. }
        | Fact::ConsentRecorded { .. }
        | Fact::CrmReceipt { .. }
        | Fact::WebhookEndpointChanged { .. }
        | Fact::DeadLetterEdited { .. } => Vec::new(),
    }
}

/// The webhooks that an event leads to: to every endpoint of the workspace whose filter it passes, and to the endpoint
/// that is to be tried. An endpoint is never told of itself.
pub(crate) fn webhooks(event: &Event, subscribers: &[Subscriber]) -> Vec<Job> {
    let id = event.id;
    let subject = match event.fact {
        Fact::WebhookEndpointChanged { endpoint, change } => Some((endpoint, change)),
        _ => None,
    };
    let message = match subject {
        Some((_, EndpointChange::VerificationRequested)) => Some(MessageKind::Verification),
        Some((_, EndpointChange::TestRequested)) => Some(MessageKind::Test),
        _ => None,
    };
    let tried = subject.zip(message).map(|((endpoint, _), message)| Job::TryWebhook { endpoint, event: id, message });
    let told = subscribers
        .iter()
        .filter(|subscriber| subscriber.workspace == event.workspace && subscriber.filter.matches(event))
        .filter(|subscriber| subject.is_none_or(|(endpoint, _)| endpoint != subscriber.endpoint))
        .map(|subscriber| subscriber.endpoint)
        .map(|endpoint| Job::SendWebhook { endpoint, event: id, entity: event.fact.entity(), replay: None });
    tried.into_iter().chain(told).collect()
}

#[cfg(test)]
mod tests {
    use domain::events::EventType;
    use domain::ids::EntityId;
    use serde_json::{Value, json};

    use super::*;

    const A: u8 = 10;
    const B: u8 = 11;

    fn id(prefix: &str, number: u8) -> String {
        let text = ConnectionId::from_uuid(uuid::Uuid::from_u128(number.into())).to_string();
        text.replacen("cxn", prefix, 1)
    }

    fn meeting() -> Value {
        json!({
            "id": id("mtg", 1), "contact": id("con", 2), "meeting_type": id("mtt", 3), "host": id("hst", 4),
            "title": "Intro", "starts_at": "2026-03-02T09:00:00Z", "ends_at": "2026-03-02T09:30:00Z",
            "contact_zone": "Asia/Tokyo", "host_zone": "Europe/Berlin", "status": "confirmed", "location": null,
            "calendar_uid": "u", "sequence": 0, "attribution": {}, "note": null, "cancel_reason": null,
            "booked_at": "2026-03-01T09:00:00Z", "updated_at": "2026-03-01T09:00:00Z", "version": 1,
        })
    }

    /// A fact of the type, with every field that any fact has.
    fn fact(kind: EventType) -> Fact {
        let any = json!({
            "type": kind.as_str(), "submission": id("sub", 6), "contact": id("con", 2), "version": 1,
            "record": id("cns", 7), "score": 1, "threshold": 1, "model_version": 1, "decision": id("rtd", 8),
            "owner": null, "task": id("tsk", 5), "due_at": "2026-03-02T09:00:00Z", "meeting": meeting(),
            "previous_starts_at": "2026-03-01T09:00:00Z", "outcome": "completed", "connection": id("cxn", A),
            "entity": "e", "external_id": "x", "endpoint": id("wep", 12), "change": "created",
            "delivery": id("dlv", 13), "fields": ["/contact/email"], "reason": "r",
        });
        serde_json::from_value(any).unwrap()
    }

    fn text(job: &Job) -> String {
        let via = job.connection().map_or(String::new(), |connection| {
            if connection.to_string() == id("cxn", A) { " via A".to_owned() } else { " via B".to_owned() }
        });
        let about = match job {
            Job::RunPipeline { submission } => format!("run {submission}"),
            Job::SyncContact { contact, .. } => format!("sync {contact}"),
            Job::SyncTask { contact, task, .. } => format!("sync {task} of {contact}"),
            Job::SyncMeeting { contact, meeting, .. } => format!("sync {meeting} of {contact}"),
            Job::SendWebhook { endpoint, event, entity, .. } => format!("tell {endpoint} of {event} in {entity}"),
            Job::Unreadable { destination, .. } => format!("read anew for {destination}"),
            Job::TryWebhook { endpoint, message, .. } => format!("try {endpoint} with {message:?}"),
        };
        about.replace("0000000000000000000000000", "") + &via
    }

    fn check(crms: &[u8], expected: &[(&str, &str)]) {
        let crms: Vec<ConnectionId> = crms.iter().map(|&number| id("cxn", number).parse().unwrap()).collect();
        let routed: Vec<(&str, String)> = EventType::ALL
            .iter()
            .map(|kind| {
                let jobs = jobs(&fact(*kind), &crms);
                (kind.as_str(), jobs.iter().map(text).collect::<Vec<_>>().join(", "))
            })
            .filter(|(_, jobs)| !jobs.is_empty())
            .collect();
        let routed: Vec<(&str, &str)> = routed.iter().map(|(kind, jobs)| (*kind, jobs.as_str())).collect();
        assert_eq!(routed, expected);
    }

    #[test]
    fn a_workspace_without_a_crm_runs_the_pipeline_only() {
        check(&[], &[("submission_received", "run sub_6")]);
    }

    #[test]
    fn every_crm_is_told_about_contacts_tasks_and_meetings_and_nothing_else() {
        let meeting = "sync mtg_1 of con_2 via A, sync mtg_1 of con_2 via B";
        check(
            &[A, B],
            &[
                ("submission_received", "run sub_6"),
                ("contact_created", "sync con_2 via A, sync con_2 via B"),
                ("contact_updated", "sync con_2 via A, sync con_2 via B"),
                ("task_created", "sync tsk_5 of con_2 via A, sync tsk_5 of con_2 via B"),
                ("meeting_booked", meeting),
                ("meeting_rescheduled", meeting),
                ("meeting_cancelled", meeting),
                ("meeting_outcome", meeting),
            ],
        );
    }

    /// A fact in the log of workspace 1, and who of endpoints 1 (all types) and 2 (endpoints), and of workspace 2, is
    /// told.
    fn check_webhooks(fact: &Fact, expected: &[&str]) {
        let event: Event = serde_json::from_value(json!({
            "id": id("evt", 9), "workspace": id("wsp", 1), "position": 1, "fact": fact, "correlation": "c",
            "occurred_at": "2026-03-02T09:00:00Z", "actor": serde_json::to_value(domain::access::Actor::System).unwrap(),
        }))
        .unwrap();
        let subscriber = |workspace: u8, endpoint: u8, filter: Value| Subscriber {
            workspace: id("wsp", workspace).parse().unwrap(),
            endpoint: id("wep", endpoint).parse().unwrap(),
            filter: serde_json::from_value(filter).unwrap(),
        };
        let of_endpoints = json!({"types": ["webhook_endpoint_changed"]});
        let subscribers =
            [subscriber(1, 1, json!({})), subscriber(1, 2, of_endpoints.clone()), subscriber(2, 3, of_endpoints)];
        let jobs: Vec<String> = webhooks(&event, &subscribers).iter().map(text).collect();
        assert_eq!(jobs, expected);
    }

    #[test]
    fn endpoints_are_told_what_their_filters_let_through() {
        check_webhooks(&fact(EventType::MqlReached), &["tell wep_1 of evt_9 in con_2"]);
        check_webhooks(&fact(EventType::WebhookEndpointChanged), &["tell wep_2 of evt_9 in wep_c"]);
    }

    #[test]
    fn an_endpoint_is_tried_when_asked_for_and_never_told_of_itself() {
        let changed = |endpoint: u8, change: &str| {
            let fact = json!({"type": "webhook_endpoint_changed", "endpoint": id("wep", endpoint), "change": change});
            serde_json::from_value(fact).unwrap()
        };
        let tell = "tell wep_2 of evt_9 in wep_1";
        check_webhooks(&changed(1, "verification_requested"), &["try wep_1 with Verification", tell]);
        check_webhooks(&changed(1, "test_requested"), &["try wep_1 with Test", tell]);
        check_webhooks(&changed(2, "disabled"), &[]);
    }
}
