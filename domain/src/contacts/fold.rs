//! Comparing texts the way a reader would: without regard to case, width or composition.

use unicode_normalization::UnicodeNormalization;

/// A text for comparison only, never for display: NFKC, case folded, white space collapsed and trimmed.
///
/// Rust has no case folding table; lower case, upper case and back again come to the same for comparison (`ẞ` → `ß` →
/// `SS` → `ss`, both Greek sigmas → one). Folding a folded text changes nothing.
pub fn fold(text: &str) -> String {
    let upper: String = text.nfkc().collect::<String>().to_lowercase().to_uppercase().nfkc().collect();
    let lower: String = upper.to_lowercase().replace('ς', "σ").nfkc().collect();
    lower.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn spellings_of_one_word_fold_together() {
        assert_eq!(fold("  STRASSE\t12 "), fold("Straße 12"));
        assert_eq!(fold("STRAẞE 12"), fold("Straße 12"));
        assert_eq!(fold("Ａｃｍｅ"), "acme");
        assert_eq!(fold("Zoe\u{308}"), fold("ZOË"));
        assert_eq!(fold("ΟΔΟΣ"), fold("οδος"));
        assert_ne!(fold("Zoe"), fold("Zoë"));
    }

    proptest! {
        #[test]
        fn folding_twice_is_folding_once(text in "\\PC{0,40}") {
            let once = fold(&text);
            prop_assert_eq!(fold(&once), once);
        }
    }
}
