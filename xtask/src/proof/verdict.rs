//! What was taken in, held against the log.

use std::collections::{HashMap, HashSet};

use super::log::Event;

/// The findings.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Verdict {
    pub entities: usize,
    /// Different events that arrived.
    pub taken_in: usize,
    /// Of these, those that arrived more than once: allowed, their id says so.
    pub repeated: usize,
    /// In the log, and never taken in.
    pub lost: usize,
    /// Taken in for the first time when a later one about the same entity had been.
    pub inverted: usize,
}

impl Verdict {
    /// This and another endpoint's, which was told of the same events.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self {
            entities: self.entities,
            taken_in: self.taken_in + other.taken_in,
            repeated: self.repeated + other.repeated,
            lost: self.lost + other.lost,
            inverted: self.inverted + other.inverted,
        }
    }
}

/// Judges.
pub fn judge(log: &[Event], taken_in: &[String]) -> Verdict {
    let known: HashMap<&str, &Event> = log.iter().map(|event| (event.id.as_str(), event)).collect();
    let (mut seen, mut repeated, mut inverted) = (HashSet::new(), HashSet::new(), 0);
    let mut newest: HashMap<&str, i64> = HashMap::new();
    for event in taken_in.iter().filter_map(|id| known.get(id.as_str())) {
        if !seen.insert(event.id.as_str()) {
            repeated.insert(event.id.as_str());
            continue;
        }
        let newest = newest.entry(&event.entity).or_insert(event.sequence);
        if event.sequence < *newest {
            inverted += 1;
        }
        *newest = event.sequence.max(*newest);
    }
    let entities = log.iter().map(|event| event.entity.as_str()).collect::<HashSet<_>>().len();
    let lost = log.iter().filter(|event| !seen.contains(event.id.as_str())).count();
    Verdict { entities, taken_in: seen.len(), repeated: repeated.len(), lost, inverted }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The log has 1 and 3 about `a`, 2 about `b`.
    fn check(taken_in: &[&str], (repeated, lost, inverted): (usize, usize, usize)) {
        let event = |id: &str, entity: &str, sequence| Event { id: id.to_owned(), entity: entity.to_owned(), sequence };
        let log = [event("1", "a", 1), event("2", "b", 2), event("3", "a", 3)];
        let taken_in: Vec<String> = taken_in.iter().map(|id| (*id).to_owned()).collect();
        let verdict = judge(&log, &taken_in);
        assert_eq!((verdict.repeated, verdict.lost, verdict.inverted), (repeated, lost, inverted), "{taken_in:?}");
        assert_eq!(verdict.entities, 2);
    }

    #[test]
    fn order_counts_within_an_entity_and_at_the_first_arrival() {
        check(&["1", "2", "3"], (0, 0, 0));
        check(&["2", "1", "3"], (0, 0, 0));
        check(&["3", "1", "2"], (0, 0, 1));
        check(&["1", "3", "1", "2", "2"], (2, 0, 0));
        check(&["1", "x"], (0, 2, 0));
    }
}
