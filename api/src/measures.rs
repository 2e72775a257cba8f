//! What operators watch of the API, under Prometheus's conventions
//! (<https://prometheus.io/docs/practices/naming/>). Who listens, and where, is the server's business.

use domain::webhooks::InboundOutcome;
use metrics::{counter, describe_counter, describe_gauge, gauge};

/// Sockets that are open.
pub(crate) const SOCKETS: &str = "meridian_sockets";
/// Subscriptions on them.
pub(crate) const SUBSCRIPTIONS: &str = "meridian_subscriptions";
/// Groups of those who ask the same.
pub(crate) const GROUPS: &str = "meridian_subscription_groups";
const FOLLOWED: &str = "meridian_followed_logs";
const INBOUND: &str = "meridian_inbound_deliveries_total";

/// Says what the measures mean, to whoever is listening by now.
pub fn describe() {
    describe_gauge!(SOCKETS, "WebSockets that are open.");
    describe_gauge!(SUBSCRIPTIONS, "Subscriptions that run.");
    describe_gauge!(GROUPS, "Groups of subscriptions that share their executions.");
    describe_gauge!(FOLLOWED, "Workspaces whose logs are followed.");
    describe_counter!(INBOUND, "Webhooks that came in, by connection and outcome: a code where they were refused.");
    // Told from the beginning: nothing is not the same as nobody knows.
    for measure in [SOCKETS, SUBSCRIPTIONS, GROUPS] {
        gauge!(measure).set(0.0);
    }
}

/// A webhook was answered. `None`: to a connection that does not exist.
pub(crate) fn inbound(connection: Option<&str>, outcome: InboundOutcome) {
    let connection = connection.unwrap_or("unknown").to_owned();
    counter!(INBOUND, "connection" => connection, "outcome" => outcome.as_str()).increment(1);
}

/// So many logs are followed.
pub(crate) fn followed(logs: usize) {
    gauge!(FOLLOWED).set(f64::from(u32::try_from(logs).unwrap_or(u32::MAX)));
}

/// Counts as one of something for as long as it is there.
#[derive(Debug)]
pub(crate) struct One(&'static str);

impl One {
    /// One more of this measure.
    pub(crate) fn of(measure: &'static str) -> Self {
        gauge!(measure).increment(1.0);
        Self(measure)
    }
}

impl Drop for One {
    fn drop(&mut self) {
        gauge!(self.0).decrement(1.0);
    }
}
