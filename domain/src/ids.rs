//! The one registry of identifiers: each kind of thing has its own type and its own prefix.
//!
//! An id is a UUIDv7 (RFC 9562 §5.7) shown as a [TypeID](https://github.com/jetify-com/typeid/tree/main/spec):
//! `mtg_01jd3v…`, the prefix, an underscore and 26 characters of Crockford base32. The text is what callers see;
//! the UUID is what stores hold. Parsing happens once, at the border.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use uuid::Uuid;

const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";
const TEXT_LENGTH: usize = 26;

/// Why a text is not an id of the wanted kind.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not an identifier of this kind: expected `{prefix}_` followed by 26 characters")]
pub struct IdError {
    /// The prefix that was expected, e.g. `mtg`.
    pub prefix: &'static str,
}

/// Makes new UUIDs. The server's source is random, a test's source is seeded; nobody else makes ids.
#[derive(Clone)]
pub struct IdSource(Arc<dyn Fn(DateTime<Utc>) -> Uuid + Send + Sync>);

impl IdSource {
    /// Wraps a generator. It is given the operation's `now`, which becomes the UUIDv7 timestamp.
    pub fn new(generate: impl Fn(DateTime<Utc>) -> Uuid + Send + Sync + 'static) -> Self {
        Self(Arc::new(generate))
    }

    /// A new UUID for the instant `now`.
    pub fn next(&self, now: DateTime<Utc>) -> Uuid {
        (self.0)(now)
    }
}

impl fmt::Debug for IdSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("IdSource")
    }
}

/// Writes a UUID as 26 characters of Crockford base32, most significant bits first (TypeID 0.3).
fn encode(uuid: Uuid) -> String {
    let mut rest = uuid.as_u128();
    let mut text = [0_u8; TEXT_LENGTH];
    for place in text.iter_mut().rev() {
        *place = ALPHABET[(rest & 31) as usize];
        rest >>= 5;
    }
    text.iter().map(|&byte| char::from(byte)).collect()
}

fn decode(text: &str) -> Option<Uuid> {
    if text.len() != TEXT_LENGTH {
        return None;
    }
    let mut value: u128 = 0;
    for (index, byte) in text.bytes().enumerate() {
        let digit = ALPHABET.iter().position(|&known| known == byte)? as u128;
        // 26 × 5 = 130 bits; the first character may only carry three, or the value would overflow.
        if index == 0 && digit > 7 {
            return None;
        }
        value = (value << 5) | digit;
    }
    Some(Uuid::from_u128(value))
}

/// What every id type can do, for code that works on any of them.
pub trait EntityId: Copy + fmt::Display + FromStr<Err = IdError> + Send + Sync + 'static {
    /// The text before the underscore.
    const PREFIX: &'static str;
    /// The stored form.
    fn uuid(self) -> Uuid;
    /// From the stored form.
    fn from_uuid(uuid: Uuid) -> Self;
}

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident = $prefix:literal;)+) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(Uuid);

        impl EntityId for $name {
            const PREFIX: &'static str = $prefix;
            fn uuid(self) -> Uuid { self.0 }
            fn from_uuid(uuid: Uuid) -> Self { Self(uuid) }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}_{}", $prefix, encode(self.0))
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result { fmt::Display::fmt(self, f) }
        }

        impl FromStr for $name {
            type Err = IdError;
            fn from_str(text: &str) -> Result<Self, IdError> {
                text.strip_prefix(concat!($prefix, "_")).and_then(decode).map(Self)
                    .ok_or(IdError { prefix: $prefix })
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> { to.collect_str(self) }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
                let text = <std::borrow::Cow<'de, str>>::deserialize(from)?;
                text.parse().map_err(serde::de::Error::custom)
            }
        }
    )+

    /// Every prefix in use, for the test that keeps them distinct and for `node(id:)`.
    pub const PREFIXES: &[&str] = &[$($prefix),+];
    };
}

ids! {
    /// The tenancy boundary.
    WorkspaceId = "wsp";
    /// An OAuth client of a workspace.
    ClientId = "cli";
    /// Somebody who works in a workspace.
    MemberId = "mbr";
    /// A browser in which a member is signed in.
    SessionId = "ses";
    /// One access or refresh token.
    TokenId = "tok";
    /// What a member allowed a client: the family of the tokens that came of it.
    GrantId = "grt";
    /// Another issuer whose tokens a workspace takes.
    IssuerId = "iss";
    /// What a booking page shows instead of a secret.
    PageTokenId = "pgt";
    /// Somebody who can be booked.
    HostId = "hst";
    /// The offer: what can be booked.
    MeetingTypeId = "mtt";
    /// A person met.
    ContactId = "con";
    /// A company that contacts belong to.
    AccountId = "acc";
    /// Something a contact did.
    ActivityId = "act";
    /// One entry of the consent ledger.
    ConsentRecordId = "cns";
    /// One immutable version of a scoring model.
    ScoringModelId = "scm";
    /// One immutable version of the routing rules.
    RoutingRulesId = "rtr";
    /// One routing decision, kept with its reasons.
    RoutingDecisionId = "rtd";
    /// A follow-up for the owner, with its SLA.
    TaskId = "tsk";
    /// One agreed appointment.
    MeetingId = "mtg";
    /// Time reserved for a moment, before a booking.
    HoldId = "hld";
    /// Time taken elsewhere.
    BusyTimeId = "bsy";
    /// A workspace's authorised link to a provider.
    ConnectionId = "cxn";
    /// A webhook delivery that came in, or a form submitted through the API.
    SubmissionId = "sub";
    /// A delivery that came in and is no form, or not one yet.
    InboundDeliveryId = "inb";
    /// Where a partner is told of events by webhook.
    EndpointId = "wep";
    /// One attempt to reach an endpoint.
    AttemptId = "wat";
    /// Events of the past, sent to an endpoint again.
    ReplayId = "rpl";
    /// A past-tense fact.
    EventId = "evt";
    /// One event on its way to one destination.
    DeliveryId = "dlv";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_survives_its_text() {
        let uuid = Uuid::from_u128(0x0193_5f3a_7c00_7def_8123_4567_89ab_cdef);
        let id = MeetingId::from_uuid(uuid);
        assert_eq!(id.to_string().len(), "mtg_".len() + TEXT_LENGTH);
        assert_eq!(id.to_string().parse::<MeetingId>(), Ok(id));
    }

    #[test]
    fn the_typeid_specification_s_example_is_read() {
        // From the specification's valid.yml: "prefix_01h455vb4pex5vsknk084sn02q".
        assert_eq!(
            decode("01h455vb4pex5vsknk084sn02q").map(|uuid| uuid.to_string()).as_deref(),
            Some("01890a5d-ac96-774b-bcce-b302099a8057")
        );
    }

    #[test]
    fn other_kinds_and_damaged_texts_are_refused() {
        let id = ContactId::from_uuid(Uuid::from_u128(7)).to_string();
        assert!(id.parse::<MeetingId>().is_err());
        for text in [
            "",
            "mtg_",
            "mtg_8zzzzzzzzzzzzzzzzzzzzzzzzz",
            "mtg_0000000000000000000000000u",
            "mtg-00000000000000000000000000",
        ] {
            assert!(text.parse::<MeetingId>().is_err(), "{text}");
        }
    }

    #[test]
    fn prefixes_are_distinct() {
        let mut seen = PREFIXES.to_vec();
        seen.sort_unstable();
        seen.dedup();
        assert_eq!(seen.len(), PREFIXES.len());
    }
}
