//! What an operator decides about limits. Those of the product are in `domain::limits`.

use domain::metering::{Allowance, Cost};

/// Limits of a deployment, per server unless Redis is there to share them.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// What each client may spend on requests.
    pub requests: Allowance,
    /// What one request may cost.
    pub request_cost_max: Cost,
    /// Requests of tokens: each costs a point, of its client and of its address.
    pub tokens: Allowance,
    /// Sign-ins by password: each costs a point, of its address. A member's own waits come on top.
    pub sign_ins: Allowance,
    /// Sockets of one client on one server.
    pub sockets_per_client_max: usize,
    /// Subscriptions of one client on one server.
    pub subscriptions_per_client_max: usize,
    /// Subscriptions of everybody on one server.
    pub subscriptions_max: usize,
    /// Queries and mutations of one workspace that run at once on one server; others wait for a moment.
    pub running_per_workspace_max: usize,
    /// Proxies that stand before this server and write `X-Forwarded-For`.
    pub proxies: usize,
    /// Whether the schema may be asked about itself.
    pub introspection: bool,
    /// Whether a refusal says which name may have been meant.
    pub suggestions: bool,
}

impl Default for Limits {
    /// For clients that are programs: a page of a hundred objects twenty times a second, for ever.
    fn default() -> Self {
        Self {
            requests: Allowance::of(20_000, 2_000),
            request_cost_max: Cost::points(2_000),
            tokens: Allowance::of(600, 20),
            sign_ins: Allowance::of(30, 1),
            sockets_per_client_max: 2_000,
            subscriptions_per_client_max: 10_000,
            subscriptions_max: 100_000,
            running_per_workspace_max: 64,
            proxies: 0,
            introspection: true,
            suggestions: false,
        }
    }
}

impl Limits {
    /// For a server that only its own machine can reach: nobody is slowed down.
    #[must_use]
    pub fn for_development() -> Self {
        Self {
            requests: Allowance::of(1_000_000_000, 1_000_000_000),
            tokens: Allowance::of(1_000_000_000, 1_000_000_000),
            sign_ins: Allowance::of(10_000, 1_000),
            sockets_per_client_max: 1_000_000,
            subscriptions_per_client_max: 1_000_000,
            subscriptions_max: 1_000_000,
            running_per_workspace_max: 10_000,
            suggestions: true,
            ..Self::default()
        }
    }
}
