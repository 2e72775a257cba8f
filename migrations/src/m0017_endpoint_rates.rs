//! A rate that an endpoint was given before destinations had one (`m0014_replays`) is kept from now on; and what is in
//! quarantine is counted without a walk over all that came in.

use sea_orm_migration::prelude::*;
use sea_orm_migration::sea_orm::ConnectionTrait;
use sea_orm_migration::sea_orm::prelude::Uuid;

use crate::dialect::run;

const INDEX: &str = "
CREATE INDEX IF NOT EXISTS inbound_deliveries_quarantined ON inbound_deliveries (received_at)
  WHERE state = 'quarantined'";

/// This step.
#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        run(manager, INDEX).await?;
        let limited = Query::select()
            .columns(["workspace_id", "id", "rate_per_second"])
            .from("webhook_endpoints")
            .and_where(Expr::col("rate_per_second").is_not_null())
            .to_owned();
        for row in manager.get_connection().query_all(&limited).await? {
            let workspace: Uuid = row.try_get("", "workspace_id")?;
            let endpoint: Uuid = row.try_get("", "id")?;
            let rate: i32 = row.try_get("", "rate_per_second")?;
            let kept = Query::insert()
                .into_table("destinations")
                .columns(["workspace_id", "id", "failures", "on_death", "rate_per_second"])
                .values([workspace.into(), text(endpoint).into(), 0.into(), "skip".into(), rate.into()])
                .map_err(|error| DbErr::Migration(error.to_string()))?
                .on_conflict(OnConflict::columns(["workspace_id", "id"]).update_column("rate_per_second").to_owned())
                .to_owned();
            manager.exec_stmt(kept).await?;
        }
        Ok(())
    }
}

/// The id of an endpoint as destinations have it. A step uses nothing that may change after it, so it writes base32
/// itself.
fn text(endpoint: Uuid) -> String {
    const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";
    let number = endpoint.as_u128();
    let digit = |place: u32| char::from(ALPHABET[(number >> (5 * place)) as usize & 31]);
    format!("wep_{}", (0..26).rev().map(digit).collect::<String>())
}
