//! HubSpot's answers. Every field is optional and unknown ones are skipped: the vendor changes its shapes without
//! notice, and the little that we need we check where we use it.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

/// An object, alone or as a result of a batch.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct Written {
    pub(super) id: Option<String>,
    pub(super) new: Option<bool>,
    pub(super) properties: Option<BTreeMap<String, Option<String>>>,
}

/// The answer to a batch: 200, 201 or 207.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct Batch {
    pub(super) results: Option<Vec<Written>>,
    pub(super) errors: Option<Vec<Problem>>,
}

/// An error: the body of a refusal, or one entry of a batch's `errors`.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct Problem {
    pub(super) message: Option<String>,
    pub(super) category: Option<String>,
    /// Which limit a 429 is about.
    pub(super) policy_name: Option<String>,
    pub(super) errors: Option<Vec<Detail>>,
    /// Texts or lists of texts; `objectWriteTraceId` names the input of a batch.
    pub(super) context: Option<Value>,
}

/// What is wrong in detail.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Detail {
    pub(super) code: Option<String>,
}

/// The definition of a property.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct Property {
    pub(super) has_unique_value: Option<bool>,
}

impl Problem {
    /// The most specific code that HubSpot gives.
    pub(super) fn code(&self) -> Option<&str> {
        let detail = self.errors.iter().flatten().find_map(|detail| detail.code.as_deref());
        detail.or(self.category.as_deref())
    }

    /// Whether a unique value (an e-mail address, an id of ours) already belongs to another record. HubSpot says it
    /// in three ways: 409 `CONFLICT`, a category in a batch, or a validation error whose details are JSON within the
    /// message.
    pub(super) fn is_conflict(&self) -> bool {
        let says = |text: &Option<String>, word: &str| text.as_deref().is_some_and(|text| text.contains(word));
        self.category.as_deref() == Some("CONFLICT")
            || self.code() == Some("CONFLICTING_UNIQUE_VALUE")
            || says(&self.message, "CONFLICTING_UNIQUE_VALUE")
            || says(&self.message, "Contact already exists")
    }

    /// Whether this entry is about the input with this trace id. An entry without one is about the whole batch.
    pub(super) fn is_about(&self, trace: &str) -> bool {
        match self.context.as_ref().and_then(|context| context.get("objectWriteTraceId")) {
            Some(Value::Array(traces)) => traces.iter().any(|candidate| candidate == trace),
            Some(Value::String(candidate)) => candidate == trace,
            _ => true,
        }
    }
}
