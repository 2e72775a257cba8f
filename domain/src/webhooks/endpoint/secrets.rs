//! What an endpoint keeps secret: what signs its messages, and the values of its custom headers.

use std::collections::BTreeMap;
use std::fmt;

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

use super::{SignatureScheme, SigningKey};
use crate::webhooks::SecretError;

/// Secrets that sign at once, at most. Whoever rotates faster than the overlaps end loses the oldest.
const SECRETS_MAX: usize = 4;

/// How long before the end of an overlap it is said that it ends; half the overlap, where that is less.
const WARNED_BEFORE: TimeDelta = TimeDelta::days(1);

/// Sealed at rest; `Debug` shows nothing.
#[derive(Clone, Serialize, Deserialize)]
pub struct EndpointSecrets {
    /// Newest first.
    signing: Vec<Signing>,
    /// Custom headers by name.
    #[serde(default)]
    pub headers: BTreeMap<String, String>,
    /// When it is to be said that older secrets stop signing soon; `None`: there are none, or it was said.
    #[serde(default)]
    warns_at: Option<DateTime<Utc>>,
}

#[derive(Clone, Serialize, Deserialize)]
struct Signing {
    /// `whsec_` or `whsk_`, and base64.
    text: String,
    /// It signs before this instant; `None`: for as long as it is the newest.
    until: Option<DateTime<Utc>>,
}

impl fmt::Debug for EndpointSecrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("EndpointSecrets(…)")
    }
}

impl EndpointSecrets {
    /// With its first secret.
    pub fn new(secret: String, headers: BTreeMap<String, String>) -> Self {
        Self { signing: vec![Signing { text: secret, until: None }], headers, warns_at: None }
    }

    /// With other custom headers.
    #[must_use]
    pub fn with_headers(self, headers: BTreeMap<String, String>) -> Self {
        Self { headers, ..self }
    }

    /// With a new secret, beside which the known ones sign until the overlap ends, or until they end by themselves.
    #[must_use]
    pub fn rotated(mut self, secret: String, now: DateTime<Utc>, overlap: TimeDelta) -> Self {
        let ends = now + overlap;
        self.signing.retain(|known| known.until.is_none_or(|until| until > now));
        for known in &mut self.signing {
            known.until = Some(known.until.map_or(ends, |until| until.min(ends)));
        }
        self.signing.insert(0, Signing { text: secret, until: None });
        self.signing.truncate(SECRETS_MAX);
        self.warns_at = self.overlap_ends_at(now).map(|ends| ends - WARNED_BEFORE.min((ends - now) / 2));
        self
    }

    /// When it is to be said that the older secrets stop signing soon.
    pub fn warns_at(&self) -> Option<DateTime<Utc>> {
        self.warns_at
    }

    /// It was said.
    #[must_use]
    pub fn warned(self) -> Self {
        Self { warns_at: None, ..self }
    }

    /// How its newest secret signs.
    pub fn scheme(&self) -> SignatureScheme {
        self.signing.first().map(|newest| SignatureScheme::of(&newest.text)).unwrap_or_default()
    }

    /// The secrets and keys that sign now, newest first.
    pub fn signing(&self, now: DateTime<Utc>) -> Result<Vec<SigningKey>, SecretError> {
        let active = self.signing.iter().filter(|known| known.until.is_none_or(|until| until > now));
        active.map(|known| SigningKey::parse(&known.text)).collect()
    }

