//! Meeting types: what can be booked.

use domain::access::{Permit, action};
use domain::availability::OfferRules;
use domain::errors::{ErrorCode, Refusal, Violation};
use domain::ids::HostId;
use domain::limits::{HOSTS_PER_OFFER_MAX, LOCATION_LENGTH_MAX, SHORT_TEXT_LENGTH_MAX, SLUG_LENGTH_MAX, is_short_text};
use domain::meetings::{MeetingType, is_slug};
use domain::operation::Operation;
use persistence::availability::{find_hosts, find_meeting_type_by_slug, insert_meeting_type};
use serde::Serialize;

use crate::idempotency::{Opened, open};
use crate::{Answered, Failure, Outcome, Stores};

/// A new offer.
#[derive(Debug, Clone, Serialize)]
pub struct CreateMeetingType {
    /// Its name in URLs: lower-case letters, digits and hyphens.
    pub slug: String,
    /// Its name for people.
    pub name: String,
    /// Duration, grid, buffers, notice, window and limits.
    pub rules: OfferRules,
    /// Who can take it, at least one.
    pub hosts: Vec<HostId>,
    /// Where it takes place.
    pub location: Option<String>,
}

/// Adds an offer. Refusals: `FIELD_MISMATCH`, `NAME_TAKEN`, `NOT_FOUND` (a host).
pub async fn create_meeting_type(
    stores: &Stores,
    operation: &Operation,
    key: &str,
    input: CreateMeetingType,
) -> Result<Answered<MeetingType>, Failure> {
    let _permit: Permit<action::ManageAvailability> = operation.permit()?;
    let violations = violations(&input);
    if !violations.is_empty() {
        return Ok(Answered::invalid(violations));
    }
    let keyed = match open(stores, operation, key, ("createMeetingType", &input)).await? {
        Opened::Replay(answer) => return Ok(answer),
        Opened::New(keyed) => keyed,
    };
    let tx = &keyed.tx;
    tx.lock_names(&[format!("meeting_type/{}", input.slug)]).await?;
    let mut hosts = input.hosts.clone();
    hosts.sort_unstable();
    hosts.dedup();
    let outcome = if find_hosts(tx, &hosts).await?.len() != hosts.len() {
        Outcome::refused(Refusal::not_found("input.hostIds"))
    } else if find_meeting_type_by_slug(tx, &input.slug).await?.is_some() {
        Outcome::refused(Refusal::field(ErrorCode::NameTaken, "input.slug", "Another meeting type has this slug."))
    } else {
        let offer = MeetingType {
            id: operation.new_id(),
            slug: input.slug,
            name: input.name.trim().to_owned(),
            rules: input.rules,
            hosts,
            location: input.location,
            active: true,
        };
        insert_meeting_type(tx, &offer, operation.now).await?;
        Outcome::Done(offer)
    };
    keyed.finish(stores, operation, outcome).await
}

fn violations(input: &CreateMeetingType) -> Vec<Violation> {
    let mut violations: Vec<Violation> =
        input.rules.validate().into_iter().map(|found| found.within("input.rules")).collect();
    let mut refuse = |path: &str, message: String| violations.push(Violation { path: path.to_owned(), message });
    if !is_slug(&input.slug) {
        refuse("input.slug", format!("A slug has 1 to {SLUG_LENGTH_MAX} lower-case letters, digits and hyphens."));
    }
    if !is_short_text(&input.name) {
        refuse("input.name", format!("A name has 1 to {SHORT_TEXT_LENGTH_MAX} characters."));
    }
    if input.location.as_ref().is_some_and(|location| location.chars().count() > LOCATION_LENGTH_MAX) {
        refuse("input.location", format!("A location has {LOCATION_LENGTH_MAX} characters at most."));
    }
    if input.hosts.is_empty() || input.hosts.len() > HOSTS_PER_OFFER_MAX {
        refuse("input.hostIds", format!("An offer has 1 to {HOSTS_PER_OFFER_MAX} hosts."));
    }
    violations
}
