//! Day buckets: the same slots, labelled for somebody who reads another calendar.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use super::Slot;
use crate::time::{Interval, Zone, date_of};

/// The slots that start on one local date.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DayOfSlots {
    /// The date in the viewer's zone.
    pub date: NaiveDate,
    /// Its slots, by start.
    pub slots: Vec<Slot>,
}

/// Groups slots, sorted by start, by the date on which they start for a viewer in `zone`; dates without slots are left
/// out. Where a clock is set back past midnight, both halves of the doubled date are one bucket.
pub fn by_day(slots: Vec<Slot>, zone: Zone) -> Vec<DayOfSlots> {
    let (Some(first), Some(last)) = (slots.first(), slots.last()) else { return Vec::new() };
    let pieces = zone.pieces(Interval::covering(first.start, last.end));
    let mut days: BTreeMap<i64, Vec<Slot>> = BTreeMap::new();
    for slot in slots {
        days.entry(pieces.day_at(slot.start.timestamp())).or_default().push(slot);
    }
    days.into_iter().map(|(day, slots)| DayOfSlots { date: date_of(day), slots }).collect()
}
