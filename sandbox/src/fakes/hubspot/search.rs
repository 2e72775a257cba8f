//! `POST /crm/v3/objects/{kind}/search`
//! (<https://developers.hubspot.com/docs/api-reference/crm-contacts-v3/search/post-crm-v3-objects-contacts-search>).
//!
//! HubSpot's index lags behind its writes; this one does not. A client that passes here may still not search for
//! what it has just written.

use std::cmp::Ordering;

use axum::Json;
use axum::body::Bytes;
use axum::extract::{Path, State};
use chrono::DateTime;
use serde::Deserialize;
use serde_json::{Value, json};

use super::HubSpotFake;
use super::account::Account;
use super::model::{Kind, Object};
use super::objects::{kind, page_size, parse, read, with_paging};
use super::refusal::{Answer, Refusal};
use super::validate::text;

/// Records per page when the client does not say, and at most.
const PAGE: (usize, usize) = (10, 200);

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Search {
    filter_groups: Option<Vec<FilterGroup>>,
    query: Option<String>,
    sorts: Option<Vec<Value>>,
    properties: Option<Vec<String>>,
    limit: Option<usize>,
    after: Option<Value>,
}

#[derive(Debug, Deserialize)]
struct FilterGroup {
    filters: Vec<Filter>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Filter {
    property_name: String,
    operator: String,
    value: Option<Value>,
    high_value: Option<Value>,
    values: Option<Vec<Value>>,
}

/// The handler.
pub(super) async fn post(
    State(fake): State<HubSpotFake>,
    Path(name): Path<String>,
    body: Bytes,
) -> Answer<Json<Value>> {
    let (kind, search) = (kind(&name)?, parse::<Search>(&body)?);
    let limit = page_size(search.limit.filter(|&limit| limit > 0), PAGE)?;
    let after = search.after.as_ref().map(text).filter(|after| !after.is_empty());
    let skip: usize = after.as_deref().map_or(Ok(0), str::parse).map_err(|_| Refusal::invalid("Invalid after"))?;
    fake.read(|account| {
        let mut found = matching(account, kind, &search)?;
        sort(&mut found, search.sorts.as_deref().unwrap_or_default());
        let wanted = search.properties.as_deref().unwrap_or_default();
        let results: Vec<Value> =
            found.iter().skip(skip).take(limit).map(|object| read(kind, object, wanted)).collect();
        let end = skip + results.len();
        let next = (end < found.len()).then(|| end.to_string());
        Ok(Json(with_paging(json!({"total": found.len(), "results": results}), next)))
    })
}

/// Groups are alternatives; the filters of one group must all hold.
fn matching<'a>(account: &'a Account, kind: Kind, search: &Search) -> Answer<Vec<&'a Object>> {
    let groups = search.filter_groups.as_deref().unwrap_or_default();
    for filter in groups.iter().flat_map(|group| &group.filters) {
        check(account, kind, filter)?;
    }
    let wanted = search.query.as_deref().unwrap_or_default().to_lowercase();
    let says = |object: &Object| object.properties.values().any(|value| value.to_lowercase().contains(&wanted));
    let passes = |object: &&Object| {
        (groups.is_empty() || groups.iter().any(|group| group.filters.iter().all(|filter| holds(filter, object))))
            && (wanted.is_empty() || says(object))
    };
    Ok(account.objects(kind, false).filter(passes).collect())
}

fn check(account: &Account, kind: Kind, filter: &Filter) -> Answer<()> {
    let name = &filter.property_name;
    if account.property(kind, name).is_none() {
        let message = format!("There was a problem with the request. The property {name} does not exist.");
        return Err(Refusal::invalid(message));
    }
    match filter.operator.as_str() {
        "EQ" | "NEQ" | "LT" | "LTE" | "GT" | "GTE" | "BETWEEN" | "IN" | "NOT_IN" | "HAS_PROPERTY"
        | "NOT_HAS_PROPERTY" | "CONTAINS_TOKEN" | "NOT_CONTAINS_TOKEN" => Ok(()),
        other => Err(Refusal::invalid(format!("{other} is not a filter operator"))),
    }
}

fn holds(filter: &Filter, object: &Object) -> bool {
    let Some(value) = object.value(&filter.property_name) else {
        return matches!(filter.operator.as_str(), "NOT_HAS_PROPERTY" | "NEQ" | "NOT_IN" | "NOT_CONTAINS_TOKEN");
    };
    let to = |wanted: &Option<Value>| compare(&value, &wanted.as_ref().map(text).unwrap_or_default());
    let among = || filter.values.iter().flatten().any(|wanted| compare(&value, &text(wanted)).is_eq());
    let contains = || {
        let token = filter.value.as_ref().map(text).unwrap_or_default().to_lowercase();
        value.to_lowercase().contains(token.trim_matches('*'))
    };
    match filter.operator.as_str() {
        "EQ" => to(&filter.value).is_eq(),
        "NEQ" => to(&filter.value).is_ne(),
        "LT" => to(&filter.value).is_lt(),
        "LTE" => to(&filter.value).is_le(),
        "GT" => to(&filter.value).is_gt(),
        "GTE" => to(&filter.value).is_ge(),
        "BETWEEN" => to(&filter.value).is_ge() && to(&filter.high_value).is_le(),
        "IN" => among(),
        "NOT_IN" => !among(),
        "CONTAINS_TOKEN" => contains(),
        "NOT_CONTAINS_TOKEN" => !contains(),
        operator => operator == "HAS_PROPERTY",
    }
}

/// By number or by time where both are such (times also as milliseconds), otherwise as text without case.
fn compare(left: &str, right: &str) -> Ordering {
    let number = |text: &str| text.parse::<f64>().ok();
    let millis = |text: &str| {
        let parsed = DateTime::parse_from_rfc3339(text).map(|at| at.timestamp_millis());
        parsed.ok().or_else(|| text.parse().ok())
    };
    if let (Some(left), Some(right)) = (number(left), number(right)) {
        return left.total_cmp(&right);
    }
    if let (Some(left), Some(right)) = (millis(left), millis(right)) {
        return left.cmp(&right);
    }
    left.to_lowercase().cmp(&right.to_lowercase())
}

/// HubSpot takes `{"propertyName", "direction"}` and the short forms `"name"` and `"-name"`.
fn sort(objects: &mut [&Object], sorts: &[Value]) {
    let Some(by) = sorts.first() else { return };
    let (name, descending) = match by {
        Value::String(name) => (name.trim_start_matches('-').to_owned(), name.starts_with('-')),
        by => (text(&by["propertyName"]), by["direction"] == "DESCENDING"),
    };
    objects.sort_by(|left, right| {
        let order = compare(&left.value(&name).unwrap_or_default(), &right.value(&name).unwrap_or_default());
        if descending { order.reverse() } else { order }
    });
}
