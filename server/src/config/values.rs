//! What a setting has to look like, and the sentence for one that does not. No sentence repeats a value that may hold
//! a password.

use std::net::SocketAddr;
use std::path::PathBuf;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use chrono::TimeDelta;
use worker::Retention;

use crate::credentials::SecretKey;

/// A URL of a store.
pub fn database_url(written: Option<String>) -> Result<String, String> {
    let advice = "write `postgres://user:password@host/database`, or `sqlite:path/to/file`";
    let url = written.ok_or_else(|| format!("`database_url` (MERIDIAN_DATABASE_URL) is missing; {advice}"))?;
    let known = ["postgres://", "postgresql://", "sqlite:"].iter().any(|scheme| url.starts_with(scheme));
    if known { Ok(url) } else { Err(format!("`database_url` names neither PostgreSQL nor SQLite; {advice}")) }
}

/// A URL of Redis, or several of one cluster.
pub fn redis_url(url: String) -> Result<String, String> {
    let known = ["redis://", "rediss://"].iter().any(|scheme| url.starts_with(scheme));
    let advice = "write `redis://host:6379` (of a cluster several, with commas), or leave it out to run one process \
                  without Redis";
    if known { Ok(url) } else { Err(format!("`redis_url` is not a Redis URL; {advice}")) }
}

/// An address of this machine.
pub fn listen(text: &str) -> Result<SocketAddr, String> {
    text.parse().map_err(|_| format!("`listen` is `{text}`; write an address with a port, such as `0.0.0.0:8080`"))
}

/// The address that callers use: the issuer of tokens, so two spellings of it would be two issuers.
pub fn public_url(url: &str) -> Result<String, String> {
    let host = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://"));
    match host.map(|host| host.trim_end_matches('/')) {
        Some(host) if !host.is_empty() && !host.contains(['?', '#', '@', ' ']) => {
            Ok(url.trim_end_matches('/').to_owned())
        }
        _ => {
            Err("`public_url` is not the address of a server; write one such as `https://meridian.example`".to_owned())
        }
    }
}

/// 32 bytes.
pub fn secret_key(written: Option<String>) -> Result<SecretKey, String> {
    let advice = "write 32 random bytes in base64, as `openssl rand -base64 32` prints them, the same on every server";
    let text = written.ok_or_else(|| format!("`secret_key` (MERIDIAN_SECRET_KEY) is missing; {advice}"))?;
    let bytes = BASE64_STANDARD.decode(text.trim()).map_err(|_| format!("`secret_key` is not base64; {advice}"))?;
    let length = bytes.len();
    let key = bytes.try_into().map_err(|_| format!("`secret_key` has {length} bytes; {advice}"))?;
    Ok(SecretKey::new(key))
}

/// How long events stay when nothing is said: a quarter, so that a subscriber may be away for as long as a project.
const EVENTS_RETENTION_DAYS: u32 = 90;
const EVENTS_RETENTION_DAYS_MAX: u32 = 36_500;

/// What happens to old events; `None` when they stay for ever.
pub fn events_retention(days: Option<u32>, archive: Option<PathBuf>) -> Result<Option<Retention>, String> {
    match days.unwrap_or(EVENTS_RETENTION_DAYS) {
        0 => Ok(None),
        days @ 1..=EVENTS_RETENTION_DAYS_MAX => Ok(Some(Retention { keep: TimeDelta::days(days.into()), archive })),
        days => Err(format!(
            "`events_retention_days` is {days}; write a number from 1 to {EVENTS_RETENTION_DAYS_MAX}, or 0 to keep \
             events for ever"
        )),
    }
}
