//! `/crm/v3/properties/{kind}`: definitions and their groups.

use axum::Json;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use serde_json::{Value, json};

use super::HubSpotFake;
use super::account::Change;
use super::model::{Group, Property};
use super::objects::{kind, parse};
use super::refusal::{Answer, Refusal};

/// The types that a property may have.
const TYPES: &[&str] = &["string", "number", "date", "datetime", "enumeration", "bool"];

/// `GET /crm/v3/properties/{kind}`
pub(super) async fn list(State(fake): State<HubSpotFake>, Path(name): Path<String>) -> Answer<Json<Value>> {
    let kind = kind(&name)?;
    fake.read(|account| Ok(Json(json!({"results": account.properties(kind).collect::<Vec<_>>()}))))
}

/// `GET /crm/v3/properties/{kind}/{property}`
pub(super) async fn get(
    State(fake): State<HubSpotFake>,
    Path((name, property)): Path<(String, String)>,
) -> Answer<Json<Value>> {
    let kind = kind(&name)?;
    fake.read(|account| {
        let found = account.property(kind, &property).ok_or_else(|| no_property(&property))?;
        Ok(Json(json!(found)))
    })
}

/// `POST /crm/v3/properties/{kind}`
pub(super) async fn post(
    State(fake): State<HubSpotFake>,
    Path(name): Path<String>,
    body: Bytes,
) -> Answer<(StatusCode, Json<Value>)> {
    let (kind, property) = (kind(&name)?, parse::<Property>(&body)?);
    // What a client says about these is not believed.
    let property = Property { hubspot_defined: false, calculated: false, archived: false, ..property };
    check(&property)?;
    fake.write(|account| {
        if account.property(kind, &property.name).is_some() {
            return Err(Refusal::already_exists("property", &property.name));
        }
        if !account.groups(kind).any(|group| group.name == property.group_name) {
            return Err(Refusal::invalid(format!("Property group {} does not exist.", property.group_name)));
        }
        account.apply(Change::Property { kind, property: property.clone() });
        Ok((StatusCode::CREATED, Json(json!(property))))
    })
}

fn check(property: &Property) -> Answer<()> {
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
    let starts_well = property.name.starts_with(|c: char| c.is_ascii_lowercase());
    if !starts_well || !property.name.chars().all(plain) {
        let message = "A property's name holds lowercase letters, digits and underscores, and starts with a letter.";
        return Err(Refusal::invalid(message));
    }
    if !TYPES.contains(&property.kind.as_str()) {
        return Err(Refusal::invalid(format!("{} is not a property type.", property.kind)));
    }
    Ok(())
}

/// `DELETE /crm/v3/properties/{kind}/{property}`
pub(super) async fn delete(
    State(fake): State<HubSpotFake>,
    Path((name, property)): Path<(String, String)>,
) -> Answer<StatusCode> {
    let kind = kind(&name)?;
    fake.write(|account| {
        let found = account.property(kind, &property).cloned().ok_or_else(|| no_property(&property))?;
        if found.hubspot_defined {
            return Err(Refusal::invalid(format!("{property} is HubSpot's own and cannot be archived.")));
        }
        account.apply(Change::Property { kind, property: Property { archived: true, ..found } });
        Ok(StatusCode::NO_CONTENT)
    })
}

/// `GET /crm/v3/properties/{kind}/groups`
pub(super) async fn groups(State(fake): State<HubSpotFake>, Path(name): Path<String>) -> Answer<Json<Value>> {
    let kind = kind(&name)?;
    fake.read(|account| Ok(Json(json!({"results": account.groups(kind).collect::<Vec<_>>()}))))
}

/// `GET /crm/v3/properties/{kind}/groups/{group}`
pub(super) async fn group(
    State(fake): State<HubSpotFake>,
    Path((name, wanted)): Path<(String, String)>,
) -> Answer<Json<Value>> {
    let kind = kind(&name)?;
    fake.read(|account| {
        let found = account.groups(kind).find(|group| group.name == wanted);
        let found = found.ok_or_else(|| Refusal::not_found(format!("Property group {wanted} does not exist.")))?;
        Ok(Json(json!(found)))
    })
}

/// `POST /crm/v3/properties/{kind}/groups`
pub(super) async fn post_group(
    State(fake): State<HubSpotFake>,
    Path(name): Path<String>,
    body: Bytes,
) -> Answer<(StatusCode, Json<Value>)> {
    let (kind, group) = (kind(&name)?, parse::<Group>(&body)?);
    fake.write(|account| {
        if account.groups(kind).any(|known| known.name == group.name) {
            return Err(Refusal::already_exists("property group", &group.name));
        }
        account.apply(Change::Group { kind, group: group.clone() });
        Ok((StatusCode::CREATED, Json(json!(group))))
    })
}

fn no_property(name: &str) -> Refusal {
    Refusal::not_found(format!("Property {name} does not exist"))
}
