//! The current reading of a consent ledger.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::{Channel, ConsentRecord, LawfulBasis, Permission};
use crate::ids::ConsentRecordId;

/// What holds now for one channel.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChannelStatus {
    /// Allowed or not.
    pub permission: Permission,
    /// On which ground.
    pub lawful_basis: LawfulBasis,
    /// Since when.
    pub since: DateTime<Utc>,
    /// The entry that says so.
    pub record: ConsentRecordId,
}

/// The newest word per channel, by when the person said it and not by when it arrived: a grant that arrives late
/// does not undo a later refusal. At the same instant a refusal wins over silence and silence over a grant, because
/// a wrong "no" costs a call and a wrong "yes" costs trust. The order of `records` does not matter. A channel that is
/// not there may not be used: not having asked is not a yes.
pub fn current<'a>(records: impl IntoIterator<Item = &'a ConsentRecord>) -> BTreeMap<Channel, ChannelStatus> {
    let mut newest: BTreeMap<Channel, &ConsentRecord> = BTreeMap::new();
    for record in records {
        let kept = newest.entry(record.channel).or_insert(record);
        if weight(record) > weight(kept) {
            *kept = record;
        }
    }
    newest.into_iter().map(|(channel, record)| (channel, status(record))).collect()
}

fn weight(record: &ConsentRecord) -> (DateTime<Utc>, u8, DateTime<Utc>, ConsentRecordId) {
    let caution = match record.permission {
        Permission::Granted => 0,
        Permission::NotSpecified => 1,
        Permission::Denied => 2,
    };
    (record.consent_timestamp, caution, record.recorded_at, record.id)
}

fn status(record: &ConsentRecord) -> ChannelStatus {
    ChannelStatus {
        permission: record.permission,
        lawful_basis: record.lawful_basis,
        since: record.consent_timestamp,
        record: record.id,
    }
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;
    use proptest::prelude::*;
    use uuid::Uuid;

    use super::*;
    use crate::ids::{ContactId, EntityId};

    /// Entries as `day channel permission`, written down in the order given.
    fn ledger(text: &str) -> Vec<ConsentRecord> {
        let read = |(index, line): (usize, &str)| {
            let words: Vec<_> = line.split_whitespace().collect();
            let day = |days: i64| DateTime::UNIX_EPOCH + TimeDelta::days(days);
            ConsentRecord {
                id: ConsentRecordId::from_uuid(Uuid::from_u128(index as u128)),
                contact: ContactId::from_uuid(Uuid::from_u128(1)),
                channel: Channel::parse(words[1]).unwrap(),
                permission: Permission::parse(words[2]).unwrap(),
                lawful_basis: LawfulBasis::Consent,
                consent_timestamp: day(words[0].parse().unwrap()),
                recorded_at: day(100 + i64::try_from(index).unwrap()),
                source: "form:demo".to_owned(),
                wording: None,
            }
        };
        text.split(',').enumerate().map(read).collect()
    }

    fn check(text: &str, expected: &[(Channel, bool)]) {
        let status = current(&ledger(text));
        for (channel, allowed) in expected {
            let permission = status.get(channel).map(|status| status.permission);
            assert_eq!(permission == Some(Permission::Granted), *allowed, "{text}: {channel:?}");
        }
    }

    #[test]
    fn the_newest_word_holds() {
        check("1 email granted, 2 email denied", &[(Channel::Email, false)]);
        check("1 email denied, 2 email granted", &[(Channel::Email, true)]);
        check("1 email granted, 2 sms denied", &[(Channel::Email, true), (Channel::Sms, false)]);
    }

    #[test]
    fn a_grant_that_arrives_late_does_not_undo_a_refusal() {
        check("5 email denied, 1 email granted", &[(Channel::Email, false)]);
    }

    #[test]
    fn at_the_same_instant_a_refusal_wins() {
        check("1 email denied, 1 email granted", &[(Channel::Email, false)]);
        check("1 email granted, 1 email not_specified", &[(Channel::Email, false)]);
    }

    #[test]
    fn not_having_asked_is_not_a_yes() {
        check("1 email granted, 2 email not_specified", &[(Channel::Email, false), (Channel::Phone, false)]);
    }

    proptest! {
        #[test]
        fn the_order_of_reading_does_not_matter(
            (records, shuffled) in prop::collection::vec((0..3_u8, 0..2_usize, 0..3_usize), 1..9).prop_flat_map(|list| {
                let line = |(day, channel, permission): &(u8, usize, usize)| {
                    format!("{day} {} {}", Channel::ALL[*channel].as_str(), Permission::ALL[*permission].as_str())
                };
                let records = ledger(&list.iter().map(line).collect::<Vec<_>>().join(","));
                (Just(records.clone()), Just(records).prop_shuffle())
            }),
        ) {
            prop_assert_eq!(current(&records), current(&shuffled));
        }
    }
}
