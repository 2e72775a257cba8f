//! Every error code: HTTP status, whether trying again can help, cause and remedy.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::examples::example;

/// What the catalogue says about a code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Entry {
    /// The code.
    pub code: ErrorCode,
    /// HTTP status when it is the answer of a whole request (RFC 9110 §15).
    pub status: u16,
    /// Whether the same request can succeed later without a change.
    pub retryable: bool,
    /// Why it happens.
    pub cause: &'static str,
    /// What the caller can do.
    pub remedy: &'static str,
}

macro_rules! catalogue {
    ($($name:ident $text:literal $status:literal $retry:ident, $cause:literal, $remedy:literal;)+) => {
        /// A code of the catalogue.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
        pub enum ErrorCode {
            $(#[doc = $cause] #[serde(rename = $text)] $name,)+
        }

        impl ErrorCode {
            /// Every code, in the order of the documents.
            pub const ALL: &[ErrorCode] = &[$(ErrorCode::$name),+];

            /// The text as callers see it.
            pub fn as_str(self) -> &'static str {
                match self { $(ErrorCode::$name => $text),+ }
            }

            /// What the catalogue says about it.
            pub fn entry(self) -> Entry {
                match self {
                    $(ErrorCode::$name => Entry {
                        code: self, status: $status, retryable: retryable!($retry), cause: $cause, remedy: $remedy,
                    }),+
                }
            }
        }
    };
}

macro_rules! retryable {
    (retry) => {
        true
    };
    (fix) => {
        false
    };
}

catalogue! {
    BadRequest "BAD_REQUEST" 400 fix,
        "The request is not well-formed: malformed JSON, a wrong type in the envelope, invalid UTF-8.",
        "Send a GraphQL request as JSON with `query`, and optionally `variables` and `operationName`.";
    GraphqlParseFailed "GRAPHQL_PARSE_FAILED" 400 fix,
        "The document is not valid GraphQL syntax.", "Correct the document at the location given.";
    GraphqlValidationFailed "GRAPHQL_VALIDATION_FAILED" 400 fix,
        "The document does not fit the schema, or it is too long, too deep, or has too much of something.",
        "Compare the document with the schema; ask for less at once.";
    CostExceeded "COST_EXCEEDED" 400 fix,
        "The request costs more points than one request may, whatever the client has left.",
        "Ask for shorter lists or fewer fields. Send it with the header `Meridian-Cost: explain` to see what each costs.";
    PersistedQueryNotFound "PERSISTED_QUERY_NOT_FOUND" 400 fix,
        "No document with this hash is registered for the client.",
        "Send the document itself, or have it registered with `registerDocuments`.";
    DocumentNotRegistered "DOCUMENT_NOT_REGISTERED" 403 fix,
        "The client may send registered documents only, and this is none of them.",
        "Have the document registered with `registerDocuments`, and send its hash.";
    FieldMismatch "FIELD_MISMATCH" 400 fix,
        "A value does not have the type, format, length or range that its field demands.",
        "Correct the field named in `field`; every violation is listed.";
    CursorMismatch "CURSOR_MISMATCH" 400 fix,
        "The cursor is damaged, or comes from another list, filter or workspace.", "Use a cursor only with the query that gave it.";
    CursorExpired "CURSOR_EXPIRED" 410 fix,
        "Retention has removed the events right after the cursor.",
        "Read the present state, then go on from the cursor in `resumeAfter`.";
    UnknownTimeZone "UNKNOWN_TIME_ZONE" 400 fix,
        "The name is not an IANA time zone that Meridian knows.", "Use a name such as `Europe/Berlin`.";
    AmbiguousLocalTime "AMBIGUOUS_LOCAL_TIME" 400 fix,
        "The wall-clock time happens twice, or never, on that date in that zone.",
        "Send an instant with an offset instead of a local time.";
    Unauthenticated "UNAUTHENTICATED" 401 fix,
        "There is no access token, or it is invalid or expired.", "Get a token from `/oauth/token` and send it as `Authorization: Bearer`.";
    ScopeDenied "SCOPE_DENIED" 403 fix,
        "The token lacks the scope that the field or mutation needs.", "Ask for a token with the scope named in `requiredScope`.";
    OriginNotAllowed "ORIGIN_NOT_ALLOWED" 403 fix,
        "A page of this origin may not use the client's tokens.",
        "Have the page's origin added with `setClientOrigins`.";
    NotFound "NOT_FOUND" 404 fix,
        "There is no such thing in this workspace, or it may not be seen.", "Check the id.";
    MethodNotAllowed "METHOD_NOT_ALLOWED" 405 fix,
        "The method does not fit: a mutation needs POST.", "Send the request with POST.";
    NotAcceptable "NOT_ACCEPTABLE" 406 fix,
        "None of the media types in `Accept` can be produced.", "Accept `application/graphql-response+json` or `application/json`, or `text/event-stream`.";
    RequestTimeout "REQUEST_TIMEOUT" 408 retry,
        "The request did not arrive in full in time; nothing was done.", "Send it again, over a better line.";
    PayloadTooLarge "PAYLOAD_TOO_LARGE" 413 fix,
        "The body is larger than 1 MiB.", "Send less at once.";
    UnsupportedMediaType "UNSUPPORTED_MEDIA_TYPE" 415 fix,
        "The body is not `application/json`.", "Set `Content-Type: application/json`.";
    SignatureMissing "SIGNATURE_MISSING" 401 fix,
        "A signed webhook came without its signature, timestamp or delivery id.", "Send all headers of the signature scheme.";
    SignatureInvalid "SIGNATURE_INVALID" 401 fix,
        "The signature does not fit the raw body under any active secret.", "Sign the exact bytes that are sent, with the current secret.";
    TimestampOutOfWindow "TIMESTAMP_OUT_OF_WINDOW" 401 fix,
        "The signed timestamp is more than five minutes away from the server's clock.", "Sign at the moment of sending; check the clock.";
    IdempotencyKeyReused "IDEMPOTENCY_KEY_REUSED" 409 fix,
        "The idempotency key was used before with another payload, mutation or header.", "Use a new key for a new intent.";
    IdempotencyInProgress "IDEMPOTENCY_IN_PROGRESS" 409 retry,
        "A request with the same idempotency key is still running.", "Wait `retryAfterMs` and send the same request again.";
    SlotTaken "SLOT_TAKEN" 409 fix,
        "The time was taken between the offer and the booking.", "Choose one of the `alternatives`.";
    SlotNotOffered "SLOT_NOT_OFFERED" 409 fix,
        "The start is not one of the offered slots: outside the hours, off the grid, too soon, too far ahead or over a limit.",
        "Choose one of the `alternatives`, or query `availability`.";
    HoldExpired "HOLD_EXPIRED" 409 fix,
        "The hold has run out, was released, or belongs to somebody else.", "Hold or book the slot anew.";
    VersionConflict "VERSION_CONFLICT" 409 fix,
        "The object changed since the version that was expected.", "Read it again and decide anew.";
    MeetingNotActive "MEETING_NOT_ACTIVE" 409 fix,
        "The meeting is cancelled or over, so it cannot be changed in this way.", "Read the meeting's status.";
    NameTaken "NAME_TAKEN" 409 fix,
        "The name is already used in this workspace.", "Choose another name.";
    TooManyDocuments "TOO_MANY_DOCUMENTS" 409 fix,
        "The client has as many registered documents as it may have.", "Take back old ones with `unregisterDocuments`.";
    NotReplayable "NOT_REPLAYABLE" 409 fix,
        "The delivery is not dead or parked, so there is nothing to replay.", "Read the delivery's state.";
    NotEditable "NOT_EDITABLE" 409 fix,
        "The dead letter holds no words of anybody that could be corrected: it names a record or an event.",
        "Correct the record or mend the endpoint, and replay it; or discard it.";
    NotQuarantined "NOT_QUARANTINED" 409 fix,
        "The delivery is not in quarantine: it was taken, repaired or discarded before.", "Read the delivery's state.";
    EndpointNotActive "ENDPOINT_NOT_ACTIVE" 409 fix,
        "The webhook endpoint has not been verified, so nothing but its challenge is sent to it.",
        "Call `verifyWebhookEndpoint` and let the endpoint repeat the challenge.";
    ReplayEnded "REPLAY_ENDED" 409 fix,
        "The replay has been through or was cancelled; nothing about it can change any more.", "Start another one.";
    TooManyStreams "TOO_MANY_STREAMS" 429 fix,
        "The socket, the client or the server carries as many subscriptions as it may.",
        "Complete a subscription, or open another socket.";
    RateLimited "RATE_LIMITED" 429 retry,
        "The client has spent its budget, or too many requests of its workspace run already.",
        "Wait `retryAfterMs`. `extensions.cost` of every answer tells what is left and how fast it comes back.";
    Unavailable "UNAVAILABLE" 503 retry,
        "The store did not answer in time; nothing was done.", "Send the same request again, with the same idempotency key.";
    DeadlineExceeded "DEADLINE_EXCEEDED" 504 retry,
        "The operation took longer than the server waits. A query was given up; a mutation goes on.",
        "Send the same request again, a mutation with the same idempotency key; ask for less at once.";
    Internal "INTERNAL" 500 retry,
        "Something nobody expected; it is logged under the correlation id.", "Try again; report the correlation id if it stays.";
}

