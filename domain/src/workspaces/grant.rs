//! What a member allows a client (RFC 6749 §4.1, OAuth 2.1): a code that is good for once, then refresh tokens that
//! follow one another. All that comes of one consent is a family, and ends together.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, TimeDelta, Utc};
use sha2::{Digest, Sha256};

use crate::access::Grants;
use crate::ids::{ClientId, GrantId, MemberId, TokenId};

/// An access token is good for this long. Short, because a server that cannot reach the store goes on believing it.
pub const ACCESS_LIFETIME: TimeDelta = TimeDelta::minutes(15);
/// A code travels through a browser and is redeemed at once (RFC 6749 §4.1.2 recommends ten minutes at most).
pub const CODE_LIFETIME: TimeDelta = TimeDelta::seconds(60);
/// A refresh token that nobody used for this long is over.
pub const REFRESH_LIFETIME: TimeDelta = TimeDelta::days(14);
/// After this long a member is asked again, however busy the client was.
pub const GRANT_LIFETIME: TimeDelta = TimeDelta::days(90);
/// Two refreshes with one token within this time are taken for one client that asked twice (two tabs, an answer that
/// was lost), as long as nobody has used a successor. Later, or after that, the token is in two hands.
pub const REFRESH_GRACE: TimeDelta = TimeDelta::seconds(10);

/// What was allowed, and to whom.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grant {
    /// Its id, which every token of the family carries.
    pub id: GrantId,
    /// The client that was allowed.
    pub client: ClientId,
    /// Who allowed it.
    pub member: MemberId,
    /// What was allowed.
    pub scopes: Grants,
    /// Where the code was sent to.
    pub redirect_uri: String,
    /// What the verifier must hash to.
    pub challenge: CodeChallenge,
    /// When it was allowed.
    pub created_at: DateTime<Utc>,
    /// When the code was redeemed.
    pub redeemed_at: Option<DateTime<Utc>>,
    /// When the family was revoked.
    pub revoked_at: Option<DateTime<Utc>>,
}

/// Why a code is not redeemed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CodeFault {
    /// It was redeemed before: two have it, and what came of it is to be revoked (RFC 6749 §4.1.2).
    Used,
    /// It is another client's, over, for another redirect URI, or the verifier does not fit.
    Unfit,
}

impl Grant {
    /// Whether the code may be redeemed: by its client, in time, with the same redirect URI and the verifier.
    pub fn redeem(
        &self,
        (client, redirect_uri, verifier): (ClientId, &str, &str),
        now: DateTime<Utc>,
    ) -> Result<(), CodeFault> {
        if self.client != client {
            return Err(CodeFault::Unfit);
        }
        if self.redeemed_at.is_some() {
            return Err(CodeFault::Used);
        }
        let fits = self.redirect_uri == redirect_uri && self.challenge.is_met_by(verifier);
        if fits && self.revoked_at.is_none() && now < self.created_at + CODE_LIFETIME {
            Ok(())
        } else {
            Err(CodeFault::Unfit)
        }
    }

    /// When the family ends by itself.
    pub fn ends_at(&self) -> DateTime<Utc> {
        self.created_at + GRANT_LIFETIME
    }
}

/// One of the refresh tokens of a family.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RefreshToken {
    /// Its id.
    pub id: TokenId,
    /// The family.
    pub grant: GrantId,
    /// The token that was given up for it; none for the first.
    pub parent: Option<TokenId>,
    /// When it was given.
    pub created_at: DateTime<Utc>,
    /// When it was given up for the next.
    pub used_at: Option<DateTime<Utc>>,
}

/// What it means that a refresh token is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shown {
    /// It is the newest: it is given up for the next.
    Newest,
    /// One client asked twice: it is given a sibling of what it was given before.
    Twice,
    /// Two have it: the family is revoked.
    Stolen,
    /// It was not used for too long.
    Over,
}

impl RefreshToken {
    /// What it means that it is shown now; `is_followed`: a successor of it was used already.
    pub fn shown(&self, is_followed: bool, now: DateTime<Utc>) -> Shown {
        match self.used_at {
            Some(used_at) if !is_followed && now < used_at + REFRESH_GRACE => Shown::Twice,
            Some(_) => Shown::Stolen,
            None if now >= self.created_at + REFRESH_LIFETIME => Shown::Over,
            None => Shown::Newest,
        }
    }
}