    /// When the last of the older secrets stops signing: until then receivers have to take up the newest.
    pub fn overlap_ends_at(&self, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        self.signing.iter().filter_map(|known| known.until).filter(|until| *until > now).max()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::webhooks::PrivateKey;

    fn secret(byte: u8) -> String {
        use base64::Engine;
        format!("whsec_{}", base64::prelude::BASE64_STANDARD.encode([byte; 32]))
    }

    fn at(hours: i64) -> DateTime<Utc> {
        DateTime::UNIX_EPOCH + TimeDelta::hours(hours)
    }

    /// Rotates at these hours, each with an overlap in hours; then how many secrets sign at an hour.
    fn check(rotations: &[(i64, i64)], hour: i64, expected: usize) {
        let first = EndpointSecrets::new(secret(0), BTreeMap::new());
        let secrets = (1..).zip(rotations).fold(first, |secrets, (number, (at_hour, overlap))| {
            secrets.rotated(secret(number), at(*at_hour), TimeDelta::hours(*overlap))
        });
        assert_eq!(secrets.signing(at(hour)).unwrap().len(), expected, "{rotations:?} at {hour}");
    }

    #[test]
    fn the_old_secret_signs_until_its_overlap_ends() {
        check(&[], 0, 1);
        check(&[(1, 24)], 24, 2);
        check(&[(1, 24)], 25, 1);
        check(&[(1, 0)], 1, 1);
    }

    #[test]
    fn a_later_rotation_never_prolongs_an_older_secret() {
        check(&[(0, 24), (1, 100)], 23, 3);
        check(&[(0, 24), (1, 100)], 24, 2);
        check(&[(0, 100), (1, 2)], 3, 1);
        check(&[(0, 9), (0, 9), (0, 9), (0, 9), (0, 9)], 1, SECRETS_MAX);
    }

    /// Rotates at hour 0 with an overlap in hours; minutes until the warning.
    fn check_warning(overlap: i64, expected: Option<i64>) {
        let secrets = EndpointSecrets::new(secret(0), BTreeMap::new());
        assert_eq!(secrets.warns_at(), None);
        let secrets = secrets.rotated(secret(1), at(0), TimeDelta::hours(overlap));
        assert_eq!(secrets.warns_at().map(|warns_at| (warns_at - at(0)).num_minutes()), expected, "{overlap}");
        assert_eq!(secrets.warned().warns_at(), None);
    }

    #[test]
    fn the_end_of_an_overlap_is_told_a_day_before_or_in_its_middle() {
        check_warning(168, Some(144 * 60));
        check_warning(48, Some(24 * 60));
        check_warning(24, Some(12 * 60));
        check_warning(1, Some(30));
        check_warning(0, None);
    }

    #[test]
    fn the_newest_secret_signs_first() {
        let secrets = EndpointSecrets::new(secret(0), BTreeMap::new()).rotated(secret(1), at(0), TimeDelta::hours(1));
        let signing = secrets.signing(at(0)).unwrap();
        let newest = SigningKey::parse(&secret(1)).unwrap();
        assert_eq!(signing[0].challenge("evt"), newest.challenge("evt"));
        assert_eq!(secrets.overlap_ends_at(at(0)), Some(at(1)));
        assert_eq!(secrets.overlap_ends_at(at(1)), None);
        assert_eq!(format!("{secrets:?}"), "EndpointSecrets(…)");
    }

    #[test]
    fn a_secret_and_a_key_sign_side_by_side_while_one_replaces_the_other() {
        let key = PrivateKey::text_of(&[7; 32]).unwrap();
        let shared = EndpointSecrets::new(secret(0), BTreeMap::new());
        assert_eq!(shared.scheme(), SignatureScheme::HmacSha256);
        let both = shared.rotated(key, at(0), TimeDelta::hours(1));
        assert_eq!(both.scheme(), SignatureScheme::Ed25519);
        let versions = |hour: i64| -> Vec<String> {
            let signed = |key: &SigningKey| key.sign("evt", at(hour), b"{}");
            both.signing(at(hour)).unwrap().iter().map(signed).map(|text| text[..3].to_owned()).collect()
        };
        assert_eq!((versions(0), versions(1)), (vec!["v1a".to_owned(), "v1,".to_owned()], vec!["v1a".to_owned()]));
        let public = |keys: Vec<SigningKey>| keys.iter().filter_map(SigningKey::public).count();
        assert_eq!(public(both.signing(at(0)).unwrap()), 1);
    }
}
