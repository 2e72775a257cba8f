//! Reserved time: one row per host of a meeting or a hold, padded by its buffers.
//!
//! Two rows of a host never overlap: an exclusion constraint on PostgreSQL, a trigger on SQLite, both named
//! `reservations_do_not_overlap`. Padded against padded is exactly the additive rule of buffers: what a meeting asks
//! before itself and what its neighbour asks after itself are both kept.

use chrono::{DateTime, TimeDelta, Utc};
use domain::availability::OfferRules;
use domain::ids::{EntityId, HoldId, HostId, MeetingTypeId};
use domain::meetings::Hold;
use sea_orm::entity::prelude::*;

use crate::convert::{from_json, to_json};
use crate::table::{find, insert, tenant_table, workspace_of};
use crate::{Scope, StoreError, Tx};

tenant_table!(reservation = "reservations" {
    #[sea_orm(primary_key, auto_increment = false)]
    id: Uuid,
    workspace_id: Uuid,
    host_id: Uuid,
    meeting_type_id: Uuid,
    taken_by: Uuid,
    is_hold: bool,
    starts_at: DateTimeUtc,
    ends_at: DateTimeUtc,
    buffer_before_minutes: i64,
    buffer_after_minutes: i64,
    blocked_from: DateTimeUtc,
    blocked_until: DateTimeUtc,
    expires_at: Option<DateTimeUtc>,
});

tenant_table!(hold = "holds" {
    #[sea_orm(primary_key, auto_increment = false)]
    id: Uuid,
    workspace_id: Uuid,
    meeting_type_id: Uuid,
    host_id: Uuid,
    starts_at: DateTimeUtc,
    ends_at: DateTimeUtc,
    owner: Json,
    expires_at: DateTimeUtc,
});

/// Time to be reserved.
#[derive(Debug, Clone)]
pub struct Reservation<'a> {
    /// Whose time.
    pub host: HostId,
    /// By which offer.
    pub meeting_type: MeetingTypeId,
    /// The offer's rules: the buffers come from them.
    pub rules: &'a OfferRules,
    /// The meeting's or hold's id.
    pub taken_by: Uuid,
    /// Start, without buffers.
    pub starts_at: DateTime<Utc>,
    /// End, without buffers.
    pub ends_at: DateTime<Utc>,
    /// For a hold: when it ends by itself.
    pub expires_at: Option<DateTime<Utc>>,
}

/// Reserves time. An overlap is refused with `StoreError::Constraint`; the transaction is then lost.
pub async fn insert_reservation(tx: &Tx, wanted: &Reservation<'_>) -> Result<(), StoreError> {
    let before = i64::from(wanted.rules.buffer_before_minutes);
    let after = i64::from(wanted.rules.buffer_after_minutes);
    insert::<reservation::Entity>(
        tx,
        reservation::Model {
            // One reservation per host and meeting: its id needs no randomness of its own.
            id: Uuid::from_u128(wanted.taken_by.as_u128() ^ wanted.host.uuid().as_u128().rotate_left(64)),
            workspace_id: workspace_of(tx),
            host_id: wanted.host.uuid(),
            meeting_type_id: wanted.meeting_type.uuid(),
            taken_by: wanted.taken_by,
            is_hold: wanted.expires_at.is_some(),
            starts_at: wanted.starts_at,
            ends_at: wanted.ends_at,
            buffer_before_minutes: before,
            buffer_after_minutes: after,
            blocked_from: wanted.starts_at - TimeDelta::minutes(before),
            blocked_until: wanted.ends_at + TimeDelta::minutes(after),
            expires_at: wanted.expires_at,
        },
    )
    .await
}

/// Frees the time that a meeting or a hold took; whether there was any.
pub async fn release_taken_by(tx: &Tx, taken_by: Uuid) -> Result<bool, StoreError> {
    let released = reservation::Entity::delete_many()
        .filter(reservation::Column::WorkspaceId.eq(workspace_of(tx)))
        .filter(reservation::Column::TakenBy.eq(taken_by))
        .exec(&tx.conn)
        .await?;
    Ok(released.rows_affected > 0)
}

/// Forgets the expired holds of these hosts and frees their time: a constraint knows no clock.
pub async fn release_expired(tx: &Tx, hosts: &[HostId], now: DateTime<Utc>) -> Result<(), StoreError> {
    let of_these = || hosts.iter().map(|id| id.uuid());
    reservation::Entity::delete_many()
        .filter(reservation::Column::WorkspaceId.eq(workspace_of(tx)))
        .filter(reservation::Column::HostId.is_in(of_these()))
        .filter(reservation::Column::ExpiresAt.lte(now))
        .exec(&tx.conn)
        .await?;
    hold::Entity::delete_many()
        .filter(hold::Column::WorkspaceId.eq(workspace_of(tx)))
        .filter(hold::Column::HostId.is_in(of_these()))
        .filter(hold::Column::ExpiresAt.lte(now))
        .exec(&tx.conn)
        .await?;
    Ok(())
}

/// Notes a hold. Its time is reserved by [`insert_reservation`].
pub async fn insert_hold(tx: &Tx, value: &Hold) -> Result<(), StoreError> {
    insert::<hold::Entity>(
        tx,
        hold::Model {
            id: value.id.uuid(),
            workspace_id: workspace_of(tx),
            meeting_type_id: value.meeting_type.uuid(),
            host_id: value.host.uuid(),
            starts_at: value.starts_at,
            ends_at: value.ends_at,
            owner: to_json(&value.owner)?,
            expires_at: value.expires_at,
        },
    )
    .await
}

/// One hold, expired or not.
pub async fn find_hold(scope: &impl Scope, id: HoldId) -> Result<Option<Hold>, StoreError> {
    let Some(row) = find::<hold::Entity>(scope, id.uuid()).await? else { return Ok(None) };
    Ok(Some(Hold {
        id: HoldId::from_uuid(row.id),
        meeting_type: MeetingTypeId::from_uuid(row.meeting_type_id),
        host: HostId::from_uuid(row.host_id),
        starts_at: row.starts_at,
        ends_at: row.ends_at,
        owner: from_json(row.owner)?,
        expires_at: row.expires_at,
    }))
}

/// Forgets a hold and frees its time.
pub async fn delete_hold(tx: &Tx, id: HoldId) -> Result<(), StoreError> {
    release_taken_by(tx, id.uuid()).await?;
    hold::Entity::delete_many()
        .filter(hold::Column::WorkspaceId.eq(workspace_of(tx)))
        .filter(hold::Column::Id.eq(id.uuid()))
        .exec(&tx.conn)
        .await?;
    Ok(())
}
