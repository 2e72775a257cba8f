//! Crates that may not be in the graph at all, however indirectly.

use super::Violation;

const ABSENT: [(&str, &str); 2] = [
    ("rsa", "RUSTSEC-2023-0071 has no fix; look for jsonwebtoken's `rust_crypto` or sqlx's mysql"),
    ("openssl-sys", "TLS is rustls on aws-lc-rs; look for a `native-tls` or `default-tls` feature"),
];

/// The forbidden crates that Cargo.lock names.
pub fn violations(lock: &str) -> Vec<Violation> {
    let mut violations = Vec::new();
    for (index, line) in lock.lines().enumerate() {
        let name = line.strip_prefix("name = \"").and_then(|rest| rest.strip_suffix('"'));
        let forbidden = ABSENT.iter().find(|(absent, _)| Some(*absent) == name);
        if let Some((name, why)) = forbidden {
            let message = format!("`{name}` came in: {why} (`cargo tree --workspace --invert {name}`)");
            violations.push(Violation::new("Cargo.lock", index + 1, message));
        }
    }
    violations
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tidy::shown;

    #[test]
    fn a_forbidden_crate_is_found_by_its_whole_name() {
        let lock = "[[package]]\nname = \"rsa-like\"\n\n[[package]]\nname = \"rsa\"\nversion = \"0.9.8\"\n";
        assert_eq!(
            shown(violations(lock)),
            "Cargo.lock:5: `rsa` came in: RUSTSEC-2023-0071 has no fix; look for jsonwebtoken's `rust_crypto` or \
             sqlx's mysql (`cargo tree --workspace --invert rsa`)\n"
        );
    }
}
