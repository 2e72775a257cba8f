//! `/crm/v3/objects/{kind}`: one record at a time.

use axum::Json;
use axum::body::Bytes;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::HubSpotFake;
use super::account::{Account, no_object, shown};
use super::catalogue;
use super::model::{Kind, Object};
use super::refusal::{Answer, Refusal};
use super::validate::Input;

/// Records per page when the client does not say, and at most.
const PAGE: (usize, usize) = (10, 100);

/// What a record is created from.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct NewObject {
    #[serde(default)]
    pub(super) properties: Input,
    #[serde(default)]
    associations: Option<Vec<NewAssociation>>,
    pub(super) object_write_trace_id: Option<String>,
}

#[derive(Debug, Deserialize)]
struct NewAssociation {
    to: Id,
    types: Vec<AssociationType>,
}

/// An id in an object of its own.
#[derive(Debug, Deserialize)]
pub(super) struct Id {
    pub(super) id: Value,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct AssociationType {
    association_type_id: u32,
}

/// What a reader may ask for.
#[derive(Debug, Default)]
pub(super) struct Reading {
    id_property: Option<String>,
    properties: Vec<String>,
    limit: Option<usize>,
    after: Option<String>,
    archived: bool,
}

/// A query as it comes: HubSpot takes `properties=a,b` and `properties=a&properties=b`, and its clients send both.
type Pairs = Query<Vec<(String, String)>>;

impl Reading {
    fn of(Query(pairs): Pairs) -> Answer<Self> {
        let mut reading = Self::default();
        for (name, value) in pairs {
            match name.as_str() {
                "idProperty" => reading.id_property = Some(value),
                "properties" => {
                    reading.properties.extend(value.split(',').filter(|name| !name.is_empty()).map(str::to_owned));
                }
                "limit" => {
                    reading.limit = Some(value.parse().map_err(|_| Refusal::invalid("limit is not a number"))?);
                }
                "after" => reading.after = Some(value),
                "archived" => reading.archived = value.eq_ignore_ascii_case("true"),
                _ => {}
            }
        }
        Ok(reading)
    }
}

/// The kind that a path names.
pub(super) fn kind(text: &str) -> Answer<Kind> {
    let unknown = || Refusal::invalid(format!("Unable to infer object type from: {text}"));
    Kind::parse(text).ok_or_else(unknown)
}

/// A JSON body, or HubSpot's complaint about it.
pub(super) fn parse<T: DeserializeOwned>(body: &Bytes) -> Answer<T> {
    serde_json::from_slice(body).map_err(|error| Refusal::invalid(format!("Invalid input JSON: {error}")))
}

/// A record after a write: everything that was written to it.
pub(super) fn written(kind: Kind, object: &Object) -> Value {
    let names = object.properties.keys().cloned();
    shown(object, names.chain(catalogue::always_shown(kind).map(str::to_owned)))
}

/// A record for a reader who names properties; HubSpot's choice if he names none.
pub(super) fn read(kind: Kind, object: &Object, wanted: &[String]) -> Value {
    if wanted.is_empty() {
        return shown(object, catalogue::shown(kind).iter().map(|&name| name.to_owned()));
    }
    shown(object, wanted.iter().cloned().chain(catalogue::always_shown(kind).map(str::to_owned)))
}

/// Creates a record and the associations that come with it.
pub(super) fn create(account: &mut Account, kind: Kind, new: &NewObject, fake: &HubSpotFake) -> Answer<Object> {
    let object = account.create(kind, &new.properties, fake.now())?;
    for association in new.associations.iter().flatten() {
        let id = super::validate::text(&association.to.id);
        for AssociationType { association_type_id } in &association.types {
            let to = Kind::ALL.into_iter().find(|to| kind.default_association(*to) == Some(*association_type_id));
            let to = to.ok_or_else(|| {
                Refusal::invalid(format!("{} has no association type {association_type_id}", kind.name()))
            })?;
            let target = id.parse().map_err(|_| no_object(to, &id))?;
            account.associate((kind, object.id), (to, target), *association_type_id)?;
        }
    }
    Ok(object)
}

/// `POST /crm/v3/objects/{kind}`
pub(super) async fn post(
    State(fake): State<HubSpotFake>,
    Path(name): Path<String>,
    body: Bytes,
) -> Answer<(StatusCode, Json<Value>)> {
    let (kind, new) = (kind(&name)?, parse::<NewObject>(&body)?);
    let object = fake.write(|account| create(account, kind, &new, &fake))?;
    Ok((StatusCode::CREATED, Json(written(kind, &object))))
}

/// `GET /crm/v3/objects/{kind}/{id}`
pub(super) async fn get(
    State(fake): State<HubSpotFake>,
    Path((name, id)): Path<(String, String)>,
    query: Pairs,
) -> Answer<Json<Value>> {
    let (kind, reading) = (kind(&name)?, Reading::of(query)?);
    fake.read(|account| {
        let object = account.find(kind, &id, reading.id_property.as_deref())?.ok_or_else(|| no_object(kind, &id))?;
        Ok(Json(read(kind, object, &reading.properties)))
    })
}

/// `PATCH /crm/v3/objects/{kind}/{id}`
pub(super) async fn patch(
    State(fake): State<HubSpotFake>,
    Path((name, id)): Path<(String, String)>,
    query: Pairs,
    body: Bytes,
) -> Answer<Json<Value>> {
    let (kind, reading, new) = (kind(&name)?, Reading::of(query)?, parse::<NewObject>(&body)?);
    if new.properties.is_empty() {
        return Err(Refusal::invalid("No properties found to update, please provide at least one."));
    }
    let object = fake.write(|account| {
        let found = account.find(kind, &id, reading.id_property.as_deref())?.map(|object| object.id);
        account.update(kind, found.ok_or_else(|| no_object(kind, &id))?, &new.properties, fake.now())
    })?;
    Ok(Json(written(kind, &object)))
}

/// `DELETE /crm/v3/objects/{kind}/{id}`
pub(super) async fn delete(
    State(fake): State<HubSpotFake>,
    Path((name, id)): Path<(String, String)>,
) -> Answer<StatusCode> {
    let kind = kind(&name)?;
    fake.write(|account| {
        if let Ok(id) = id.parse() {
            account.archive(kind, id, fake.now());
        }
        Ok(StatusCode::NO_CONTENT)
    })
}

/// `GET /crm/v3/objects/{kind}`
pub(super) async fn list(
    State(fake): State<HubSpotFake>,
    Path(name): Path<String>,
    query: Pairs,
) -> Answer<Json<Value>> {
    let (kind, reading) = (kind(&name)?, Reading::of(query)?);
    let limit = page_size(reading.limit, PAGE)?;
    let after: u64 =
        reading.after.as_deref().map_or(Ok(0), str::parse).map_err(|_| Refusal::invalid("Invalid after"))?;
    fake.read(|account| {
        let mut found = account.objects(kind, reading.archived).skip_while(|object| object.id <= after);
        let page: Vec<&Object> = found.by_ref().take(limit).collect();
        let results: Vec<Value> = page.iter().map(|object| read(kind, object, &reading.properties)).collect();
        let next = found.next().and(page.last()).map(|last| last.id.to_string());
        Ok(Json(with_paging(json!({"results": results}), next)))
    })
}

/// The page size that a client asks for, within what HubSpot allows.
pub(super) fn page_size(asked: Option<usize>, (usual, most): (usize, usize)) -> Answer<usize> {
    let limit = asked.unwrap_or(usual);
    let too_many = || Refusal::invalid(format!("The limit must be between 1 and {most}, and was {limit}."));
    (1..=most).contains(&limit).then_some(limit).ok_or_else(too_many)
}

/// Adds where the next page starts, if there is one.
pub(super) fn with_paging(mut body: Value, next: Option<String>) -> Value {
    if let Some(after) = next {
        body["paging"] = json!({"next": {"after": after, "link": format!("?after={after}")}});
    }
    body
}
