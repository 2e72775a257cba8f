//! Finding the host for a start: the check that a listing makes, made again under the hosts' locks.

use chrono::{DateTime, TimeDelta, Utc};
use domain::availability::{Candidate, choose_host, takers};
use domain::errors::Refusal;
use domain::ids::HostId;
use domain::meetings::MeetingType;
use domain::operation::Operation;
use domain::time::Zone;
use domain::workspaces::Host;
use persistence::availability::{calendars, lock_hosts, release_expired, share_of_meetings};
use persistence::{StoreError, Tx};
use uuid::Uuid;

use crate::availability::offer::{Refused, refuse_start, wanted_hosts};

/// Round robin is fair over this long: a host back from a month's leave must not be given everything at once.
const FAIRNESS: TimeDelta = TimeDelta::days(30);

/// What is asked for.
pub(super) struct Wish<'a> {
    /// The offer.
    pub offer: &'a MeetingType,
    /// The host, when the caller insists on one.
    pub host: Option<HostId>,
    /// The start.
    pub start: DateTime<Utc>,
    /// The zone that the caller reads times in.
    pub zone: Zone,
    /// A hold or a meeting whose time does not stand in the way.
    pub ignoring: Option<Uuid>,
}

/// Locks the hosts, frees what has expired, and chooses who takes the start; or the refusal with alternatives.
pub(super) async fn find_host(
    tx: &Tx,
    operation: &Operation,
    wish: Wish<'_>,
) -> Result<Result<Host, Refusal>, StoreError> {
    let now = operation.now;
    let wanted = if wish.offer.active { wanted_hosts(wish.offer, wish.host) } else { Vec::new() };
    let mut hosts = lock_hosts(tx, &wanted).await?;
    hosts.retain(|host| host.active);
    let ids: Vec<HostId> = hosts.iter().map(|host| host.id).collect();
    release_expired(tx, &ids, now).await?;

    let range = wish.start..wish.start + wish.offer.duration();
    let calendars = calendars(tx, &hosts, wish.offer.id, &range, wish.ignoring).await?;
    let free = takers(&wish.offer.rules, &calendars, wish.start, now);
    if free.is_empty() {
        let Wish { offer, start, zone, ignoring, .. } = wish;
        let refused = Refused { offer, hosts: &hosts, calendars: &calendars, start, zone, ignoring };
        return Ok(Err(refuse_start(tx, refused, now).await?));
    }
    hosts.retain(|host| free.contains(&host.id));
    let chosen = match hosts.as_slice() {
        [only] => Some(only.id),
        several => choose_host(&candidates(tx, wish.offer, several, now).await?),
    };
    let host = hosts.into_iter().find(|host| Some(host.id) == chosen);
    host.map(Ok).ok_or_else(|| StoreError::Failed("no host was chosen among several".to_owned()))
}

async fn candidates(
    tx: &Tx,
    offer: &MeetingType,
    hosts: &[Host],
    now: DateTime<Utc>,
) -> Result<Vec<Candidate>, StoreError> {
    let shares = share_of_meetings(tx, offer.id, now - FAIRNESS).await?;
    Ok(hosts
        .iter()
        .map(|host| {
            let share = shares.iter().find(|(id, ..)| *id == host.id);
            Candidate {
                host: host.id,
                priority: host.routing.priority,
                weight: host.routing.weight,
                booked_recently: share.map_or(0, |(_, booked, _)| *booked),
                last_booked_at: share.and_then(|(.., last)| *last),
            }
        })
        .collect())
}
