//! Local dates as numbers, so that counting days needs no date object.

use chrono::{Datelike, NaiveDate};

/// Seconds that the labels of one local date span. The date itself can last longer or shorter.
pub const SECONDS_PER_DAY: i64 = 86_400;

/// `NaiveDate::num_days_from_ce` of 1970-01-01.
const EPOCH_DAYS_FROM_CE: i64 = 719_163;

/// Days from 1970-01-01 to `date`.
pub fn day_number(date: NaiveDate) -> i64 {
    i64::from(date.num_days_from_ce()) - EPOCH_DAYS_FROM_CE
}

/// The date of a day number; beyond what `chrono` can hold it is the nearest it can.
pub fn date_of(day: i64) -> NaiveDate {
    let nearest = if day < 0 { NaiveDate::MIN } else { NaiveDate::MAX };
    i32::try_from(day + EPOCH_DAYS_FROM_CE).ok().and_then(NaiveDate::from_num_days_from_ce_opt).unwrap_or(nearest)
}

/// How many days the last Monday lies back: 0 on a Monday, 6 on a Sunday. (1970-01-01 was a Thursday.)
pub fn days_since_monday(day: i64) -> i64 {
    (day + 3).rem_euclid(7)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_dates_agree() {
        for text in ["1970-01-01", "1969-12-28", "2024-02-29", "2026-11-01", "2037-12-31"] {
            let date: NaiveDate = text.parse().unwrap();
            let day = day_number(date);
            assert_eq!(date_of(day), date);
            assert_eq!(days_since_monday(day), i64::from(date.weekday().num_days_from_monday()), "{text}");
        }
        assert_eq!(day_number(NaiveDate::default()), 0);
    }
}
