//! Hints through Redis pub/sub (<https://redis.io/docs/latest/develop/pubsub/>).
//!
//! Pub/sub is at most once, and a silent connection looks the same as a quiet one. So the listener publishes a
//! heartbeat through Redis to itself: when it does not come back in time the connection is taken for dead, rebuilt,
//! and everybody is told that hints may have been lost.

use std::time::Duration;

use ::redis::aio::{ConnectionManager, ConnectionManagerConfig};
use ::redis::{AsyncCommands, Client};
use futures_util::StreamExt;
use serde::{Deserialize, Serialize};
use tokio::sync::{broadcast, mpsc};
use uuid::Uuid;

use super::Hint;
use crate::StoreError;

const CHANNEL: &str = "meridian:hints";
const HEARTBEAT: &str = "\"heartbeat\"";
const HEARTBEAT_EVERY: Duration = Duration::from_secs(5);
const SILENCE_MAX: Duration = Duration::from_secs(12);
const RECONNECT_AFTER: Duration = Duration::from_millis(500);
const ANSWER_TIMEOUT: Duration = Duration::from_secs(2);

/// A hint on its way, with who sent it. Versions that know no sender leave it out and read past it.
#[derive(Serialize, Deserialize)]
struct Message {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    sender: Option<Uuid>,
    #[serde(flatten)]
    hint: Hint,
}

/// Starts the publisher and the listener. Both end with the last handle of the bus, which ends `outgoing`.
pub fn start(url: &str, local: broadcast::Sender<Hint>, outgoing: mpsc::Receiver<Hint>) -> Result<(), StoreError> {
    let client =
        Client::open(url).map_err(|error| StoreError::Failed(format!("the Redis URL is not usable: {error}")))?;
    #[expect(clippy::disallowed_methods, reason = "a name on the wire that nothing is decided by and nothing keeps")]
    let ours = Uuid::new_v4();
    tokio::spawn(async move {
        tokio::select! {
            () = publish(client.clone(), ours, outgoing) => {}
            () = listen(client.clone(), ours, local) => {}
        }
    });
    Ok(())
}

/// Takes hints from the queue until the last handle of the bus is gone. A hint that cannot be published is dropped.
async fn publish(client: Client, ours: Uuid, mut outgoing: mpsc::Receiver<Hint>) {
    let mut connection: Option<ConnectionManager> = None;
    while let Some(hint) = outgoing.recv().await {
        if connection.is_none() {
            connection = connect(&client).await;
        }
        let Some(manager) = &mut connection else { continue };
        let message = Message { sender: Some(ours), hint };
        let Ok(text) = serde_json::to_string(&message) else { continue };
        if let Err(error) = manager.publish::<_, _, ()>(CHANNEL, text).await {
            tracing::warn!(error = %error, "Redis did not take a hint; listeners elsewhere will find it by polling");
            connection = None;
        }
    }
}

async fn connect(client: &Client) -> Option<ConnectionManager> {
    let config = ConnectionManagerConfig::new()
        .set_number_of_retries(0)
        .set_connection_timeout(Some(ANSWER_TIMEOUT))
        .set_response_timeout(Some(ANSWER_TIMEOUT));
    ConnectionManager::new_with_config(client.clone(), config).await.ok()
}

/// Listens, rebuilding the connection whenever it breaks or goes silent.
async fn listen(client: Client, ours: Uuid, local: broadcast::Sender<Hint>) {
    let mut is_first = true;
    loop {
        match listen_once(&client, ours, &local, is_first).await {
            Ok(()) => {}
            Err(error) => {
                tracing::warn!(error = %error, "the Redis subscription broke; hints are lost until it is back");
            }
        }
        is_first = false;
        tokio::time::sleep(RECONNECT_AFTER).await;
    }
}

async fn listen_once(
    client: &Client,
    ours: Uuid,
    local: &broadcast::Sender<Hint>,
    is_first: bool,
) -> ::redis::RedisResult<()> {
    let mut pubsub = tokio::time::timeout(ANSWER_TIMEOUT, client.get_async_pubsub()).await.map_err(silent)??;
    tokio::time::timeout(ANSWER_TIMEOUT, pubsub.subscribe(CHANNEL)).await.map_err(silent)??;
    let mut heart =
        tokio::time::timeout(ANSWER_TIMEOUT, client.get_multiplexed_async_connection()).await.map_err(silent)??;
    if !is_first {
        tracing::info!("the Redis subscription is back");
        let _ = local.send(Hint::Lost);
    }
    let mut messages = pubsub.on_message();
    let mut beat = tokio::time::interval(HEARTBEAT_EVERY);
    let mut last_heard = tokio::time::Instant::now();
    loop {
        tokio::select! {
            message = messages.next() => {
                let Some(message) = message else { return Ok(()) };
                last_heard = tokio::time::Instant::now();
                let text: String = message.get_payload()?;
                // Listeners of this process heard its hints when they were published.
                if let Ok(message) = serde_json::from_str::<Message>(&text)
                    && message.sender != Some(ours)
                {
                    let _ = local.send(message.hint);
                }
            }
            _ = beat.tick() => {
                if last_heard.elapsed() > SILENCE_MAX {
                    return Ok(());
                }
                let sent = heart.publish::<_, _, ()>(CHANNEL, HEARTBEAT);
                tokio::time::timeout(ANSWER_TIMEOUT, sent).await.map_err(silent)??;
            }
        }
    }
}

fn silent(_: tokio::time::error::Elapsed) -> ::redis::RedisError {
    ::redis::RedisError::from(std::io::Error::new(std::io::ErrorKind::TimedOut, "Redis did not answer in time"))
}
