//! Forms that came in, by webhook or through the API, and what became of them.

use chrono::{DateTime, Utc};
use domain::ids::{ConnectionId, ContactId, EntityId, MeetingTypeId, RoutingDecisionId, SubmissionId};
use domain::operation::CorrelationId;
use domain::webhooks::{FormSubmission, Submission, SubmissionState};
use sea_orm::entity::prelude::*;
use sea_orm::sea_query::{Expr, ExprTrait, OnConflict};
use sea_orm::{
    ActiveModelTrait, Condition, IntoActiveModel, QuerySelect, Select, SelectGetableTuple, Selector, TryInsertResult,
};

use crate::convert::{from_json, from_text, to_json, to_text};
use crate::scope::sealed::Conn;
use crate::table::{LOCK, find, insert, replace, rows, tenant_table, workspace_of};
use crate::{Scope, StoreError, Tx};

tenant_table!(submission = "submissions" {
    #[sea_orm(primary_key, auto_increment = false)]
    id: Uuid,
    workspace_id: Uuid,
    connection_id: Option<Uuid>,
    delivery_id: Option<String>,
    signature: Option<String>,
    form: Json,
    state: String,
    correlation: String,
    received_at: DateTimeUtc,
    processed_at: Option<DateTimeUtc>,
    contact_id: Option<Uuid>,
    decision_id: Option<Uuid>,
    meeting_type_id: Option<Uuid>,
});

/// Stores a submission that came by webhook, unless its delivery id or its signature is known: whether it is new.
pub async fn insert_new(tx: &Tx, value: &Submission, signature: Option<&str>) -> Result<bool, StoreError> {
    let row = submission::Model { signature: signature.map(str::to_owned), ..row(tx, value)? };
    // Whichever constraint objects: `on_conflict_do_nothing` would mean the primary key alone.
    let inserted = submission::Entity::insert(row.into_active_model().reset_all())
        .on_conflict(OnConflict::new().do_nothing().to_owned())
        .try_insert()
        .exec_without_returning(&tx.conn)
        .await?;
    Ok(matches!(inserted, TryInsertResult::Inserted(1)))
}

/// Stores a submission that came through the API.
pub async fn insert_submission(tx: &Tx, value: &Submission) -> Result<(), StoreError> {
    insert::<submission::Entity>(tx, row(tx, value)?).await
}

/// Writes a known submission anew.
pub async fn replace_submission(tx: &Tx, value: &Submission) -> Result<(), StoreError> {
    let known = find::<submission::Entity>(tx, value.id.uuid()).await?;
    let signature = known.and_then(|known| known.signature);
    replace::<submission::Entity>(tx, submission::Model { signature, ..row(tx, value)? }).await
}

/// One submission.
pub async fn find_submission(scope: &impl Scope, id: SubmissionId) -> Result<Option<Submission>, StoreError> {
    find::<submission::Entity>(scope, id.uuid()).await?.map(TryInto::try_into).transpose()
}

/// One submission, locked for the rest of the transaction.
pub async fn lock_submission(tx: &Tx, id: SubmissionId) -> Result<Option<Submission>, StoreError> {
    let found =
        rows::<submission::Entity>(tx).filter(submission::Column::Id.eq(id.uuid())).lock(LOCK).one(&tx.conn).await?;
    found.map(TryInto::try_into).transpose()
}

/// A form as it is kept, whether Meridian can read it or not.
#[derive(Debug, Clone, PartialEq)]
pub struct KeptForm(
    /// `None`: it is no JSON.
    pub Option<serde_json::Value>,
);

/// The form of a submission.
pub async fn find_kept_form(scope: &impl Scope, id: SubmissionId) -> Result<Option<KeptForm>, StoreError> {
    kept_form(rows::<submission::Entity>(scope), id).one(Conn::conn(scope)).await.map(read_kept).map_err(Into::into)
}

/// The form of a submission that the pipeline has not been through with, locked for the rest of the transaction.
pub async fn lock_waiting_form(tx: &Tx, id: SubmissionId) -> Result<Option<KeptForm>, StoreError> {
    let waiting = submission::Column::State.eq(to_text(&SubmissionState::Received)?);
    let found = rows::<submission::Entity>(tx).filter(waiting).lock(LOCK);
    kept_form(found, id).one(&tx.conn).await.map(read_kept).map_err(Into::into)
}

