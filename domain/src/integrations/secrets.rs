//! What a connection keeps secret, and how the secrets that incoming webhooks are signed with are rotated.

use std::fmt;

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

/// Retiring secrets at once, at most: every one of them is tried with every delivery.
const RETIRING_MAX: usize = 3;

/// Sealed at rest; `Debug` shows nothing.
#[derive(Clone, Default, Serialize, Deserialize)]
pub struct ConnectionSecrets {
    /// The provider's access token.
    #[serde(default)]
    pub access_token: Option<String>,
    /// Secrets that incoming webhooks may be signed with, for as long as they are here.
    #[serde(default)]
    pub signing_secrets: Vec<String>,
    /// Secrets that were rotated away, newest first.
    #[serde(default)]
    pub retiring: Vec<RetiringSecret>,
}

/// A secret that is good for a while yet.
#[derive(Clone, Serialize, Deserialize)]
pub struct RetiringSecret {
    /// In the form that its sender knows it in.
    pub text: String,
    /// It is good before this instant.
    pub until: DateTime<Utc>,
}

impl fmt::Debug for ConnectionSecrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ConnectionSecrets(…)")
    }
}

impl fmt::Debug for RetiringSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RetiringSecret(…)")
    }
}

impl ConnectionSecrets {
    /// What a webhook may be signed with now, newest first.
    pub fn accepted(&self, now: DateTime<Utc>) -> impl Iterator<Item = &str> {
        let retiring = self.retiring.iter().filter(move |known| known.until > now);
        self.signing_secrets.iter().chain(retiring.map(|known| &known.text)).map(String::as_str)
    }

    /// With a new secret, beside which the known ones are good until the overlap ends, or until they end by themselves.
    #[must_use]
    pub fn rotated(self, secret: String, now: DateTime<Utc>, overlap: TimeDelta) -> Self {
        let until = now + overlap;
        let known = self.signing_secrets.into_iter().map(|text| RetiringSecret { text, until });
        let older = self.retiring.into_iter().map(|known| RetiringSecret { until: known.until.min(until), ..known });
        let retiring = known.chain(older).filter(|known| known.until > now).take(RETIRING_MAX).collect();
        Self { signing_secrets: vec![secret], retiring, ..self }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(hours: i64) -> DateTime<Utc> {
        DateTime::UNIX_EPOCH + TimeDelta::hours(hours)
    }

    /// Rotates at these hours, each with an overlap in hours; then which secrets are good at an hour.
    fn check(rotations: &[(i64, i64)], hour: i64, expected: &str) {
        let first = ConnectionSecrets { signing_secrets: vec!["0".to_owned()], ..ConnectionSecrets::default() };
        let secrets = (1..).zip(rotations).fold(first, |secrets, (number, (at_hour, overlap))| {
            secrets.rotated(i32::to_string(&number), at(*at_hour), TimeDelta::hours(*overlap))
        });
        let accepted: Vec<&str> = secrets.accepted(at(hour)).collect();
        assert_eq!(accepted.join(" "), expected, "{rotations:?} at {hour}");
    }

    #[test]
    fn the_old_secret_is_good_until_its_overlap_ends() {
        check(&[], 9, "0");
        check(&[(1, 24)], 24, "1 0");
        check(&[(1, 24)], 25, "1");
        check(&[(1, 0)], 1, "1");
    }

    #[test]
    fn a_later_rotation_never_prolongs_an_older_secret() {
        check(&[(0, 24), (1, 100)], 23, "2 1 0");
        check(&[(0, 24), (1, 100)], 24, "2 1");
        check(&[(0, 100), (1, 2)], 3, "2");
        check(&[(0, 9), (0, 9), (0, 9), (0, 9), (0, 9)], 1, "5 4 3 2");
    }

    #[test]
    fn secrets_from_before_rotation_are_read_and_never_printed() {
        let kept = r#"{"access_token":null,"signing_secrets":["a","b"]}"#;
        let secrets: ConnectionSecrets = serde_json::from_str(kept).unwrap();
        assert_eq!(secrets.accepted(at(0)).collect::<Vec<_>>(), ["a", "b"]);
        let secrets = secrets.rotated("c".to_owned(), at(0), TimeDelta::hours(1));
        assert_eq!(format!("{secrets:?}{:?}", secrets.retiring[0]), "ConnectionSecrets(…)RetiringSecret(…)");
    }
}
