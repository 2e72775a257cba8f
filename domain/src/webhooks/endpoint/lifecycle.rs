//! What becomes of an endpoint: verified, disabled, enabled. Each step returns the endpoint and the fact about it.
//!
//! The published rule for endpoints that fail: one that has done nothing but fail for [`FAILING_DAYS_MAX`] days is
//! disabled, and after [`FAILURES_MAX`] failures in a row already after [`FAILING_DAYS_OF_MANY`] day. From the
//! [`FAILURES_TO_NOTICE`]th failure on a notice is in the log, and the date is shown. 410 Gone disables at once.

use chrono::{DateTime, TimeDelta, Utc};

use super::{DisabledReason, Endpoint, EndpointChange, EndpointSettings, EndpointStatus, Judgement};
use crate::access::{Permit, action};
use crate::events::Fact;
use crate::ids::EndpointId;

/// Days of nothing but failures.
pub const FAILING_DAYS_MAX: i64 = 5;
/// Failures in a row that shorten the time to [`FAILING_DAYS_OF_MANY`].
pub const FAILURES_MAX: i32 = 100;
/// Days of nothing but failures for an endpoint that failed that often. Not at once: an hour's outage of a busy
/// endpoint must not end it.
pub const FAILING_DAYS_OF_MANY: i64 = 1;
/// Failures in a row that are worth a notice.
pub const FAILURES_TO_NOTICE: i32 = 10;

/// An endpoint after a step, and the fact that the step is.
#[derive(Debug, PartialEq, Eq)]
#[must_use]
pub struct Changed {
    /// As it is now.
    pub endpoint: Endpoint,
    /// What happened.
    pub change: EndpointChange,
}

impl Changed {
    /// The fact for the log.
    pub fn fact(&self) -> Fact {
        Fact::WebhookEndpointChanged { endpoint: self.endpoint.id, change: self.change }
    }
}

/// Makes one. It is told of nothing before it is verified.
pub fn create(
    _: &Permit<action::ManageWebhooks>,
    id: EndpointId,
    settings: EndpointSettings,
    now: DateTime<Utc>,
) -> Changed {
    let endpoint = Endpoint {
        id,
        url: settings.url,
        description: settings.description,
        filter: settings.filter,
        header_names: settings.headers.into_keys().collect(),
        timeout_seconds: settings.timeout_seconds,
        rate_per_second: settings.rate_per_second,
        hours: settings.hours,
        status: EndpointStatus::PendingVerification,
        disabled_reason: None,
        verified_at: None,
        failures: 0,
        failing_since: None,
        created_at: now,
        updated_at: now,
        version: 1,
    };
    Changed { endpoint, change: EndpointChange::Created }
}

/// Gives it these settings. Another URL has to prove anew that it wants to be told, and has not failed yet.
pub fn update(
    _: &Permit<action::ManageWebhooks>,
    endpoint: &Endpoint,
    settings: EndpointSettings,
    now: DateTime<Utc>,
) -> Changed {
    let is_elsewhere = endpoint.url != settings.url;
    let verified_at = endpoint.verified_at.filter(|_| !is_elsewhere);
    let status = match endpoint.status {
        EndpointStatus::Active if is_elsewhere => EndpointStatus::PendingVerification,
        status => status,
    };
    let (failures, failing_since) = if is_elsewhere { (0, None) } else { (endpoint.failures, endpoint.failing_since) };
    let endpoint = Endpoint {
        url: settings.url,
        description: settings.description,
        filter: settings.filter,
        header_names: settings.headers.into_keys().collect(),
        timeout_seconds: settings.timeout_seconds,
        rate_per_second: settings.rate_per_second,
        hours: settings.hours,
        status,
        verified_at,
        failures,
        failing_since,
        ..*endpoint
    };
    step(endpoint, EndpointChange::Updated, now)
}

/// Stops telling it.
pub fn disable(_: &Permit<action::ManageWebhooks>, endpoint: Endpoint, now: DateTime<Utc>) -> Changed {
    disabled(endpoint, DisabledReason::ByHand, now)
}

