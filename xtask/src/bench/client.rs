//! A caller of the API as the bench needs one: a token, prepared requests, and questions with one answer.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, bail};
use serde_json::{Value, json};

use super::http::{Connection, Post, Url};

/// A caller who is known at an endpoint. A token is good for 15 minutes, longer than any run.
pub struct Client {
    url: Url,
    authorization: String,
    /// The request that a token was the answer to.
    grant: Vec<u8>,
}

impl Client {
    /// The persona of this name, by the `sandbox.json` of a running sandbox.
    pub fn of_sandbox(manifest: &Path, persona: &str) -> Result<Self> {
        let text = fs::read_to_string(manifest).with_context(|| format!("reading {}", manifest.display()))?;
        let manifest: Value = serde_json::from_str(&text).context("sandbox.json is not JSON")?;
        let text_at = |pointer: &str| {
            let value = manifest.pointer(pointer).and_then(Value::as_str);
            value.with_context(|| format!("sandbox.json has no {pointer}"))
        };
        let id = text_at(&format!("/personas/{persona}/client_id"))?;
        let secret = text_at(&format!("/personas/{persona}/client_secret"))?;
        Self::granted(text_at("/oauth_token")?, text_at("/graphql")?, (id, secret))
    }

    /// A client of the server at `url`, by its id and secret.
    pub fn log_in(url: &str, id: &str, secret: &str) -> Result<Self> {
        Self::granted(&format!("{url}/oauth/token"), &format!("{url}/graphql"), (id, secret))
    }

    fn granted(tokens: &str, api: &str, credentials: (&str, &str)) -> Result<Self> {
        let tokens = Url::parse(tokens)?;
        let grant = grant(&tokens, credentials);
        let token = token(&tokens, &grant)?;
        Ok(Self { url: Url::parse(api)?, authorization: format!("Bearer {token}"), grant })
    }

    /// Where the API is.
    pub fn url(&self) -> &Url {
        &self.url
    }

    /// `Bearer …`
    pub fn authorization(&self) -> &str {
        &self.authorization
    }

    /// The bytes of a request for another token.
    pub fn token_request(&self) -> Vec<u8> {
        self.grant.clone()
    }

    /// The bytes of a request, to be sent as often as one likes.
    pub fn request(&self, query: &str, variables: &Value) -> Vec<u8> {
        let body = json!({"query": query, "variables": variables}).to_string();
        let authorization = Some(self.authorization.as_str());
        Post { url: &self.url, content_type: "application/json", authorization, body: &body }.to_bytes()
    }

    /// Opens a connection for questions one after the other.
    pub fn connect(&self) -> Result<Session<'_>> {
        Ok(Session { client: self, connection: Connection::open(self.url.address()?)? })
    }
}

/// A caller's connection.
pub struct Session<'a> {
    client: &'a Client,
    connection: Connection,
}

impl Session<'_> {
    /// The `data` of an answer without errors.
    pub fn ask(&mut self, query: &str, variables: &Value) -> Result<Value> {
        let request = self.client.request(query, variables);
        let response = self.connection.exchange(&request)?;
        let text = String::from_utf8_lossy(&response.body);
        let mut answer: Value = serde_json::from_str(&text).with_context(|| format!("not JSON: {text}"))?;
        if response.status != 200 || answer.get("errors").is_some() {
            bail!("{query} was answered with {} {text}", response.status);
        }
        Ok(answer["data"].take())
    }

    /// The payload of a mutation's one field, which refuses nothing.
    pub fn change(&mut self, mutation: &str, input: &Value) -> Result<Value> {
        let data = self.ask(mutation, &json!({"input": input}))?;
        let payload = data.as_object().and_then(|fields| fields.values().next()).cloned().unwrap_or_default();
        if payload["errors"].as_array().is_none_or(|errors| !errors.is_empty()) {
            bail!("{mutation} refused: {payload}");
        }
        Ok(payload)
    }
}

/// By client credentials (RFC 6749 §4.4). The sandbox's ids and secrets need no encoding.
fn grant(url: &Url, (id, secret): (&str, &str)) -> Vec<u8> {
    let body = format!("grant_type=client_credentials&client_id={id}&client_secret={secret}");
    Post { url, content_type: "application/x-www-form-urlencoded", authorization: None, body: &body }.to_bytes()
}

fn token(url: &Url, grant: &[u8]) -> Result<String> {
    let response = Connection::open(url.address()?)?.exchange(grant)?;
    let answer: Value =
        serde_json::from_slice(&response.body).context("the token endpoint did not answer with JSON")?;
    let token = answer["access_token"].as_str().with_context(|| format!("no token: HTTP {}", response.status))?;
    Ok(token.to_owned())
}
