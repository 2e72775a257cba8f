//! One execution per idempotency key, with the answer stored in the transaction of the effect.
//!
//! After draft-ietf-httpapi-idempotency-key-header: the same key and payload give the first answer again; the same key
//! with another payload is an error; two at once run once.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use domain::operation::Operation;
use persistence::answers::{self, Claimed};
use persistence::bus::Hint;
use persistence::{StoreError, Tx};
use serde::Serialize;
use serde::de::DeserializeOwned;
use sha2::{Digest, Sha256};

use crate::{Answered, Failure, Outcome, Stores};

/// What opening found.
#[derive(Debug)]
pub enum Opened<T> {
    /// The key is new; the command is to run in this transaction.
    New(Keyed),
    /// The command ran before; this is its answer.
    Replay(Answered<T>),
}

/// A transaction that has claimed a key. Dropped without [`Keyed::finish`], the key is free again.
#[derive(Debug)]
pub struct Keyed {
    /// The transaction.
    pub tx: Tx,
    key: String,
}

/// Begins the transaction of a command and claims its key. `mutation` and `payload` make the fingerprint.
pub async fn open<T: DeserializeOwned>(
    stores: &Stores,
    operation: &Operation,
    key: &str,
    (mutation, payload): (&str, &impl Serialize),
) -> Result<Opened<T>, Failure> {
    let fingerprint = fingerprint(mutation, payload)?;
    let tx = stores.database.begin(operation.workspace).await?;
    let claimed = answers::claim(&tx, operation, key, &fingerprint).await.map_err(|error| match error {
        StoreError::Busy(_) => Failure::InProgress,
        other => Failure::Store(other),
    })?;
    match claimed {
        Claimed::New => Ok(Opened::New(Keyed { tx, key: key.to_owned() })),
        Claimed::Known { fingerprint: known, .. } if known != fingerprint => Err(Failure::KeyReused),
        Claimed::Known { answer, .. } => {
            let outcome: Outcome<T> = serde_json::from_value(answer).map_err(damaged)?;
            Ok(Opened::Replay(Answered { outcome, replayed: true }))
        }
    }
}

impl Keyed {
    /// Stores the answer, commits, and wakes the relay.
    pub async fn finish<T: Serialize>(
        self,
        stores: &Stores,
        operation: &Operation,
        outcome: Outcome<T>,
    ) -> Result<Answered<T>, Failure> {
        let answer = serde_json::to_value(&outcome).map_err(damaged)?;
        answers::store(&self.tx, operation, &self.key, &answer).await?;
        self.tx.commit().await?;
        stores.bus.publish(Hint::Committed);
        Ok(Answered { outcome, replayed: false })
    }
}

/// Equal for the same mutation with the same payload, whatever the order of the keys of its objects.
fn fingerprint(mutation: &str, payload: &impl Serialize) -> Result<String, Failure> {
    let payload = serde_json::to_value(payload).map_err(damaged)?;
    let mut digest = Sha256::new();
    digest.update(mutation.as_bytes());
    digest.update([0]);
    write_canonical(&payload, &mut digest);
    Ok(URL_SAFE_NO_PAD.encode(digest.finalize()))
}

fn write_canonical(value: &serde_json::Value, digest: &mut Sha256) {
    match value {
        serde_json::Value::Object(entries) => {
            let mut entries: Vec<_> = entries.iter().collect();
            entries.sort_by_key(|(name, _)| name.as_str());
            digest.update(b"{");
            for (name, value) in entries {
                digest.update(name.len().to_be_bytes());
                digest.update(name.as_bytes());
                write_canonical(value, digest);
            }
            digest.update(b"}");
        }
        serde_json::Value::Array(items) => {
            digest.update(b"[");
            for item in items {
                write_canonical(item, digest);
            }
            digest.update(b"]");
        }
        scalar => {
            let text = scalar.to_string();
            digest.update(text.len().to_be_bytes());
            digest.update(text.as_bytes());
        }
    }
}

#[expect(clippy::needless_pass_by_value, reason = "it is handed to `map_err`")]
fn damaged(error: serde_json::Error) -> Failure {
    Failure::Store(StoreError::Damaged(error.to_string()))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn check(one: &serde_json::Value, other: &serde_json::Value, equal: bool) {
        assert_eq!(fingerprint("m", one).unwrap() == fingerprint("m", other).unwrap(), equal, "{one} {other}");
    }

    #[test]
    fn only_the_meaning_of_a_payload_counts() {
        let backwards: serde_json::Value = serde_json::from_str(r#"{"b":[1,2],"a":"x"}"#).unwrap();
        check(&json!({"a": "x", "b": [1, 2]}), &backwards, true);
        check(&json!({"a": "x"}), &json!({"a": "y"}), false);
        check(&json!([["a"], []]), &json!([[], ["a"]]), false);
        check(&json!({"a": null}), &json!({}), false);
        check(&json!(["ab", "c"]), &json!(["a", "bc"]), false);
    }

    #[test]
    fn another_mutation_is_another_payload() {
        assert_ne!(fingerprint("hold", &json!({})).unwrap(), fingerprint("book", &json!({})).unwrap());
    }
}
