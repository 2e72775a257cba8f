//! Between what a store keeps and what the domain means: JSON documents and enum texts.

use domain::access::Actor;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::StoreError;

/// A domain value as a JSON document.
pub(crate) fn to_json<T: Serialize>(value: &T) -> Result<Value, StoreError> {
    serde_json::to_value(value).map_err(|error| StoreError::Failed(error.to_string()))
}

/// A domain value from a JSON document.
pub(crate) fn from_json<T: DeserializeOwned>(value: Value) -> Result<T, StoreError> {
    serde_json::from_value(value).map_err(|error| StoreError::Damaged(error.to_string()))
}

/// A unit variant as the text that serde gives it.
pub(crate) fn to_text<T: Serialize>(value: &T) -> Result<String, StoreError> {
    match to_json(value)? {
        Value::String(text) => Ok(text),
        _ => Err(StoreError::Failed("not a text".to_owned())),
    }
}

/// A domain value from its text.
pub(crate) fn from_text<T: DeserializeOwned>(text: &str) -> Result<T, StoreError> {
    from_json(Value::String(text.to_owned()))
}

/// Who acts, as a key: two tokens of one client are the same actor, two members of one client are not.
pub(crate) fn to_text_of_actor(actor: Actor) -> String {
    match actor {
        Actor::Client { client, .. } => client.to_string(),
        Actor::Member { member, client, .. } => format!("{member} {client}"),
        Actor::System => "system".to_owned(),
    }
}
