//! Matching, told as text: `email | phone | name | company`, one candidate per line, oldest day first in brackets.

use chrono::TimeDelta;
use proptest::prelude::*;
use uuid::Uuid;

use super::*;
use crate::contacts::{CountryCode, EmailAddress, PersonName, PhoneNumber};
use crate::ids::EntityId;

fn keys(text: &str) -> LeadKeys {
    let parts: Vec<_> = text.split('|').map(str::trim).collect();
    let phone = PhoneNumber::parse(parts[1], CountryCode::parse("GB").ok()).ok();
    let company = (!parts[3].is_empty()).then_some(parts[3]);
    LeadKeys::new(EmailAddress::parse(parts[0]).ok(), phone, &PersonName::from_full(parts[2]), company)
}

/// `n: day | email | phone | name | company`
fn candidate(text: &str) -> Candidate {
    let (head, rest) = text.split_once('|').unwrap();
    let (id, day) = head.split_once("day").unwrap();
    Candidate {
        id: contact(id.trim().parse().unwrap()),
        created_at: DateTime::UNIX_EPOCH + TimeDelta::days(day.trim().parse().unwrap()),
        keys: keys(rest),
    }
}

fn contact(n: u128) -> ContactId {
    ContactId::from_uuid(Uuid::from_u128(n))
}

fn check(lead: &str, candidates: &[&str], expected: Option<u128>, explanation: &str) {
    let candidates: Vec<_> = candidates.iter().map(|text| candidate(text)).collect();
    let resolution = resolve(&keys(lead), &candidates);
    assert_eq!(resolution.contact, expected.map(contact), "{resolution:?}");
    assert_eq!(resolution.explain(), explanation);
}

#[test]
fn the_address_decides_first() {
    check(
        "ADA@example.com | 020 7183 8750 | Ada Lovelace | Engines",
        &["1 day 1 | bob@example.com | 020 7183 8750 | Ada Lovelace | Engines", "2 day 9 | ada@example.com | | |"],
        Some(2),
        "One contact has the same e-mail address. The lead belongs to that contact.",
    );
}

#[test]
fn then_the_phone_number() {
    check(
        "ada@home.example | +44 20 7183 8750 | Ada Lovelace |",
        &["1 day 1 | ada@work.example | 020 7183 8750 | Ada Lovelace |"],
        Some(1),
        "No contact has the same e-mail address. One contact has the same phone number. The lead belongs to that \
         contact.",
    );
}

#[test]
fn then_name_and_company_together() {
    check(
        " | | ADA LOVELACE | Engines Ltd",
        &["1 day 1 | ada@work.example | | Ada Lovelace | Engines Inc.", "2 day 1 | | | Ada Lovelace | Looms"],
        Some(1),
        "The lead has no e-mail address. The lead has no phone number. One contact has the same name and company. The \
         lead belongs to that contact.",
    );
}

#[test]
fn colleagues_on_one_switchboard_stay_two_people() {
    check(
        "bob@work.example | 020 7183 8750 | Bob Babbage | Engines",
        &["1 day 1 | ada@work.example | 020 7183 8750 | Ada Lovelace | Engines"],
        None,
        "No contact has the same e-mail address. 1 contact with the same phone number ruled out, because the other \
         keys say it is somebody else. No contact has the same name and company. The lead is a new contact.",
    );
}

#[test]
fn a_switchboard_alone_makes_nobody_somebody_else() {
    check(
        "bob@work.example | 020 7183 8750 | |",
        &["1 day 1 | ada@work.example | 020 7183 8750 | Ada Lovelace | Engines"],
        None,
        "No contact has the same e-mail address. 1 contact with the same phone number ruled out, because the other \
         keys say it is somebody else. The lead has no name and company. The lead is a new contact.",
    );
}

#[test]
fn namesakes_in_one_company_stay_two_people() {
    check(
        "a.schmidt2@work.example | 020 7183 8751 | Anna Schmidt | Engines",
        &["1 day 1 | a.schmidt@work.example | 020 7183 8750 | Anna Schmidt | Engines"],
        None,
        "No contact has the same e-mail address. No contact has the same phone number. 1 contact with the same name \
         and company ruled out, because the other keys say it is somebody else. The lead is a new contact.",
    );
}

#[test]
fn among_several_the_oldest_wins_then_the_smallest_id() {
    check(
        "ada@example.com | | |",
        &["9 day 2 | ada@example.com | | |", "3 day 5 | ada@example.com | | |", "4 day 2 | ada@example.com | | |"],
        Some(4),
        "3 contacts have the same e-mail address; the oldest was taken. The lead belongs to that contact.",
    );
}

#[test]
fn a_lead_without_keys_is_new() {
    check(
        " | | Ada |",
        &["1 day 1 | | | Ada |"],
        None,
        "The lead has no e-mail address. The lead has no phone number. The lead has no name and company. The lead is \
         a new contact.",
    );
}

fn any_candidate() -> impl Strategy<Value = Candidate> {
    let email = prop::sample::select(vec!["", "a@x.example", "b@x.example"]);
    let phone = prop::sample::select(vec!["", "020 7183 8750", "020 7183 8751"]);
    let name = prop::sample::select(vec!["", "Ada Lovelace", "Bob Babbage"]);
    let company = prop::sample::select(vec!["", "Engines"]);
    (1..6_u8, 0..3_u8, email, phone, name, company).prop_map(|(id, day, email, phone, name, company)| {
        candidate(&format!("{id} day {day} | {email} | {phone} | {name} | {company}"))
    })
}

proptest! {
    #[test]
    fn the_order_of_candidates_does_not_matter(
        lead in any_candidate(),
        (candidates, shuffled) in prop::collection::vec(any_candidate(), 0..8)
            .prop_flat_map(|list| (Just(list.clone()), Just(list).prop_shuffle())),
    ) {
        prop_assert_eq!(resolve(&lead.keys, &candidates), resolve(&lead.keys, &shuffled));
    }
}