/// Tells it again, if it was verified; what failed before is forgiven.
pub fn enable(_: &Permit<action::ManageWebhooks>, endpoint: Endpoint, now: DateTime<Utc>) -> Changed {
    let status = match endpoint.verified_at {
        Some(_) => EndpointStatus::Active,
        None => EndpointStatus::PendingVerification,
    };
    let endpoint = Endpoint { status, disabled_reason: None, failures: 0, failing_since: None, ..endpoint };
    step(endpoint, EndpointChange::Enabled, now)
}

/// It repeated the challenge, so it is there and well. One that somebody disabled meanwhile stays so, and can be enabled.
pub fn verified(endpoint: Endpoint, now: DateTime<Utc>) -> Changed {
    let status = match endpoint.status {
        EndpointStatus::Disabled => EndpointStatus::Disabled,
        EndpointStatus::Active | EndpointStatus::PendingVerification => EndpointStatus::Active,
    };
    let verified = Endpoint { status, verified_at: Some(now), failures: 0, failing_since: None, ..endpoint };
    step(verified, EndpointChange::Verified, now)
}

/// What is known of it after an attempt, and what has changed by that.
pub fn after_attempt(endpoint: Endpoint, judgement: &Judgement, now: DateTime<Utc>) -> (Endpoint, Option<Changed>) {
    let counted = match judgement {
        Judgement::Delivered => Endpoint { failures: 0, failing_since: None, ..endpoint },
        Judgement::Later { .. } | Judgement::Gone => Endpoint {
            failures: endpoint.failures.saturating_add(1),
            failing_since: endpoint.failing_since.or(Some(now)),
            ..endpoint
        },
    };
    let changed = if counted.status != EndpointStatus::Active {
        None
    } else if *judgement == Judgement::Gone {
        Some(disabled(counted.clone(), DisabledReason::Gone, now))
    } else if disables_at(&counted).is_some_and(|at| at <= now) {
        Some(disabled(counted.clone(), DisabledReason::Failing, now))
    } else if counted.failures == FAILURES_TO_NOTICE {
        Some(step(counted.clone(), EndpointChange::Failing, now))
    } else {
        None
    };
    (counted, changed)
}

/// When it is disabled if it goes on failing; `None` while it does not fail.
pub fn disables_at(endpoint: &Endpoint) -> Option<DateTime<Utc>> {
    let days = if endpoint.failures >= FAILURES_MAX { FAILING_DAYS_OF_MANY } else { FAILING_DAYS_MAX };
    endpoint.failing_since.map(|since| since + TimeDelta::days(days))
}

fn disabled(endpoint: Endpoint, reason: DisabledReason, now: DateTime<Utc>) -> Changed {
    let endpoint = Endpoint { status: EndpointStatus::Disabled, disabled_reason: Some(reason), ..endpoint };
    step(endpoint, EndpointChange::Disabled, now)
}

