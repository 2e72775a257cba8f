//! How long an answer tells us to wait. What is told is believed as it stands: how much of it is granted is decided in
//! one place, for CRMs and endpoints alike (`TOLD_WAIT_MAX` of `domain/src/limits.rs`).

use std::time::Duration;

use chrono::{DateTime, NaiveDateTime, TimeDelta, Utc};
use reqwest::header::{DATE, HeaderMap, RETRY_AFTER};
use sfv::{BareItem, Dictionary, Item, List, ListEntry, Parser};

/// When the limit that was hit is open again. The draft of the IETF
/// (<https://datatracker.ietf.org/doc/html/draft-ietf-httpapi-ratelimit-headers-07>) has seconds from now; older APIs
/// have those, or a Unix time, under the other name.
const RESETS: [&str; 2] = ["ratelimit-reset", "x-ratelimit-reset"];
/// From here on a number of seconds is a Unix time (of 2001): nobody means a wait of thirty years.
const UNIX_SECONDS: u64 = 1_000_000_000;
/// From here on it is one in milliseconds.
const UNIX_MILLISECONDS: u64 = 1_000_000_000_000;
const TOO_MANY_REQUESTS: u16 = 429;

/// The wait that an answer tells: `Retry-After`, or, when it says that we called too often, when its limit resets.
/// Other answers may carry that header too, and mean nothing by it: it is then only how the limit stands.
pub(crate) fn told_wait(status: u16, headers: &HeaderMap) -> Option<Duration> {
    let reset = || combined(headers).or_else(|| RESETS.iter().find_map(|name| reset(text(headers, name)?, headers)));
    retry_after(headers).or_else(|| (status == TOO_MANY_REQUESTS).then(reset).flatten())
}

/// `Retry-After` (RFC 9110 §10.2.3): seconds, or a date. A date is measured against the answer's own `Date`, so that
/// neither our clock nor its skew matters.
fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let told = text(headers, RETRY_AFTER.as_str())?;
    if let Some(seconds) = seconds(told) {
        return Some(Duration::from_secs(seconds));
    }
    Some(between(sent_at(headers)?, date(told)?))
}

/// One header for all (<https://datatracker.ietf.org/doc/html/draft-ietf-httpapi-ratelimit-headers-10>): limits by name,
/// each with what remains (`r`) and in how many seconds it is reset (`t`). The last of those that are used up decides.
/// Earlier drafts had a dictionary with one `reset`.
fn combined(headers: &HeaderMap) -> Option<Duration> {
    let told = text(headers, "ratelimit")?;
    let seconds = |number: &BareItem| number.as_integer().and_then(|number| u64::try_from(i64::from(number)).ok());
    let item = |entry: &ListEntry| if let ListEntry::Item(item) = entry { Some(item.clone()) } else { None };
    let wait = if let Ok(limits) = Parser::new(told).parse::<List>() {
        let number = |limit: &Item, name: &str| limit.params.get(name).and_then(seconds);
        let used_up = limits.iter().filter_map(item).filter(|limit| number(limit, "r").is_none_or(|left| left == 0));
        used_up.filter_map(|limit| number(&limit, "t")).max()
    } else {
        let limit = Parser::new(told).parse::<Dictionary>().ok()?;
        limit.get("reset").and_then(item).and_then(|item| seconds(&item.bare_item))
    };
    wait.map(Duration::from_secs)
}

fn reset(told: &str, headers: &HeaderMap) -> Option<Duration> {
    let (whole, fraction) = told.split_once('.').unwrap_or((told, ""));
    let whole = seconds(whole)?;
    // Rounded up: at the beginning of a second its limit may not have been reset.
    let rounded = whole.saturating_add(u64::from(seconds(fraction).is_some_and(|fraction| fraction > 0)));
    let unix = match whole {
        ..UNIX_SECONDS => return Some(Duration::from_secs(rounded)),
        UNIX_SECONDS..UNIX_MILLISECONDS => DateTime::from_timestamp(i64::try_from(rounded).ok()?, 0)?,
        UNIX_MILLISECONDS.. => DateTime::from_timestamp_millis(i64::try_from(whole).ok()?)?,
    };
    Some(between(sent_at(headers)?, unix))
}

fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    Some(headers.get(name)?.to_str().ok()?.trim())
}

/// Digits alone; more than can be counted is as long as it gets.
fn seconds(text: &str) -> Option<u64> {
    let is_number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then(|| text.parse().unwrap_or(u64::MAX))
}

