//! What HubSpot asks of every request: a token, and moderation.

use std::collections::VecDeque;
use std::time::Duration;

use axum::extract::{Request, State};
use axum::http::HeaderValue;
use axum::http::header::AUTHORIZATION;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use tokio::time::Instant;

use super::HubSpotFake;
use super::refusal::Refusal;
use crate::fakes::gate::lock;

/// The window of the burst limit
/// (<https://developers.hubspot.com/docs/developer-tooling/platform/usage-guidelines>).
const WINDOW: Duration = Duration::from_secs(10);
/// What an account may ask in a day; told in headers and not enforced, because no test runs for a day.
const DAILY: &str = "1000000";

/// The requests of the last ten seconds.
#[derive(Debug)]
pub(super) struct Budget {
    most: usize,
    spent: VecDeque<Instant>,
}

impl Budget {
    pub(super) fn new(most: usize) -> Self {
        Self { most, spent: VecDeque::new() }
    }

    /// Takes one request out of the budget and tells how many are left; `None` when there was none.
    fn spend(&mut self, now: Instant) -> Option<usize> {
        while self.spent.front().is_some_and(|&at| now.duration_since(at) >= WINDOW) {
            self.spent.pop_front();
        }
        let left = self.most.checked_sub(self.spent.len() + 1)?;
        self.spent.push_back(now);
        Some(left)
    }
}

/// The layer.
pub(super) async fn guard(State(fake): State<HubSpotFake>, request: Request, next: Next) -> Response {
    let bearer = request.headers().get(AUTHORIZATION).and_then(|value| value.to_str().ok()?.strip_prefix("Bearer "));
    if bearer != Some(fake.token()) {
        return Refusal::unauthenticated().into_response();
    }
    let (left, most) = {
        let mut budget = lock(fake.budget());
        (budget.spend(Instant::now()), budget.most)
    };
    let is_search = request.uri().path().ends_with("/search");
    let mut response = match left {
        Some(_) => next.run(request).await,
        None => Refusal::rate_limited().into_response(),
    };
    // Search answers carry no rate headers, as HubSpot documents.
    if !is_search {
        let mut tell = |name: &'static str, value: HeaderValue| response.headers_mut().insert(name, value);
        tell("x-hubspot-ratelimit-interval-milliseconds", HeaderValue::from_static("10000"));
        tell("x-hubspot-ratelimit-max", HeaderValue::from(most));
        tell("x-hubspot-ratelimit-remaining", HeaderValue::from(left.unwrap_or(0)));
        tell("x-hubspot-ratelimit-daily", HeaderValue::from_static(DAILY));
        tell("x-hubspot-ratelimit-daily-remaining", HeaderValue::from_static(DAILY));
    }
    response
}
