//! GraphQL documents that a client registered beforehand (trusted documents), named by the digest of their text.

use std::fmt;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// SHA-256 of a document's text: the name that clients compute for themselves. As text, 64 lower-case hexadecimal digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct DocumentHash([u8; 32]);

/// A text that is no such name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the hash of a document is SHA-256 in 64 lower-case hexadecimal digits")]
pub struct DocumentHashError;

impl DocumentHash {
    /// The name of this text.
    pub fn of(text: &str) -> Self {
        Self(Sha256::digest(text.as_bytes()).into())
    }

    /// From the digits.
    pub fn parse(text: &str) -> Result<Self, DocumentHashError> {
        let digits = text.as_bytes();
        let digit = |byte: u8| match byte {
            b'0'..=b'9' => Ok(byte - b'0'),
            b'a'..=b'f' => Ok(byte - b'a' + 10),
            _ => Err(DocumentHashError),
        };
        let mut hash = [0; 32];
        if digits.len() != 64 {
            return Err(DocumentHashError);
        }
        for (byte, pair) in hash.iter_mut().zip(digits.chunks_exact(2)) {
            *byte = digit(pair[0])? << 4 | digit(pair[1])?;
        }
        Ok(Self(hash))
    }
}

impl From<[u8; 32]> for DocumentHash {
    fn from(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }
}

impl AsRef<[u8]> for DocumentHash {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Display for DocumentHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl From<DocumentHash> for String {
    fn from(hash: DocumentHash) -> Self {
        hash.to_string()
    }
}

impl TryFrom<String> for DocumentHash {
    type Error = DocumentHashError;

    fn try_from(text: String) -> Result<Self, DocumentHashError> {
        Self::parse(&text)
    }
}

/// Which documents a client may send.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DocumentPolicy {
    /// Any.
    #[default]
    Any,
    /// Those that are registered for it, and no other.
    Registered,
}

impl DocumentPolicy {
    /// As it is kept.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Any => "any",
            Self::Registered => "registered",
        }
    }

    /// From what is kept.
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Any, Self::Registered].into_iter().find(|policy| policy.as_str() == text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hash_is_what_everybody_computes() {
        // FIPS 180-4: the digest of the empty text.
        let empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
        assert_eq!(DocumentHash::of("").to_string(), empty);
        assert_eq!(DocumentHash::parse(empty), Ok(DocumentHash::of("")));
    }

    #[test]
    fn other_texts_are_no_hashes() {
        let upper = "E3B0C44298FC1C149AFBF4C8996FB92427AE41E4649B934CA495991B7852B855";
        for text in ["", "e3b0", upper, &"g".repeat(64), &"é".repeat(32), &"0".repeat(65)] {
            assert_eq!(DocumentHash::parse(text), Err(DocumentHashError), "{text}");
        }
    }
}
