//! Tables that belong to workspaces, and the few statements they share.

use domain::ids::{EntityId, WorkspaceId};
use sea_orm::sea_query::LockType;
use sea_orm::{ActiveModelTrait, ColumnTrait, EntityTrait, Insert, IntoActiveModel, QueryFilter, Select};
use uuid::Uuid;

use crate::scope::Scope;
use crate::{StoreError, Tx};

/// A table with a `workspace_id`.
pub(crate) trait TenantTable: EntityTrait {
    const WORKSPACE: Self::Column;
    const ID: Self::Column;
}

/// Declares a SeaORM entity of a tenant table in a module of its own.
macro_rules! tenant_table {
    ($name:ident = $table:literal { $($(#[$attr:meta])* $field:ident: $ty:ty,)+ }) => {
        pub(crate) mod $name {
            #[allow(unused_imports, reason = "not every table has every kind of column")]
            use sea_orm::entity::prelude::*;

            #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
            #[sea_orm(table_name = $table)]
            pub struct Model {
                $($(#[$attr])* pub $field: $ty,)+
            }

            #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
            pub enum Relation {}

            impl ActiveModelBehavior for ActiveModel {}

            impl $crate::table::TenantTable for Entity {
                const WORKSPACE: Column = Column::WorkspaceId;
                const ID: Column = Column::Id;
            }
        }
    };
}
pub(crate) use tenant_table;

/// Rows of one statement; SQLite takes 32,766 parameters.
const ROWS_BY_ONE_STATEMENT: usize = 64;

/// How a row is locked that is to be changed. Not FOR UPDATE: inserting a row that refers to it must not wait for it.
pub(crate) const LOCK: LockType = LockType::NoKeyUpdate;

/// The rows of the scope's workspace: every query starts here.
pub(crate) fn rows<E: TenantTable>(scope: &impl Scope) -> Select<E> {
    E::find().filter(E::WORKSPACE.eq(scope.workspace().uuid()))
}

/// One row by its id.
pub(crate) async fn find<E: TenantTable>(scope: &impl Scope, id: Uuid) -> Result<Option<E::Model>, StoreError> {
    Ok(rows::<E>(scope).filter(E::ID.eq(id)).one(scope.conn()).await?)
}

/// Rows by their ids, in no particular order.
pub(crate) async fn find_all<E: TenantTable>(
    scope: &impl Scope,
    ids: impl IntoIterator<Item = Uuid> + Send,
) -> Result<Vec<E::Model>, StoreError> {
    let ids: Vec<Uuid> = ids.into_iter().collect();
    Ok(rows::<E>(scope).filter(E::ID.is_in(ids)).all(scope.conn()).await?)
}

/// Writes a new row.
pub(crate) async fn insert<E: TenantTable>(tx: &Tx, row: E::Model) -> Result<(), StoreError>
where
    E::Model: IntoActiveModel<E::ActiveModel>,
    E::ActiveModel: Send,
{
    Insert::<E::ActiveModel>::one(row.into_active_model().reset_all()).exec_without_returning(&tx.conn).await?;
    Ok(())
}

/// Writes new rows, in their order, by statements of 64, 32, 16 … rows: few different ones, which a connection keeps
/// prepared.
pub(crate) async fn insert_all<E>(tx: &Tx, rows: Vec<E::ActiveModel>) -> Result<(), StoreError>
where
    E: TenantTable,
    E::ActiveModel: Send,
{
    let mut rows = rows.into_iter();
    while rows.len() > 0 {
        let many = 1 << rows.len().min(ROWS_BY_ONE_STATEMENT).ilog2();
        Insert::<E::ActiveModel>::many(rows.by_ref().take(many)).exec_without_returning(&tx.conn).await?;
    }
    Ok(())
}

/// Writes a known row anew, every column of it.
pub(crate) async fn replace<E: TenantTable>(tx: &Tx, row: E::Model) -> Result<(), StoreError>
where
    E::Model: IntoActiveModel<E::ActiveModel>,
    E::ActiveModel: Send,
{
    let changed = E::update_many()
        .set(row.clone().into_active_model().reset_all())
        .filter(E::WORKSPACE.eq(tx.workspace.uuid()))
        .filter(E::ID.eq(id_of::<E>(&row)))
        .exec(&tx.conn)
        .await?;
    if changed.rows_affected == 1 { Ok(()) } else { Err(StoreError::Failed("a row to replace is gone".to_owned())) }
}

fn id_of<E: TenantTable>(row: &E::Model) -> sea_orm::Value {
    use sea_orm::ModelTrait;
    row.get(E::ID)
}

/// The workspace column of a new row.
pub(crate) fn workspace_of(tx: &Tx) -> Uuid {
    let workspace: WorkspaceId = tx.workspace;
    workspace.uuid()
}

/// A list for `IN`, as long as the next power of two, its last entry repeated. A statement for each length would drive
/// the others out of the connection's cache, and be planned anew each time.
pub(crate) fn padded<T: Clone>(mut list: Vec<T>) -> Vec<T> {
    let length = list.len().next_power_of_two();
    if let Some(last) = list.last().cloned() {
        list.resize(length, last);
    }
    list
}
