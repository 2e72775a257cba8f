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

    /// This attribution after another touch.
    ///
    /// The first source stays; the UTM set, campaign and latest source follow the newest touch that has a source. A
    /// touch without any (a direct visit) changes nothing: it does not un-know the campaign before it.
    #[must_use]
    pub fn first_and_latest(&self, touch: &Self) -> Self {
        let mut after = self.clone();
        if touch.source().is_none() && touch.campaign_id.is_none() {
            return after;
        }
        let source = touch.source().map(str::to_owned);
        after.original_source =
            self.original_source.clone().or_else(|| touch.original_source.clone()).or_else(|| source.clone());
        after.lead_source = self.lead_source.clone().or_else(|| touch.lead_source.clone());
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
        let first = Attribution::default().first_and_latest(&touch("google", Some("spring")));
        let second = first.first_and_latest(&touch("newsletter", None));
        assert_eq!(second.original_source.as_deref(), Some("google"));
        assert_eq!(second.latest_source.as_deref(), Some("newsletter"));
        assert_eq!((second.utm_campaign, second.campaign_id), (None, None), "a campaign belongs to its own touch");
    }

    #[test]
    fn a_direct_visit_changes_nothing() {
        let first = Attribution::default().first_and_latest(&touch("google", Some("spring")));
        assert_eq!(first.first_and_latest(&Attribution::default()), first);
    }

    #[test]
    fn no_touch_can_rewrite_the_origin() {
        let first = Attribution::default().first_and_latest(&touch("google", None));
        let forged = Attribution { original_source: Some("partner".to_owned()), ..touch("bing", None) };
        assert_eq!(first.first_and_latest(&forged).original_source.as_deref(), Some("google"));
    }

    #[test]
    fn an_import_may_bring_the_origin_of_a_contact_that_has_none() {
        let brought = Attribution { original_source: Some("fair 2019".to_owned()), ..touch("crm", None) };
        let after = Attribution::default().first_and_latest(&brought);
        assert_eq!(after.original_source.as_deref(), Some("fair 2019"));
        assert_eq!(after.latest_source.as_deref(), Some("crm"));
    }

    #[test]
    fn the_same_touch_twice_is_the_same_touch() {
        let once = Attribution::default().first_and_latest(&touch("google", Some("spring")));
        assert_eq!(once.first_and_latest(&touch("google", Some("spring"))), once);
    }
}
