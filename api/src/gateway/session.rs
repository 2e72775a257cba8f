//! The end of a session, which every stream and every socket minds.

use std::future::pending;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use tokio::time::sleep;

use super::engine::Engine;

/// Why a session may no longer be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ended {
    /// Its token's time is over.
    Expired,
    /// Its rights were taken away.
    Revoked,
}

/// Resolves when the session may no longer be used.
pub(super) fn end<E: Engine>(engine: E, session: E::Session) -> BoxFuture<'static, Ended> {
    async move {
        let expiry = async {
            match engine.expires_at(&session) {
                // A moment already past is no duration: it ends at once.
                Some(at) => sleep((at - engine.now()).to_std().unwrap_or_default()).await,
                None => pending().await,
            }
        };
        tokio::select! {
            () = expiry => Ended::Expired,
            () = engine.revoked(&session) => Ended::Revoked,
        }
    }
    .boxed()
}
