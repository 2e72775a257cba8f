//! Pairs of schemas, each about one sort of difference, for those who compare.

/// Name, old and new of each.
pub fn all() -> Vec<(String, String, String)> {
    let text = include_str!("pairs.graphql");
    let pairs = text.split("\n### ").skip(1).map(|pair| {
        let (name, rest) = pair.split_once('\n').unwrap();
        let (old, new) = rest.split_once("\n---\n").unwrap_or_else(|| panic!("{name} has no second half"));
        (name.to_owned(), old.to_owned(), new.to_owned())
    });
    pairs.collect()
}
