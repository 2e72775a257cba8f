//! A new signing key: announced, then in use, while old tokens go on to their end; or at once, when it has to be.

use std::time::{Duration, Instant};

use chrono::{DateTime, TimeDelta, Utc};
use commands::Stores;
use commands::workspaces::rotate_signing_key;
use domain::workspaces::{KEY_ANNOUNCED, Pace, Rotation};
use persistence::Sealer;
use persistence::bus::Bus;
use sandbox::DataDir;
use serde_json::{Value, json};

use super::{Proof, credentials, grant, viewer};
use crate::listener::Listener;
use crate::support::{App, wait_until};

/// Rotates as an operator would have done it at that time.
async fn rotate(app: &App, at: DateTime<Utc>) {
    let key = DataDir::open(app.folder(), false).unwrap().secret_key(|| [0; 32]).unwrap();
    let stores = Stores { database: app.database.clone(), bus: Bus::in_process() };
    let sealer = Sealer::new(&key, || [7; 24]);
    let made = api::new_signing_key(at).unwrap();
    rotate_signing_key(&stores, &sealer, made, Rotation::at(at, Pace::Planned), at).await.unwrap();
}

async fn published(app: &App) -> Vec<String> {
    let answer = app.http.get(format!("{}/oauth/jwks", app.url)).send().await.unwrap().json::<Value>().await.unwrap();
    answer["keys"].as_array().unwrap().iter().map(|key| key["kid"].as_str().unwrap().to_owned()).collect()
}

/// A new token, and the id of the key that signed it.
async fn token(app: &App) -> (String, String) {
    let (id, secret) = credentials(app, "partner");
    let granted = grant(app, Proof::Basic(&id, &secret), None).await;
    let token = granted.body["access_token"].as_str().unwrap().to_owned();
    let kid = jsonwebtoken::decode_header(&token).unwrap().kid.unwrap();
    (token, kid)
}

/// The present moment, as an operator's own clock tells it.
#[expect(clippy::disallowed_methods, reason = "the store is written behind the server's back")]
fn now() -> DateTime<Utc> {
    Utc::now()
}

both_stores!(a_rotation_is_noticed_by_nobody, async |app: App| {
    let (first, old) = token(&app).await;
    let made = app.meridian(&["signing-key", "rotate"], "");
    let announced = made["key_id"].as_str().unwrap().to_owned();
    wait_until("both keys are published", async || published(&app).await == [old.as_str(), &announced]).await;
    assert_eq!(token(&app).await.1, old, "it does not sign yet");

    // As if another had been announced long enough ago: it signs now.
    rotate(&app, now() - KEY_ANNOUNCED).await;
    wait_until("the new key signs", async || token(&app).await.1 != old).await;
    let (second, _) = token(&app).await;
    for token in [&first, &second] {
        assert_eq!(viewer(&app, token).await.status, 200);
    }
    // As if it had been an hour ago: what was signed before that is over.
    rotate(&app, now() - TimeDelta::hours(1)).await;
    wait_until("the old keys are gone", async || published(&app).await.len() == 1).await;
    assert_eq!(viewer(&app, &first).await.status, 401);
});

both_stores!(a_key_in_wrong_hands_is_worth_nothing_within_five_seconds, async |mut app: App| {
    let other = app.another_api().await;
    let (stolen, old) = token(&app).await;
    let follow = [("subscription { meetingBooked { type } }", json!({}))];
    let socket = Listener::follow_at(&other, &stolen, &follow).await;
    app.meridian(&["signing-key", "rotate", "--at-once"], "");
    let since = Instant::now();
    assert_eq!(socket.closed().await, (4403, "Session revoked".to_owned()));
    wait_until("the token is refused", async || viewer(&app, &stolen).await.status == 401).await;
    assert!(since.elapsed() < Duration::from_secs(5), "{:?}", since.elapsed());
    let (fresh, new) = token(&app).await;
    assert_ne!(new, old);
    app.url = other;
    assert_eq!(viewer(&app, &fresh).await.status, 200);
});