impl fmt::Display for ErrorCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for ErrorCode {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        Self::ALL.iter().copied().find(|code| code.as_str() == text).ok_or(())
    }
}

/// The catalogue as a document (docs/errors.md is this text; a drift check compares them).
pub fn markdown() -> String {
    let mut rows = vec![String::from(
        "# Errors\n\nGenerated from `domain/src/errors/catalogue.rs` by `cargo xtask drift --write`.\n\n\
         | code | HTTP | retry? | cause | remedy |\n|---|---|---|---|---|\n",
    )];
    for code in ErrorCode::ALL {
        let entry = code.entry();
        let retry = if entry.retryable { "yes" } else { "no" };
        rows.push(format!("| {code} | {} | {retry} | {} | {} |\n", entry.status, entry.cause, entry.remedy));
    }
    rows.push("\n## Examples\n\nWhat stands in angle brackets is yours to fill in.\n".to_owned());
    for code in ErrorCode::ALL {
        let Some(example) = example(*code) else { continue };
        let (kind, request) = (if example.is_message() { "http" } else { "graphql" }, example.request);
        let answer = pretty(example.answer);
        rows.push(format!("\n### {code}\n\n```{kind}\n{request}\n```\n\n```json\n{answer}\n```\n"));
    }
    rows.concat()
}

/// JSON over several lines.
fn pretty(json: &str) -> String {
    let value = serde_json::from_str::<serde_json::Value>(json);
    value.and_then(|value| serde_json::to_string_pretty(&value)).unwrap_or_else(|_| json.to_owned())
}
