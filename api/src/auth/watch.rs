//! Keeps what a server knows of keys and revocations fresh. Every server looks again every other second, and at once
//! when a hint says so: what is revoked anywhere is refused everywhere within five seconds, Redis or not.

use std::sync::Arc;
use std::time::Duration;

use persistence::bus::{Bus, Hint};
use tokio::time::MissedTickBehavior;
use tokio_util::sync::CancellationToken;

use super::Tokens;

/// Two small queries each time. With a slow answer of the store there is room for a second look within five seconds.
const LOOK_EVERY: Duration = Duration::from_secs(2);

/// Runs until the shutdown.
pub(crate) fn keep_fresh(tokens: Arc<Tokens>, bus: &Bus, shutdown: CancellationToken) {
    let mut hints = bus.listen();
    let mut ticks = tokio::time::interval(LOOK_EVERY);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    tokio::spawn(async move {
        let mut is_out = false;
        loop {
            tokio::select! {
                () = shutdown.cancelled() => return,
                _ = ticks.tick() => {}
                hint = hints.next() => match hint {
                    Some(Hint::Revoked | Hint::Lost) => {}
                    Some(_) => continue,
                    None => return,
                },
            }
            let looked = tokens.look().await;
            // Said once: an outage of the store fills no log.
            if let Err(error) = &looked
                && !is_out
            {
                tracing::warn!(error = %error, "keys and revocations cannot be read; what was known before stands");
            }
            is_out = looked.is_err();
        }
    });
}