fn step(endpoint: Endpoint, change: EndpointChange, now: DateTime<Utc>) -> Changed {
    let version = endpoint.version + 1;
    Changed { endpoint: Endpoint { updated_at: now, version, ..endpoint }, change }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::access::Grants;
    use crate::ids::EntityId;
    use crate::webhooks::endpoint::settings::tests::settings;

    fn at(hours: i64) -> DateTime<Utc> {
        DateTime::UNIX_EPOCH + TimeDelta::hours(hours)
    }

    fn permit() -> Permit<action::ManageWebhooks> {
        Permit::ask(&Grants::all()).unwrap()
    }

    fn fresh() -> Endpoint {
        create(&permit(), EndpointId::from_uuid(uuid::Uuid::nil()), settings("https://a.example/hook"), at(0)).endpoint
    }

    fn active() -> Endpoint {
        verified(fresh(), at(0)).endpoint
    }

    fn later() -> Judgement {
        Judgement::Later { after: None, reason: "Busy.".to_owned() }
    }

    /// Attempts at an active endpoint, (hour, end) each; then its state in words.
    fn check(attempts: &[(i64, Judgement)], expected: &str) {
        let (mut endpoint, mut changes) = (active(), Vec::new());
        for (hour, judgement) in attempts {
            let (counted, step) = after_attempt(endpoint, judgement, at(*hour));
            endpoint = counted;
            if let Some(step) = step {
                changes.push(format!("{:?} at {hour}", step.change));
                endpoint = step.endpoint;
            }
        }
        let end = disables_at(&endpoint).map(|at| (at - DateTime::UNIX_EPOCH).num_hours());
        let known = format!("{:?} {:?}, {} failures, ends {end:?}", endpoint.status, changes, endpoint.failures);
        assert_eq!(known, expected);
    }

    #[test]
    fn a_new_endpoint_is_told_of_nothing_until_it_is_verified() {
        assert_eq!(fresh().status, EndpointStatus::PendingVerification);
        assert_eq!(active().status, EndpointStatus::Active);
        let moved = update(&permit(), &active(), settings("https://b.example/hook"), at(1)).endpoint;
        assert_eq!((moved.status, moved.verified_at, moved.version), (EndpointStatus::PendingVerification, None, 3));
        let same = update(&permit(), &active(), settings("https://a.example/hook"), at(1)).endpoint;
        assert_eq!(same.status, EndpointStatus::Active);
    }

    #[test]
    fn another_url_starts_without_the_failures_of_the_old_one() {
        let failing = after_attempt(active(), &later(), at(1)).0;
        let known = |endpoint: &Endpoint| (endpoint.failures, endpoint.failing_since);
        let same = update(&permit(), &failing, settings("https://a.example/hook"), at(2)).endpoint;
        assert_eq!(known(&same), (1, Some(at(1))));
        let moved = update(&permit(), &failing, settings("https://b.example/hook"), at(2)).endpoint;
        assert_eq!(known(&moved), (0, None));
        assert_eq!(known(&verified(failing, at(2)).endpoint), (0, None));
    }

    #[test]
    fn a_disabled_endpoint_comes_back_as_far_as_it_was_verified() {
        let off = |endpoint| disable(&permit(), endpoint, at(1)).endpoint;
        assert_eq!(off(active()).disabled_reason, Some(DisabledReason::ByHand));
        assert_eq!(enable(&permit(), off(active()), at(2)).endpoint.status, EndpointStatus::Active);
        assert_eq!(enable(&permit(), off(fresh()), at(2)).endpoint.status, EndpointStatus::PendingVerification);
        assert_eq!(verified(off(fresh()), at(2)).endpoint.status, EndpointStatus::Disabled);
    }

    #[test]
    fn failures_start_a_countdown_that_a_success_stops() {
        check(&[(0, later()), (1, later())], "Active [], 2 failures, ends Some(120)");
        check(&[(0, later()), (1, Judgement::Delivered)], "Active [], 0 failures, ends None");
        check(&vec![(0, later()); 10], r#"Active ["Failing at 0"], 10 failures, ends Some(120)"#);
    }

    #[test]
    fn five_days_of_failures_end_it_or_one_day_of_very_many() {
        check(&[(0, later()), (119, later())], "Active [], 2 failures, ends Some(120)");
        check(&[(0, later()), (120, later())], r#"Disabled ["Disabled at 120"], 2 failures, ends Some(120)"#);
        let many = [vec![(0, later()); 99], vec![(23, later())]].concat();
        check(&many, r#"Active ["Failing at 0"], 100 failures, ends Some(24)"#);
        let enough = [vec![(0, later()); 99], vec![(24, later())]].concat();
        check(&enough, r#"Disabled ["Failing at 0", "Disabled at 24"], 100 failures, ends Some(24)"#);
    }

    #[test]
    fn gone_ends_it_at_once() {
        check(&[(0, Judgement::Gone)], r#"Disabled ["Disabled at 0"], 1 failures, ends Some(120)"#);
    }
}
