//! One thing a contact did, and the kinds there are.

use std::fmt;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::contacts::Attribution;
use crate::ids::{ActivityId, ContactId};

/// One thing a contact did.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Activity {
    /// The key: the same id again is the same activity.
    pub id: ActivityId,
    /// Who.
    pub contact: ContactId,
    /// What.
    pub kind: ActivityKind,
    /// When it happened, not when it was heard of.
    pub occurred_at: DateTime<Utc>,
    /// The touch it was part of.
    pub attribution: Attribution,
    /// What its kind has to say, a JSON object: `answers` of a form, `url` of a page, `outcome` of a meeting.
    pub properties: serde_json::Value,
}

/// The kinds of activities.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ActivityKind {
    /// Opened an e-mail.
    EmailOpen,
    /// Followed a link of an e-mail.
    EmailClick,
    /// Sent a form.
    FormSubmit,
    /// Took part in a webinar.
    WebinarAttend,
    /// Looked at a page.
    PageView,
    /// Booked a meeting.
    MeetingBooked,
    /// A meeting ended, one way or the other.
    MeetingOutcome,
}

impl ActivityKind {
    /// Every kind.
    pub const ALL: [Self; 7] = [
        Self::EmailOpen,
        Self::EmailClick,
        Self::FormSubmit,
        Self::WebinarAttend,
        Self::PageView,
        Self::MeetingBooked,
        Self::MeetingOutcome,
    ];

    /// The stored text.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::EmailOpen => "email_open",
            Self::EmailClick => "email_click",
            Self::FormSubmit => "form_submit",
            Self::WebinarAttend => "webinar_attend",
            Self::PageView => "page_view",
            Self::MeetingBooked => "meeting_booked",
            Self::MeetingOutcome => "meeting_outcome",
        }
    }

    /// From the stored text.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == text)
    }
}

impl fmt::Display for ActivityKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_are_read_as_they_are_written() {
        for kind in ActivityKind::ALL {
            assert_eq!(ActivityKind::parse(kind.as_str()), Some(kind));
            assert_eq!(serde_json::to_value(kind).unwrap(), kind.as_str());
        }
        assert_eq!(ActivityKind::parse("email_bounce"), None);
    }
}
