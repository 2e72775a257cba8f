//! What operators watch of the API, under Prometheus's conventions
//! (<https://prometheus.io/docs/practices/naming/>). Who listens, and where, is the server's business.

use domain::webhooks::InboundOutcome;
use metrics::{counter, describe_counter};

const INBOUND: &str = "meridian_inbound_deliveries_total";

/// Says what the measures mean, to whoever is listening by now.
pub fn describe() {
    describe_counter!(INBOUND, "Webhooks that came in, by connection and outcome: a code where they were refused.");
}

/// A webhook was answered. `None`: to a connection that does not exist.
pub(crate) fn inbound(connection: Option<&str>, outcome: InboundOutcome) {
    let connection = connection.unwrap_or("unknown").to_owned();
    counter!(INBOUND, "connection" => connection, "outcome" => outcome.as_str()).increment(1);
}
