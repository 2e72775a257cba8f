//! Passwords of members: what is asked of one, and what is kept of it (argon2id, RFC 9106).

use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use argon2::{Algorithm, Argon2, Params, Version};

/// NIST SP 800-63B §3.1.1 wants at least 8 and recommends 15; nothing is asked of the characters.
const LENGTH_MIN: usize = 12;
/// Longer than any phrase that a person types; a limit at all, because hashing reads every byte.
const BYTES_MAX: usize = 1024;
/// OWASP's first choice for argon2id: 19 MiB, two passes, one lane. About 20 ms here.
const MEMORY_KIB: u32 = 19 * 1024;
const PASSES: u32 = 2;
const LANES: u32 = 1;
const SALT_BYTES: usize = 16;

/// Why a password is not taken. Never contains it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PasswordError {
    /// Too easily guessed.
    #[error("a password has at least {LENGTH_MIN} characters; a short sentence is a good one")]
    TooShort,
    /// Nobody types that.
    #[error("a password has at most {BYTES_MAX} bytes")]
    TooLong,
    /// The library refused; a fault of ours.
    #[error("the password could not be hashed")]
    Failed,
}

/// What is kept of a password: a text in the PHC form, with its own salt and costs.
#[derive(Clone, PartialEq, Eq)]
pub struct PasswordHash(String);

impl std::fmt::Debug for PasswordHash {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("PasswordHash(…)")
    }
}

impl PasswordHash {
    /// Hashes a new password. Slow, on purpose: not for a thread that serves others.
    pub fn of(password: &str, salt: [u8; SALT_BYTES]) -> Result<Self, PasswordError> {
        if password.chars().count() < LENGTH_MIN {
            return Err(PasswordError::TooShort);
        }
        if password.len() > BYTES_MAX {
            return Err(PasswordError::TooLong);
        }
        let params = Params::new(MEMORY_KIB, PASSES, LANES, None).map_err(|_| PasswordError::Failed)?;
        let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
        let hash = argon2.hash_password_with_salt(password.as_bytes(), &salt).map_err(|_| PasswordError::Failed)?;
        Ok(Self(hash.to_string()))
    }

    /// A hash that no password fits: checking against it takes as long as against a member's.
    pub fn nobodys() -> Self {
        Self(format!("$argon2id$v=19$m={MEMORY_KIB},t={PASSES},p={LANES}$bm9ib2R5J3Mgc2FsdC4uLg${}", "A".repeat(43)))
    }

    /// From its stored form.
    pub fn stored(text: String) -> Self {
        Self(text)
    }

    /// The stored form.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether this is the password. Slow, as [`PasswordHash::of`] is.
    pub fn matches(&self, password: &str) -> bool {
        let is_possible = password.len() <= BYTES_MAX;
        is_possible && Argon2::default().verify_password(password.as_bytes(), self.0.as_str()).is_ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PASSWORD: &str = "a quiet harbour";

    #[test]
    fn a_password_is_known_again_and_no_other_is() {
        let hash = PasswordHash::of(PASSWORD, [7; SALT_BYTES]).unwrap();
        let stored = PasswordHash::stored(hash.as_str().to_owned());
        assert!(stored.matches(PASSWORD));
        assert!(!stored.matches("a quiet harbor"));
        assert!(stored.as_str().starts_with("$argon2id$v=19$m=19456,t=2,p=1$"));
        assert_ne!(hash, PasswordHash::of(PASSWORD, [8; SALT_BYTES]).unwrap());
        assert_eq!(format!("{hash:?}"), "PasswordHash(…)");
    }

    #[test]
    fn what_is_too_short_or_too_long_is_refused_before_the_work() {
        let check = |password: &str, error| assert_eq!(PasswordHash::of(password, [7; SALT_BYTES]), Err(error));
        check("eleven char", PasswordError::TooShort);
        check(&"x".repeat(BYTES_MAX + 1), PasswordError::TooLong);
    }

    #[test]
    fn nobodys_password_is_a_hash_like_any_other_and_fits_nothing() {
        let work =
            |hash: &PasswordHash| hash.as_str().rsplit_once('$').unwrap().0.split('$').nth(3).unwrap().to_owned();
        let hash = PasswordHash::of(PASSWORD, [7; SALT_BYTES]).unwrap();
        assert_eq!(work(&PasswordHash::nobodys()), work(&hash));
        assert_eq!(PasswordHash::nobodys().as_str().len(), hash.as_str().len());
        assert!(!PasswordHash::nobodys().matches(PASSWORD));
    }
}
