//! A lane: the deliveries about one entity to one destination, made one after the other.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::DeliveryState;

/// What becomes of a lane when a delivery in it dies. Set per destination.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OnDeath {
    /// The dead letter is kept, and the lane goes on behind it.
    #[default]
    Skip,
    /// Nothing passes the dead letter until somebody replays or discards it.
    BlockLane,
    /// The delivery is parked, to be sent again when people have seen to the destination; the lane goes on.
    Park,
}

impl OnDeath {
    /// The state of a delivery that died under this policy.
    pub fn state(self) -> DeliveryState {
        match self {
            Self::Skip | Self::BlockLane => DeliveryState::Dead,
            Self::Park => DeliveryState::Parked,
        }
    }
}

/// What a lane does next.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Turn {
    /// Its head is due: it stands in line.
    Ready,
    /// Its head waits for this instant.
    Asleep(DateTime<Utc>),
    /// Its head died, and nothing may pass until people decide.
    Blocked,
    /// Nothing is left in it.
    Empty,
}

/// What a lane does after an attempt that left its delivery in `ended`. `head` is when the first of the deliveries
/// that are still pending may be attempted, if there are any: the same one, when it will be tried again.
pub fn next_turn(ended: DeliveryState, on_death: OnDeath, head: Option<DateTime<Utc>>, now: DateTime<Utc>) -> Turn {
    if ended == DeliveryState::Dead && on_death == OnDeath::BlockLane {
        return Turn::Blocked;
    }
    match head {
        None => Turn::Empty,
        Some(at) if at <= now => Turn::Ready,
        Some(at) => Turn::Asleep(at),
    }
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;

    use super::*;

    const NOW: DateTime<Utc> = DateTime::UNIX_EPOCH;

    fn check(ended: DeliveryState, on_death: OnDeath, head: Option<i64>, expected: Turn) {
        let head = head.map(|seconds| NOW + TimeDelta::seconds(seconds));
        assert_eq!(next_turn(ended, on_death, head, NOW), expected);
    }

    #[test]
    fn a_lane_goes_on_with_its_next_head() {
        check(DeliveryState::Done, OnDeath::Skip, None, Turn::Empty);
        check(DeliveryState::Done, OnDeath::BlockLane, Some(0), Turn::Ready);
        check(DeliveryState::Pending, OnDeath::Skip, Some(9), Turn::Asleep(NOW + TimeDelta::seconds(9)));
    }

    #[test]
    fn a_death_stops_only_the_lanes_that_ask_for_it() {
        check(DeliveryState::Dead, OnDeath::Skip, Some(0), Turn::Ready);
        check(DeliveryState::Dead, OnDeath::BlockLane, Some(0), Turn::Blocked);
        check(DeliveryState::Dead, OnDeath::BlockLane, None, Turn::Blocked);
        check(OnDeath::Park.state(), OnDeath::Park, Some(0), Turn::Ready);
    }
}
