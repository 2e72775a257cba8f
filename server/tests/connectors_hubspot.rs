//! The HubSpot connector against a HubSpot that loses answers, over real TCP.

#![expect(clippy::unwrap_used, reason = "a test ends where its stage cannot be set")]

use std::collections::BTreeMap;
use std::time::Duration;

use chrono::{DateTime, Utc};
use connectors::crm::hubspot::HubSpot;
use connectors::http::{Http, Timeouts};
use domain::ids::{ContactId, EntityId, IdSource, MeetingId, TaskId};
use domain::integrations::crm::{
    Call, Crm, CrmContact, CrmMeeting, CrmMeetingOutcome, CrmTask, CrmTaskPriority, CrmTaskStatus, ExternalRecord,
    Fault,
};
use domain::operation::{CorrelationId, Edge};
use sandbox::fakes::hubspot::{self, HubSpotFake, Owner, Settings};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use uuid::Uuid;

const TOKEN: &str = "pat-secret-of-the-test";
const OLIVE: &str = "7001";

/// A fake HubSpot, a connector that talks to it, and a back door into it.
struct Stage {
    url: String,
    crm: HubSpot,
    back_door: reqwest::Client,
}

impl Stage {
    async fn set() -> Self {
        let owner = Owner {
            id: OLIVE.to_owned(),
            email: "olive@example.com".to_owned(),
            first_name: "Olive".to_owned(),
            last_name: "Owner".to_owned(),
        };
        let settings = Settings { owners: vec![owner], ..Settings::new(TOKEN) };
        let edge = Edge::new(|| at("2026-11-02T08:00:00Z"), IdSource::new(|_| Uuid::nil()));
        let fake = HubSpotFake::open(settings, edge).unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(hubspot::serve(listener, fake, std::future::pending()));
        let crm = connector(&url, TOKEN);
        Self { url, crm, back_door: reqwest::Client::new() }
    }

    /// Lets the next upserts meet this fault.
    async fn script(&self, mut fault: Value) {
        fault["path_prefix"] = json!("/crm/v3/objects");
        let body = json!({"faults": [fault]});
        let answer = self.back_door.post(format!("{}/_fake/faults", self.url)).json(&body).send().await.unwrap();
        assert!(answer.status().is_success(), "{}", answer.text().await.unwrap());
    }

    async fn objects(&self, kind: &str) -> Vec<Value> {
        let all = self.get(&format!("/_fake/objects/{kind}")).await;
        all["results"].as_array().unwrap().clone()
    }

    async fn get(&self, path: &str) -> Value {
        let request = self.back_door.get(format!("{}{path}", self.url)).bearer_auth(TOKEN);
        request.send().await.unwrap().json().await.unwrap()
    }

    /// Somebody in HubSpot adds a contact, without us.
    async fn stranger(&self, email: &str) -> String {
        let body = json!({"properties": {"email": email, "phone": "+441632960999"}});
        let request =
            self.back_door.post(format!("{}/crm/v3/objects/contacts", self.url)).bearer_auth(TOKEN).json(&body);
        let made: Value = request.send().await.unwrap().json().await.unwrap();
        made["id"].as_str().unwrap().to_owned()
    }

    async fn told(&self, contact: &CrmContact) -> Result<ExternalRecord, Fault> {
        self.crm.upsert_contact(&call(), contact).await
    }
}

fn connector(url: &str, token: &str) -> HubSpot {
    let timeouts = Timeouts { connect: Duration::from_secs(1), total: Duration::from_millis(1500) };
    HubSpot::new(Http::new(timeouts).unwrap(), url, token.to_owned()).unwrap()
}

