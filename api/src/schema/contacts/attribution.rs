//! How a contact came here.

use async_graphql::Object;
use domain::contacts::Attribution;

/// First and latest touch, and the campaign behind them.
pub(crate) struct AttributionObject(pub Attribution);

macro_rules! fields {
    ($($(#[doc = $doc:literal])+ $name:ident;)+) => {
        /// First and latest touch, and the campaign behind them.
        #[Object(name = "Attribution")]
        impl AttributionObject {
            $($(#[doc = $doc])+ async fn $name(&self) -> Option<&str> { self.0.$name.as_deref() })+
        }
    };
}

fields! {
    /// `utm_source` of the latest touch.
    utm_source;
    /// `utm_medium` of the latest touch.
    utm_medium;
    /// `utm_campaign` of the latest touch.
    utm_campaign;
    /// `utm_term` of the latest touch.
    utm_term;
    /// `utm_content` of the latest touch.
    utm_content;
    /// The source of the first touch; never changes.
    original_source;
    /// The source of the latest touch.
    latest_source;
    /// The campaign's id in the marketing system.
    campaign_id;
    /// How the lead reached us: `web form`, `event`, …
    lead_source;
}
