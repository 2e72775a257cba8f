//! Writing one record, whatever became of the attempt before.

use domain::integrations::crm::{Call, ExternalRecord, Fault};
use reqwest::Method;
use serde_json::json;

use super::faults::{Refused, batch_refusal, refusal};
use super::record::{Object, Record};
use super::wire::{Batch, Written};
use super::{HubSpot, Request};
use crate::http::{Answer, later};

impl HubSpot {
    /// A batch upsert of one. A batch, because HubSpot upserts in no other way; of one, because a lane waits for
    /// exactly this record and must learn what became of it.
    pub(super) async fn upsert(&self, call: &Call, record: &Record) -> Result<ExternalRecord, Refused> {
        let body = json!({"inputs": [{
            "idProperty": record.object.id_property(),
            "id": record.id,
            "objectWriteTraceId": record.id,
            "properties": record.properties,
        }]});
        let path = ["crm", "v3", "objects", record.object.path(), "batch", "upsert"];
        let answer = self.ask(call, Request::new(Method::POST, &path).body(&body)).await?;
        let result = read_batch(&answer, record);
        if let Err(Refused { fault: Fault::Permanent { .. }, .. }) = &result {
            // Perhaps somebody removed a property of ours; a replay then makes it anew.
            self.forget_properties();
        }
        result
    }

    /// Upserts a task or a meeting and ties it to its contact. The tie is a PUT of a fact and may be repeated.
    pub(super) async fn upsert_about(
        &self,
        call: &Call,
        record: &Record,
        contact: &str,
    ) -> Result<ExternalRecord, Fault> {
        self.ensure_properties(call, record).await?;
        let written = self.upsert(call, record).await.map_err(|refused| refused.fault)?;
        let object = record.object.path();
        let path = ["crm", "v4", "objects", object, &written.id, "associations", "default", "contacts", contact];
        let answer = self.ask(call, Request::new(Method::PUT, &path)).await?;
        match answer.status {
            200..300 => Ok(written),
            _ => Err(refusal(&answer, Some(record)).fault),
        }
    }

    /// Takes over the HubSpot contact that already has this e-mail address, unless it is another contact of ours.
    pub(super) async fn adopt(&self, call: &Call, email: &str, record: &Record) -> Result<ExternalRecord, Fault> {
        let id_property = Object::Contact.id_property();
        let path = ["crm", "v3", "objects", "contacts", email];
        let query = [("idProperty", "email"), ("properties", id_property)];
        let answer = self.ask(call, Request { query: &query, ..Request::new(Method::GET, &path) }).await?;
        let found = match answer.status {
            200..300 => read_object(&answer)?,
            // Deleted or renamed since a moment ago, or not yet in the index.
            404 => return Err(later("HubSpot says that the e-mail address is taken, and does not find by whom.")),
            _ => return Err(refusal(&answer, Some(record)).fault),
        };
        let owner = found.properties.as_ref().and_then(|properties| properties.get(id_property)?.as_deref());
        if owner.is_some_and(|owner| !owner.is_empty() && owner != record.id) {
            return Err(two_records("OWNED_BY_ANOTHER_CONTACT"));
        }
        let id = found.id.ok_or_else(unreadable)?;

        let path = ["crm", "v3", "objects", "contacts", &id];
        let body = json!({"properties": record.properties});
        let answer = self.ask(call, Request::new(Method::PATCH, &path).body(&body)).await?;
        match answer.status {
            200..300 => Ok(ExternalRecord { id, created: false }),
            _ => match refusal(&answer, Some(record)) {
                Refused { conflict: true, .. } => Err(two_records("DUPLICATE_RECORDS")),
                Refused { fault, .. } => Err(fault),
            },
        }
    }
}

/// One person is two records: nobody but a person can tell which of them should stay.
fn two_records(code: &str) -> Fault {
    let message = match code {
        "DUPLICATE_RECORDS" => {
            "HubSpot has this contact twice, once under our id and once under its e-mail address; merge the two there."
        }
        _ => "The e-mail address belongs to a HubSpot contact that is linked to another contact of Meridian.",
    };
    Fault::Permanent { status: 409, code: code.to_owned(), message: message.to_owned(), body: String::new() }
}

fn read_batch(answer: &Answer, record: &Record) -> Result<ExternalRecord, Refused> {
    if !(200..300).contains(&answer.status) {
        return Err(refusal(answer, Some(record)));
    }
    let batch: Batch = serde_json::from_slice(&answer.body).map_err(|_| unreadable())?;
    let mut problems = batch.errors.into_iter().flatten();
    if let Some(problem) = problems.find(|problem| problem.is_about(&record.id)) {
        return Err(batch_refusal(answer.status, &problem, &answer.body, record));
    }
    // Success with neither a result nor an error has been seen in the wild: nothing was promised, so ask again.
    let written = batch.results.into_iter().flatten().next().ok_or_else(unreadable)?;
    let id = written.id.ok_or_else(unreadable)?;
    Ok(ExternalRecord { id, created: written.new.unwrap_or(false) })
}

fn read_object(answer: &Answer) -> Result<Written, Fault> {
    serde_json::from_slice(&answer.body).map_err(|_| unreadable())
}

fn unreadable() -> Fault {
    later("HubSpot answered with success, but not with the record.")
}
