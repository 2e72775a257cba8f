//! What comes next in lanes: their heads, and those right behind.

use sea_orm::entity::prelude::*;
use sea_orm::sea_query::{Alias, Expr, ExprTrait, JoinType, Query, SelectStatement, SubQueryStatement};
use sea_orm::{Condition, Order, QueryTrait};

use super::lanes::lane;
use super::{delivery, is_pending};

/// The first pending delivery of each of these lanes.
pub(super) fn heads_of(lanes: &[i64]) -> SelectStatement {
    let head = pending_in_order(delivery::Column::Id).limit(1).to_owned();
    Query::select().expr(scalar(head)).from(lane::Entity).and_where(are(lanes)).to_owned()
}

/// The first pending deliveries of each of these lanes, so many of each at most.
pub(super) fn next_of(lanes: &[i64], many: u64) -> Select<delivery::Entity> {
    if many <= 1 {
        return delivery::Entity::find().filter(delivery::Column::Id.in_subquery(heads_of(lanes)));
    }
    // Up to which position: a limit for each lane that both databases understand.
    let (of, upto) = (Alias::new("of"), Alias::new("upto"));
    let last = pending_in_order(delivery::Column::Position).limit(1).offset(many - 1).to_owned();
    let bounds = Query::select()
        .columns(KEY.map(|(_, column)| (lane::Entity, column)))
        .expr_as(scalar(last), upto.clone())
        .from(lane::Entity)
        .and_where(are(lanes))
        .to_owned();
    let is_of = KEY.into_iter().fold(Condition::all(), |all, (delivery, lane)| {
        all.add(Expr::col((delivery::Entity, delivery)).equals((of.clone(), lane)))
    });
    let mut next = delivery::Entity::find().filter(is_pending());
    QueryTrait::query(&mut next).join_subquery(JoinType::InnerJoin, bounds, of.clone(), is_of).and_where(
        Expr::col((delivery::Entity, delivery::Column::Position)).lte(Expr::col((of, upto)).if_null(i64::MAX)),
    );
    next
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
