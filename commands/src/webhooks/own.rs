//! The endpoint a command is about, locked and in the version the caller expects; and how a secret is answered.

use domain::errors::{Detail, ErrorCode, Refusal};
use domain::ids::EndpointId;
use domain::webhooks::endpoint::{Endpoint, EndpointSecrets};
use persistence::webhooks::lock_endpoint;
use persistence::{Sealer, StoreError, Tx};
use serde::{Deserialize, Serialize};

/// An endpoint as a command left it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct EndpointAnswer {
    /// The endpoint.
    pub endpoint: Endpoint,
    /// The secret that the command made, sealed: the answer is kept for repetitions of the request, whose sender may
    /// never have seen the first one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    sealed_secret: Option<Vec<u8>>,
}

/// A fresh secret, drawn at the edge, and what seals it.
#[derive(Clone, Copy)]
pub struct NewSecret<'a> {
    /// Seals it.
    pub sealer: &'a Sealer,
    /// `whsec_` and base64.
    pub text: &'a str,
}

impl std::fmt::Debug for NewSecret<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("NewSecret(…)")
    }
}

impl EndpointAnswer {
    pub(super) fn plain(endpoint: Endpoint) -> Self {
        Self { endpoint, sealed_secret: None }
    }

    pub(super) fn with_secret(endpoint: Endpoint, secret: NewSecret<'_>) -> Result<Self, StoreError> {
        let sealed = secret.sealer.seal(&place(endpoint.id), secret.text.as_bytes())?;
        Ok(Self { endpoint, sealed_secret: Some(sealed) })
    }

    /// The secret that the command made.
    pub fn open_secret(&self, sealer: &Sealer) -> Result<Option<String>, StoreError> {
        let Some(kept) = &self.sealed_secret else { return Ok(None) };
        let opened = sealer.open(&place(self.endpoint.id), kept)?;
        String::from_utf8(opened).map(Some).map_err(|error| StoreError::Damaged(error.to_string()))
    }
}

fn place(id: EndpointId) -> String {
    format!("answers/{id}")
}

/// Locks the endpoint for a change.
pub(super) async fn lock_own(
    tx: &Tx,
    sealer: &Sealer,
    id: EndpointId,
    expected_version: Option<i64>,
) -> Result<Result<(Endpoint, EndpointSecrets), Refusal>, StoreError> {
    let Some((endpoint, secrets)) = lock_endpoint(tx, sealer, id).await? else {
        return Ok(Err(Refusal::not_found("input.endpointId")));
    };
    match expected_version {
        Some(expected) if expected != endpoint.version => Ok(Err(Refusal::field(
            ErrorCode::VersionConflict,
            "input.expectedVersion",
            "The endpoint changed since that version.",
        )
        .with(Detail::CurrentVersion(endpoint.version)))),
        _ => Ok(Ok((endpoint, secrets))),
    }
}
