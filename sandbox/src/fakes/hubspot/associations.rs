//! `/crm/v4/objects/{kind}/{id}/associations/…`: which records belong together.

use axum::Json;
use axum::extract::{Path, State};
use serde_json::{Value, json};

use super::HubSpotFake;
use super::account::no_object;
use super::model::{Kind, Link, instant};
use super::objects::kind;
use super::refusal::{Answer, Refusal};

/// `PUT /crm/v4/objects/{from}/{id}/associations/default/{to}/{id}`
pub(super) async fn put_default(
    State(fake): State<HubSpotFake>,
    Path((from, from_id, to, to_id)): Path<(String, String, String, String)>,
) -> Answer<Json<Value>> {
    let (from, to) = (kind(&from)?, kind(&to)?);
    let none = || Refusal::invalid(format!("No default association from {} to {}.", from.name(), to.name()));
    let type_id = from.default_association(to).ok_or_else(none)?;
    let ends = ((from, number(from, &from_id)?), (to, number(to, &to_id)?));
    let links = fake.write(|account| account.associate(ends.0, ends.1, type_id))?;
    Ok(Json(json!({
        "status": "COMPLETE",
        "results": links.map(shown),
        "startedAt": instant(fake.now()),
        "completedAt": instant(fake.now()),
    })))
}

/// `GET /crm/v4/objects/{from}/{id}/associations/{to}`
pub(super) async fn list(
    State(fake): State<HubSpotFake>,
    Path((from, id, to)): Path<(String, String, String)>,
) -> Answer<Json<Value>> {
    let (from, to) = (kind(&from)?, kind(&to)?);
    let id = number(from, &id)?;
    fake.read(|account| {
        account.object(from, id).ok_or_else(|| no_object(from, &id.to_string()))?;
        let results: Vec<Value> = account
            .links((from, id), to)
            .map(|link| {
                let kind = json!({"category": "HUBSPOT_DEFINED", "typeId": link.type_id, "label": null});
                json!({"toObjectId": link.to.1, "associationTypes": [kind]})
            })
            .collect();
        Ok(Json(json!({"results": results})))
    })
}

fn shown(link: Link) -> Value {
    json!({
        "from": {"id": link.from.1.to_string()},
        "to": {"id": link.to.1.to_string()},
        "associationSpec": {"associationCategory": "HUBSPOT_DEFINED", "associationTypeId": link.type_id},
    })
}

fn number(kind: Kind, id: &str) -> Answer<u64> {
    id.parse().map_err(|_| no_object(kind, id))
}
