//! An expected "no": data in a payload, not an exception.

use serde::{Deserialize, Serialize};

use super::ErrorCode;
use crate::availability::Slot;
use crate::time::Zone;

/// Why a command did nothing.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Refusal {
    /// The catalogue's code.
    pub code: ErrorCode,
    /// Where in the input, as a path such as `input.startsAt`; `None` when no one field is at fault.
    pub field: Option<String>,
    /// One sentence for a person. It never repeats the value it complains about.
    pub message: String,
    /// What a client can branch on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detail: Option<Detail>,
}

/// Typed detail of a refusal.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Detail {
    /// Free slots near the one that was wanted.
    Alternatives {
        /// By start.
        slots: Vec<Slot>,
        /// The zone that the caller reads times in.
        zone: Zone,
    },
    /// The version that the object has now.
    CurrentVersion(i64),
}

impl Refusal {
    /// A refusal of the whole command.
    pub fn new(code: ErrorCode, message: impl Into<String>) -> Self {
        Self { code, field: None, message: message.into(), detail: None }
    }

    /// A refusal of one field.
    pub fn field(code: ErrorCode, field: impl Into<String>, message: impl Into<String>) -> Self {
        Self { field: Some(field.into()), ..Self::new(code, message) }
    }

    /// Something named in `field` is unknown in this workspace (or may not be seen, which is the same).
    pub fn not_found(field: impl Into<String>) -> Self {
        Self::field(ErrorCode::NotFound, field, "There is no such thing in this workspace.")
    }

    /// With typed detail.
    #[must_use]
    pub fn with(self, detail: Detail) -> Self {
        Self { detail: Some(detail), ..self }
    }
}

/// One thing wrong with a document or an input.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Violation {
    /// Where, as a path.
    pub path: String,
    /// What is wrong, without the value.
    pub message: String,
}

impl Violation {
    /// The same, of a part that lies at `path`.
    #[must_use]
    pub fn within(self, path: &str) -> Self {
        Self { path: format!("{path}.{}", self.path), ..self }
    }
}

impl From<Violation> for Refusal {
    fn from(violation: Violation) -> Self {
        Self::field(ErrorCode::FieldMismatch, violation.path, violation.message)
    }
}
