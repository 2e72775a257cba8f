//! Brings an owner's task to the CRM.

use domain::ids::TaskId;
use domain::integrations::EntityLink;
use domain::integrations::crm::{CrmTask, CrmTaskPriority};
use domain::routing::{RoutingRecord, Task};
use persistence::routing::{decision_behind, find_task};

use super::{Destination, contact, gone};
use crate::deliveries::Answer;

/// A task never changes after it was written, so this is the only version there is.
const VERSION: i64 = 1;

/// Brings the task to the CRM, behind its contact, unless the CRM has it already.
pub(in crate::deliveries) async fn sync(to: &Destination<'_>, id: TaskId) -> Result<Vec<EntityLink>, Answer> {
    if to.holds(id, VERSION).await? {
        return Ok(Vec::new());
    }
    let task = find_task(&to.reader, id).await?.ok_or_else(|| gone("task"))?;
    let crm = to.open().await?;
    let mut links = Vec::new();
    let contact_external_id = contact::ensure(to, &*crm, &mut links).await?;
    let owner = to.owner(task.owner).await?;
    // Not the newest decision: the contact may have been routed again since.
    let why = decision_behind(&to.reader, &task).await?;
    let record = crm.upsert_task(&to.call, &image(&task, why.as_ref(), owner, contact_external_id)).await?;
    links.push(to.confirmed(id, VERSION, record));
    Ok(links)
}

/// The task as the CRM is told about it. A lead cools by the minute, so its first touch comes before other work.
fn image(
    task: &Task,
    why: Option<&RoutingRecord>,
    owner_external_id: Option<String>,
    contact_external_id: String,
) -> CrmTask {
    CrmTask {
        id: task.id,
        subject: task.subject.clone(),
        body: why.map(|record| record.decision.explain()).unwrap_or_default(),
        due_at: task.due_at,
        priority: CrmTaskPriority::High,
        // The CRM opens a new task by itself; a known one may have been completed there.
        status: None,
        owner_external_id,
        contact_external_id,
    }
}
