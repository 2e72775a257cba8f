//! The published JSON Schemas: what the server shows is what it validates against.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use jsonschema::Validator;
use serde_json::Value;

use super::schema::{self, VIOLATIONS_MAX, Violation};

/// One published schema. A change that breaks a sender or a reader is a new version beside the old one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PublishedSchema {
    /// What it describes, e.g. `contact` or `webform_submitted`.
    pub name: &'static str,
    /// From 1.
    pub version: u32,
    /// The schema, JSON text of draft 2020-12.
    pub text: &'static str,
}

/// Every schema, by name.
pub const SCHEMAS: &[PublishedSchema] = &[
    PublishedSchema { name: "account", version: 1, text: include_str!("../../schemas/account.v1.json") },
    PublishedSchema { name: "activity", version: 1, text: include_str!("../../schemas/activity.v1.json") },
    PublishedSchema { name: "consent_record", version: 1, text: include_str!("../../schemas/consent_record.v1.json") },
    PublishedSchema { name: "contact", version: 1, text: include_str!("../../schemas/contact.v1.json") },
    PublishedSchema {
        name: "webform_submitted",
        version: 1,
        text: include_str!("../../schemas/webform_submitted.v1.json"),
    },
];

static VALIDATORS: LazyLock<BTreeMap<(&str, u32), Validator>> = LazyLock::new(|| {
    let compiled = |entry: &PublishedSchema| Some(((entry.name, entry.version), schema::compile(entry.text).ok()?));
    SCHEMAS.iter().filter_map(compiled).collect()
});

/// Everything that is wrong with `value` by the schema `name` of `version`, at most [`VIOLATIONS_MAX`]. A schema
/// that is not in the registry accepts nothing.
pub fn violations(name: &str, version: u32, value: &Value) -> Vec<Violation> {
    match VALIDATORS.get(&(name, version)) {
        Some(validator) => {
            validator.iter_errors(value).flat_map(|error| schema::report(&error)).take(VIOLATIONS_MAX).collect()
        }
        None => vec![Violation::whole("$schema", "there is no such schema".to_owned())],
    }
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;
    use serde::Serialize;
    use uuid::Uuid;

    use super::*;
    use crate::accounts::{Account, AccountKey};
    use crate::activities::{Activity, ActivityKind};
    use crate::consent::{Channel, ConsentRecord, LawfulBasis, Permission};
    use crate::contacts::{Attribution, Contact, EmailAddress, Lifecycle, PhoneNumber};
    use crate::ids::EntityId;

    fn id<I: EntityId>() -> I {
        I::from_uuid(Uuid::from_u128(0x0193_5f3a_7c00_7def_8123_4567_89ab_cdef))
    }

    fn check(name: &str, value: impl Serialize) {
        assert_eq!(violations(name, 1, &serde_json::to_value(value).unwrap()), [], "{name}");
    }

    fn words(name: &str, pointer: &str) -> Value {
        let entry = SCHEMAS.iter().find(|entry| entry.name == name).unwrap();
        let schema: Value = serde_json::from_str(entry.text).unwrap();
        schema.pointer(pointer).unwrap().clone()
    }

    #[test]
    fn every_published_schema_compiles_and_names_itself() {
        for entry in SCHEMAS {
            assert_eq!(schema::compile(entry.text).err(), None, "{}", entry.name);
            let urn = format!("urn:meridian:schema:{}:{}", entry.name, entry.version);
            assert_eq!(words(entry.name, "/$id"), Value::String(urn));
        }
        assert_eq!(violations("opinion", 1, &Value::Null)[0].keyword, "$schema");
    }

    #[test]
    fn what_the_domain_writes_is_valid() {
        let mut contact = Contact::blank(id(), DateTime::UNIX_EPOCH);
        check("contact", &contact);
        contact.email = EmailAddress::parse("ada@bücher.example").ok();
        contact.phone = PhoneNumber::from_e164("+442071838750").ok();
        contact.account = Some(id());
        contact.owner = Some(id());
        contact.mql_at = Some(DateTime::UNIX_EPOCH);
        contact.attribution = contact
            .attribution
            .after(&Attribution { utm_source: Some("google".to_owned()), ..Attribution::default() }, true);
        check("contact", &contact);
        let key = AccountKey::Domain("engines.example".to_owned());
        check("account", Account::found(id(), &key, Some("Engines Ltd"), DateTime::UNIX_EPOCH));
        check(
            "activity",
            Activity {
                id: id(),
                contact: id(),
                kind: ActivityKind::FormSubmit,
                occurred_at: DateTime::UNIX_EPOCH,
                attribution: Attribution::default(),
                properties: serde_json::json!({ "answers": {} }),
            },
        );
        check(
            "consent_record",
            ConsentRecord {
                id: id(),
                contact: id(),
                channel: Channel::Email,
                permission: Permission::Granted,
                lawful_basis: LawfulBasis::Consent,
                consent_timestamp: DateTime::UNIX_EPOCH,
                recorded_at: DateTime::UNIX_EPOCH,
                source: "form:demo".to_owned(),
                wording: None,
            },
        );
    }

    #[test]
    fn a_strange_entity_is_refused() {
        let mut contact = serde_json::to_value(Contact::blank(id(), DateTime::UNIX_EPOCH)).unwrap();
        contact["id"] = "acc_01jdfkmz007qqr28t5cy4tnkff".into();
        contact["lifecycle"] = "lost".into();
        contact["nickname"] = "ada".into();
        let mut paths: Vec<_> = violations("contact", 1, &contact).into_iter().map(|found| found.path).collect();
        paths.sort();
        assert_eq!(paths, ["/id", "/lifecycle", "/nickname"]);
    }

    #[test]
    fn schemas_and_domain_use_the_same_words() {
        let consent = [
            ("channel", serde_json::json!(Channel::ALL)),
            ("permission", serde_json::json!(Permission::ALL)),
            ("lawful_basis", serde_json::json!(LawfulBasis::ALL)),
        ];
        for (name, all) in consent {
            assert_eq!(words("consent_record", &format!("/properties/{name}/enum")), all);
            assert_eq!(words("webform_submitted", &format!("/$defs/consent/properties/{name}/enum")), all);
        }
        assert_eq!(words("activity", "/properties/kind/enum"), serde_json::json!(ActivityKind::ALL));
        assert_eq!(words("contact", "/properties/lifecycle/enum"), serde_json::json!(Lifecycle::ALL));
    }
}
