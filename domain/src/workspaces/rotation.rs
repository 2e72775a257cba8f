//! The terms of signing keys: announced, signing, known, gone. A rotation never leaves anybody with a token that nobody
//! can check, unless it is meant to.

use chrono::{DateTime, TimeDelta, Utc};

use super::ACCESS_LIFETIME;

/// A new key is published for this long before it signs. Those who check our tokens by the published keys keep them for
/// five minutes; servers read theirs every other second.
pub const KEY_ANNOUNCED: TimeDelta = TimeDelta::minutes(10);
/// Beyond the life of its last token: a server's clock may be behind.
const KNOWN_BEYOND: TimeDelta = TimeDelta::minutes(1);

/// From when a key signs, and until when it is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KeyTerm {
    /// It signs from here on, until a newer one does.
    pub signs_from: DateTime<Utc>,
    /// From here on its tokens are refused; `None`: no successor was made yet.
    pub retires_at: Option<DateTime<Utc>>,
}

impl KeyTerm {
    /// Of a key that signs at once and has no successor.
    pub fn from(now: DateTime<Utc>) -> Self {
        Self { signs_from: now, retires_at: None }
    }

    /// Whether tokens under it are taken, and whether it is published.
    pub fn is_known(&self, now: DateTime<Utc>) -> bool {
        self.retires_at.is_none_or(|at| now < at)
    }

    /// Whether it may sign. Of several, the one signs that began last.
    pub fn may_sign(&self, now: DateTime<Utc>) -> bool {
        self.is_known(now) && self.signs_from <= now
    }
}

/// How a key is replaced.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pace {
    /// As a matter of habit: nobody notices.
    Planned,
    /// The old key is in wrong hands: everything that it signed is refused, and clients fetch new tokens.
    AtOnce,
}

/// What a rotation decides.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rotation {
    /// The term of the new key.
    pub term: KeyTerm,
    /// When all others retire, unless they do so earlier.
    pub others_retire_at: DateTime<Utc>,
}

impl Rotation {
    /// A rotation at this moment.
    pub fn at(now: DateTime<Utc>, pace: Pace) -> Self {
        match pace {
            Pace::Planned => {
                let signs_from = now + KEY_ANNOUNCED;
                Self { term: KeyTerm::from(signs_from), others_retire_at: signs_from + ACCESS_LIFETIME + KNOWN_BEYOND }
            }
            Pace::AtOnce => Self { term: KeyTerm::from(now), others_retire_at: now },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_old_key_is_known_for_as_long_as_its_last_token_lives() {
        let now = DateTime::UNIX_EPOCH;
        let rotation = Rotation::at(now, Pace::Planned);
        let old = KeyTerm { retires_at: Some(rotation.others_retire_at), ..KeyTerm::from(now) };
        let last_token = rotation.term.signs_from;
        assert!(!rotation.term.may_sign(last_token - TimeDelta::seconds(1)) && rotation.term.may_sign(last_token));
        assert!(rotation.term.is_known(now), "it is published before it signs");
        assert!(old.is_known(last_token + ACCESS_LIFETIME) && !old.is_known(rotation.others_retire_at));
    }

    #[test]
    fn a_key_in_wrong_hands_is_refused_at_once() {
        let now = DateTime::UNIX_EPOCH;
        let rotation = Rotation::at(now, Pace::AtOnce);
        assert!(rotation.term.may_sign(now));
        assert!(!KeyTerm { retires_at: Some(rotation.others_retire_at), ..KeyTerm::from(now) }.is_known(now));
    }
}
