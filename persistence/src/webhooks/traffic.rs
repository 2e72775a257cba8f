//! How many deliveries came to each connection, hour by hour, and what became of them.

use chrono::{DateTime, Utc};
use domain::ids::{ConnectionId, EntityId, WorkspaceId};
use domain::webhooks::{HourlyTraffic, InboundOutcome};
use sea_orm::entity::prelude::*;
use sea_orm::sea_query::{Expr, ExprTrait, OnConflict};
use sea_orm::{ActiveModelTrait, IntoActiveModel};

use crate::table::workspace_of;
use crate::{Database, Scope, StoreError};

mod hourly {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "inbound_traffic")]
    pub struct Model {
        pub workspace_id: Uuid,
        #[sea_orm(primary_key, auto_increment = false)]
        pub connection_id: Uuid,
        #[sea_orm(primary_key, auto_increment = false)]
        pub hour: DateTimeUtc,
        #[sea_orm(primary_key, auto_increment = false)]
        pub outcome: String,
        pub count: i64,
        pub last_at: DateTimeUtc,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// Adds what a process has counted for one workspace. `counted` is in the same order everywhere, so that two processes
/// do not lock each other out.
pub async fn add_traffic(
    database: &Database,
    workspace: WorkspaceId,
    counted: &[HourlyTraffic],
) -> Result<(), StoreError> {
    use hourly::Column::{ConnectionId, Count, Hour, LastAt, Outcome};

    let tx = database.begin(workspace).await?;
    for one in counted {
        let row = hourly::Model {
            workspace_id: workspace_of(&tx),
            connection_id: one.connection.uuid(),
            hour: one.hour,
            outcome: one.outcome.as_str().to_owned(),
            count: one.count,
            last_at: one.last_at,
        };
        let sum = Expr::col((hourly::Entity, Count)).add(one.count);
        hourly::Entity::insert(row.into_active_model().reset_all())
            .on_conflict(
                OnConflict::columns([ConnectionId, Hour, Outcome]).value(Count, sum).update_column(LastAt).to_owned(),
            )
            .exec_without_returning(&tx.conn)
            .await?;
    }
    tx.commit().await
}

/// A connection's traffic, oldest hour first.
pub async fn traffic_of(scope: &impl Scope, connection: ConnectionId) -> Result<Vec<HourlyTraffic>, StoreError> {
    let found = hourly::Entity::find()
        .filter(hourly::Column::WorkspaceId.eq(scope.workspace().uuid()))
        .filter(hourly::Column::ConnectionId.eq(connection.uuid()))
        .all(scope.conn())
        .await?;
    found.into_iter().map(TryInto::try_into).collect()
}

/// Forgets hours that began before an instant, in all workspaces; how many rows.
pub async fn forget_traffic(database: &Database, before: DateTime<Utc>) -> Result<u64, StoreError> {
    let tx = database.begin_system().await?;
    let gone = hourly::Entity::delete_many().filter(hourly::Column::Hour.lt(before)).exec(&tx.conn).await?;
    tx.commit().await?;
    Ok(gone.rows_affected)
}

impl TryFrom<hourly::Model> for HourlyTraffic {
    type Error = StoreError;

    fn try_from(row: hourly::Model) -> Result<Self, StoreError> {
        let outcome = InboundOutcome::parse(&row.outcome);
        Ok(Self {
            connection: ConnectionId::from_uuid(row.connection_id),
            hour: row.hour,
            outcome: outcome.ok_or_else(|| StoreError::Damaged(format!("no outcome: {}", row.outcome)))?,
            count: row.count,
            last_at: row.last_at,
        })
    }
}
