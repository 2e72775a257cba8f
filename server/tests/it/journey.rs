//! The whole way once, as its people walk it.

use serde_json::json;

use crate::support::App;

both_stores!(everybody_is_who_they_are, async |app: App| {
    let viewer = app.as_persona("ops").gql("{ viewer { workspace { name } } }", json!({})).await;
    assert_eq!(viewer, json!({"viewer": {"workspace": {"name": "Acme"}}}));
    app.settled().await;
});
