//! What an endpoint's owner decides, and what is wrong with it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{AddressPolicy, DeliveryHours, EndpointFilter};
use crate::errors::Violation;
use crate::limits::{
    ENDPOINT_CONDITIONS_MAX, ENDPOINT_HEADERS_MAX, ENDPOINT_TIMEOUT_SECONDS_MAX, ENDPOINT_WINDOWS_MAX,
    SHORT_TEXT_LENGTH_MAX,
};

const HEADER_NAME_LENGTH_MAX: usize = 64;
const HEADER_VALUE_LENGTH_MAX: usize = 1000;
const RATE_PER_SECOND_MAX: i32 = 1000;

/// Names that proxies and frameworks believe: who sets them could pretend to be somebody else.
const BELIEVED_HEADERS: [&str; 6] =
    ["x-forwarded", "x-real-ip", "x-http-method", "x-method-override", "x-original", "x-rewrite"];

/// What an endpoint's owner decides.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct EndpointSettings {
    /// Where messages are posted.
    pub url: String,
    /// What it is for.
    pub description: Option<String>,
    /// Of which events it is told.
    pub filter: EndpointFilter,
    /// Custom headers by name in lower case.
    pub headers: BTreeMap<String, String>,
    /// How long it may take to answer, in seconds.
    pub timeout_seconds: i32,
    /// Messages per second at most.
    pub rate_per_second: Option<i32>,
    /// When it wants to be told; `None`: at any time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hours: Option<DeliveryHours>,
}

impl EndpointSettings {
    /// Everything that is wrong, by fields of the mutations' input.
    pub fn violations(&self, policy: AddressPolicy) -> Vec<Violation> {
        let mut violations = Vec::new();
        let mut refuse = |path: &str, message: String| violations.push(Violation { path: path.to_owned(), message });
        if let Err(refusal) = policy.check_url(&self.url) {
            refuse("input.url", refusal.to_string());
        }
        // U+0000 is kept by PostgreSQL in no text.
        let is_wrong = |text: &String| text.chars().count() > SHORT_TEXT_LENGTH_MAX || text.contains('\0');
        if self.description.as_ref().is_some_and(is_wrong) {
            let message = format!("A description has at most {SHORT_TEXT_LENGTH_MAX} characters, and no U+0000.");
            refuse("input.description", message);
        }
        if !(1..=ENDPOINT_TIMEOUT_SECONDS_MAX).contains(&self.timeout_seconds) {
            let message = format!("The time limit is a number from 1 to {ENDPOINT_TIMEOUT_SECONDS_MAX}.");
            refuse("input.timeoutSeconds", message);
        }
        if self.rate_per_second.is_some_and(|rate| !(1..=RATE_PER_SECOND_MAX).contains(&rate)) {
            refuse("input.ratePerSecond", format!("The rate is a number from 1 to {RATE_PER_SECOND_MAX}."));
        }
        if self.hours.as_ref().is_some_and(|hours| !hours.fit()) {
            let message =
                format!("Delivery hours are 1 to {ENDPOINT_WINDOWS_MAX} windows that do not end where they begin.");
            refuse("input.deliveryHours", message);
        }
        if !filter_fits(&self.filter) {
            let message = format!(
                "A filter has at most {ENDPOINT_CONDITIONS_MAX} conditions of a path such as `meeting.host` and 1 to \
                 {ENDPOINT_CONDITIONS_MAX} values, all of at most {SHORT_TEXT_LENGTH_MAX} characters."
            );
            refuse("input.filter", message);
        }
        if self.headers.len() > ENDPOINT_HEADERS_MAX || !self.headers.iter().all(|(name, value)| is_safe(name, value)) {
            let message = format!(
                "Custom headers are at most {ENDPOINT_HEADERS_MAX}: `authorization`, or names that begin with `x-` and \
                 that no proxy believes, with values of at most {HEADER_VALUE_LENGTH_MAX} printable ASCII characters."
            );
            refuse("input.headers", message);
        }
        violations
    }
}

fn filter_fits(filter: &EndpointFilter) -> bool {
    let is_short = |text: &str| (1..=SHORT_TEXT_LENGTH_MAX).contains(&text.chars().count()) && !text.contains('\0');
    filter.conditions.len() <= ENDPOINT_CONDITIONS_MAX
        && filter.entity.as_deref().is_none_or(is_short)
        && filter.conditions.iter().all(|condition| {
            is_short(&condition.field)
                && (1..=ENDPOINT_CONDITIONS_MAX).contains(&condition.any_of.len())
                && condition.any_of.iter().all(|value| is_short(value))
        })
}

fn is_safe(name: &str, value: &str) -> bool {
    let is_plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    let is_ours = name.strip_prefix("x-").is_some_and(|rest| !rest.is_empty() && rest.bytes().all(is_plain))
        && !BELIEVED_HEADERS.iter().any(|believed| name.starts_with(believed));
    (name == "authorization" || is_ours)
        && name.len() <= HEADER_NAME_LENGTH_MAX
        && (1..=HEADER_VALUE_LENGTH_MAX).contains(&value.len())
        && value.bytes().all(|byte| byte.is_ascii_graphic() || byte == b' ')
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::webhooks::endpoint::Condition;

    pub(in crate::webhooks::endpoint) fn settings(url: &str) -> EndpointSettings {
        EndpointSettings {
            url: url.to_owned(),
            description: None,
            filter: EndpointFilter::default(),
            headers: BTreeMap::new(),
            timeout_seconds: 15,
            rate_per_second: None,
            hours: None,
        }
    }

    fn check(change: impl FnOnce(&mut EndpointSettings), expected: &[&str]) {
        let mut settings = settings("https://partner.example/hook");
        change(&mut settings);
        let violations = settings.violations(AddressPolicy::PublicOnly);
        assert_eq!(violations.iter().map(|violation| violation.path.as_str()).collect::<Vec<_>>(), expected);
    }

    fn header(name: &str, value: &str) -> impl FnOnce(&mut EndpointSettings) {
        move |settings| drop(settings.headers.insert(name.to_owned(), value.to_owned()))
    }

    #[test]
    fn every_violation_is_named() {
        check(|_| {}, &[]);
        check(|settings| settings.timeout_seconds = 31, &["input.timeoutSeconds"]);
        check(|settings| settings.rate_per_second = Some(0), &["input.ratePerSecond"]);
        check(
            |settings| settings.hours = Some(DeliveryHours { zone: crate::time::Zone::utc(), weekly: Vec::new() }),
            &["input.deliveryHours"],
        );
        check(|settings| settings.description = Some("x".repeat(201)), &["input.description"]);
        check(|settings| settings.description = Some("\0".to_owned()), &["input.description"]);
        check(|settings| settings.filter.entity = Some("\0".to_owned()), &["input.filter"]);
        check(
            |settings| {
                settings.url = "http://localhost".to_owned();
                settings.filter.conditions = vec![Condition { field: String::new(), any_of: Vec::new() }];
            },
            &["input.url", "input.filter"],
        );
    }

    #[test]
    fn a_header_is_safe_or_refused() {
        check(header("x-tenant", "acme"), &[]);
        check(header("authorization", "Bearer abc"), &[]);
        for name in ["host", "x-", "X-Tenant", "content-length", "cookie", "webhook-id", "x-forwarded-for", "x-a\r\n"] {
            check(header(name, "v"), &["input.headers"]);
        }
        for value in ["", "a\r\nb: c", "ä"] {
            check(header("x-tenant", value), &["input.headers"]);
        }
    }
}
