//! The measures of the process for Prometheus (<https://prometheus.io/docs/instrumenting/exposition_formats/>), on an
//! address of their own: they tell of all workspaces, and who may read them is decided by who can reach that address.

use anyhow::{Context, Result};
use metrics_exporter_prometheus::PrometheusBuilder;
use worker::measures::LAG_BUCKETS;

use crate::config::Metrics;

/// Serves them, when the configuration says where. To be called within the runtime.
pub fn start(metrics: Metrics) -> Result<()> {
    let Some(address) = metrics.listen else { return Ok(()) };
    let builder = PrometheusBuilder::new().with_http_listener(address).set_buckets(&LAG_BUCKETS);
    let installed = builder.and_then(PrometheusBuilder::install);
    installed.with_context(|| format!("`metrics.listen`: measures cannot be served on {address}"))?;
    worker::measures::describe();
    api::measures::describe();
    Ok(())
}
