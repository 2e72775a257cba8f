//! Somebody who calls the API: with a token of their own, at one of the servers.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use reqwest::StatusCode;
use reqwest::header::HeaderMap;
use serde_json::{Value, json};

use super::App;

/// An idempotency key that no other call of this run has.
pub fn fresh_key() -> String {
    static DRAWN: AtomicU64 = AtomicU64::new(0);
    format!("key-{}", DRAWN.fetch_add(1, Ordering::Relaxed))
}

/// How long somebody in a rush tries to get their turn.
const RUSH_MAX: Duration = Duration::from_mins(2);

/// A persona of `sandbox.json`.
#[derive(Clone)]
pub struct Caller<'a> {
    app: &'a App,
    name: String,
    server: String,
    headers: HeaderMap,
}

/// An answer of the API, down to its bytes.
#[derive(Debug, Clone)]
pub struct Reply {
    /// HTTP status.
    pub status: StatusCode,
    /// Header fields.
    pub headers: HeaderMap,
    /// The body as it came.
    pub text: String,
    /// The body as JSON; null when it is none.
    pub body: Value,
}

impl<'a> Caller<'a> {
    pub(super) fn new(app: &'a App, name: &str) -> Self {
        Self { app, name: name.to_owned(), server: app.url.clone(), headers: HeaderMap::new() }
    }

    /// The same caller, at another server.
    pub fn at(self, server: &str) -> Self {
        Self { server: server.to_owned(), ..self }
    }

    /// The same caller, sending this header field too.
    pub fn with_header(mut self, name: &'static str, value: &str) -> Self {
        self.headers.insert(name, value.parse().unwrap());
        self
    }

    /// The same caller with a token that is good for these scopes only.
    pub async fn narrowed(mut self, scopes: &str) -> Self {
        let persona = &self.app.manifest.personas[&self.name];
        let form = [("grant_type", "client_credentials"), ("scope", scopes)];
        let request = self.app.http.post(format!("{}/oauth/token", self.server)).form(&form);
        let request = request.basic_auth(persona.client_id.to_string(), Some(&persona.client_secret));
        let answer: Value = request.send().await.unwrap().json().await.unwrap();
        let token = answer["access_token"].as_str().unwrap_or_else(|| panic!("no token: {answer}"));
        self.name = format!("{} ({scopes})", self.name);
        self.app.tokens.lock().await.insert(self.name.clone(), token.to_owned());
        self
    }

    /// The access token, asked for once.
    pub async fn token(&self) -> String {
        let mut tokens = self.app.tokens.lock().await;
        if let Some(token) = tokens.get(&self.name) {
            return token.clone();
        }
        let persona = &self.app.manifest.personas[&self.name];
        let form = [("grant_type", "client_credentials")];
        let request = self.app.http.post(format!("{}/oauth/token", self.server)).form(&form);
        let request = request.basic_auth(persona.client_id.to_string(), Some(&persona.client_secret));
        let answer: Value = request.send().await.unwrap().json().await.unwrap();
        let token = answer["access_token"].as_str().unwrap_or_else(|| panic!("no token: {answer}")).to_owned();
        tokens.insert(self.name.clone(), token.clone());
        token
    }

    /// The data of an answer that must have no errors at its top.
    pub async fn gql(&self, query: &str, variables: Value) -> Value {
        let mut reply = self.gql_response(query, variables).await;
        assert!(reply.body.get("errors").is_none(), "{query}\n{}", reply.text);
        reply.body["data"].take()
    }

    /// The whole answer.
    pub async fn gql_response(&self, query: &str, variables: Value) -> Reply {
        self.try_gql(query, variables).await.unwrap()
    }

    /// The whole answer, or why there was none: for servers that are killed meanwhile.
    pub async fn try_gql(&self, query: &str, variables: Value) -> reqwest::Result<Reply> {
        let body = json!({"query": query, "variables": variables});
        let request = self.app.http.post(format!("{}/graphql", self.server)).json(&body);
        let answer = request.headers(self.headers.clone()).bearer_auth(self.token().await).send().await?;
        Reply::read(answer).await
    }

    /// Calls `mutation` with this input and a fresh idempotency key, and answers with its payload. `selection` is what
    /// is wanted of it; `errors { code }` comes along.
    pub async fn mutate(&self, mutation: &str, input: Value, selection: &str) -> Value {
        let variables = json!({"input": keyed(input)});
        self.gql(&mutation_document(mutation, selection), variables).await[mutation].take()
    }

    /// As [`Caller::mutate`], for a rush: a server that has no time answers `UNAVAILABLE` or `RATE_LIMITED`, which tells
    /// the caller to send the same again, and when.
    pub async fn insist(&self, mutation: &str, input: Value, selection: &str) -> Value {
        let (document, variables) = (mutation_document(mutation, selection), json!({"input": keyed(input)}));
        let begun = Instant::now();
        while begun.elapsed() < RUSH_MAX {
            let mut reply = self.gql_response(&document, variables.clone()).await;
            let refusal = &reply.body["errors"][0]["extensions"];
            if !["UNAVAILABLE", "RATE_LIMITED"].iter().any(|code| refusal["code"] == *code) {
                assert!(reply.body.get("errors").is_none(), "{document}\n{}", reply.text);
                return reply.body["data"][mutation].take();
            }
            let wait = refusal["retryAfterMs"].as_u64().expect("a passing refusal says when to come back");
            tokio::time::sleep(Duration::from_millis(wait)).await;
        }
        panic!("{mutation}: the server never had time");
    }
}

/// The input with an idempotency key, its own or a fresh one.
fn keyed(mut input: Value) -> Value {
    if input.get("idempotencyKey").is_none() {
        input["idempotencyKey"] = json!(fresh_key());
    }
    input
}

/// `mutation ($input: BookMeetingInput!) { bookMeeting(input: $input) { … errors { code } } }`
pub fn mutation_document(mutation: &str, selection: &str) -> String {
    let (first, rest) = mutation.split_at(1);
    let input = format!("{}{rest}Input", first.to_uppercase());
    format!("mutation ($input: {input}!) {{ {mutation}(input: $input) {{ {selection} errors {{ code }} }} }}")
}

impl Reply {
    pub async fn read(answer: reqwest::Response) -> reqwest::Result<Self> {
        let (status, headers) = (answer.status(), answer.headers().clone());
        let text = answer.text().await?;
        let body = serde_json::from_str(&text).unwrap_or_default();
        Ok(Self { status, headers, text, body })
    }

    /// A header field's value; empty when it is missing.
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }
}