fn sent_at(headers: &HeaderMap) -> Option<DateTime<Utc>> {
    date(text(headers, DATE.as_str())?)
}

/// A date of HTTP in one of its three forms (RFC 9110 §5.6.7).
fn date(text: &str) -> Option<DateTime<Utc>> {
    let obsolete = ["%A, %d-%b-%y %H:%M:%S GMT", "%a %b %e %H:%M:%S %Y"];
    let old = || obsolete.iter().find_map(|form| NaiveDateTime::parse_from_str(text, form).ok());
    DateTime::parse_from_rfc2822(text).ok().map(|date| date.to_utc()).or_else(|| Some(old()?.and_utc()))
}

fn between(sent: DateTime<Utc>, until: DateTime<Utc>) -> Duration {
    let wait: TimeDelta = until - sent;
    wait.to_std().unwrap_or(Duration::ZERO)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The wait in seconds that an answer of this date tells by one header.
    fn told(status: u16, date: &str, (name, value): (&str, &str)) -> Option<u64> {
        let mut headers = HeaderMap::new();
        headers.insert(DATE, date.parse().unwrap());
        headers.insert(reqwest::header::HeaderName::from_bytes(name.as_bytes()).unwrap(), value.parse().unwrap());
        told_wait(status, &headers).map(|wait| wait.as_secs())
    }

    #[test]
    fn retry_after_is_seconds_or_a_date_however_long() {
        let check = |value: &str, expected| {
            for status in [429, 500, 503] {
                assert_eq!(told(status, "Sun, 06 Nov 1994 08:49:37 GMT", ("retry-after", value)), expected, "{value}");
            }
        };
        check("7", Some(7));
        check("0", Some(0));
        check("3601", Some(3601));
        check("86400", Some(86400));
        check("99999999999999999999999", Some(u64::MAX));
        check("Sun, 06 Nov 1994 08:51:07 GMT", Some(90));
        check("Mon, 07 Nov 1994 08:49:37 GMT", Some(86400));
        check("Mon, 07 Nov 1994 08:49:38 GMT", Some(86401));
        check("Sun, 06 Nov 1994 08:00:00 GMT", Some(0));
        check("Sunday, 06-Nov-94 08:51:07 GMT", Some(90));
        check("Sun Nov  6 08:51:07 1994", Some(90));
        check("soon", None);
        check("-1", None);
        check("1.5", None);
    }

    #[test]
    fn a_reset_is_a_wait_or_a_time_and_counts_where_we_called_too_often() {
        let date = "Mon, 12 Oct 2026 21:46:40 GMT";
        let check = |value: &str, expected| {
            for name in RESETS {
                assert_eq!(told(429, date, (name, value)), expected, "{name}: {value}");
                assert_eq!(told(503, date, (name, value)), None, "{name} says how the limit stands");
            }
        };
        check("30", Some(30));
        check("29.2", Some(30));
        check("1791841600", Some(0));
        check("1791841660", Some(60));
        check("1791841659.5", Some(60));
        check("1791841660000", Some(60));
        check("1791928001", Some(86401));
        check("1791841000", Some(0));
        check("later", None);
        check("", None);
    }

    #[test]
    fn of_the_limits_in_one_header_the_last_that_is_used_up_counts() {
        let check = |value: &str, expected| assert_eq!(told(429, "", ("ratelimit", value)), expected, "{value}");
        check(r#""default";r=0;t=30"#, Some(30));
        check(r#""burst";r=0;t=5, "day";r=0;t=600, "month";r=9;t=86400"#, Some(600));
        check(r#""default";t=30"#, Some(30));
        check(r#""default";r=50;t=30"#, None);
        check(r#""default";r=0"#, None);
        check("limit=100, remaining=0, reset=30", Some(30));
        check("limit=100", None);
        check(r#""default";r=0;t=-1"#, None);
        check("soon!", None);
    }

    #[test]
    fn retry_after_outranks_a_reset_and_dates_need_a_date() {
        let headers = |pairs: &[(&'static str, &'static str)]| -> HeaderMap {
            pairs.iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap())).collect()
        };
        let both = headers(&[("retry-after", "3"), ("x-ratelimit-reset", "60")]);
        assert_eq!(told_wait(429, &both), Some(Duration::from_secs(3)));
        assert_eq!(told_wait(429, &headers(&[("x-ratelimit-reset", "1791841660")])), None);
        assert_eq!(told_wait(429, &headers(&[])), None);
    }
}
