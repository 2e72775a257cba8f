//! The authorization request (RFC 6749 §4.1.1, with PKCE): whose it is, what it asks for, and whom to tell when it is
//! wrong. Nothing is sent to a place that the client did not register.

use std::borrow::Cow;
use std::collections::HashMap;
use std::time::Duration;

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use domain::access::Grants;
use domain::ids::ClientId;
use domain::workspaces::{Client, CodeChallenge};
use persistence::workspaces::find_client;
use url::form_urlencoded;

use super::page;
use crate::auth::Desk;

/// A request that can be put before a member.
pub(super) struct Request {
    pub(super) client: Client,
    pub(super) scopes: Grants,
    pub(super) challenge: CodeChallenge,
    pub(super) back: Back,
}

/// The way back to the client.
#[derive(Clone)]
pub(super) struct Back {
    pub(super) uri: String,
    state: Option<String>,
    issuer: String,
}

/// What is wrong, and who is told: the person, or the client by a redirect.
pub(super) enum Fault {
    Person(&'static str),
    Client(Back, &'static str, &'static str),
    /// There were too many attempts; after that time another is looked at.
    TooOften(Duration),
    Unavailable,
}

/// Each parameter, once.
struct Parameters<'a>(HashMap<Cow<'a, str>, Option<Cow<'a, str>>>);

impl<'a> Parameters<'a> {
    /// A parameter that comes twice is kept without a value: it is refused when somebody asks for it.
    fn read(query: &'a str) -> Self {
        let mut found = HashMap::new();
        for (name, value) in form_urlencoded::parse(query.as_bytes()) {
            found.entry(name).and_modify(|known| *known = None).or_insert(Some(value));
        }
        Self(found)
    }

    /// An empty parameter counts as missing (RFC 6749 §3.1).
    fn get(&self, name: &str) -> Result<Option<&str>, Twice> {
        match self.0.get(name) {
            None => Ok(None),
            Some(None) => Err(Twice),
            Some(Some(value)) => Ok(Some(value.as_ref()).filter(|value| !value.is_empty())),
        }
    }
}

struct Twice;

impl Request {
    /// Reads the query of the authorization endpoint.
    pub(super) async fn read(desk: &Desk, query: &str) -> Result<Self, Fault> {
        let parameters = Parameters::read(query);
        let unknown = Fault::Person("The application that sent you here is not known.");
        let Ok(Some(id)) = parameters.get("client_id") else { return Err(unknown) };
        let Ok(id) = id.parse::<ClientId>() else { return Err(unknown) };
        let found = find_client(&desk.api.stores.database, id).await.map_err(|error| {
            tracing::warn!(error = %error, "the store did not answer the authorization endpoint");
            Fault::Unavailable
        })?;
        let Some((client, _)) = found else { return Err(unknown) };
        let named = parameters.get("redirect_uri").ok().flatten();
        let named = named.filter(|named| client.redirect_uris.iter().any(|registered| registered.is(named)));
        let Some(uri) = named else {
            return Err(Fault::Person(
                "The application that sent you here wants the answer at a place that is not its own.",
            ));
        };
        // From here on the client can be told.
        let issuer = desk.api.config.public_url.clone();
        let back =
            Back { uri: uri.to_owned(), state: parameters.get("state").ok().flatten().map(str::to_owned), issuer };
        match read(&parameters, &client) {
            Ok((scopes, challenge)) => Ok(Self { client, scopes, challenge, back }),
            Err((error, description)) => Err(Fault::Client(back, error, description)),
        }
    }
}

/// What is asked for. Every refusal has an error code of RFC 6749 §4.1.2.1.
fn read(parameters: &Parameters<'_>, client: &Client) -> Result<(Grants, CodeChallenge), (&'static str, &'static str)> {
    let get = |name| parameters.get(name).map_err(|Twice| ("invalid_request", "a parameter is there twice"));
    match get("response_type")? {
        Some("code") => {}
        Some(_) => return Err(("unsupported_response_type", "the response type is `code`")),
        None => return Err(("invalid_request", "`response_type` is missing")),
    }
    get("state")?;
    if !matches!(get("response_mode")?, None | Some("query")) {
        return Err(("invalid_request", "the response mode is `query`"));
    }
    if get("code_challenge_method")? != Some("S256") {
        return Err(("invalid_request", "`code_challenge_method` is `S256`"));
    }
    let challenge = get("code_challenge")?.and_then(CodeChallenge::parse);
    let challenge = challenge.ok_or(("invalid_request", "`code_challenge` is the digest of RFC 7636 §4.2"))?;
    let scopes = match get("scope")?.map(str::trim).filter(|scope| !scope.is_empty()) {
        None => client.scopes.clone(),
        Some(asked) => Grants::try_from(asked.to_owned())
            .ok()
            .filter(|asked| asked.intersection(&client.scopes) == *asked)
            .ok_or(("invalid_scope", "the client may not have this scope"))?,
    };
    Ok((scopes, challenge))
}

impl Back {
    /// Sends the browser back with an answer, `state` and `iss` (RFC 9207) beside it.
    pub(super) fn with(&self, answer: &[(&str, &str)]) -> Response {
        let mut pairs = form_urlencoded::Serializer::new(String::new());
        pairs.extend_pairs(answer);
        if let Some(state) = &self.state {
            pairs.append_pair("state", state);
        }
        pairs.append_pair("iss", &self.issuer);
        // The registered URI stays as it is, letter by letter.
        let joint = if self.uri.contains('?') { '&' } else { '?' };
        let Ok(place) = HeaderValue::from_str(&format!("{}{joint}{}", self.uri, pairs.finish())) else {
            return page::refused(StatusCode::BAD_REQUEST, "The application's address cannot be used.");
        };
        let headers = [(header::LOCATION, place), (header::CACHE_CONTROL, HeaderValue::from_static("no-store"))];
        (StatusCode::SEE_OTHER, headers).into_response()
    }

    /// Where a form may lead to, for the page's policy (CSP level 3 `form-action`, which browsers hold redirects to).
    pub(super) fn source(&self) -> Option<String> {
        let uri = url::Url::parse(&self.uri).ok()?;
        match uri.scheme() {
            "http" | "https" => Some(uri.origin().ascii_serialization()),
            scheme => Some(format!("{scheme}:")),
        }
    }
}

impl IntoResponse for Fault {
    fn into_response(self) -> Response {
        match self {
            Self::Person(sentence) => page::refused(StatusCode::BAD_REQUEST, sentence),
            Self::Client(back, error, description) => {
                back.with(&[("error", error), ("error_description", description)])
            }
            Self::TooOften(wait) => {
                let sentence = "There were too many attempts from here. Wait a little and try again.";
                let mut response = page::refused(StatusCode::TOO_MANY_REQUESTS, sentence);
                response.headers_mut().insert(header::RETRY_AFTER, wait.as_secs().saturating_add(1).into());
                response
            }
            Self::Unavailable => {
                page::refused(StatusCode::SERVICE_UNAVAILABLE, "This does not work at the moment. Try again soon.")
            }
        }
    }
}
