//! `meridian doctor`: looks at the configuration and at everything it points to, and says what to do about what is
//! wrong.

use std::process::ExitCode;
use std::time::Duration;

use anyhow::Result;
use chrono::{DateTime, Utc};
use persistence::bus::{Bus, Hint};
use persistence::workspaces::signing_keys;
use persistence::{Database, Engine};

use crate::config::{Config, Faults};
use crate::edge;

/// How long Redis may take to carry a hint there and back.
const REDIS_PATIENCE: Duration = Duration::from_secs(5);
const REDIS_AGAIN: Duration = Duration::from_millis(100);
/// No correct clock shows an earlier time: this code did not exist then.
const EARLIEST: &str = "2026-11-01T00:00:00Z";

/// One thing that was looked at.
#[derive(Debug, PartialEq, Eq)]
struct Finding {
    about: &'static str,
    /// What is right, or what is wrong and what to do about it.
    text: Result<String, String>,
}

/// Prints what it finds; the code says whether all is well.
pub async fn run(config: Result<Config, Faults>) -> Result<ExitCode> {
    let findings = examine(config).await;
    let mut is_well = true;
    for Finding { about, text } in findings {
        is_well &= text.is_ok();
        let (mark, text) = match &text {
            Ok(text) => ("ok   ", text),
            Err(text) => ("WRONG", text),
        };
        println!("{mark} {about}: {text}");
    }
    Ok(if is_well { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

async fn examine(config: Result<Config, Faults>) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut note = |about, text| findings.push(Finding { about, text });
    note("clock", clock(edge::real().now()));
    note("time zones", Ok(format!("the database is IANA {}", domain::time::database_version())));
    let config = match config {
        Ok(config) => config,
        Err(Faults(faults)) => {
            for fault in faults {
                note("configuration", Err(fault));
            }
            return findings;
        }
    };
    note("configuration", Ok(format!("it can be used; the API listens on {}", config.listen)));
    // At once: a server that does not answer takes its time about it.
    let (store, redis) = tokio::join!(store(&config), redis(config.redis_url.as_deref()));
    findings.extend(store);
    findings.push(Finding { about: "redis", text: redis });
    findings
}

async fn store(config: &Config) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut note = |about, text| findings.push(Finding { about, text });
    match database(config).await {
        Ok(database) => {
            note("database", suits(&database, config));
            let schema = schema(&database).await;
            let is_migrated = schema.is_ok();
            note("schema", schema);
            if is_migrated {
                note("secret key", secret_key(config, &database).await);
            }
        }
        Err(text) => note("database", Err(text)),
    }
    findings
}

fn clock(now: DateTime<Utc>) -> Result<String, String> {
    match EARLIEST.parse::<DateTime<Utc>>() {
        Ok(earliest) if now < earliest => Err(format!("it shows {now}, which is long past; set it, best by NTP")),
        _ => Ok(format!("it shows {}", now.format("%Y-%m-%d %H:%M:%S UTC"))),
    }
}

async fn database(config: &Config) -> Result<Database, String> {
    let advice = "check `database_url`, and that the server runs and lets this machine in";
    let database = Database::connect(&config.database_url, 1).await.map_err(|error| format!("{error}; {advice}"))?;
    database.ping().await.map_err(|error| format!("{error}; {advice}"))?;
    Ok(database)
}

fn suits(database: &Database, config: &Config) -> Result<String, String> {
    match (database.engine(), &config.redis_url) {
        (Engine::Postgres, _) => Ok("PostgreSQL answers".to_owned()),
        (Engine::Sqlite, None) => Ok("the SQLite file can be read".to_owned()),
        (Engine::Sqlite, Some(_)) => {
            let advice = "use PostgreSQL in `database_url`, or leave `redis_url` out";
            Err(format!("Redis is for several processes, and an SQLite file serves one; {advice}"))
        }
    }
}

async fn schema(database: &Database) -> Result<String, String> {
    match database.is_migrated().await {
        Ok(true) => Ok("it is what this version expects".to_owned()),
        Ok(false) => Err("it is out of date; run `meridian migrate`".to_owned()),
        Err(error) => Err(format!("{error}; run `meridian migrate`, as a database user who may create tables")),
    }
}

async fn secret_key(config: &Config, database: &Database) -> Result<String, String> {
    match signing_keys(database, &config.secret_key.sealer()).await {
        Ok(keys) if keys.is_empty() => Ok("nothing is sealed yet; the first server will".to_owned()),
        Ok(_) => Ok("it opens what is stored".to_owned()),
        Err(error) => Err(format!("{error}; set `secret_key` to the key that this database was first served with")),
    }
}

/// A hint that one bus publishes reaches another through Redis, or not at all.
async fn redis(url: Option<&str>) -> Result<String, String> {
    let Some(url) = url else { return Ok("not used; this suits one process".to_owned()) };
    let buses = Bus::through_redis(url).and_then(|ours| Ok((ours, Bus::through_redis(url)?)));
    let (ours, other) = buses.map_err(|error| format!("{error}; check `redis_url`"))?;
    let mut listener = other.listen();
    let publish = async {
        loop {
            // Harmless to everybody who hears it: a look at whether there is work.
            ours.publish(Hint::Committed);
            tokio::time::sleep(REDIS_AGAIN).await;
        }
    };
    let heard = async {
        tokio::select! {
            hint = listener.next() => hint.is_some(),
            () = publish => false,
        }
    };
    match tokio::time::timeout(REDIS_PATIENCE, heard).await {
        Ok(true) => Ok("it carries hints".to_owned()),
        _ => {
            Err("no hint came through it; check `redis_url`, and that it runs and allows PUBLISH and SUBSCRIBE (in a \
                 cluster SPUBLISH, SSUBSCRIBE and CLUSTER SLOTS)"
                .to_owned())
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::*;

    async fn check(variables: &[(&str, &str)], expected: &[(&str, bool, &str)]) {
        let variables: HashMap<_, _> = variables.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
        let findings = examine(Config::load(None, variables)).await;
        // The clock and the zones are the machine's.
        let rest = &findings[2..];
        assert_eq!(rest.len(), expected.len(), "{rest:#?}");
        for (finding, (about, is_well, text)) in rest.iter().zip(expected) {
            let said = finding.text.as_ref().unwrap_or_else(|wrong| wrong);
            assert_eq!((finding.about, finding.text.is_ok()), (*about, *is_well), "{said}");
            assert!(said.contains(text), "{said}\n does not say: {text}");
        }
    }

    const KEY: (&str, &str) = ("MERIDIAN_SECRET_KEY", "BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc=");

    #[tokio::test]
    async fn a_configuration_without_anything_says_what_is_missing() {
        check(
            &[],
            &[
                ("configuration", false, "`database_url` (MERIDIAN_DATABASE_URL) is missing"),
                ("configuration", false, "`secret_key` (MERIDIAN_SECRET_KEY) is missing"),
            ],
        )
        .await;
    }

    #[tokio::test]
    async fn a_store_that_was_never_migrated_is_told_how() {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite:{}/m.db", folder.path().display());
        let database = ("MERIDIAN_DATABASE_URL", url.as_str());
        let expected = [
            ("configuration", true, "127.0.0.1:8080"),
            ("database", true, "the SQLite file can be read"),
            ("schema", false, "run `meridian migrate`"),
            ("redis", true, "not used"),
        ];
        check(&[KEY, database], &expected).await;
        Database::connect(&url, 1).await.unwrap().migrate().await.unwrap();
        let expected = [
            ("configuration", true, ""),
            ("database", true, ""),
            ("schema", true, "it is what this version expects"),
            ("secret key", true, "nothing is sealed yet"),
            ("redis", true, ""),
        ];
        check(&[KEY, database], &expected).await;
    }

    #[tokio::test]
    async fn a_store_that_does_not_answer_and_a_redis_that_does_not_either_are_both_named() {
        // Port 1 is tcpmux: nobody listens there.
        let variables = [
            KEY,
            ("MERIDIAN_DATABASE_URL", "postgres://nobody@127.0.0.1:1/none"),
            ("MERIDIAN_REDIS_URL", "redis://127.0.0.1:1"),
        ];
        let expected = [
            ("configuration", true, ""),
            ("database", false, "check `database_url`"),
            ("redis", false, "check `redis_url`"),
        ];
        check(&variables, &expected).await;
    }

    #[test]
    fn a_clock_that_was_never_set_is_noticed() {
        assert!(clock(DateTime::UNIX_EPOCH).is_err());
    }
}
