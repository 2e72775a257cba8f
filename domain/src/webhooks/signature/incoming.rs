//! A webhook as it came, in the form that every scheme reads.

use std::fmt;

/// A webhook before anything is known about it.
#[derive(Clone, Copy)]
pub struct Incoming<'a> {
    /// The address that the sender was given, with its query: from the configuration, never from `Host`, which the
    /// sender writes itself.
    pub uri: &'a str,
    /// Names and values of the headers.
    pub headers: &'a [(&'a str, &'a str)],
    /// The raw body.
    pub body: &'a [u8],
}

impl<'a> Incoming<'a> {
    /// The first header of this name, whatever its case.
    pub(super) fn header(&self, name: &str) -> Option<&'a str> {
        self.headers.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| *value)
    }

    /// For schemes that do not look at the address.
    #[cfg(test)]
    pub(super) fn of(headers: &'a [(&'a str, &'a str)], body: &'a [u8]) -> Self {
        Self { uri: "", headers, body }
    }
}

impl fmt::Debug for Incoming<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Incoming(…)")
    }
}
