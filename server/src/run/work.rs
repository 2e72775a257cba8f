//! `meridian work`: what follows from a commit. Any number of them share the work.

use anyhow::Result;

use super::instance::Instance;
use super::tasks::Tasks;
use crate::config::Config;

/// Works until a signal.
pub async fn run(config: &Config) -> Result<()> {
    let mut tasks = Tasks::new(config.worker.resolve().finish_within)?;
    let mut instance = Instance::connect(config).await?;
    let mut worker = instance.worker(&config.worker).await?;
    worker.config.retention.clone_from(&config.events_retention);
    let shutdown = tasks.shutdown();
    tasks.spawn("the worker", async move {
        worker.run(shutdown).await;
        Ok(())
    });
    tracing::info!("working");
    let ended = tasks.finish().await;
    instance.close().await;
    ended
}
