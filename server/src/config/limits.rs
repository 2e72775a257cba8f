//! How much callers may use: `[limits]`.

use api::Limits;
use domain::metering::{Allowance, Cost};
use serde::Deserialize;

/// What may be written in `[limits]`; what is not written is as in [`Limits::default`].
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LimitSettings {
    /// Points that a client may spend at once.
    points_burst: Option<u32>,
    /// Points that it gets back in a second.
    points_per_second: Option<u32>,
    /// Points that one request may cost.
    request_cost_max: Option<u32>,
    /// Requests of tokens at once, of one client and from one address.
    tokens_burst: Option<u32>,
    /// Requests of tokens a second from then on.
    tokens_per_second: Option<u32>,
    /// Sign-ins at once from one address.
    sign_ins_burst: Option<u32>,
    /// Sign-ins a second from then on.
    sign_ins_per_second: Option<u32>,
    /// Sockets of one client on one server.
    sockets_per_client: Option<usize>,
    /// Subscriptions of one client on one server.
    subscriptions_per_client: Option<usize>,
    /// Subscriptions of everybody on one server.
    subscriptions: Option<usize>,
    /// Queries and mutations of one workspace that run at once on one server.
    running_per_workspace: Option<usize>,
    /// Proxies before this server that write `X-Forwarded-For`.
    proxies: Option<usize>,
    /// Whether the schema may be asked about itself.
    introspection: Option<bool>,
    /// Whether a refusal says which name may have been meant.
    suggestions: Option<bool>,
}

/// More is as good as no limit, and sums stay exact.
const POINTS_MAX: u32 = 1_000_000_000;
/// A chain of more proxies is a mistake.
const PROXIES_MAX: usize = 10;

impl LimitSettings {
    /// Everything that is wrong.
    pub fn faults(&self) -> Vec<String> {
        let mut faults = Vec::new();
        let points = [
            ("points_burst", self.points_burst),
            ("points_per_second", self.points_per_second),
            ("request_cost_max", self.request_cost_max),
            ("tokens_burst", self.tokens_burst),
            ("tokens_per_second", self.tokens_per_second),
            ("sign_ins_burst", self.sign_ins_burst),
            ("sign_ins_per_second", self.sign_ins_per_second),
        ];
        for (name, written) in points {
            if let Some(written) = written.filter(|written| !(1..=POINTS_MAX).contains(written)) {
                faults.push(format!("`limits.{name}` is {written}; write a number from 1 to {POINTS_MAX}"));
            }
        }
        let numbers = [
            ("sockets_per_client", self.sockets_per_client),
            ("subscriptions_per_client", self.subscriptions_per_client),
            ("subscriptions", self.subscriptions),
            ("running_per_workspace", self.running_per_workspace),
        ];
        for (name, _) in numbers.iter().filter(|(_, written)| *written == Some(0)) {
            faults.push(format!("`limits.{name}` is 0; write a number from 1"));
        }
        if let Some(written) = self.proxies.filter(|written| *written > PROXIES_MAX) {
            faults.push(format!("`limits.proxies` is {written}; write a number from 0 to {PROXIES_MAX}"));
        }
        let limits = self.resolve();
        if limits.request_cost_max > limits.requests.burst {
            faults.push(
                "`limits.request_cost_max` is more than `limits.points_burst`, so the dearest requests could never be \
                 paid; write less"
                    .to_owned(),
            );
        }
        faults
    }

    /// The API's configuration.
    pub fn resolve(&self) -> Limits {
        let default = Limits::default();
        let allowance = |burst: Option<u32>, per_second: Option<u32>, default: Allowance| Allowance {
            burst: burst.map_or(default.burst, Cost::points),
            per_second: per_second.map_or(default.per_second, Cost::points),
        };
        Limits {
            requests: allowance(self.points_burst, self.points_per_second, default.requests),
            request_cost_max: self.request_cost_max.map_or(default.request_cost_max, Cost::points),
            tokens: allowance(self.tokens_burst, self.tokens_per_second, default.tokens),
            sign_ins: allowance(self.sign_ins_burst, self.sign_ins_per_second, default.sign_ins),
            sockets_per_client_max: self.sockets_per_client.unwrap_or(default.sockets_per_client_max),
            subscriptions_per_client_max: self.subscriptions_per_client.unwrap_or(default.subscriptions_per_client_max),
            subscriptions_max: self.subscriptions.unwrap_or(default.subscriptions_max),
            running_per_workspace_max: self.running_per_workspace.unwrap_or(default.running_per_workspace_max),
            proxies: self.proxies.unwrap_or(default.proxies),
            introspection: self.introspection.unwrap_or(default.introspection),
            suggestions: self.suggestions.unwrap_or(default.suggestions),
        }
    }
}
