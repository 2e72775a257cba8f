//! The name of a meeting type in URLs and forms.

use crate::limits::SLUG_LENGTH_MAX;

/// Whether `text` can be the slug of a meeting type: lower-case letters, digits and hyphens, wherever they stand.
///
/// The pattern of `meeting_type` in `domain/schemas/webform_submitted.v1.json` takes each of these; a test says so.
pub fn is_slug(text: &str) -> bool {
    let is_allowed = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    (1..=SLUG_LENGTH_MAX).contains(&text.len()) && text.bytes().all(is_allowed)
}
