//! The measures of the process for Prometheus (<https://prometheus.io/docs/instrumenting/exposition_formats/>), on an
//! address of their own: they tell of all workspaces, and who may read them is decided by who can reach that address.

use anyhow::{Context, Result};
use metrics::{counter, describe_counter, describe_gauge, gauge};
use metrics_exporter_prometheus::PrometheusBuilder;
use persistence::bus::{Bus, Reach};
use worker::measures::LAG_BUCKETS;

use crate::config::Metrics;

const CONNECTED: &str = "meridian_redis_connected";
const OUTAGES: &str = "meridian_redis_outages_total";

/// Serves them, when the configuration says where. To be called within the runtime.
pub fn start(metrics: Metrics) -> Result<()> {
    let Some(address) = metrics.listen else { return Ok(()) };
    let builder = PrometheusBuilder::new().with_http_listener(address).set_buckets(&LAG_BUCKETS);
    let installed = builder.and_then(PrometheusBuilder::install);
    installed.with_context(|| format!("`metrics.listen`: measures cannot be served on {address}"))?;
    worker::measures::describe();
    api::measures::describe();
    describe_gauge!(CONNECTED, "Whether hints travel through Redis: 1, or 0 while it is away.");
    describe_counter!(OUTAGES, "How often Redis went away, of which the gauge shows the long ones only.");
    Ok(())
}

/// Tells of Redis, if there is to be one, for as long as the bus is there.
pub fn watch_redis(bus: &Bus) {
    let mut reach = bus.reach();
    if *reach.borrow() == Reach::Process {
        return;
    }
    // Told from the beginning: from nothing to one is no step that a rule could see.
    counter!(OUTAGES).absolute(0);
    tokio::spawn(async move {
        // Not to have reached it yet is no outage.
        let mut was_connected = false;
        loop {
            let is_connected = *reach.borrow_and_update() == Reach::Connected;
            gauge!(CONNECTED).set(if is_connected { 1.0 } else { 0.0 });
            if was_connected && !is_connected {
                counter!(OUTAGES).increment(1);
            }
            was_connected = is_connected;
            if reach.changed().await.is_err() {
                return;
            }
        }
    });
}
