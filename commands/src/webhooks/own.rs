//! The endpoint a command is about, reserved and in the version the caller expects; and how a secret is answered.

use domain::errors::{Detail, ErrorCode, Refusal};
use domain::ids::EndpointId;
use domain::webhooks::endpoint::{Endpoint, EndpointSecrets, SignatureScheme};
use persistence::{Sealer, StoreError, Tx, webhooks};
use serde::{Deserialize, Serialize};

/// An endpoint as a command left it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct EndpointAnswer {
    /// The endpoint.
    pub endpoint: Endpoint,
    /// The shared secret that the command made, sealed: the answer is kept for repetitions of the request, whose sender
    /// may never have seen the first one. A private key is nobody's to see.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    sealed_secret: Option<Vec<u8>>,
}

/// Fresh secrets, drawn at the edge, and what seals them.
#[derive(Clone, Copy)]
pub struct NewSecret<'a> {
    /// Seals it.
    pub sealer: &'a Sealer,
    /// Draws one: `whsec_` or `whsk_`, and base64.
    pub draw: fn(SignatureScheme) -> String,
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

    pub(super) fn with_secret(
        endpoint: Endpoint,
        sealer: &Sealer,
        (scheme, text): (SignatureScheme, &str),
    ) -> Result<Self, StoreError> {
        if scheme == SignatureScheme::Ed25519 {
            return Ok(Self::plain(endpoint));
        }
        let kept = sealer.seal(&place(endpoint.id), text.as_bytes())?;
        Ok(Self { endpoint, sealed_secret: Some(kept) })
    }

    /// The shared secret that the command made.
    pub fn open_secret(&self, sealer: &Sealer) -> Result<Option<String>, StoreError> {
        let Some(kept) = &self.sealed_secret else { return Ok(None) };
        let opened = sealer.open(&place(self.endpoint.id), kept)?;
        String::from_utf8(opened).map(Some).map_err(|error| StoreError::Damaged(error.to_string()))
    }
}

fn place(id: EndpointId) -> String {
    format!("answers/{id}")
}

/// The endpoint, for a change: its name is locked, its row is not yet. Whoever changes lanes or the destination does so
/// before [`lock_own`], in the order in which deliveries are settled. What people decide about an endpoint (its settings,
/// whether it is told) stays as it is here; what its deliveries say about it may change until then.
pub(super) async fn reserve_own(
    tx: &Tx,
    id: EndpointId,
    expected_version: Option<i64>,
) -> Result<Result<Endpoint, Refusal>, StoreError> {
    webhooks::reserve_endpoints(tx, [id]).await?;
    let Some(endpoint) = webhooks::find_endpoint(tx, id).await? else {
        return Ok(Err(Refusal::not_found("input.endpointId")));
    };
    match expected_version {
        Some(expected) if expected != endpoint.version => Ok(Err(Refusal::field(
            ErrorCode::VersionConflict,
            "input.expectedVersion",
            "The endpoint changed since that version.",
        )
        .with(Detail::CurrentVersion(endpoint.version)))),
        _ => Ok(Ok(endpoint)),
    }
}

/// The row of a reserved endpoint, locked, with its secrets.
pub(super) async fn lock_own(
    tx: &Tx,
    sealer: &Sealer,
    id: EndpointId,
) -> Result<(Endpoint, EndpointSecrets), StoreError> {
    let found = webhooks::lock_endpoint(tx, sealer, id).await?;
    found.ok_or_else(|| StoreError::Failed("an endpoint went while it was reserved".to_owned()))
}
