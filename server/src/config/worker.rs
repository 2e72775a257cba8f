//! The worker's settings. Each is a whole number with its unit in its name; what is left out keeps the default.

use std::time::Duration;

use connectors::http::Timeouts;
use domain::integrations::Backoff;
use serde::Deserialize;
use worker::WorkerConfig;

/// What may be written in `[worker]`.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WorkerSettings {
    /// Deliveries under way at once.
    concurrency: Option<u64>,
    /// Deliveries under way at once to one destination of a workspace.
    per_destination: Option<u64>,
    /// Deliveries under way at once for one workspace.
    per_workspace: Option<u64>,
    /// Attempts before a delivery is dead.
    attempts_max: Option<u64>,
    /// How often it looks for work that no hint told of.
    poll_milliseconds: Option<u64>,
    /// How long a killed worker's deliveries wait for another.
    lease_seconds: Option<u64>,
    /// How long one attempt may take.
    attempt_timeout_seconds: Option<u64>,
    /// How long a CRM may take over one answer.
    crm_timeout_seconds: Option<u64>,
    /// The first wait between two attempts.
    backoff_base_milliseconds: Option<u64>,
    /// The longest wait between two attempts.
    backoff_cap_seconds: Option<u64>,
    /// How long deliveries under way may go on after a shutdown has begun.
    finish_within_seconds: Option<u64>,
}

/// Larger values are mistakes: a day in milliseconds.
const VALUE_MAX: u64 = 24 * 60 * 60 * 1000;

impl WorkerSettings {
    /// Everything that is wrong.
    pub fn faults(&self) -> Vec<String> {
        let settings = [
            ("concurrency", self.concurrency),
            ("per_destination", self.per_destination),
            ("per_workspace", self.per_workspace),
            ("attempts_max", self.attempts_max),
            ("poll_milliseconds", self.poll_milliseconds),
            ("lease_seconds", self.lease_seconds),
            ("attempt_timeout_seconds", self.attempt_timeout_seconds),
            ("crm_timeout_seconds", self.crm_timeout_seconds),
            ("backoff_base_milliseconds", self.backoff_base_milliseconds),
            ("backoff_cap_seconds", self.backoff_cap_seconds),
            ("finish_within_seconds", self.finish_within_seconds),
        ];
        let is_wrong = |value: &u64| !(1..=VALUE_MAX).contains(value);
        settings
            .into_iter()
            .filter_map(|(key, value)| Some((key, value.filter(is_wrong)?)))
            .map(|(key, value)| format!("`worker.{key}` is {value}; write a number from 1 to {VALUE_MAX}"))
            .collect()
    }

    /// The worker's configuration.
    pub fn resolve(&self) -> WorkerConfig {
        let default = WorkerConfig::default();
        let seconds = |written: Option<u64>, or: Duration| written.map_or(or, Duration::from_secs);
        let milliseconds = |written: Option<u64>, or: Duration| written.map_or(or, Duration::from_millis);
        let count = |written: Option<u64>, or: usize| written.and_then(|n| usize::try_from(n).ok()).unwrap_or(or);
        WorkerConfig {
            relay_batch: default.relay_batch,
            poll: milliseconds(self.poll_milliseconds, default.poll),
            lease: seconds(self.lease_seconds, default.lease),
            concurrency: count(self.concurrency, default.concurrency),
            per_destination: count(self.per_destination, default.per_destination),
            per_workspace: count(self.per_workspace, default.per_workspace),
            attempt_timeout: seconds(self.attempt_timeout_seconds, default.attempt_timeout),
            backoff: Backoff {
                base: milliseconds(self.backoff_base_milliseconds, default.backoff.base),
                cap: seconds(self.backoff_cap_seconds, default.backoff.cap),
            },
            attempts_max: self.attempts_max.and_then(|n| i32::try_from(n).ok()).unwrap_or(default.attempts_max),
            finish_within: seconds(self.finish_within_seconds, default.finish_within),
            retention: default.retention,
        }
    }
    /// How long providers may take.
    pub fn timeouts(&self) -> Timeouts {
        let default = Timeouts::default();
        let total = self.crm_timeout_seconds.map_or(default.total, Duration::from_secs);
        Timeouts { connect: default.connect.min(total), total }
    }
}
