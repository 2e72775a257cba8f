//! Round robin: which of the hosts who could take a meeting gets it.

use std::cmp::Reverse;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::ids::HostId;

/// A host who could take the meeting, and what fairness needs to know about them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Candidate {
    /// Who.
    pub host: HostId,
    /// Higher comes first, whatever the weights say.
    pub priority: i32,
    /// Share of the meetings among candidates of the same priority. Zero: only when nobody else can.
    pub weight: u32,
    /// Meetings of this offer that they got in the period over which fairness is measured.
    pub booked_recently: u32,
    /// When they last got one; `None` if never.
    pub last_booked_at: Option<DateTime<Utc>>,
}

/// Chooses by priority, then weight shortfall, then least recently booked, then id; `None` without candidates. Called
/// inside the booking transaction, on rows read there, so that it stays fair when bookings race.
///
/// The shortfall is how far a host would be behind their share if nobody else got this meeting:
/// `weight / weights × (booked + 1) - booked_by_them`, over the candidates of the highest priority.
pub fn choose_host(candidates: &[Candidate]) -> Option<HostId> {
    let highest = candidates.iter().map(|candidate| candidate.priority).max()?;
    let first: Vec<&Candidate> = candidates.iter().filter(|candidate| candidate.priority == highest).collect();
    let weights: i128 = first.iter().map(|candidate| i128::from(candidate.weight)).sum();
    let booked: i128 = first.iter().map(|candidate| i128::from(candidate.booked_recently)).sum();
    // Multiplied by the sum of the weights, to stay in whole numbers.
    let shortfall = |candidate: &Candidate| {
        i128::from(candidate.weight) * (booked + 1) - i128::from(candidate.booked_recently) * weights
    };
    let order = |candidate: &&&Candidate| (Reverse(shortfall(candidate)), candidate.last_booked_at, candidate.host);
    first.iter().min_by_key(order).map(|candidate| candidate.host)
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::ids::EntityId;

    /// Candidates `1, 2, …` in the words `priority weight booked last`, and who is chosen.
    fn check(candidates: &[(i32, u32, u32, Option<&str>)], chosen: Option<u128>) {
        let candidates: Vec<Candidate> = (1..).zip(candidates).map(|(id, &line)| candidate(id, line)).collect();
        let expected = chosen.map(|id| HostId::from_uuid(Uuid::from_u128(id)));
        assert_eq!(choose_host(&candidates), expected, "{candidates:?}");
        let reversed: Vec<Candidate> = candidates.iter().rev().copied().collect();
        assert_eq!(choose_host(&reversed), expected, "the order of the candidates must not matter");
    }

    fn candidate(id: u128, (priority, weight, booked_recently, last): (i32, u32, u32, Option<&str>)) -> Candidate {
        let last_booked_at = last.map(|text| text.parse().unwrap());
        Candidate { host: HostId::from_uuid(Uuid::from_u128(id)), priority, weight, booked_recently, last_booked_at }
    }

    const EARLY: Option<&str> = Some("2026-03-01T09:00:00Z");
    const LATE: Option<&str> = Some("2026-03-02T09:00:00Z");

    #[test]
    fn nobody_can_be_chosen_from_nobody() {
        check(&[], None);
    }

    #[test]
    fn priority_beats_everything() {
        check(&[(0, 9, 0, None), (1, 1, 99, LATE)], Some(2));
    }

    #[test]
    fn whoever_is_furthest_behind_their_share_is_next() {
        check(&[(0, 1, 3, EARLY), (0, 3, 3, LATE)], Some(2));
        check(&[(0, 1, 2, EARLY), (0, 1, 1, LATE)], Some(2));
    }

    #[test]
    fn then_the_least_recently_booked_and_those_never_booked_first_of_all() {
        check(&[(0, 1, 1, LATE), (0, 1, 1, EARLY)], Some(2));
        check(&[(0, 1, 1, EARLY), (0, 1, 1, None)], Some(2));
    }

    #[test]
    fn then_the_id() {
        check(&[(0, 1, 1, EARLY), (0, 1, 1, EARLY)], Some(1));
        check(&[(0, 0, 1, EARLY), (0, 0, 5, EARLY)], Some(1));
    }

    #[test]
    fn a_long_run_ends_in_the_shares_asked_for() {
        let mut pool = [candidate(1, (0, 5, 0, None)), candidate(2, (0, 3, 0, None)), candidate(3, (0, 0, 0, None))];
        for minute in 0..80 {
            let chosen = choose_host(&pool).unwrap();
            let host = pool.iter_mut().find(|candidate| candidate.host == chosen).unwrap();
            host.booked_recently += 1;
            host.last_booked_at = DateTime::from_timestamp(minute * 60, 0);
        }
        assert_eq!(pool.map(|candidate| candidate.booked_recently), [50, 30, 0]);
    }
}
