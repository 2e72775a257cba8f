//! `settings:manage` becomes two scopes: who keeps calendars in step has no business with who gets which lead. Whoever
//! had the one has both.

use sea_orm_migration::prelude::*;

use crate::dialect::run;

const SCOPES: &str = "
UPDATE clients SET scopes = replace(scopes, 'settings:manage', 'availability:manage routing:manage');
UPDATE members SET scopes = replace(scopes, 'settings:manage', 'availability:manage routing:manage');
UPDATE grants SET scopes = replace(scopes, 'settings:manage', 'availability:manage routing:manage');
";

/// This step.
#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        run(manager, SCOPES).await
    }
}
