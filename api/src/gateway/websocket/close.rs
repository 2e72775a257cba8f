//! Why a socket is closed. Codes 44xx are HTTP statuses plus 4000, as the protocol does it.
//!
//! The reference client (npm `graphql-ws`) gives up on 4400, 4401, 4406, 4409, 4429, 4500 and most of 1xxx, and
//! reconnects after all others, so the codes we chose ourselves (1001, 1013, 4413, 4499) are ones after which a client
//! should come back and resume.

use std::borrow::Cow;

use axum::extract::ws::{CloseFrame, Utf8Bytes};

use crate::gateway::engine::AuthFault;
use crate::gateway::session::Ended;

/// A close code and its reason.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Close {
    pub(super) code: u16,
    pub(super) reason: Cow<'static, str>,
}

impl Close {
    /// The process stops; another one takes over.
    pub(super) const GOING_AWAY: Self = Self::fixed(1001, "resume elsewhere");
    /// The token could not be checked.
    pub(super) const TRY_LATER: Self = Self::fixed(1013, "Try again later");
    pub(super) const UNREADABLE: Self =
        Self::fixed(4400, "Unreadable message: too long, not UTF-8, or not a valid frame");
    pub(super) const BINARY: Self = Self::fixed(4400, "Binary messages are not part of the protocol");
    pub(super) const UNAUTHORIZED: Self = Self::fixed(4401, "Unauthorized");
    pub(super) const FORBIDDEN: Self = Self::fixed(4403, "Forbidden");
    pub(super) const WRONG_ORIGIN: Self = Self::fixed(4403, "Origin not allowed");
    pub(super) const TOKEN_EXPIRED: Self = Self::fixed(4403, "Token expired");
    pub(super) const SESSION_REVOKED: Self = Self::fixed(4403, "Session revoked");
    pub(super) const WRONG_SUBPROTOCOL: Self = Self::fixed(4406, "Subprotocol not acceptable");
    pub(super) const INIT_TIMEOUT: Self = Self::fixed(4408, "Connection initialisation timeout");
    /// The peer does not take what we send.
    pub(super) const TOO_SLOW: Self = Self::fixed(4413, "Reading too slowly; resume");
    pub(super) const SECOND_INIT: Self = Self::fixed(4429, "Too many initialisation requests");
    pub(super) const TOO_MANY_SOCKETS: Self = Self::fixed(4429, "Too many sockets of this client");
    /// No sign of life; the reference client uses the same code when it gives up on a server.
    pub(super) const SILENT: Self = Self::fixed(4499, "No answer to pings");
    pub(super) const INTERNAL: Self = Self::fixed(4500, "Internal server error");

    const fn fixed(code: u16, reason: &'static str) -> Self {
        Self { code, reason: Cow::Borrowed(reason) }
    }

    pub(super) fn invalid(complaint: &str) -> Self {
        Self { code: 4400, reason: Cow::Owned(format!("Invalid message: {complaint}")) }
    }

    pub(super) fn duplicate(id: &str) -> Self {
        Self { code: 4409, reason: Cow::Owned(format!("Subscriber for {id} already exists")) }
    }

    /// As a frame. A reason has at most 123 bytes (RFC 6455 §5.5); a longer one is cut.
    pub(super) fn frame(&self) -> CloseFrame {
        let end = self.reason.floor_char_boundary(123);
        CloseFrame { code: self.code, reason: Utf8Bytes::from(&self.reason[..end]) }
    }
}

impl From<Ended> for Close {
    fn from(ended: Ended) -> Self {
        match ended {
            Ended::Expired => Self::TOKEN_EXPIRED,
            Ended::Revoked => Self::SESSION_REVOKED,
        }
    }
}

impl From<AuthFault> for Close {
    fn from(fault: AuthFault) -> Self {
        match fault {
            AuthFault::Missing | AuthFault::Invalid => Self::FORBIDDEN,
            AuthFault::Expired => Self::TOKEN_EXPIRED,
            AuthFault::Unavailable | AuthFault::TooOften(_) => Self::TRY_LATER,
        }
    }
}