/// PKCE (RFC 7636), with S256 only: BASE64URL(SHA-256(verifier)).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CodeChallenge(String);

impl CodeChallenge {
    /// A challenge as it comes in a request, or as it is stored.
    pub fn parse(text: &str) -> Option<Self> {
        let is_digest = URL_SAFE_NO_PAD.decode(text).is_ok_and(|bytes| bytes.len() == 32);
        is_digest.then(|| Self(text.to_owned()))
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    fn is_met_by(&self, verifier: &str) -> bool {
        // RFC 7636 §4.1.
        let is_verifier = (43..=128).contains(&verifier.len())
            && verifier.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte));
        is_verifier && URL_SAFE_NO_PAD.encode(Sha256::digest(verifier.as_bytes())) == self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::EntityId;
    use uuid::Uuid;

    // The example of RFC 7636, appendix B.
    const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
    const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

    fn client(number: u128) -> ClientId {
        ClientId::from_uuid(Uuid::from_u128(number))
    }

    fn grant() -> Grant {
        Grant {
            id: GrantId::from_uuid(Uuid::nil()),
            client: client(1),
            member: MemberId::from_uuid(Uuid::nil()),
            scopes: Grants::all(),
            redirect_uri: "https://app.test/back".to_owned(),
            challenge: CodeChallenge::parse(CHALLENGE).unwrap(),
            created_at: DateTime::UNIX_EPOCH,
            redeemed_at: None,
            revoked_at: None,
        }
    }

    #[test]
    fn a_code_is_for_one_client_one_place_one_verifier_and_one_time() {
        let now = DateTime::UNIX_EPOCH + TimeDelta::seconds(1);
        let back = "https://app.test/back";
        let check = |grant: Grant, shown, now, expected| assert_eq!(grant.redeem(shown, now), expected);
        check(grant(), (client(1), back, VERIFIER), now, Ok(()));
        check(grant(), (client(2), back, VERIFIER), now, Err(CodeFault::Unfit));
        check(grant(), (client(1), "https://app.test/back/", VERIFIER), now, Err(CodeFault::Unfit));
        check(grant(), (client(1), back, CHALLENGE), now, Err(CodeFault::Unfit));
        check(grant(), (client(1), back, ""), now, Err(CodeFault::Unfit));
        check(grant(), (client(1), back, VERIFIER), DateTime::UNIX_EPOCH + CODE_LIFETIME, Err(CodeFault::Unfit));
        let revoked = Grant { revoked_at: Some(now), ..grant() };
        check(revoked, (client(1), back, VERIFIER), now, Err(CodeFault::Unfit));
        let used = || Grant { redeemed_at: Some(now), ..grant() };
        check(used(), (client(1), back, VERIFIER), now, Err(CodeFault::Used));
        // Somebody else's code says nothing about its own client.
        check(used(), (client(2), back, VERIFIER), now, Err(CodeFault::Unfit));
    }

    #[test]
    fn a_challenge_is_a_digest() {
        assert!(CodeChallenge::parse(CHALLENGE).is_some());
        for text in ["", VERIFIER.trim_end_matches('k'), "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM="] {
            assert!(CodeChallenge::parse(text).is_none(), "{text}");
        }
    }

    #[test]
    fn a_token_that_was_given_up_is_a_repetition_for_a_moment_and_then_a_theft() {
        let begin = DateTime::UNIX_EPOCH;
        let token = |used_at| RefreshToken {
            id: TokenId::from_uuid(Uuid::nil()),
            grant: GrantId::from_uuid(Uuid::nil()),
            parent: None,
            created_at: begin,
            used_at,
        };
        let second = TimeDelta::seconds(1);
        assert_eq!(token(None).shown(false, begin), Shown::Newest);
        assert_eq!(token(None).shown(false, begin + REFRESH_LIFETIME), Shown::Over);
        let used = token(Some(begin));
        assert_eq!(used.shown(false, begin + REFRESH_GRACE - second), Shown::Twice);
        assert_eq!(used.shown(false, begin + REFRESH_GRACE), Shown::Stolen);
        assert_eq!(used.shown(true, begin), Shown::Stolen);
    }
}
