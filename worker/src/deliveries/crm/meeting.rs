//! Brings a meeting to the CRM, at whatever point of its life it is.

use domain::ids::MeetingId;
use domain::integrations::EntityLink;
use domain::integrations::crm::{CrmMeeting, CrmMeetingOutcome};
use domain::meetings::{Meeting, MeetingStatus};
use persistence::meetings::find_meeting;

use super::{Destination, contact, gone};
use crate::deliveries::Answer;

/// Brings the meeting to its newest version, behind its contact, unless the CRM has it already.
pub(in crate::deliveries) async fn sync(to: &Destination<'_>, id: MeetingId) -> Result<Vec<EntityLink>, Answer> {
    let meeting = find_meeting(&to.reader, id).await?.ok_or_else(|| gone("meeting"))?;
    if to.holds(id, meeting.version).await? {
        return Ok(Vec::new());
    }
    let crm = to.open().await?;
    let mut links = Vec::new();
    let contact_external_id = contact::ensure(to, &*crm, &mut links).await?;
    let owner = to.owner(Some(meeting.host)).await?;
    let record = crm.upsert_meeting(&to.call, &image(&meeting, owner, contact_external_id)).await?;
    links.push(to.confirmed(id, meeting.version, record));
    Ok(links)
}

/// The meeting as the CRM is told about it.
fn image(meeting: &Meeting, owner_external_id: Option<String>, contact_external_id: String) -> CrmMeeting {
    let words = [meeting.note.as_deref(), meeting.cancel_reason.as_deref()];
    let (join_url, location) = match &meeting.location {
        Some(place) if is_url(place) => (Some(place.clone()), None),
        place => (None, place.clone()),
    };
    CrmMeeting {
        id: meeting.id,
        version: meeting.version,
        title: meeting.title.clone(),
        body: words.into_iter().flatten().collect::<Vec<_>>().join("\n\n"),
        starts_at: meeting.starts_at,
        ends_at: meeting.ends_at,
        outcome: outcome(meeting.status, meeting.sequence),
        calendar_uid: meeting.calendar_uid.clone(),
        location,
        join_url,
        owner_external_id,
        contact_external_id,
    }
}

/// A confirmed meeting whose SEQUENCE has grown has moved: RFC 5545 §3.8.7.4 counts changes of time.
fn outcome(status: MeetingStatus, sequence: i32) -> CrmMeetingOutcome {
    match status {
        MeetingStatus::Confirmed if sequence == 0 => CrmMeetingOutcome::Scheduled,
        MeetingStatus::Confirmed => CrmMeetingOutcome::Rescheduled,
        MeetingStatus::Cancelled => CrmMeetingOutcome::Canceled,
        MeetingStatus::Completed => CrmMeetingOutcome::Completed,
        MeetingStatus::NoShow => CrmMeetingOutcome::NoShow,
    }
}

/// Whether a location can be opened: an `http` or `https` URL (schemes know no case, RFC 3986 §3.1).
fn is_url(place: &str) -> bool {
    place.split_once("://").is_some_and(|(scheme, rest)| {
        ["http", "https"].iter().any(|known| scheme.eq_ignore_ascii_case(known))
            && !rest.is_empty()
            && !place.contains(char::is_whitespace)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_outcome_follows_status_and_sequence() {
        use CrmMeetingOutcome::{Canceled, Completed, NoShow, Rescheduled, Scheduled};
        use MeetingStatus::{Cancelled, Confirmed};

        let check = |status, sequence, expected| assert_eq!(outcome(status, sequence), expected);
        check(Confirmed, 0, Scheduled);
        check(Confirmed, 2, Rescheduled);
        check(Cancelled, 1, Canceled);
        check(MeetingStatus::Completed, 1, Completed);
        check(MeetingStatus::NoShow, 0, NoShow);
    }

    #[test]
    fn only_what_can_be_opened_is_a_url() {
        for place in ["https://meet.example/a?b=c", "HTTP://meet.example", "http://10.0.0.1/room"] {
            assert!(is_url(place), "{place}");
        }
        for place in ["Room 4", "", "https://", "ftp://files.example", "https://meet.example or Room 4", "tel:+4930"] {
            assert!(!is_url(place), "{place}");
        }
    }
}
