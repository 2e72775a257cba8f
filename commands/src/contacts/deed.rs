//! What a contact does: noted, and scored at once. The score must not depend on whether a form comes after it.

use domain::activities::{Activity, ActivityKind};
use domain::contacts::Contact;
use domain::operation::Operation;
use persistence::{StoreError, Tx, activities};

use super::met::Met;
use super::score;

/// Something that a contact does now.
pub(crate) struct Deed {
    /// Of which kind.
    pub kind: ActivityKind,
    /// What about it; rules of scoring may ask for it.
    pub properties: serde_json::Value,
}

/// Writes a contact with what they do, scored with it.
pub(crate) async fn write_with(
    tx: &Tx,
    operation: &Operation,
    mut met: Met,
    deed: Deed,
) -> Result<Contact, StoreError> {
    let activity = Activity {
        id: operation.new_id(),
        contact: met.contact.id,
        kind: deed.kind,
        occurred_at: operation.now,
        attribution: met.contact.attribution.clone(),
        properties: deed.properties,
    };
    let scored = score::decide(tx, operation, &mut met.contact, &activity).await?;
    let before = met.before().cloned();
    let contact = met.write(tx, operation).await?;
    activities::insert_activity(tx, &activity).await?;
    score::write(tx, operation, before.as_ref(), &contact, scored.as_ref()).await?;
    Ok(contact)
}
