//! What there is: the server's metadata (RFC 8414) and its public keys (RFC 7517).

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderName, header};
use axum::response::IntoResponse;
use domain::access::Scope;
use serde_json::{Value, json};

use super::{Desk, assertion};

/// Both documents change with a release or a key, and a key is announced long before it signs.
const FOR_A_WHILE: [(HeaderName, &str); 1] = [(header::CACHE_CONTROL, "public, max-age=300")];
const METHODS: [&str; 4] = ["client_secret_basic", "client_secret_post", "private_key_jwt", "none"];

/// `GET /.well-known/oauth-authorization-server`.
pub(super) async fn metadata(State(desk): State<Desk>) -> impl IntoResponse {
    (FOR_A_WHILE, Json(document(&desk.api.config.public_url)))
}

/// `GET /oauth/jwks`.
pub(super) async fn jwks(State(desk): State<Desk>) -> impl IntoResponse {
    (FOR_A_WHILE, Json(desk.tokens.published()))
}

fn document(issuer: &str) -> Value {
    let scopes: Vec<_> = Scope::ALL.iter().map(|scope| scope.as_str()).collect();
    let mut document = json!({
        "issuer": issuer,
        "authorization_endpoint": format!("{issuer}/oauth/authorize"),
        "token_endpoint": format!("{issuer}/oauth/token"),
        "revocation_endpoint": format!("{issuer}/oauth/revoke"),
        "introspection_endpoint": format!("{issuer}/oauth/introspect"),
        "jwks_uri": format!("{issuer}/oauth/jwks"),
        "scopes_supported": scopes,
        "response_types_supported": ["code"],
        "response_modes_supported": ["query"],
        "grant_types_supported": ["authorization_code", "client_credentials", "refresh_token"],
        "code_challenge_methods_supported": ["S256"],
        "authorization_response_iss_parameter_supported": true,
    });
    for endpoint in ["token", "revocation", "introspection"] {
        // Nothing is told of a token to those who prove nothing.
        let methods = if endpoint == "introspection" { &METHODS[..3] } else { &METHODS };
        document[format!("{endpoint}_endpoint_auth_methods_supported")] = json!(methods);
        document[format!("{endpoint}_endpoint_auth_signing_alg_values_supported")] = json!(assertion::ALGORITHMS);
    }
    document
}
