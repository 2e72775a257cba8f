//! At most so many messages per second to one endpoint, in this process.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use domain::ids::EndpointId;
use tokio::time::{Instant, sleep_until};

/// Endpoints that are remembered before those that nobody waits for are forgotten.
const REMEMBERED_MAX: usize = 1000;

/// When the next message may leave, by endpoint.
#[derive(Debug, Default)]
pub(super) struct Pace(Mutex<HashMap<EndpointId, Instant>>);

impl Pace {
    /// Waits for this message's turn. The lanes bound how many wait for one endpoint at once, and so how long.
    pub(super) async fn wait(&self, endpoint: EndpointId, rate_per_second: i32) {
        sleep_until(self.turn(endpoint, rate_per_second)).await;
    }

    fn turn(&self, endpoint: EndpointId, rate_per_second: i32) -> Instant {
        let now = Instant::now();
        let mut next = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if next.len() >= REMEMBERED_MAX {
            next.retain(|_, at| *at > now);
        }
        let turn = next.get(&endpoint).map_or(now, |at| (*at).max(now));
        next.insert(endpoint, turn + Duration::from_secs(1) / u32::try_from(rate_per_second).unwrap_or(1).max(1));
        turn
    }
}

#[cfg(test)]
mod tests {
    use domain::ids::EntityId;
    use uuid::Uuid;

    use super::*;

    #[test]
    fn turns_of_one_endpoint_are_apart_and_others_do_not_wait() {
        let pace = Pace::default();
        let (one, other) = (EndpointId::from_uuid(Uuid::from_u128(1)), EndpointId::from_uuid(Uuid::from_u128(2)));
        let first = pace.turn(one, 10);
        assert_eq!(pace.turn(one, 10) - first, Duration::from_millis(100));
        assert_eq!(pace.turn(one, 10) - first, Duration::from_millis(200));
        assert!(pace.turn(other, 1) - first < Duration::from_millis(100));
    }
}
