//! What comes next in lanes: their heads, and those right behind.

use sea_orm::entity::prelude::*;
use sea_orm::sea_query::{Alias, Expr, ExprTrait, JoinType, Query, SelectStatement, SubQueryStatement};
use sea_orm::{Condition, DbBackend, Order};

use super::lanes::lane;
use super::{delivery, is_pending};

/// The first pending delivery of each of these lanes.
pub(super) fn heads_of(lanes: &[i64]) -> SelectStatement {
    let head = pending_in_order(delivery::Column::Id).limit(1).to_owned();
    Query::select().expr(scalar(head)).from(lane::Entity).and_where(are(lanes)).to_owned()
}

/// The first pending deliveries of each of these lanes, so many of each at most.
pub(super) fn next_of(lanes: &[i64], many: u64, backend: DbBackend) -> Select<delivery::Entity> {
    let ids = match backend {
        _ if many <= 1 => heads_of(lanes),
        DbBackend::Sqlite => next_on_sqlite(lanes, many),
        _ => next_on_postgres(lanes, many),
    };
    delivery::Entity::find().filter(delivery::Column::Id.in_subquery(ids))
}

/// Whatever the planner believes of the tables: lane by lane, and of each no more than is wanted.
fn next_on_postgres(lanes: &[i64], many: u64) -> SelectStatement {
    let next = Alias::new("next");
    Query::select()
        .column((next.clone(), delivery::Column::Id))
        .from(lane::Entity)
        .join_lateral(
            JoinType::InnerJoin,
            pending_in_order(delivery::Column::Id).limit(many).to_owned(),
            next,
            Expr::value(true),
        )
        .and_where(are(lanes))
        .to_owned()
}

/// SQLite has no LATERAL: of each lane it is found out first up to which position. A cross join is done as it is written.
fn next_on_sqlite(lanes: &[i64], many: u64) -> SelectStatement {
    let (of, upto) = (Alias::new("of"), Alias::new("upto"));
    let last = pending_in_order(delivery::Column::Position).limit(1).offset(many - 1).to_owned();
    let bounds = Query::select()
        .columns(KEY.map(|(_, column)| (lane::Entity, column)))
        .expr_as(scalar(last), upto.clone())
        .from(lane::Entity)
        .and_where(are(lanes))
        .to_owned();
    let is_next =
        Expr::col((delivery::Entity, delivery::Column::Position)).lte(Expr::col((of.clone(), upto)).if_null(i64::MAX));
    let is_of = KEY.into_iter().fold(Condition::all().add(is_pending()).add(is_next), |all, (delivery, lane)| {
        all.add(Expr::col((delivery::Entity, delivery)).equals((of.clone(), lane)))
    });
    Query::select()
        .column((delivery::Entity, delivery::Column::Id))
        .from_subquery(bounds, of.clone())
        .cross_join(delivery::Entity)
        .cond_where(is_of)
        .to_owned()
}

/// What a lane and its deliveries have in common.
const KEY: [(delivery::Column, lane::Column); 3] = [
    (delivery::Column::WorkspaceId, lane::Column::WorkspaceId),
    (delivery::Column::Destination, lane::Column::Destination),
    (delivery::Column::Lane, lane::Column::Lane),
];

/// A column of the pending deliveries of the lane that the statement around it is at, in their order.
fn pending_in_order(column: delivery::Column) -> SelectStatement {
    let mut pending = Query::select();
    pending.column((delivery::Entity, column)).from(delivery::Entity).and_where(is_pending());
    for (delivery, lane) in KEY {
        pending.and_where(Expr::col((delivery::Entity, delivery)).equals((lane::Entity, lane)));
    }
    for column in [delivery::Column::Position, delivery::Column::Id] {
        pending.order_by((delivery::Entity, column), Order::Asc);
    }
    pending
}

fn scalar(query: SelectStatement) -> Expr {
    Expr::SubQuery(None, Box::new(SubQueryStatement::SelectStatement(query)))
}

fn are(lanes: &[i64]) -> Expr {
    Expr::col((lane::Entity, lane::Column::Id)).is_in(lanes.iter().copied())
}
