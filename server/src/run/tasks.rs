//! The long-running parts of a process: they start together, and when one ends all are asked to.

use std::time::Duration;

use anyhow::{Context, Result, bail};
use tokio::signal::unix::{SignalKind, signal};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

/// What the parts get on top of the time that the slowest of them asks for.
const GRACE: Duration = Duration::from_secs(5);
/// What a shell shows for a process that Ctrl-C ended.
const INTERRUPTED: i32 = 130;

/// The parts of this process.
pub struct Tasks {
    shutdown: CancellationToken,
    running: JoinSet<Result<()>>,
    drain: Duration,
}

impl Tasks {
    /// None yet. From now on the first SIGINT or SIGTERM begins an orderly shutdown, and the second ends the process.
    /// `drain` is what the slowest part takes at most to finish what it has begun.
    pub fn new(drain: Duration) -> Result<Self> {
        let shutdown = CancellationToken::new();
        let mut interrupt = signal(SignalKind::interrupt()).context("cannot listen for signals")?;
        let mut terminate = signal(SignalKind::terminate()).context("cannot listen for signals")?;
        let begun = shutdown.clone();
        tokio::spawn(async move {
            for is_second in [false, true] {
                tokio::select! {
                    _ = interrupt.recv() => {}
                    _ = terminate.recv() => {}
                }
                if is_second {
                    std::process::exit(INTERRUPTED);
                }
                tracing::info!("shutting down; a second signal ends the process at once");
                begun.cancel();
            }
        });
        Ok(Self { shutdown, running: JoinSet::new(), drain: drain + GRACE })
    }

    /// Cancelled when the parts are to end.
    pub fn shutdown(&self) -> CancellationToken {
        self.shutdown.clone()
    }

    /// Starts a part.
    pub fn spawn(&mut self, name: &'static str, part: impl Future<Output = Result<()>> + Send + 'static) {
        let shutdown = self.shutdown.clone();
        self.running.spawn(async move {
            part.await.context(name)?;
            if !shutdown.is_cancelled() {
                bail!("{name} ended, though nobody asked it to");
            }
            Ok(())
        });
    }

    /// Waits for `look` while the parts run; the first part that ends ends the waiting too.
    pub async fn meanwhile<T>(&mut self, look: impl Future<Output = T>) -> Result<Option<T>> {
        tokio::select! {
            seen = look => Ok(Some(seen)),
            () = self.shutdown.cancelled() => Ok(None),
            Some(ended) = self.running.join_next() => {
                ended.context("a part of the process was torn down")??;
                Ok(None)
            }
        }
    }

    /// Waits until all parts have ended, and passes on the first error.
    pub async fn finish(mut self) -> Result<()> {
        let mut first_error = None;
        if let Some(ended) = self.running.join_next().await {
            first_error = error_of(ended);
        }
        self.shutdown.cancel();
        let drain = async {
            while let Some(ended) = self.running.join_next().await {
                first_error = first_error.take().or_else(|| error_of(ended));
            }
        };
        if tokio::time::timeout(self.drain, drain).await.is_err() {
            tracing::warn!("some work did not finish in time; it is taken up again after the next start");
        }
        first_error.map_or(Ok(()), Err)
    }
}

fn error_of(ended: Result<Result<()>, tokio::task::JoinError>) -> Option<anyhow::Error> {
    ended.context("a part of the process was torn down").and_then(|ended| ended).err()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicBool, Ordering};

    use super::*;

    #[tokio::test]
    async fn when_one_part_fails_the_others_end_in_order_and_its_error_is_told() {
        let mut tasks = Tasks::new(Duration::ZERO).unwrap();
        let drained = Arc::new(AtomicBool::new(false));
        let (shutdown, done) = (tasks.shutdown(), Arc::clone(&drained));
        tasks.spawn("the worker", async move {
            shutdown.cancelled().await;
            done.store(true, Ordering::Relaxed);
            Ok(())
        });
        tasks.spawn("the API", async { bail!("the port is gone") });
        let error = tasks.finish().await.unwrap_err();
        assert_eq!(format!("{error:#}"), "the API: the port is gone");
        assert!(drained.load(Ordering::Relaxed));
    }

    #[tokio::test]
    async fn a_part_that_ends_unasked_is_an_error_and_ends_the_waiting() {
        let mut tasks = Tasks::new(Duration::ZERO).unwrap();
        tasks.spawn("the API", async { Ok(()) });
        let error = tasks.meanwhile(std::future::pending::<()>()).await.unwrap_err();
        assert_eq!(format!("{error:#}"), "the API ended, though nobody asked it to");
    }

    #[tokio::test]
    async fn an_orderly_shutdown_is_no_error() {
        let mut tasks = Tasks::new(Duration::ZERO).unwrap();
        let shutdown = tasks.shutdown();
        let asked = shutdown.clone();
        tasks.spawn("the API", async move {
            asked.cancelled().await;
            Ok(())
        });
        shutdown.cancel();
        assert_eq!(tasks.meanwhile(std::future::pending::<()>()).await.unwrap(), None);
        assert!(tasks.finish().await.is_ok());
    }
}
