//! What HubSpot accepts as property values, and how it writes them down.

use std::collections::BTreeMap;

use chrono::DateTime;
use serde_json::Value;

use super::account::Account;
use super::model::{Kind, Property, instant};
use super::refusal::{Answer, Invalid, Refusal};

/// Properties as a client sends them: HubSpot takes strings, numbers and booleans; null and "" clear.
pub(super) type Input = BTreeMap<String, Value>;

/// The values in HubSpot's normal form, or everything that is wrong with them. `id` is the record that is written to,
/// which may keep its own unique values.
pub(super) fn normal(
    account: &Account,
    kind: Kind,
    id: Option<u64>,
    input: &Input,
) -> Answer<BTreeMap<String, String>> {
    let mut values = BTreeMap::new();
    let mut invalid = Vec::new();
    for (name, value) in input {
        match normal_value(account, kind, name, &text(value)) {
            Ok(value) => drop(values.insert(name.clone(), value)),
            Err((code, message)) => invalid.push(Invalid { name: name.clone(), code, message }),
        }
    }
    if !invalid.is_empty() {
        return Err(Refusal::invalid_properties(&invalid));
    }
    for (name, value) in &values {
        let Some(owner) = account.owner_of(kind, name, value).filter(|owner| Some(*owner) != id) else { continue };
        if (kind, name.as_str()) == (Kind::Contacts, "email") {
            return Err(Refusal::contact_exists(owner));
        }
        let message = format!("Cannot set {name} of {}: {owner} already has that value.", kind.name());
        let code = "CONFLICTING_UNIQUE_VALUE";
        return Err(Refusal::invalid_properties(&[Invalid { name: name.clone(), code, message }]));
    }
    Ok(values)
}

/// A value as text.
pub(super) fn text(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

fn normal_value(account: &Account, kind: Kind, name: &str, value: &str) -> Result<String, (&'static str, String)> {
    let Some(property) = account.property(kind, name) else {
        return Err(("PROPERTY_DOESNT_EXIST", format!("Property \"{name}\" does not exist")));
    };
    if property.calculated || name == "hs_object_id" {
        return Err(("READ_ONLY_VALUE", format!("\"{name}\" is a read only property; its value cannot be set.")));
    }
    let value = value.trim();
    if value.is_empty() {
        return Ok(String::new());
    }
    match (name, property.kind.as_str()) {
        ("email", _) if kind == Kind::Contacts => normal_email(value),
        ("hubspot_owner_id", _) if !account.owners.iter().any(|owner| owner.id == value) => {
            Err(("INVALID_OWNER_ID", format!("Owner with id {value} does not exist")))
        }
        (_, "enumeration") if !property.offers(value) => Err(("INVALID_OPTION", not_offered(property, value))),
        (_, "number") => match value.parse::<f64>() {
            Ok(number) if number.is_finite() => Ok(value.to_owned()),
            _ => Err(("INVALID_INTEGER", format!("{value} was not a valid number."))),
        },
        (_, "datetime") => normal_instant(value),
        _ => Ok(value.to_owned()),
    }
}

fn normal_email(value: &str) -> Result<String, (&'static str, String)> {
    let is_address = value.split_once('@').is_some_and(|(local, domain)| {
        !local.is_empty() && domain.contains('.') && !value.contains(char::is_whitespace)
    });
    let refusal = || ("INVALID_EMAIL", format!("Email address {value} is invalid"));
    is_address.then(|| value.to_lowercase()).ok_or_else(refusal)
}

/// ISO 8601 or milliseconds since 1970; kept as ISO 8601 in UTC.
fn normal_instant(value: &str) -> Result<String, (&'static str, String)> {
    let of_millis = || DateTime::from_timestamp_millis(value.parse().ok()?);
    let at = DateTime::parse_from_rfc3339(value).map(|at| at.to_utc()).ok().or_else(of_millis);
    at.map(instant).ok_or_else(|| ("INVALID_DATE", format!("{value} was not a valid timestamp.")))
}

fn not_offered(property: &Property, value: &str) -> String {
    let options: Vec<String> = property.options.iter().map(|option| text(&option["value"])).collect();
    format!("{value} was not one of the allowed options: [{}]", options.join(", "))
}
