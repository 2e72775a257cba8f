//! Places in the event log as texts: what a cursor is on every transport.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use domain::events::EventCursor;

/// The form of the text, so that a later form can be told apart.
const VERSION: &str = "e1.";

/// The text of a place. Opaque to callers.
pub(crate) fn to_text(place: EventCursor) -> String {
    URL_SAFE_NO_PAD.encode(format!("{VERSION}{}", place.0))
}

/// The place that a text of ours names.
pub(crate) fn parse(text: &str) -> Option<EventCursor> {
    let plain = String::from_utf8(URL_SAFE_NO_PAD.decode(text).ok()?).ok()?;
    let position = plain.strip_prefix(VERSION)?.parse::<i64>().ok()?;
    (position >= 0).then_some(EventCursor(position))
}
