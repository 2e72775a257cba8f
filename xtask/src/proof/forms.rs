//! Forms, sent by several callers at once, about people who come again: so each person has a long history.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use anyhow::Result;
use serde_json::json;

use crate::bench::client::Client;

/// A form about somebody who is known leads to `form_submitted` and one `consent_recorded` for each statement.
pub const EVENTS_EACH: usize = 1 + STATEMENTS;
/// As many as a form may make.
const STATEMENTS: usize = 20;
const PEOPLE: usize = 2_000;
const SENDERS: usize = 8;

const SUBMIT: &str = "mutation($input: SubmitFormInput!) { submitForm(input: $input) { errors { code message } } }";

/// Sends so many forms, spread over as many seconds as `rate` events a second take; 0 does not wait.
pub fn send(client: Client, forms: usize, rate: u64) -> Vec<JoinHandle<Result<()>>> {
    let (client, next, began) = (Arc::new(client), Arc::new(AtomicUsize::new(0)), Instant::now());
    let sender = |_| {
        let (client, next) = (Arc::clone(&client), Arc::clone(&next));
        thread::spawn(move || {
            let mut session = client.connect()?;
            loop {
                let number = next.fetch_add(1, Ordering::Relaxed);
                if number >= forms {
                    return Ok(());
                }
                wait_for_turn(began, number, rate);
                session.change(SUBMIT, &form(number))?;
            }
        })
    };
    (0..SENDERS).map(sender).collect()
}

fn wait_for_turn(began: Instant, number: usize, rate: u64) {
    let micros = u64::try_from(number * EVENTS_EACH * 1_000_000).unwrap_or(u64::MAX);
    if let Some(due) = micros.checked_div(rate) {
        thread::sleep(Duration::from_micros(due).saturating_sub(began.elapsed()));
    }
}

fn form(number: usize) -> serde_json::Value {
    let person = number % PEOPLE;
    let channels = ["EMAIL", "PHONE", "SMS"];
    let consents: Vec<_> = (0..STATEMENTS)
        .map(|at| json!({"channel": channels[at % channels.len()], "permission": "GRANTED", "lawfulBasis": "CONSENT"}))
        .collect();
    json!({
        "idempotencyKey": format!("proof-{number}"), "formId": "proof", "consents": consents,
        "contact": {"email": format!("person{person}@proof{person}.example"), "country": "GB"},
    })
}
