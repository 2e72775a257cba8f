//! A slot, with its label in the viewer's zone.

use async_graphql::{Context, Object, Result};
use chrono::{FixedOffset, SecondsFormat, TimeZone as _};
use domain::availability::Slot;
use domain::time::Zone;

use super::super::request::loader;
use super::super::scalars::DateTime;
use super::super::workspaces::{HostObject, shared};

#[derive(Debug, Clone)]
pub(crate) struct SlotObject {
    slot: Slot,
    zone: Zone,
}

impl SlotObject {
    /// A slot for a viewer in `zone`.
    pub(crate) fn new(slot: Slot, zone: Zone) -> Self {
        Self { slot, zone }
    }
}

/// A time at which a meeting can start. Computed, never stored.
#[Object(name = "Slot")]
impl SlotObject {
    /// Start.
    async fn starts_at(&self) -> DateTime {
        DateTime(self.slot.start)
    }

    /// End.
    async fn ends_at(&self) -> DateTime {
        DateTime(self.slot.end)
    }

    /// The start as the viewer's clock shows it, with its offset: `2026-11-01T01:30:00-05:00`.
    async fn local_start(&self) -> String {
        let seconds = i32::try_from(self.zone.offset_at(self.slot.start)).unwrap_or(0);
        FixedOffset::east_opt(seconds).map_or_else(
            || self.slot.start.to_rfc3339_opts(SecondsFormat::Secs, true),
            |offset| offset.from_utc_datetime(&self.slot.start.naive_utc()).to_rfc3339_opts(SecondsFormat::Secs, false),
        )
    }

    /// Who could take it; whose turn it is is decided at booking.
    async fn hosts(&self, ctx: &Context<'_>) -> Result<Vec<HostObject>> {
        let mut found = loader(ctx).load_many(self.slot.hosts.iter().copied()).await.map_err(shared)?;
        Ok(self.slot.hosts.iter().filter_map(|id| found.remove(id)).map(HostObject).collect())
    }
}
