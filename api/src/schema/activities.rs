//! Activities: what contacts did.

use async_graphql::{Context, ID, Json, Object};
use domain::activities::Activity;

use super::contacts::AttributionObject;
use super::request::sees;
use super::scalars::DateTime;

pub(crate) struct ActivityObject(pub Activity);

/// Something a contact did.
#[Object(name = "Activity")]
impl ActivityObject {
    /// Its id.
    async fn id(&self) -> ID {
        ID(self.0.id.to_string())
    }

    /// What it was: `form_submit`, `meeting_booked`, `meeting_outcome`, `email_open`, …
    async fn kind(&self) -> &str {
        self.0.kind.as_str()
    }

    /// When.
    async fn occurred_at(&self) -> DateTime {
        DateTime(self.0.occurred_at)
    }

    /// How the contact came here, as it was then.
    async fn attribution(&self) -> AttributionObject {
        AttributionObject(self.0.attribution.clone())
    }

    /// The details, e.g. the answers of a form. Null without `contacts.pii:read`: people write anything into forms.
    async fn properties(&self, ctx: &Context<'_>) -> Option<Json<serde_json::Value>> {
        sees!(ctx, "Activity.properties").then(|| Json(self.0.properties.clone()))
    }
}
