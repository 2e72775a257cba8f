//! `meridian serve`: the API. It keeps nothing; any number of them may run behind one address.

use anyhow::{Context, Result};
use tokio::net::TcpListener;

use super::instance::Instance;
use super::tasks::Tasks;
use crate::config::Config;

/// Serves until a signal; `with_worker` runs a worker in the same process.
pub async fn run(config: &Config, with_worker: bool) -> Result<()> {
    let serving = config.serving.resolve().await?;
    let mut tasks = Tasks::new(serving.drain_timeout.max(config.worker.resolve().finish_within))?;
    let mut instance = Instance::connect(config).await?;
    let listener = TcpListener::bind(config.listen)
        .await
        .with_context(|| format!("cannot listen on {}; `listen` names another address", config.listen))?;
    let address = listener.local_addr()?;
    let scheme = if config.serving.is_encrypted() { "https" } else { "http" };
    let public_url = config.public_url.clone().unwrap_or_else(|| format!("{scheme}://{address}"));
    let api = instance.api(public_url.clone(), None, serving)?;
    let shutdown = tasks.shutdown();
    tasks.spawn("the API", async move { Ok(api::serve(listener, api, shutdown).await?) });
    if with_worker {
        let mut worker = instance.worker(&config.worker).await?;
        worker.config.retention.clone_from(&config.events_retention);
        let shutdown = tasks.shutdown();
        tasks.spawn("the worker", async move {
            worker.run(shutdown).await;
            Ok(())
        });
    }
    // A certificate is for the public name, not for this address; that it fits its key is known by now.
    let is_encrypted = config.serving.is_encrypted();
    let ready = async {
        if !is_encrypted {
            super::ready::wait(address).await;
        }
    };
    if tasks.meanwhile(ready).await?.is_some() {
        tracing::info!(address = %address, public_url, with_worker, "serving");
        super::announce(&format!("{scheme}://{address}"));
    }
    let ended = tasks.finish().await;
    instance.close().await;
    ended
}
