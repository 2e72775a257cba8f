//! Company names for comparison: `ACME Inc.` and `Acme, Incorporated` are one company.

use super::fold;

/// Legal forms that say how a company is owned, not which company it is (ISO 20275's common ones), as they read
/// after punctuation is gone. Longest first where one ends with another.
const LEGAL_FORMS: &[&str] = &[
    "gesellschaft mit beschrankter haftung",
    "gesellschaft mit beschränkter haftung",
    "public limited company",
    "limited liability company",
    "aktiengesellschaft",
    "incorporated",
    "corporation",
    "sp z oo",
    "spolka z oo",
    "pty ltd",
    "pte ltd",
    "pvt ltd",
    "co ltd",
    "limited",
    "gmbh",
    "inc",
    "corp",
    "company",
    "co",
    "ltd",
    "llc",
    "llp",
    "lp",
    "plc",
    "ag",
    "kg",
    "ohg",
    "ug",
    "se",
    "ev",
    "sa",
    "sas",
    "sarl",
    "sasu",
    "srl",
    "spa",
    "sl",
    "slu",
    "bv",
    "nv",
    "ab",
    "as",
    "asa",
    "aps",
    "oy",
    "oyj",
    "kk",
    "kft",
    "zrt",
    "sro",
    "doo",
    "dd",
    "ooo",
    "oao",
    "pty",
    "pte",
    "pvt",
    "lda",
    "ltda",
    "eirl",
    "株式会社",
    "有限会社",
    "and",
];

/// The name without case, punctuation and legal form; `None` when nothing is left to compare.
///
/// A name that is nothing but legal forms keeps its first word (`AG`, `The Limited` stay companies). The result is
/// for comparison only, and its own key.
pub fn company_key(name: &str) -> Option<String> {
    let folded = fold(name).replace(['&', '+'], " and ");
    let plain: String = folded.chars().filter(|c| !matches!(c, '.' | '\'' | '’')).collect();
    let spaced: String = plain.chars().map(|c| if c.is_alphanumeric() || is_mark(c) { c } else { ' ' }).collect();
    let words = fold(&spaced);
    let key = without_legal_forms(&words);
    (!key.is_empty()).then(|| key.to_owned())
}

/// Combining marks carry meaning in many scripts (Devanagari vowels, for one) and are not alphanumeric by Unicode.
fn is_mark(c: char) -> bool {
    unicode_normalization::char::is_combining_mark(c)
}

fn without_legal_forms(words: &str) -> &str {
    let mut rest = words;
    loop {
        let shorter = LEGAL_FORMS.iter().find_map(|form| rest.strip_suffix(form)?.strip_suffix(' '));
        match shorter {
            Some(shorter) => rest = shorter,
            None => return rest,
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn check(names: &[&str], key: Option<&str>) {
        for name in names {
            assert_eq!(company_key(name).as_deref(), key, "{name}");
        }
    }

    #[test]
    fn the_legal_form_does_not_matter() {
        check(&["Acme", "ACME Inc.", "acme, Incorporated", "Acme Corp", "Acme Co., Ltd.", "Acme S.A."], Some("acme"));
        check(&["Müller GmbH & Co. KG", "MÜLLER GmbH", "Mu\u{308}ller"], Some("müller"));
        check(&["Zielona Sp. z o.o.", "zielona"], Some("zielona"));
    }

    #[test]
    fn the_name_itself_is_kept() {
        check(&["Johnson & Johnson", "Johnson and Johnson"], Some("johnson and johnson"));
        check(&["McDonald's"], Some("mcdonalds"));
        check(&["AG", "ag."], Some("ag"));
        check(&["Limited"], Some("limited"));
        check(&["Coco"], Some("coco"));
        check(&["", "  ", "—", "!!!"], None);
    }

    proptest! {
        #[test]
        fn a_key_is_its_own_key(name in "\\PC{0,40}") {
            if let Some(key) = company_key(&name) {
                prop_assert_eq!(company_key(&key), Some(key.clone()), "{}", key);
            }
        }
    }
}
