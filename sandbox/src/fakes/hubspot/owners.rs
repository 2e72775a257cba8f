//! `/crm/v3/owners`: whom records can belong to. HubSpot makes owners from its users; here they are given.

use axum::Json;
use axum::extract::{Path, Query, State};
use serde::Deserialize;
use serde_json::{Value, json};

use super::HubSpotFake;
use super::model::{Owner, instant};
use super::refusal::{Answer, Refusal};

/// Owners are as old as the epoch: nobody made them while we looked.
const SINCE: chrono::DateTime<chrono::Utc> = chrono::DateTime::UNIX_EPOCH;

#[derive(Debug, Deserialize)]
pub(super) struct ByEmail {
    email: Option<String>,
}

/// `GET /crm/v3/owners`
pub(super) async fn list(State(fake): State<HubSpotFake>, Query(by): Query<ByEmail>) -> Answer<Json<Value>> {
    fake.read(|account| {
        let wanted = |owner: &&Owner| by.email.as_deref().is_none_or(|email| owner.email.eq_ignore_ascii_case(email));
        Ok(Json(json!({"results": account.owners.iter().filter(wanted).map(shown).collect::<Vec<_>>()})))
    })
}

/// `GET /crm/v3/owners/{id}`
pub(super) async fn get(State(fake): State<HubSpotFake>, Path(id): Path<String>) -> Answer<Json<Value>> {
    fake.read(|account| {
        let found = account.owners.iter().find(|owner| owner.id == id);
        Ok(Json(shown(found.ok_or_else(|| Refusal::not_found(format!("Owner with id {id} does not exist")))?)))
    })
}

fn shown(owner: &Owner) -> Value {
    let mut shown = json!(owner);
    shown["type"] = json!("PERSON");
    shown["userId"] = json!(owner.id.parse::<u64>().ok());
    shown["archived"] = json!(false);
    shown["createdAt"] = json!(instant(SINCE));
    shown["updatedAt"] = json!(instant(SINCE));
    shown["teams"] = json!([]);
    shown
}
