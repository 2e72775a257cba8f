//! What became of endpoints while attempts at them were under way: one that proved itself is told what was parked for it,
//! and what is about to be parked for one that is active by now stays in line.
//!
//! Whoever changes whether an endpoint is told reserves it first, and so do those who settle what depends on it: one of
//! the two comes second, and sees what the other has done.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use domain::ids::EndpointId;
use domain::integrations::Job;
use domain::limits::ENDPOINT_RESUMED_MAX;
use domain::webhooks::endpoint::{EndpointStatus, MessageKind};
use persistence::deliveries::Settlement;
use persistence::webhooks::{find_standing, reserve_endpoints};
use persistence::{StoreError, Tx, deliveries};

use super::Ended;

/// What is known of the endpoints of attempts that are to be settled.
#[derive(Debug, Default)]
pub(super) struct Meanwhile {
    /// What would be parked for these stays in line.
    pub(super) is_told: BTreeSet<EndpointId>,
    /// These have proved themselves, and are told what was parked.
    pub(super) resumed: BTreeSet<EndpointId>,
}

impl Meanwhile {
    /// Looks, and puts back in line what was parked for endpoints that repeated their challenge. Before the lanes of the
    /// attempts themselves are locked.
    pub(super) async fn learn(tx: &Tx, ended: &[Ended], now: DateTime<Utc>) -> Result<Self, StoreError> {
        let parked: BTreeSet<EndpointId> = ended.iter().filter_map(parked_for).collect();
        let verified: BTreeMap<EndpointId, &str> = ended.iter().filter_map(verified_at).collect();
        if parked.is_empty() && verified.is_empty() {
            return Ok(Self::default());
        }
        reserve_endpoints(tx, parked.iter().chain(verified.keys()).copied()).await?;
        let mut known = Self::default();
        for endpoint in parked {
            // One that is gone wants nothing: its next attempt finds that out.
            let is_told = |status| status == EndpointStatus::Active;
            if find_standing(tx, endpoint).await?.is_none_or(|standing| is_told(standing.status)) {
                known.is_told.insert(endpoint);
            }
        }
        for (endpoint, url) in verified {
            let Some(standing) = find_standing(tx, endpoint).await? else { continue };
            if standing.url == url && standing.status != EndpointStatus::Disabled {
                deliveries::revive_parked(tx, &endpoint.to_string(), ENDPOINT_RESUMED_MAX, now).await?;
                known.resumed.insert(endpoint);
            }
        }
        Ok(known)
    }

    /// Whether this would be parked for an endpoint that is told.
    pub(super) fn keeps_in_line(&self, ended: &Ended) -> bool {
        parked_for(ended).is_some_and(|endpoint| self.is_told.contains(&endpoint))
    }
}

fn parked_for(ended: &Ended) -> Option<EndpointId> {
    match (&ended.settlement, &ended.claimed.delivery.job) {
        (Settlement::Parked { .. }, Job::SendWebhook { endpoint, .. }) => Some(*endpoint),
        _ => None,
    }
}

/// The endpoint that repeated its challenge, and where.
pub(super) fn verified_at(ended: &Ended) -> Option<(EndpointId, &str)> {
    let made = ended.attempt.as_ref()?;
    let has_proved = made.attempt.kind == MessageKind::Verification && made.attempt.delivered;
    has_proved.then_some((made.attempt.endpoint, made.url.as_str()))
}
