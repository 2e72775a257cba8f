//! The body of a batch: a list of `{"id": …, "body": …}`, each a delivery of its own.

use commands::webhooks::BatchItem;
use domain::errors::{ErrorCode, Refusal};
use domain::limits::BATCH_ITEMS_MAX;
use domain::webhooks::{FormSubmission, Violation, is_delivery_id, read_form_value};
use serde_json::Value;

/// Reads the list. What is not even a list of deliveries is refused as a whole: nobody could say later which is which.
pub(super) fn read(body: &[u8]) -> Result<Vec<BatchItem>, Vec<Refusal>> {
    let items: Value =
        serde_json::from_slice(body).map_err(|_| vec![Refusal::new(ErrorCode::BadRequest, "The body is not JSON.")])?;
    let refuse = |field: String, message: &str| Refusal::field(ErrorCode::FieldMismatch, field, message);
    let Value::Array(items) = items else {
        return Err(vec![refuse(String::new(), "A batch is a list.")]);
    };
    if items.is_empty() || items.len() > BATCH_ITEMS_MAX {
        let message = format!("A batch has from 1 to {BATCH_ITEMS_MAX} items.");
        return Err(vec![refuse(String::new(), &message)]);
    }
    let (mut taken, mut refusals) = (Vec::with_capacity(items.len()), Vec::new());
    for (place, mut item) in items.into_iter().enumerate() {
        let id = item["id"].as_str().filter(|id| is_delivery_id(id)).map(str::to_owned);
        match (id, item.get_mut("body").map(Value::take)) {
            (Some(delivery_id), Some(body)) => taken.push(BatchItem { delivery_id, form: form(body) }),
            (None, _) => {
                refusals
                    .push(refuse(format!("/{place}/id"), "An id has 1 to 255 printable characters, without spaces."));
            }
            (Some(_), None) => refusals.push(refuse(format!("/{place}/body"), "The delivery has no body.")),
        }
    }
    if refusals.is_empty() { Ok(taken) } else { Err(refusals) }
}

fn form(body: Value) -> Result<FormSubmission, (Vec<u8>, Vec<Violation>)> {
    let text = body.to_string();
    read_form_value(body).map_err(|violations| (text.into_bytes(), violations))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(body: &str, expected: &str) {
        let said = match read(body.as_bytes()) {
            Ok(items) => items
                .iter()
                .map(|item| format!("{} {}", item.delivery_id, if item.form.is_ok() { "fits" } else { "does not fit" }))
                .collect::<Vec<_>>(),
            Err(refusals) => refusals
                .iter()
                .map(|refusal| format!("{} {}", refusal.code, refusal.field.as_deref().unwrap_or("-")))
                .collect(),
        };
        assert_eq!(said.join(", "), expected, "{body}");
    }

    #[test]
    fn a_batch_is_a_list_of_deliveries_with_ids() {
        let form = r#"{"event":"webform_submitted","version":1,"occurred_at":"2026-11-01T09:30:00Z","form_id":"f",
            "contact":{"email":"ada@example.com"}}"#;
        check(&format!(r#"[{{"id":"a","body":{form}}},{{"id":"b","body":7}}]"#), "a fits, b does not fit");
        check("{", "BAD_REQUEST -");
        check("{}", "FIELD_MISMATCH ");
        check("[]", "FIELD_MISMATCH ");
        check(&format!("[{}]", vec!["1"; 1001].join(",")), "FIELD_MISMATCH ");
        check(
            r#"[{"id":"a b","body":1},{"id":"c"},3]"#,
            "FIELD_MISMATCH /0/id, FIELD_MISMATCH /1/body, FIELD_MISMATCH /2/id",
        );
    }
}