fn at(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

fn call() -> Call {
    Call { correlation: CorrelationId::from_uuid(Uuid::from_u128(0x0193_5f3a_7c00_7def_8123_4567_89ab_cdef)) }
}

fn contact(number: u128, email: &str) -> CrmContact {
    CrmContact {
        id: ContactId::from_uuid(Uuid::from_u128(number)),
        email: Some(email.to_owned()),
        phone: None,
        first_name: Some("Annabel".to_owned()),
        last_name: Some("Lee".to_owned()),
        company: None,
        job_title: None,
        lead_source: Some("webform".to_owned()),
        original_source: Some("google".to_owned()),
        latest_source: None,
        properties: BTreeMap::from([("utm_source".to_owned(), "google".to_owned())]),
        score: Some(42),
        owner_external_id: Some(OLIVE.to_owned()),
    }
}

fn meeting(contact: &str, outcome: CrmMeetingOutcome) -> CrmMeeting {
    CrmMeeting {
        id: MeetingId::from_uuid(Uuid::from_u128(5)),
        version: 3,
        title: "Demo".to_owned(),
        body: "Agenda".to_owned(),
        starts_at: at("2026-11-03T09:00:00Z"),
        ends_at: at("2026-11-03T09:30:00Z"),
        outcome,
        calendar_uid: "uid-5@meridian".to_owned(),
        location: None,
        join_url: Some("https://video.example/5".to_owned()),
        owner_external_id: Some(OLIVE.to_owned()),
        contact_external_id: contact.to_owned(),
    }
}

fn task(contact: &str, status: Option<CrmTaskStatus>) -> CrmTask {
    CrmTask {
        id: TaskId::from_uuid(Uuid::from_u128(6)),
        subject: "Call Annabel".to_owned(),
        body: "She asked for a demo".to_owned(),
        due_at: at("2026-11-02T08:15:00Z"),
        priority: CrmTaskPriority::High,
        status,
        owner_external_id: Some(OLIVE.to_owned()),
        contact_external_id: contact.to_owned(),
    }
}

/// A result in a few words.
fn word(result: &Result<ExternalRecord, Fault>) -> String {
    match result {
        Ok(record) if record.created => "created".to_owned(),
        Ok(_) => "updated".to_owned(),
        Err(Fault::RetryAfter { after: Some(wait), .. }) => format!("later, {} s", wait.as_secs()),
        Err(Fault::RetryAfter { after: None, .. }) => "later".to_owned(),
        Err(Fault::Permanent { status, code, .. }) => format!("never, {status} {code}"),
        Err(Fault::Reauthorise { .. }) => "reauthorise".to_owned(),
    }
}

/// A contact is told under a fault, then again without it: what each attempt says, and that one contact is there.
async fn check(fault: Value, first: &str, second: &str) {
    let stage = Stage::set().await;
    stage.script(fault.clone()).await;
    let ann = contact(1, "ann@example.com");
    assert_eq!(word(&stage.told(&ann).await), first, "{fault}");
    assert_eq!(word(&stage.told(&ann).await), second, "{fault}");
    assert_eq!(stage.objects("contacts").await.len(), 1, "{fault}");
}

#[tokio::test]
async fn a_refusal_says_when_to_come_back() {
    let limit = |policy: &str| json!({"status": "error", "errorType": "RATE_LIMIT", "policyName": policy});
    check(json!({"fault": "status", "status": 429, "headers": {"Retry-After": "7"}}), "later, 7 s", "created").await;
    check(json!({"fault": "status", "status": 429, "body": limit("TEN_SECONDLY_ROLLING")}), "later, 10 s", "created")
        .await;
    check(json!({"fault": "status", "status": 429, "body": limit("DAILY")}), "later, 3600 s", "created").await;
    check(json!({"fault": "status", "status": 500}), "later", "created").await;
    check(json!({"fault": "status", "status": 503, "headers": {"Retry-After": "30"}}), "later, 30 s", "created").await;
}

#[tokio::test]
async fn a_lost_answer_costs_a_repetition_and_never_a_duplicate() {
    check(json!({"fault": "drop_before"}), "later", "created").await;
    check(json!({"fault": "drop_after_commit"}), "later", "updated").await;
    check(json!({"fault": "delay", "delay_ms": 5000}), "later", "updated").await;
    check(json!({"fault": "status", "status": 502, "act": "first"}), "later", "updated").await;
}

#[tokio::test]
async fn an_answer_that_makes_no_sense_is_asked_for_again() {
    check(json!({"fault": "status", "status": 200, "act": "first", "body": "<html>oops"}), "later", "updated").await;
    check(json!({"fault": "status", "status": 200, "body": {"results": [], "errors": []}}), "later", "created").await;
    check(json!({"fault": "status", "status": 201, "body": {"results": [{"new": true}]}}), "later", "created").await;
}

#[tokio::test]
async fn a_multi_status_is_read_by_trace_id() {
    let ours = ContactId::from_uuid(Uuid::from_u128(1)).to_string();
    let mixed = |trace: &str, category: &str| {
        let error = json!({"status": "error", "category": category, "context": {"objectWriteTraceId": [trace]}});
        let result = json!({"id": "101", "new": true, "properties": {}});
        json!({"fault": "status", "status": 207, "body": {"results": [result], "errors": [error], "numErrors": 1}})
    };
    check(mixed(&ours, "VALIDATION_ERROR"), "never, 207 VALIDATION_ERROR", "created").await;
    check(mixed(&ours, "RATE_LIMITS"), "later, 10 s", "created").await;
    check(mixed(&ours, "SOMETHING_NEW"), "later", "created").await;
    check(mixed("con_of_another", "VALIDATION_ERROR"), "created", "created").await;
}

#[tokio::test]
async fn a_contact_told_twice_is_one_contact_with_our_properties() {
    let stage = Stage::set().await;
    let mut ann = contact(1, "ann@example.com");
    assert_eq!(word(&stage.told(&ann).await), "created");
    ann.score = Some(50);
    ann.first_name = None;
    assert_eq!(word(&stage.told(&ann).await), "updated");
    let kept = stage.objects("contacts").await;
    assert_eq!(kept.len(), 1);
    let values = &kept[0]["properties"];
    assert_eq!(values["meridian_contact_id"], ann.id.to_string());
    assert_eq!(values["meridian_utm_source"], "google");
    assert_eq!(values["meridian_score"], "50");
    assert_eq!(values["firstname"], "Annabel", "what we do not know we do not wipe");
}

#[tokio::test]
async fn two_first_writes_at_once_are_one_contact() {
    let stage = Stage::set().await;
    let ann = contact(1, "ann@example.com");
    let (left, right) = tokio::join!(stage.told(&ann), stage.told(&ann));
    let mut words = [word(&left), word(&right)];
    words.sort();
    assert_eq!(words, ["created", "updated"]);
}

#[tokio::test]
async fn a_contact_that_hubspot_had_is_adopted() {
    let stage = Stage::set().await;
    let known = stage.stranger("ann+demo@example.com").await;
    let ann = contact(1, "ann+demo@example.com");
    let adopted = ExternalRecord { id: known, created: false };
    assert_eq!(stage.told(&ann).await, Ok(adopted.clone()));
    assert_eq!(stage.told(&ann).await, Ok(adopted));
    let kept = stage.objects("contacts").await;
    assert_eq!(kept.len(), 1);
    assert_eq!(kept[0]["properties"]["phone"], "+441632960999");
}

#[tokio::test]
async fn what_only_people_can_sort_out_is_said() {
    let stage = Stage::set().await;
    stage.told(&contact(1, "ann@example.com")).await.unwrap();
    let taken = stage.told(&contact(2, "ann@example.com")).await;
    assert_eq!(word(&taken), "never, 409 OWNED_BY_ANOTHER_CONTACT");

    stage.stranger("annabel@example.com").await;
    let twice = stage.told(&contact(1, "annabel@example.com")).await;
    assert_eq!(word(&twice), "never, 409 DUPLICATE_RECORDS");
    assert!(twice.unwrap_err().to_string().contains("merge the two"));
}

#[tokio::test]
async fn a_meeting_follows_its_contact_and_its_fate() {
    let stage = Stage::set().await;
    let ann = stage.told(&contact(1, "ann@example.com")).await.unwrap().id;
    let booked = stage.crm.upsert_meeting(&call(), &meeting(&ann, CrmMeetingOutcome::Scheduled)).await.unwrap();
    let missed = stage.crm.upsert_meeting(&call(), &meeting(&ann, CrmMeetingOutcome::NoShow)).await.unwrap();
    assert_eq!((booked.created, missed.created, &booked.id), (true, false, &missed.id));

    let kept = stage.objects("meetings").await;
    assert_eq!(kept.len(), 1);
    insta::assert_json_snapshot!(kept[0]["properties"]);
    let tied = stage.get(&format!("/crm/v4/objects/contacts/{ann}/associations/meetings")).await;
    assert_eq!(tied["results"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn a_task_completed_in_hubspot_stays_completed() {
    let stage = Stage::set().await;
    let ann = stage.told(&contact(1, "ann@example.com")).await.unwrap().id;
    let tell = async |status| stage.crm.upsert_task(&call(), &task(&ann, status)).await.unwrap();
    let status = async || stage.objects("tasks").await[0]["properties"]["hs_task_status"].clone();
    assert!(tell(Some(CrmTaskStatus::Open)).await.created);
    assert_eq!(status().await, "NOT_STARTED");
    tell(Some(CrmTaskStatus::Completed)).await;
    tell(None).await;
    assert_eq!(status().await, "COMPLETED");
    assert_eq!(stage.objects("tasks").await.len(), 1);
}

#[tokio::test]
async fn a_record_whose_contact_is_gone_is_a_dead_letter() {
    let stage = Stage::set().await;
    let orphan = stage.crm.upsert_meeting(&call(), &meeting("999", CrmMeetingOutcome::Scheduled)).await;
    assert_eq!(word(&orphan), "never, 404 OBJECT_NOT_FOUND");
}

#[tokio::test]
async fn a_removed_property_is_made_anew_at_the_next_attempt() {
    let stage = Stage::set().await;
    let ann = contact(1, "ann@example.com");
    stage.told(&ann).await.unwrap();
    let url = format!("{}/crm/v3/properties/contacts/meridian_score", stage.url);
    assert_eq!(stage.back_door.delete(url).bearer_auth(TOKEN).send().await.unwrap().status(), 204);
    assert_eq!(word(&stage.told(&ann).await), "never, 207 PROPERTY_DOESNT_EXIST");
    assert_eq!(word(&stage.told(&ann).await), "updated");
}

#[tokio::test]
async fn faults_hold_no_personal_data() {
    let stage = Stage::set().await;
    let invalid = stage.told(&contact(1, "annabel at example")).await.unwrap_err();
    assert_eq!(word(&Err(invalid.clone())), "never, 207 INVALID_EMAIL");
    stage
        .script(json!({"fault": "status", "status": 400, "body": {
            "category": "VALIDATION_ERROR",
            "message": "Annabel Lee <bob@example.com> +44 1632 960123 will not do",
        }}))
        .await;
    let echoed = stage.told(&contact(1, "ann@example.com")).await.unwrap_err();
    assert_eq!(word(&Err(echoed.clone())), "never, 400 VALIDATION_ERROR");
    for fault in [invalid, echoed] {
        let said = format!("{fault} {fault:?}");
        for personal in ["Annabel", "annabel", "Lee", "bob", "example.com", "1632", "960123"] {
            assert!(!said.contains(personal), "{personal} is in: {said}");
        }
    }
}

#[tokio::test]
async fn a_refused_token_asks_for_a_person_and_is_never_shown() {
    let stage = Stage::set().await;
    let locked_out = connector(&stage.url, "pat-expired");
    let refused = locked_out.upsert_contact(&call(), &contact(1, "ann@example.com")).await;
    assert_eq!(word(&refused), "reauthorise");
    assert!(!format!("{locked_out:?} {refused:?}").contains("pat-expired"));
}

#[tokio::test]
async fn every_request_can_be_traced() {
    let stage = Stage::set().await;
    stage.told(&contact(1, "ann@example.com")).await.unwrap();
    let log = stage.get("/_fake/log").await;
    let requests = log["requests"].as_array().unwrap();
    let upsert = requests.last().unwrap();
    assert_eq!(upsert["path"], "/crm/v3/objects/contacts/batch/upsert");
    for request in requests {
        assert_eq!(request["headers"]["x-correlation-id"], "01935f3a7c007def8123456789abcdef");
        assert_eq!(request["headers"]["traceparent"], "00-01935f3a7c007def8123456789abcdef-8123456789abcdef-00");
        assert!(request["headers"]["user-agent"].as_str().unwrap().starts_with("meridian/"));
    }
}
