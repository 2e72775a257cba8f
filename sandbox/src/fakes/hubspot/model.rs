//! What a HubSpot account holds.

use std::collections::BTreeMap;

use chrono::{DateTime, SecondsFormat, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// A kind of record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Kind {
    Contacts,
    Companies,
    Meetings,
    Tasks,
}

impl Kind {
    pub(super) const ALL: [Self; 4] = [Self::Contacts, Self::Companies, Self::Meetings, Self::Tasks];

    /// Reads a path segment: HubSpot takes the plural, the singular and the object type id.
    pub(super) fn parse(text: &str) -> Option<Self> {
        match text {
            "contacts" | "contact" | "0-1" => Some(Self::Contacts),
            "companies" | "company" | "0-2" => Some(Self::Companies),
            "meetings" | "meeting" | "0-47" => Some(Self::Meetings),
            "tasks" | "task" | "0-27" => Some(Self::Tasks),
            _ => None,
        }
    }

    /// As error texts call it.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Contacts => "CONTACT",
            Self::Companies => "COMPANY",
            Self::Meetings => "MEETING_EVENT",
            Self::Tasks => "TASK",
        }
    }

    /// The default association from one kind to another, by the ids that HubSpot documents
    /// (<https://developers.hubspot.com/docs/api-reference/crm-associations-v4/guide#association-type-id-values>).
    pub(super) fn default_association(self, to: Self) -> Option<u32> {
        use Kind::{Companies, Contacts, Meetings, Tasks};
        match (self, to) {
            (Contacts, Companies) => Some(279),
            (Companies, Contacts) => Some(280),
            (Contacts, Meetings) => Some(199),
            (Meetings, Contacts) => Some(200),
            (Companies, Meetings) => Some(187),
            (Meetings, Companies) => Some(188),
            (Contacts, Tasks) => Some(203),
            (Tasks, Contacts) => Some(204),
            (Companies, Tasks) => Some(191),
            (Tasks, Companies) => Some(192),
            _ => None,
        }
    }
}

/// A record.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Object {
    pub(super) id: u64,
    /// What was written, in HubSpot's normal form.
    pub(super) properties: BTreeMap<String, String>,
    pub(super) created_at: DateTime<Utc>,
    pub(super) updated_at: DateTime<Utc>,
    #[serde(default)]
    pub(super) archived: bool,
}

impl Object {
    /// A property's value, written or computed.
    pub(super) fn value(&self, name: &str) -> Option<String> {
        match name {
            "hs_object_id" => Some(self.id.to_string()),
            "createdate" | "hs_createdate" => Some(instant(self.created_at)),
            "lastmodifieddate" | "hs_lastmodifieddate" => Some(instant(self.updated_at)),
            written => self.properties.get(written).cloned(),
        }
    }
}

/// A property's definition, as HubSpot shows it.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[expect(clippy::struct_excessive_bools, reason = "these are the vendor's fields")]
pub(super) struct Property {
    pub(super) name: String,
    pub(super) label: String,
    #[serde(rename = "type")]
    pub(super) kind: String,
    pub(super) field_type: String,
    #[serde(default)]
    pub(super) description: String,
    pub(super) group_name: String,
    #[serde(default)]
    pub(super) options: Vec<Value>,
    #[serde(default)]
    pub(super) has_unique_value: bool,
    #[serde(default)]
    pub(super) hidden: bool,
    #[serde(default)]
    pub(super) form_field: bool,
    #[serde(default)]
    pub(super) display_order: i64,
    #[serde(default)]
    pub(super) hubspot_defined: bool,
    #[serde(default)]
    pub(super) calculated: bool,
    #[serde(default)]
    pub(super) archived: bool,
}

impl Property {
    /// Whether a value may belong to one record only. HubSpot does not mark `email` so, and treats it so.
    pub(super) fn is_unique(&self, kind: Kind) -> bool {
        self.has_unique_value || (kind == Kind::Contacts && self.name == "email")
    }

    /// Whether `value` is one of the options; any is, where there are none.
    pub(super) fn offers(&self, value: &str) -> bool {
        self.options.is_empty() || self.options.iter().any(|option| option["value"] == value)
    }
}

/// A group of properties.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Group {
    pub(super) name: String,
    pub(super) label: String,
    #[serde(default)]
    pub(super) display_order: i64,
    #[serde(default)]
    pub(super) archived: bool,
}

/// Somebody whom records can belong to.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Owner {
    /// What `hubspot_owner_id` holds.
    pub id: String,
    /// E-mail address.
    pub email: String,
    /// Given name.
    pub first_name: String,
    /// Family name.
    pub last_name: String,
}

/// One direction of an association.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(super) struct Link {
    pub(super) from: (Kind, u64),
    pub(super) to: (Kind, u64),
    pub(super) type_id: u32,
}

/// An instant as HubSpot writes it.
pub(super) fn instant(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Millis, true)
}
