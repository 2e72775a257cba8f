//! Deliveries that cannot be read: found one by one, so that they hold up nobody, and set aside as dead letters.

use chrono::{DateTime, Utc};
use domain::integrations::{DeliveryState, Job};
use sea_orm::entity::prelude::*;
use sea_orm::sea_query::{Expr, ExprTrait};
use sea_orm::{ConnectionTrait, QuerySelect};

use super::next::heads_of;
use super::{ReadyDestination, delivery};
use crate::StoreError;
use crate::convert::{to_json, to_text};

/// Attempts that are left to a newer version of Meridian, which may understand what this one does not: each is a lease.
const LEFT_TO_OTHERS: i32 = 2;

/// The heads of these lanes that can be read. The others are dead letters now.
pub(super) async fn heads_one_by_one(
    conn: &impl ConnectionTrait,
    destination: &ReadyDestination,
    lanes: &[(i64, String)],
    now: DateTime<Utc>,
) -> Result<Vec<delivery::Model>, StoreError> {
    let mut heads = Vec::new();
    for (id, name) in lanes {
        let head = delivery::Entity::find().filter(delivery::Column::Id.in_subquery(heads_of(&[*id])));
        match head.one(conn).await.map_err(StoreError::from) {
            Ok(None) => {}
            Ok(Some(row)) => heads.push(row),
            Err(error) if error.is_transient() => return Err(error),
            Err(error) => {
                let ids = delivery::Entity::find()
                    .select_only()
                    .column(delivery::Column::Id)
                    .filter(delivery::Column::Id.in_subquery(heads_of(&[*id])));
                if let Some(head) = ids.into_tuple::<Uuid>().one(conn).await? {
                    set_aside(conn, destination, (head, name), &error, now).await?;
                }
            }
        }
    }
    Ok(heads)
}

/// Whether one that can be read as a row, but not as a delivery, is to be set aside by now.
pub(super) fn is_hopeless(attempts: i32) -> bool {
    attempts >= LEFT_TO_OTHERS
}

/// Makes a dead letter of a delivery that cannot be read, without reading it. What it held is kept in its place.
pub(super) async fn set_aside(
    conn: &impl ConnectionTrait,
    destination: &ReadyDestination,
    (id, lane): (Uuid, &str),
    error: &StoreError,
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    tracing::error!(delivery.id = %id, workspace.id = %destination.workspace, %error, "a delivery cannot be read");
    let was = delivery::Entity::find()
        .select_only()
        .expr(Expr::col(delivery::Column::Job).cast_as("text"))
        .filter(delivery::Column::Id.eq(id))
        .into_tuple::<Option<String>>()
        .one(conn)
        .await
        .ok()
        .flatten()
        .flatten();
    let job =
        Job::Unreadable { destination: destination.id.clone(), lane: lane.to_owned(), was: was.unwrap_or_default() };
    delivery::Entity::update_many()
        .col_expr(delivery::Column::State, Expr::value(to_text(&DeliveryState::Dead)?))
        .col_expr(delivery::Column::Job, Expr::value(to_json(&job)?))
        .col_expr(delivery::Column::Correlation, Expr::value(id.to_string()))
        .col_expr(delivery::Column::NextAttemptAt, Expr::value(now))
        .col_expr(delivery::Column::LastError, Expr::value("Meridian cannot read this delivery."))
        .col_expr(delivery::Column::FinishedAt, Expr::value(now))
        .filter(delivery::Column::Id.eq(id))
        .exec(conn)
        .await?;
    Ok(())
}
