//! Noting what a contact did.

use domain::activities::{Activity, ActivityKind};
use domain::contacts::Contact;
use domain::operation::Operation;
use persistence::{StoreError, Tx, activities};

/// Appends an activity with the contact's attribution as it is now.
pub(crate) async fn note_activity(
    tx: &Tx,
    operation: &Operation,
    contact: &Contact,
    kind: ActivityKind,
    properties: serde_json::Value,
) -> Result<Activity, StoreError> {
    let activity = Activity {
        id: operation.new_id(),
        contact: contact.id,
        kind,
        occurred_at: operation.now,
        attribution: contact.attribution.clone(),
        properties,
    };
    activities::insert_activity(tx, &activity).await?;
    Ok(activity)
}
