//! Where a contact came from: the first touch for ever, the latest touch as it changes.

use serde::{Deserialize, Serialize};

/// The marketing facts of a touch; on a contact, of its first and its latest touch.
///
/// `utm_*` are the five parameters of Google's Campaign URL Builder. On a contact they describe the latest touch as
/// one set: a new `utm_source` never keeps an old `utm_campaign`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Attribution {
    /// Which site sent the visitor, e.g. `google`.
    pub utm_source: Option<String>,
    /// By which kind of link, e.g. `cpc`.
    pub utm_medium: Option<String>,
    /// For which campaign, by its name.
    pub utm_campaign: Option<String>,
    /// The paid keyword.
    pub utm_term: Option<String>,
    /// Which of several links.
    pub utm_content: Option<String>,
    /// The source of the first touch. Written once, never changed.
    pub original_source: Option<String>,
    /// The source of the latest touch that had one.
    pub latest_source: Option<String>,
    /// The campaign's id in the marketing system.
    pub campaign_id: Option<String>,
    /// How the lead was won, in the CRM's words, e.g. `Webinar`. Kept from the first touch that says so.
    pub lead_source: Option<String>,
}

impl Attribution {
    /// What this touch counts as: its UTM source, else its lead source, else the source it brought along.
    pub fn source(&self) -> Option<&str> {
        self.utm_source
            .as_deref()
            .or(self.lead_source.as_deref())
            .or(self.latest_source.as_deref())
            .or(self.original_source.as_deref())
    }

    /// Whether this touch says where it came from. One that does not (a direct visit) does not un-know the campaign
    /// before it.
    pub fn names_a_source(&self) -> bool {
        self.source().is_some() || self.campaign_id.is_some()
    }

    /// This attribution after another touch that names a source.
    ///
    /// The first source that was heard of stays; the UTM set, campaign and latest source follow the touch if it is the
    /// latest one.
    #[must_use]
    pub fn after(&self, touch: &Self, is_latest: bool) -> Self {
        let mut after = self.clone();
        let source = touch.source().map(str::to_owned);
        after.original_source =
            self.original_source.clone().or_else(|| touch.original_source.clone()).or_else(|| source.clone());
        after.lead_source = self.lead_source.clone().or_else(|| touch.lead_source.clone());
        if !is_latest {
            return after;
        }
        after.latest_source = source.or(after.latest_source);
        if touch.utm_source.is_some() || touch.campaign_id.is_some() {
            after.campaign_id.clone_from(&touch.campaign_id);
        }
        if touch.utm_source.is_some() {
            after.utm_source.clone_from(&touch.utm_source);
            after.utm_medium.clone_from(&touch.utm_medium);
            after.utm_campaign.clone_from(&touch.utm_campaign);
            after.utm_term.clone_from(&touch.utm_term);
            after.utm_content.clone_from(&touch.utm_content);
        }
        after
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn touch(source: &str, campaign: Option<&str>) -> Attribution {
        let campaign = campaign.map(str::to_owned);
        Attribution {
            utm_source: Some(source.to_owned()),
            utm_campaign: campaign.clone(),
            campaign_id: campaign,
            ..Attribution::default()
        }
    }

    #[test]
    fn the_first_source_stays_and_the_latest_follows() {
        let first = Attribution::default().after(&touch("google", Some("spring")), true);
        let second = first.after(&touch("newsletter", None), true);
        assert_eq!(second.original_source.as_deref(), Some("google"));
        assert_eq!(second.latest_source.as_deref(), Some("newsletter"));
        assert_eq!((second.utm_campaign, second.campaign_id), (None, None), "a campaign belongs to its own touch");
    }

    #[test]
    fn a_direct_visit_names_no_source() {
        assert!(!Attribution::default().names_a_source());
        assert!(touch("google", None).names_a_source());
    }

    #[test]
    fn a_touch_that_arrives_late_is_not_the_latest() {
        let latest = Attribution::default().after(&touch("newsletter", Some("spring")), true);
        let late = Attribution { lead_source: Some("Webinar".to_owned()), ..touch("google", Some("winter")) };
        let expected = Attribution { lead_source: Some("Webinar".to_owned()), ..latest.clone() };
        assert_eq!(latest.after(&late, false), expected);
    }

    #[test]
    fn no_touch_can_rewrite_the_origin() {
        let first = Attribution::default().after(&touch("google", None), true);
        let forged = Attribution { original_source: Some("partner".to_owned()), ..touch("bing", None) };
        assert_eq!(first.after(&forged, true).original_source.as_deref(), Some("google"));
    }

    #[test]
    fn an_import_may_bring_the_origin_of_a_contact_that_has_none() {
        let brought = Attribution { original_source: Some("fair 2019".to_owned()), ..touch("crm", None) };
        let after = Attribution::default().after(&brought, true);
        assert_eq!(after.original_source.as_deref(), Some("fair 2019"));
        assert_eq!(after.latest_source.as_deref(), Some("crm"));
    }

    #[test]
    fn the_same_touch_twice_is_the_same_touch() {
        let once = Attribution::default().after(&touch("google", Some("spring")), true);
        assert_eq!(once.after(&touch("google", Some("spring")), true), once);
    }
}
