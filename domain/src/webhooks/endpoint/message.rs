//! A message to an endpoint: what is sent, and what the answer means.

use std::time::Duration;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::sender::{Exchange, Reply, Unanswered};
use super::{Endpoint, EndpointSecrets};
use crate::ids::{EndpointId, ReplayId};
use crate::webhooks::{SecretError, standard};

/// Names the replay that a message belongs to. Not signed: it says how the message came, not what it says.
const REPLAY: &str = "meridian-replay";
/// What is shown of a secret.
const BLOT: &str = "[…]";
/// What is kept of a body that was sent, in characters. Events are a tenth of that.
const BODY_LENGTH_KEPT: usize = 8000;

/// What a message is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MessageKind {
    /// An event of the log.
    Event,
    /// The challenge that an endpoint has to repeat.
    Verification,
    /// A message that somebody asked for to see how it arrives.
    Test,
}

/// A message, signed and ready to be sent.
#[derive(Clone)]
pub struct Outgoing {
    /// To whom.
    pub endpoint: EndpointId,
    /// Where it is posted.
    pub url: String,
    /// All headers but those that the transport makes.
    pub headers: Vec<(String, String)>,
    /// The signed bytes.
    pub body: Vec<u8>,
    /// How long the whole exchange may take.
    pub timeout: Duration,
}

impl Outgoing {
    /// Signs a body as Standard Webhooks 1.0 says, with every secret and key that is active.
    pub fn sign(
        endpoint: &Endpoint,
        secrets: &EndpointSecrets,
        id: &str,
        body: Vec<u8>,
        now: DateTime<Utc>,
    ) -> Result<Self, SecretError> {
        let signatures: Vec<String> = secrets.signing(now)?.iter().map(|key| key.sign(id, now, &body)).collect();
        let mut headers = vec![
            ("content-type".to_owned(), "application/json".to_owned()),
            (standard::ID.to_owned(), id.to_owned()),
            (standard::TIMESTAMP.to_owned(), now.timestamp().to_string()),
            (standard::SIGNATURE.to_owned(), signatures.join(" ")),
        ];
        headers.extend(secrets.headers.iter().map(|(name, value)| (name.clone(), value.clone())));
        Ok(Self { endpoint: endpoint.id, url: endpoint.url.clone(), headers, body, timeout: endpoint.timeout() })
    }

    /// Says that the event is sent again by a replay. Id and body stay what they were, so that a receiver that
    /// deduplicates by the id takes only what it never had.
    pub fn mark_replay(&mut self, replay: Option<ReplayId>) {
        self.headers.extend(replay.map(|replay| (REPLAY.to_owned(), replay.to_string())));
    }

    /// The headers as they may be shown: without signatures, and without the values of custom headers.
    pub fn shown_headers(&self) -> Vec<(String, String)> {
        let is_open = |name: &str| [standard::ID, standard::TIMESTAMP, REPLAY, "content-type"].contains(&name);
        let shown = |(name, value): &(String, String)| {
            (name.clone(), if is_open(name) { value.clone() } else { BLOT.to_owned() })
        };
        self.headers.iter().map(shown).collect()
    }

    /// The body as it is kept.
    pub fn shown_body(&self) -> String {
        String::from_utf8_lossy(&self.body).chars().take(BODY_LENGTH_KEPT).collect()
    }
}

/// What an exchange means for the message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Judgement {
    /// The endpoint has it.
    Delivered,
    /// It may take it later.
    Later {
        /// How long it told us to wait.
        after: Option<Duration>,
        /// What went wrong.
        reason: String,
    },
    /// It does not want anything any more (410).
    Gone,
}

/// Judges an exchange. A redirect is a failure: its target was not verified, and may be anywhere.
pub fn judge(exchange: &Exchange) -> Judgement {
    let later = |reason: String| Judgement::Later { after: None, reason };
    let told = |reply: &Reply, reason: String| Judgement::Later { after: reply.retry_after, reason };
    match &exchange.ended {
        Err(Unanswered::Forbidden) => {
            later("The endpoint's name leads to an address that may not be called.".to_owned())
        }
        Err(Unanswered::TooLate) => later("The endpoint did not answer in time.".to_owned()),
        Err(Unanswered::Unreachable) => later("The endpoint cannot be reached.".to_owned()),
        Err(Unanswered::Broken) => later("The connection broke before the answer was complete.".to_owned()),
        Ok(reply) => match reply.status {
            200..=299 => Judgement::Delivered,
            410 => Judgement::Gone,
            status @ 300..=399 => {
                told(reply, format!("The endpoint redirects (HTTP {status}); redirects are not followed."))
            }
            status @ (429 | 502..=504) => told(reply, format!("The endpoint asks for patience (HTTP {status}).")),
            status => told(reply, format!("The endpoint answered HTTP {status}.")),
        },
    }
}

/// Whether an answer repeats the challenge: as `{"challenge": "…"}`, or as the text alone.
pub fn echoes(body: &[u8], challenge: &str) -> bool {
    let Ok(text) = std::str::from_utf8(body) else { return false };
    if text.trim() == challenge {
        return true;
    }
    serde_json::from_str::<Value>(text).is_ok_and(|answer| answer["challenge"] == challenge)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(ended: Result<(u16, Option<u64>), Unanswered>, expected: &str) {
        let ended = ended.map(|(status, seconds)| Reply {
            status,
            retry_after: seconds.map(Duration::from_secs),
            body: Vec::new(),
            excerpt: String::new(),
        });
        let words = match judge(&Exchange { duration: Duration::ZERO, ended }) {
            Judgement::Delivered => "delivered".to_owned(),
            Judgement::Gone => "gone".to_owned(),
            Judgement::Later { after, reason } => format!("later {after:?}: {reason}"),
        };
        assert!(words.starts_with(expected), "{words}");
    }

    #[test]
    fn an_answer_means_delivered_later_or_gone() {
        check(Ok((200, None)), "delivered");
        check(Ok((204, None)), "delivered");
        check(Ok((410, None)), "gone");
        check(Ok((400, None)), "later None: The endpoint answered HTTP 400.");
        check(Ok((500, None)), "later None: The endpoint answered HTTP 500.");
        check(Ok((302, None)), "later None: The endpoint redirects (HTTP 302); redirects are not followed.");
        check(Err(Unanswered::TooLate), "later None: The endpoint did not answer in time.");
    }

    #[test]
    fn a_wait_is_obeyed_whatever_it_comes_with() {
        for status in [301, 400, 429, 500, 502, 503, 504] {
            check(Ok((status, Some(7))), "later Some(7s): The endpoint ");
        }
    }

    #[test]
    fn a_challenge_is_echoed_as_text_or_as_json() {
        let check = |body: &str, expected| assert_eq!(echoes(body.as_bytes(), "abc"), expected, "{body}");
        check("abc", true);
        check("abc\n", true);
        check(r#"{"challenge": "abc"}"#, true);
        check(r#"{"challenge": "abcd"}"#, false);
        check(r#""abc""#, false);
        check("ok", false);
        check("", false);
    }
}
