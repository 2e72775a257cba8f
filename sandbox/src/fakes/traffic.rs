//! What a fake was asked, in the order in which it was asked.

use std::collections::{BTreeMap, VecDeque};

use axum::http::request::Parts;
use chrono::{DateTime, Utc};
use serde::Serialize;
use serde_json::Value;

/// Older requests are forgotten, so that a long load test does not fill the memory.
const ENTRIES_MAX: usize = 20_000;
/// Header fields worth keeping. `Authorization` is not among them: a token has no business in a log.
const HEADERS: &[&str] = &["x-correlation-id", "traceparent", "user-agent", "content-type", "idempotency-key"];

/// One request and what became of it.
#[derive(Debug, Clone, Serialize)]
pub struct Entry {
    /// Counts up from 1.
    pub sequence: u64,
    /// When it arrived.
    pub at: DateTime<Utc>,
    /// Its method.
    pub method: String,
    /// Its path, as sent.
    pub path: String,
    /// Its query, as sent.
    pub query: Option<String>,
    /// The header fields of interest, lower case.
    pub headers: BTreeMap<String, String>,
    /// Its body: JSON, or a string if it is none.
    pub body: Value,
    /// What was answered; `None` while it is under way, and when the connection was closed instead.
    pub status: Option<u16>,
    /// The scripted fault that struck it.
    pub fault: Option<&'static str>,
}

/// The log.
#[derive(Debug, Default)]
pub(super) struct Traffic {
    entries: VecDeque<Entry>,
    last: u64,
}

impl Traffic {
    /// Notes an arrival and gives its sequence number.
    pub(super) fn arrived(&mut self, request: &Parts, body: &[u8], at: DateTime<Utc>) -> u64 {
        self.last += 1;
        let kept = HEADERS.iter().filter_map(|name| {
            let value = request.headers.get(*name)?.to_str().ok()?;
            Some(((*name).to_owned(), value.to_owned()))
        });
        self.entries.push_back(Entry {
            sequence: self.last,
            at,
            method: request.method.to_string(),
            path: request.uri.path().to_owned(),
            query: request.uri.query().map(str::to_owned),
            headers: kept.collect(),
            body: match body {
                [] => Value::Null,
                body => serde_json::from_slice(body)
                    .unwrap_or_else(|_| Value::String(String::from_utf8_lossy(body).into_owned())),
            },
            status: None,
            fault: None,
        });
        if self.entries.len() > ENTRIES_MAX {
            self.entries.pop_front();
        }
        self.last
    }

    /// Notes which fault strikes a request.
    pub(super) fn struck(&mut self, sequence: u64, fault: &'static str) {
        if let Some(entry) = self.entry(sequence) {
            entry.fault = Some(fault);
        }
    }

    /// Notes what was answered.
    pub(super) fn answered(&mut self, sequence: u64, status: u16) {
        if let Some(entry) = self.entry(sequence) {
            entry.status = Some(status);
        }
    }

    /// Everything that is remembered, oldest first.
    pub(super) fn entries(&self) -> Vec<Entry> {
        self.entries.iter().cloned().collect()
    }

    pub(super) fn clear(&mut self) {
        self.entries.clear();
    }

    fn entry(&mut self, sequence: u64) -> Option<&mut Entry> {
        // Newest first: what is noted about a request is noted soon after it came.
        self.entries.iter_mut().rev().find(|entry| entry.sequence == sequence)
    }
}
