//! A reading of a wall clock, to the minute.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

const MINUTES_PER_DAY: u16 = 1440;

/// Minutes since the local midnight label, `00:00` to `24:00`. `24:00` is the end of the day (ISO 8601-1:2019 §4.3.8).
/// As text and in JSON it is `HH:MM`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct LocalTime(u16);

/// The text or number is not a wall-clock reading.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a local time is written HH:MM, from 00:00 to 24:00")]
pub struct InvalidLocalTime;

impl LocalTime {
    /// `00:00`.
    pub const START_OF_DAY: Self = Self(0);
    /// `24:00`.
    pub const END_OF_DAY: Self = Self(MINUTES_PER_DAY);

    /// From minutes since midnight, 0 to 1440.
    pub fn from_minutes(minutes: u16) -> Result<Self, InvalidLocalTime> {
        if minutes <= MINUTES_PER_DAY { Ok(Self(minutes)) } else { Err(InvalidLocalTime) }
    }

    /// Minutes since midnight, 0 to 1440.
    pub const fn minutes(self) -> u16 {
        self.0
    }

    /// Seconds since midnight, as the clock labels them.
    pub fn seconds(self) -> i64 {
        i64::from(self.0) * 60
    }
}

impl FromStr for LocalTime {
    type Err = InvalidLocalTime;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let two_digits = |digits: &[u8]| {
            let [tens @ b'0'..=b'9', ones @ b'0'..=b'9'] = digits else { return None };
            Some(u16::from(tens - b'0') * 10 + u16::from(ones - b'0'))
        };
        let [hours @ .., b':', minute_tens, minute_ones] = text.as_bytes() else { return Err(InvalidLocalTime) };
        let hours = two_digits(hours).ok_or(InvalidLocalTime)?;
        let minutes = two_digits(&[*minute_tens, *minute_ones]).ok_or(InvalidLocalTime)?;
        if minutes > 59 {
            return Err(InvalidLocalTime);
        }
        Self::from_minutes(hours * 60 + minutes)
    }
}

impl fmt::Display for LocalTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:02}:{:02}", self.0 / 60, self.0 % 60)
    }
}

impl fmt::Debug for LocalTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl From<LocalTime> for String {
    fn from(time: LocalTime) -> Self {
        time.to_string()
    }
}

impl TryFrom<String> for LocalTime {
    type Error = InvalidLocalTime;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_minute_of_the_day_survives_its_text() {
        for minutes in 0..=MINUTES_PER_DAY {
            let time = LocalTime::from_minutes(minutes).unwrap();
            assert_eq!(time.to_string().parse(), Ok(time));
        }
        assert_eq!(LocalTime::END_OF_DAY.to_string(), "24:00");
    }

    #[test]
    fn anything_else_is_refused() {
        for text in ["", "9:00", "09:60", "24:01", "09:00:00", "0900", "-1:00", "+9:00", " 9:00", "99:00", "0٩:00"] {
            assert_eq!(text.parse::<LocalTime>(), Err(InvalidLocalTime), "{text:?}");
        }
    }
}
