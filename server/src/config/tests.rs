//! What an operator may write, and what is said about what they may not.

use super::*;

const KEY: &str = "BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc=";

fn load(file: &str, variables: &[(&str, &str)]) -> Result<Config, Faults> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("meridian.toml");
    std::fs::write(&path, file).unwrap();
    let variables = variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    Config::load(Some(&path), variables)
}

fn check(file: &str, variables: &[(&str, &str)], expected: &[&str]) {
    let Faults(faults) = load(file, variables).unwrap_err();
    assert_eq!(faults.len(), expected.len(), "{faults:#?}");
    for (fault, expected) in faults.iter().zip(expected) {
        assert!(fault.contains(expected), "{fault}\n does not say: {expected}");
    }
}

#[test]
fn the_environment_overrides_the_file() {
    let file = format!(
        "database_url = \"sqlite:here.db\"\nsecret_key = \"{KEY}\"\npublic_url = \"https://m.example/\"\n[log]\nformat = \"json\"\n"
    );
    let variables = [
        ("MERIDIAN_DATABASE_URL", "postgres://m@db/m"),
        ("MERIDIAN_DATABASE_CONNECTIONS", "40"),
        ("MERIDIAN_LOG__FILTER", "debug"),
        ("MERIDIAN_WORKER__LEASE_SECONDS", "3"),
    ];
    let config = load(&file, &variables).unwrap();
    assert_eq!(config.database_url, "postgres://m@db/m");
    assert_eq!(config.database_connections, 40);
    assert_eq!(config.public_url.as_deref(), Some("https://m.example"));
    assert_eq!(config.redis_url, None);
    assert_eq!(
        config.events_retention.map(|retention| (retention.keep.num_days(), retention.archive)),
        Some((90, None))
    );
    assert_eq!(config.worker.resolve().lease.as_secs(), 3);
    assert_eq!(config.secret_key, SecretKey::new([7; 32]));
    assert_eq!((config.log.format, config.log.filter.as_deref()), (Some(LogFormat::Json), Some("debug")));
}

#[test]
fn every_fault_is_named_at_once_with_what_to_write() {
    check(
        "listen = \"8080\"\nredis_url = \"localhost\"\npublic_url = \"m.example\"\ndatabase_connections = 0\n[worker]\nlease_seconds = 0\n[serving]\nconnections_max = 0\ntls_key = \"key.pem\"",
        &[("MERIDIAN_SECRET_KEY", "c2hvcnQ=")],
        &[
            "`database_url` (MERIDIAN_DATABASE_URL) is missing; write `postgres://",
            "`redis_url` is not a Redis URL; write `redis://host:6379`",
            "`listen` is `8080`; write an address with a port",
            "`public_url` is not the address of a server",
            "`secret_key` has 5 bytes; write 32 random bytes in base64",
            "`database_connections` is 0; write a number from 1 to 1000",
            "`worker.lease_seconds` is 0",
            "`serving.connections_max` is 0; write a number from 1 to 1000000",
            "`serving.tls_certificate` and `serving.tls_key` go together",
        ],
    );
}

#[test]
fn events_stay_for_as_long_as_is_said() {
    let file = format!("database_url = \"sqlite:a\"\nsecret_key = \"{KEY}\"");
    let variables = [("MERIDIAN_EVENTS_RETENTION_DAYS", "30"), ("MERIDIAN_EVENTS_ARCHIVE_FOLDER", "/var/archive")];
    let kept = load(&file, &variables).unwrap().events_retention.unwrap();
    assert_eq!((kept.keep.num_days(), kept.archive), (30, Some("/var/archive".into())));
    assert!(load(&file, &[("MERIDIAN_EVENTS_RETENTION_DAYS", "0")]).unwrap().events_retention.is_none());
    check(&file, &[("MERIDIAN_EVENTS_RETENTION_DAYS", "40000")], &["`events_retention_days` is 40000; write a number"]);
}

#[test]
fn a_key_that_nobody_knows_is_refused() {
    check("databse_url = \"sqlite:a\"", &[], &["unknown field `databse_url`, expected one of `database_url`"]);
    check("", &[("MERIDIAN_LOG_FORMAT", "json")], &["unknown field `log_format`"]);
    check("[log]\ncolour = true", &[], &["unknown field `colour`, expected `format` or `filter`"]);
}

#[test]
fn a_value_of_the_wrong_kind_is_named_with_its_key() {
    check("database_connections = \"many\"", &[], &["database_connections"]);
    check("[log]\nformat = \"xml\"", &[], &["log.format"]);
}

#[test]
fn a_file_that_is_not_there_is_said() {
    let Faults(faults) = Config::load(Some(Path::new("nowhere.toml")), HashMap::new()).unwrap_err();
    assert!(faults[0].contains("nowhere.toml"), "{faults:?}");
}

#[test]
fn secrets_are_not_printed() {
    let file = format!("database_url = \"sqlite:a\"\nsecret_key = \"{KEY}\"");
    let shown = format!("{:?}", load(&file, &[]).unwrap().secret_key);
    assert_eq!(shown, "SecretKey(…)");
}