/// Puts another form in the place of one, and reads nothing of that.
pub async fn correct_form(tx: &Tx, id: SubmissionId, form: &FormSubmission) -> Result<(), StoreError> {
    submission::Entity::update_many()
        .col_expr(submission::Column::Form, Expr::value(to_json(form)?))
        .filter(submission::Column::WorkspaceId.eq(workspace_of(tx)))
        .filter(submission::Column::Id.eq(id.uuid()))
        .exec(&tx.conn)
        .await?;
    Ok(())
}

/// As text: of a row that was damaged the column may be no JSON.
fn kept_form(found: Select<submission::Entity>, id: SubmissionId) -> Selector<SelectGetableTuple<String>> {
    let text = Expr::col((submission::Entity, submission::Column::Form)).cast_as("text");
    found.filter(submission::Column::Id.eq(id.uuid())).select_only().expr(text).into_tuple()
}

fn read_kept(text: Option<String>) -> Option<KeptForm> {
    text.map(|text| KeptForm(serde_json::from_str(&text).ok()))
}

/// The submission that a sender's delivery id led to.
pub async fn find_by_delivery(
    scope: &impl Scope,
    connection: ConnectionId,
    delivery_id: &str,
) -> Result<Option<Submission>, StoreError> {
    let found = rows::<submission::Entity>(scope)
        .filter(submission::Column::ConnectionId.eq(connection.uuid()))
        .filter(submission::Column::DeliveryId.eq(delivery_id))
        .one(Conn::conn(scope))
        .await?;
    found.map(TryInto::try_into).transpose()
}

/// The submission that an earlier delivery with this id or this signature led to; one of the two is there, or nothing
/// could have been known.
pub async fn find_known(
    tx: &Tx,
    connection: ConnectionId,
    (delivery_id, signature): (Option<&str>, Option<&str>),
) -> Result<Option<Submission>, StoreError> {
    if delivery_id.is_none() && signature.is_none() {
        return Ok(None);
    }
    let either = Condition::any()
        .add_option(delivery_id.map(|id| submission::Column::DeliveryId.eq(id)))
        .add_option(signature.map(|signature| submission::Column::Signature.eq(signature)));
    let found = rows::<submission::Entity>(tx)
        .filter(submission::Column::ConnectionId.eq(connection.uuid()))
        .filter(either)
        .one(&tx.conn)
        .await?;
    found.map(TryInto::try_into).transpose()
}

fn row(tx: &Tx, value: &Submission) -> Result<submission::Model, StoreError> {
    Ok(submission::Model {
        id: value.id.uuid(),
        workspace_id: workspace_of(tx),
        connection_id: value.connection.map(EntityId::uuid),
        delivery_id: value.delivery_id.clone(),
        signature: None,
        form: to_json(&value.form)?,
        state: to_text(&value.state)?,
        correlation: value.correlation.to_string(),
        received_at: value.received_at,
        processed_at: value.processed_at,
        contact_id: value.contact.map(EntityId::uuid),
        decision_id: value.decision.map(EntityId::uuid),
        meeting_type_id: value.meeting_type.map(EntityId::uuid),
    })
}

impl TryFrom<submission::Model> for Submission {
    type Error = StoreError;

    fn try_from(row: submission::Model) -> Result<Self, StoreError> {
        let form: FormSubmission = from_json(row.form)?;
        let state: SubmissionState = from_text(&row.state)?;
        let correlation: CorrelationId = from_text(&row.correlation)?;
        let received_at: DateTime<Utc> = row.received_at;
        Ok(Self {
            id: SubmissionId::from_uuid(row.id),
            connection: row.connection_id.map(ConnectionId::from_uuid),
            delivery_id: row.delivery_id,
            form,
            state,
            correlation,
            received_at,
            processed_at: row.processed_at,
            contact: row.contact_id.map(ContactId::from_uuid),
            decision: row.decision_id.map(RoutingDecisionId::from_uuid),
            meeting_type: row.meeting_type_id.map(MeetingTypeId::from_uuid),
        })
    }
}
