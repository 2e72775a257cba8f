//! Relay connections (<https://relay.dev/graphql/connections.htm>) over keyset pages, with cursors that are signed and
//! bound to the list, its filter and the workspace.

use async_graphql::connection::{Connection, Edge};
use async_graphql::{Error, OutputType};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use domain::errors::ErrorCode;
use domain::limits::PAGE_SIZE_MAX;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use super::errors::fail;
use super::request::RequestScope;

/// Bytes of a cursor's signature: enough that guessing is hopeless, few enough for a URL.
const SIGNATURE_BYTES: usize = 12;

/// One list: its name and its filter.
pub(crate) struct List<'a> {
    scope: &'a RequestScope,
    binding: String,
}

impl<'a> List<'a> {
    /// `filter` is anything that two equal filters print equally.
    pub(crate) fn new(scope: &'a RequestScope, name: &str, filter: &impl std::fmt::Debug) -> Self {
        Self { scope, binding: format!("1/{name}/{}/{filter:?}", scope.caller.workspace) }
    }

    /// The cursor of a row.
    pub(crate) fn cursor(&self, key: &str) -> String {
        let mut bytes = self.signature(key);
        bytes.extend_from_slice(key.as_bytes());
        URL_SAFE_NO_PAD.encode(bytes)
    }

    /// The row that a cursor of this list names.
    pub(crate) fn key(&self, cursor: &str) -> Result<String, Error> {
        let wrong = || fail(ErrorCode::CursorMismatch, "The cursor does not belong to this list and filter.");
        let bytes = URL_SAFE_NO_PAD.decode(cursor).map_err(|_| wrong())?;
        let (signature, key) = bytes.split_at_checked(SIGNATURE_BYTES).ok_or_else(wrong)?;
        let key = std::str::from_utf8(key).map_err(|_| wrong())?;
        // A cursor is no secret, and a forged one shows nothing that its owner may not list: plain comparison will do.
        if self.signature(key) == signature { Ok(key.to_owned()) } else { Err(wrong()) }
    }

    fn signature(&self, key: &str) -> Vec<u8> {
        let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(&self.scope.api.config.secret) else { return Vec::new() };
        mac.update(self.binding.as_bytes());
        mac.update(&[0]);
        mac.update(key.as_bytes());
        mac.finalize().into_bytes()[..SIGNATURE_BYTES].to_vec()
    }

    /// A connection from one row more than was asked for: the surplus tells that there is a next page.
    pub(crate) fn connection<T, N: OutputType>(
        &self,
        page: &Page,
        mut rows: Vec<T>,
        key: impl Fn(&T) -> String,
        node: impl Fn(T) -> N,
    ) -> Connection<String, N> {
        let has_next = rows.len() > page.first;
        rows.truncate(page.first);
        let mut connection = Connection::new(page.after.is_some(), has_next);
        connection.edges.extend(rows.into_iter().map(|row| Edge::new(self.cursor(&key(&row)), node(row))));
        connection
    }
}

/// Which part of a list is wanted.
pub(crate) struct Page {
    /// How many rows.
    pub first: usize,
    /// The key of the row before.
    pub after: Option<String>,
}

impl Page {
    /// Checks the arguments of a list field.
    pub(crate) fn new(list: &List<'_>, first: i32, after: Option<&str>) -> Result<Self, Error> {
        let first = usize::try_from(first).ok().filter(|first| (1..=PAGE_SIZE_MAX).contains(first));
        let first = first
            .ok_or_else(|| fail(ErrorCode::FieldMismatch, format!("`first` is a number from 1 to {PAGE_SIZE_MAX}.")))?;
        Ok(Self { first, after: after.map(|cursor| list.key(cursor)).transpose()? })
    }

    /// Rows to read: one more than asked for.
    pub(crate) fn limit(&self) -> u64 {
        self.first as u64 + 1
    }

    /// The id of the row before, parsed.
    pub(crate) fn after_id<T: std::str::FromStr>(&self) -> Option<T> {
        self.after.as_deref().and_then(|key| key.parse().ok())
    }
}
