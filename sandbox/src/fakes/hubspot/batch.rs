//! `/crm/v3/objects/{kind}/batch/…`: up to a hundred records at a time.
//!
//! A batch whose inputs all carry an `objectWriteTraceId` is answered per input (207 when some failed); without them
//! one bad input fails the whole batch, and nothing of it happens.

use std::collections::BTreeSet;

use axum::Json;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use serde_json::{Value, json};

use super::HubSpotFake;
use super::account::{Account, no_object};
use super::model::{Kind, instant};
use super::objects::{Id, NewObject, create, kind, parse, read, written};
use super::refusal::{Answer, Refusal};
use super::validate::{Input, text};

/// HubSpot's limit.
const INPUTS_MAX: usize = 100;

#[derive(Debug, Deserialize)]
struct Batch<I> {
    inputs: Vec<I>,
}

/// An input of update and upsert.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Write {
    id: Value,
    id_property: Option<String>,
    properties: Input,
    object_write_trace_id: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Read {
    inputs: Vec<Id>,
    id_property: Option<String>,
    #[serde(default)]
    properties: Vec<String>,
}

/// `POST /crm/v3/objects/{kind}/batch/{verb}`
pub(super) async fn post(
    State(fake): State<HubSpotFake>,
    Path((name, verb)): Path<(String, String)>,
    body: Bytes,
) -> Answer<Response> {
    let kind = kind(&name)?;
    match verb.as_str() {
        "create" => {
            let inputs = inputs::<NewObject>(&body)?;
            let traces = inputs.iter().map(|input| input.object_write_trace_id.clone()).collect();
            write(&fake, StatusCode::CREATED, traces, |account, index| {
                Ok(written(kind, &create(account, kind, &inputs[index], &fake)?))
            })
        }
        "update" | "upsert" => {
            let inputs = inputs::<Write>(&body)?;
            distinct(inputs.iter().map(|input| text(&input.id)))?;
            let traces = inputs.iter().map(|input| input.object_write_trace_id.clone()).collect();
            let apply = if verb == "update" { update } else { upsert };
            write(&fake, StatusCode::OK, traces, |account, index| apply(account, kind, &inputs[index], &fake))
        }
        "read" => read_batch(&fake, kind, &parse(&body)?),
        "archive" => {
            let inputs = inputs::<Id>(&body)?;
            fake.write(|account| {
                for id in inputs.iter().filter_map(|input| text(&input.id).parse().ok()) {
                    account.archive(kind, id, fake.now());
                }
                Ok(StatusCode::NO_CONTENT.into_response())
            })
        }
        _ => Err(Refusal::no_such_path()),
    }
}

fn inputs<I: serde::de::DeserializeOwned>(body: &Bytes) -> Answer<Vec<I>> {
    let inputs = parse::<Batch<I>>(body)?.inputs;
    match inputs.len() {
        0 => Err(Refusal::invalid("The batch has no inputs.")),
        1..=INPUTS_MAX => Ok(inputs),
        count => Err(Refusal::invalid(format!("The maximum batch size is {INPUTS_MAX}; {count} inputs were sent."))),
    }
}

fn distinct(ids: impl Iterator<Item = String>) -> Answer<()> {
    let mut seen = BTreeSet::new();
    for id in ids {
        if seen.contains(&id) {
            return Err(Refusal::invalid(format!("Duplicate IDs found in batch input: [{id}].")));
        }
        seen.insert(id);
    }
    Ok(())
}

/// Applies every input in turn. The index is that of the input and of its trace id.
fn write(
    fake: &HubSpotFake,
    success: StatusCode,
    traces: Vec<Option<String>>,
    mut apply: impl FnMut(&mut Account, usize) -> Answer<Value>,
) -> Answer<Response> {
    let partial = traces.iter().all(Option::is_some);
    fake.write(|account| {
        let (mut results, mut errors) = (Vec::new(), Vec::new());
        for (index, trace) in traces.into_iter().enumerate() {
            match (apply(account, index), trace) {
                (Ok(mut result), trace) => {
                    if let Some(trace) = trace {
                        result["objectWriteTraceId"] = json!(trace);
                    }
                    results.push(result);
                }
                (Err(refusal), Some(trace)) if partial => errors.push(refusal.in_batch(&trace)),
                (Err(refusal), _) => return Err(refusal),
            }
        }
        Ok(complete(fake, success, Value::Array(results), errors))
    })
}

fn complete(fake: &HubSpotFake, success: StatusCode, results: Value, errors: Vec<Value>) -> Response {
    let now = instant(fake.now());
    let mut body = json!({"status": "COMPLETE", "startedAt": now, "completedAt": now});
    body["results"] = results;
    if errors.is_empty() {
        return (success, Json(body)).into_response();
    }
    body["numErrors"] = json!(errors.len());
    body["errors"] = Value::Array(errors);
    (StatusCode::MULTI_STATUS, Json(body)).into_response()
}

fn update(account: &mut Account, kind: Kind, input: &Write, fake: &HubSpotFake) -> Answer<Value> {
    let id = text(&input.id);
    let found = account.find(kind, &id, input.id_property.as_deref())?.map(|object| object.id);
    let object = account.update(kind, found.ok_or_else(|| no_object(kind, &id))?, &input.properties, fake.now())?;
    Ok(written(kind, &object))
}

fn upsert(account: &mut Account, kind: Kind, input: &Write, fake: &HubSpotFake) -> Answer<Value> {
    let id = text(&input.id);
    let found = account.find(kind, &id, input.id_property.as_deref())?.map(|object| object.id);
    let (object, new) = match (found, &input.id_property) {
        (Some(found), _) => (account.update(kind, found, &input.properties, fake.now())?, false),
        (None, None) => return Err(no_object(kind, &id)),
        (None, Some(id_property)) => {
            let mut properties = input.properties.clone();
            properties.insert(id_property.clone(), Value::String(id));
            (account.create(kind, &properties, fake.now())?, true)
        }
    };
    let mut result = written(kind, &object);
    result["new"] = json!(new);
    Ok(result)
}

fn read_batch(fake: &HubSpotFake, kind: Kind, batch: &Read) -> Answer<Response> {
    fake.read(|account| {
        let (mut results, mut missing) = (Vec::new(), Vec::new());
        for input in &batch.inputs {
            let id = text(&input.id);
            match account.find(kind, &id, batch.id_property.as_deref())? {
                Some(object) => results.push(read(kind, object, &batch.properties)),
                None => missing.push(id),
            }
        }
        let error = json!({
            "status": "error",
            "category": "OBJECT_NOT_FOUND",
            "message": format!("Could not get some {} objects, they may be deleted or not exist.", kind.name()),
            "context": {"ids": missing},
        });
        let errors = if missing.is_empty() { Vec::new() } else { vec![error] };
        Ok(complete(fake, StatusCode::OK, Value::Array(results), errors))
    })
}
