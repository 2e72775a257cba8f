//! When to look: at a hint that matters, and in any case after the poll interval.

use std::time::Duration;

use futures_util::FutureExt;
use persistence::bus::{Bus, Hint, Listener};

/// Wakes one part of the worker.
pub(crate) struct Wake {
    listener: Listener,
    poll: Duration,
    matters: fn(Hint) -> bool,
}

impl Wake {
    /// Listens from now on: made before the first look, so that nothing falls between the two.
    pub(crate) fn on(bus: &Bus, poll: Duration, matters: fn(Hint) -> bool) -> Self {
        Self { listener: bus.listen(), poll, matters }
    }

    /// Returns when it is time to look. Hints that have piled up are one reason to look, not many.
    pub(crate) async fn next(&mut self) {
        let listener = &mut self.listener;
        let heard = async {
            while let Some(hint) = listener.next().await {
                if (self.matters)(hint) {
                    return;
                }
            }
            // The bus is gone; the poll is what is left.
            std::future::pending::<()>().await;
        };
        let _ = tokio::time::timeout(self.poll, heard).await;
        while let Some(Some(_)) = self.listener.next().now_or_never() {}
    }
}
