//! Microsoft Graph's change notifications
//! (<https://learn.microsoft.com/graph/change-notifications-delivery-webhooks>): no signature. Each notification repeats
//! the `clientState` that we chose with the subscription; an address is confirmed by repeating `validationToken`.

use serde::Deserialize;

use super::{Incoming, SignatureError, SigningSecret, Verified, repeated};

/// Where a notification repeats the secret.
const CLIENT_STATE: &str = "clientState";

#[derive(Deserialize)]
struct Notifications {
    value: Vec<Notification>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Notification {
    client_state: Option<String>,
}

/// Checks every notification in the body: one that is not authentic spoils the whole.
///
/// There is neither an id nor a signature. Two equal bodies may be two changes of one thing, so nothing is taken for a
/// repetition: looking twice is harmless, not looking is not.
pub fn verify(incoming: &Incoming<'_>, secrets: &[SigningSecret]) -> Result<Verified, SignatureError> {
    let malformed = SignatureError::Malformed(CLIENT_STATE);
    let found: Notifications = serde_json::from_slice(incoming.body).map_err(|_| malformed)?;
    let mut first = None;
    for notification in &found.value {
        let given = notification.client_state.as_deref().ok_or(SignatureError::Missing(CLIENT_STATE))?;
        let secret = repeated(given, secrets)?;
        first = first.or(Some(secret));
    }
    let secret = first.ok_or(malformed)?;
    Ok(Verified { delivery_id: None, sent_at: None, secret, replay_key: None })
}
