//! Personal names: tidied, never "corrected".

use serde::{Deserialize, Serialize};
use unicode_normalization::UnicodeNormalization;

use super::fold;
use crate::limits::SHORT_TEXT_LENGTH_MAX;

/// Text as a person typed it, made printable: NFC, control characters removed, white space collapsed and trimmed,
/// at most `SHORT_TEXT_LENGTH_MAX` characters. `None` when nothing is left. Case is kept: `McGregor`, `de la Cruz`
/// and `bell hooks` are right as they are.
pub fn tidy(text: &str) -> Option<String> {
    let printable = text.chars().map(|c| if c.is_whitespace() { ' ' } else { c }).filter(|c| !c.is_control());
    let composed: String = printable.nfc().collect();
    let collapsed = composed.split_whitespace().collect::<Vec<_>>().join(" ");
    let bounded: String = collapsed.chars().take(SHORT_TEXT_LENGTH_MAX).collect();
    let tidied = bounded.trim_end();
    (!tidied.is_empty()).then(|| tidied.to_owned())
}

/// A name in two parts, either of which may be missing.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PersonName {
    /// What the person is called by.
    pub given: Option<String>,
    /// The family's name.
    pub family: Option<String>,
}

impl PersonName {
    /// Tidies both parts.
    pub fn new(given: Option<&str>, family: Option<&str>) -> Self {
        Self { given: given.and_then(tidy), family: family.and_then(tidy) }
    }

    /// Splits a name given in one field: `Family, Given` at the comma, else the last word is the family name, and a
    /// single word is a given name. Names do not follow rules; this is a guess that a form with two fields avoids.
    pub fn from_full(full: &str) -> Self {
        let Some(full) = tidy(full) else { return Self::default() };
        if let Some((family, given)) = full.split_once(',') {
            return Self::new(Some(given), Some(family));
        }
        match full.rsplit_once(' ') {
            Some((given, family)) => Self::new(Some(given), Some(family)),
            None => Self::new(Some(&full), None),
        }
    }

    /// For comparison: both parts folded. `None` unless both are known, because `Anna` alone is nobody.
    pub fn key(&self) -> Option<String> {
        let (given, family) = (fold(self.given.as_deref()?), fold(self.family.as_deref()?));
        (!given.is_empty() && !family.is_empty()).then(|| format!("{given} {family}"))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn check(full: &str, given: Option<&str>, family: Option<&str>) {
        let name = PersonName::from_full(full);
        assert_eq!((name.given.as_deref(), name.family.as_deref()), (given, family), "{full}");
    }

    #[test]
    fn a_full_name_is_split() {
        check("Ada Lovelace", Some("Ada"), Some("Lovelace"));
        check("  Ada\u{a0} Byron   Lovelace ", Some("Ada Byron"), Some("Lovelace"));
        check("Lovelace, Ada", Some("Ada"), Some("Lovelace"));
        check("Björk", Some("Björk"), None);
        check(" \t ", None, None);
    }

    #[test]
    fn case_and_script_are_left_alone() {
        assert_eq!(tidy("bell  hooks").as_deref(), Some("bell hooks"));
        assert_eq!(tidy("O\u{301} Sé\u{0}amus\n").as_deref(), Some("Ó Séamus"));
        assert_eq!(tidy("山田 太郎").as_deref(), Some("山田 太郎"));
    }

    #[test]
    fn a_key_needs_both_parts() {
        assert_eq!(PersonName::new(Some("ADA"), Some("Lovelace")).key().as_deref(), Some("ada lovelace"));
        assert_eq!(PersonName::new(Some("Ada"), None).key(), None);
    }

    proptest! {
        #[test]
        fn tidying_twice_is_tidying_once(text in "[\\PC\\t\\n]{0,300}") {
            if let Some(once) = tidy(&text) {
                prop_assert!(once.chars().count() <= SHORT_TEXT_LENGTH_MAX);
                prop_assert_eq!(tidy(&once), Some(once));
            }
        }
    }
}
