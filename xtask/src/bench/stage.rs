//! What is measured: a sandbox on one of the two ways to run Meridian, and the plain route beside it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;

use super::client::Client;
use super::hooks::Hook;
use super::http::{Post, Url};
use crate::machine;
use crate::provision::{Provision, StoreUrls};

const READY: &str = "meridian ready ";

/// The two ways to run it.
#[derive(Clone, Copy)]
pub enum Form {
    /// One process on a SQLite file.
    Embedded,
    /// PostgreSQL and Redis; a subscriber may be at another process than the one that books.
    Production,
}

impl Form {
    /// Its name in the results.
    pub fn name(self) -> &'static str {
        match self {
            Self::Embedded => "SQLite",
            Self::Production => "PostgreSQL + Redis",
        }
    }
}

/// The programs under measurement.
pub struct Programs {
    meridian: PathBuf,
    plain_route: PathBuf,
}

impl Programs {
    /// Builds them as they are released.
    pub fn build() -> Result<Self> {
        let mut cargo = machine::cargo()?;
        cargo.args(["build", "--release", "--package", "server", "--package", "sandbox", "--bins"]);
        ensure!(cargo.status()?.success(), "the release build failed");
        Self::given(&machine::meridian("release")?)
    }

    /// Built before: `meridian`, and `plain_route` beside it.
    pub fn given(meridian: &Path) -> Result<Self> {
        // Absolute, because a name without a slash would be looked for on PATH.
        let meridian = fs::canonicalize(meridian).with_context(|| format!("there is no {}", meridian.display()))?;
        let plain_route = meridian.with_file_name("plain_route");
        ensure!(plain_route.is_file(), "there is no plain_route beside {}", meridian.display());
        Ok(Self { meridian, plain_route })
    }
}

/// Everything that runs for one form; it stops when this is dropped.
pub struct Stage {
    /// The sandbox's administrator.
    pub admin: Client,
    /// Takes forms by webhook.
    pub hook: Hook,
    /// What is measured.
    pub sandbox: Program,
    /// What is compared with.
    pub plain: Program,
    /// Sockets that hear what is posted, and nothing else: what a fan-out is compared with.
    pub broadcast: Broadcast,
    /// Where the subscriber connects: the sandbox, or in production a second process.
    pub subscriptions: Url,
    /// The process that subscribers connect to.
    pub subscribed: u32,
    _provision: Provision,
}

/// A process that answers at a place.
pub struct Program {
    /// Where it is.
    pub url: Url,
    /// Its process.
    pub id: u32,
}

/// The bare broadcaster.
pub struct Broadcast {
    /// Listens.
    pub sockets: Url,
    /// Is heard.
    pub publish: Url,
    /// Its process.
    pub id: u32,
}

impl Stage {
    /// Starts it all.
    pub fn set(form: Form, programs: &Programs) -> Result<Self> {
        let mut provision = match form {
            Form::Embedded => Provision::bare()?,
            Form::Production => Provision::for_bench()?,
        };
        let plain = provision.start("plain_route", &mut Command::new(&programs.plain_route), "plain route ready ")?;
        let data_dir = provision.folder().join("sandbox");
        let stores = provision.stores().cloned();
        let mut sandbox = Command::new(&programs.meridian);
        sandbox.args(["sandbox", "--port", "0", "--data-dir"]).arg(&data_dir);
        if let Some(stores) = &stores {
            sandbox.args(["--database-url", &stores.postgres, "--redis-url", &stores.redis]);
        }
        let started = provision.start("sandbox", &mut sandbox, READY)?;
        let url = started.said.clone();
        let measured = Program { url: Url::parse(&url)?, id: started.id };
        let manifest = data_dir.join("sandbox.json");
        let (admin, hook) = (Client::of_sandbox(&manifest, "admin")?, Hook::of_sandbox(&manifest)?);
        let subscribed = match &stores {
            None => started,
            Some(stores) => {
                let key = fs::read(data_dir.join("secret.key")).context("the sandbox has no secret.key")?;
                provision.start("second", &mut second(programs, stores, &key, &url), READY)?
            }
        };
        let subscriptions = Url::parse(&format!("{}/graphql", subscribed.said))?;
        let base = plain.said.trim_end_matches("/json");
        let broadcast = Broadcast {
            sockets: Url::parse(&format!("{base}/broadcast"))?,
            publish: Url::parse(&format!("{base}/publish"))?,
            id: plain.id,
        };
        let plain = Program { url: Url::parse(base)?, id: plain.id };
        Ok(Self {
            admin,
            hook,
            sandbox: measured,
            plain,
            broadcast,
            subscriptions,
            subscribed: subscribed.id,
            _provision: provision,
        })
    }
}

impl Stage {
    /// A POST of JSON to a path of the plain route.
    pub fn plain_post(&self, path: &str, body: &str) -> Result<Vec<u8>> {
        let url = Url::parse(&format!("http://{}{path}", self.plain.url.host()))?;
        Ok(Post { url: &url, content_type: "application/json", authorization: None, body }.to_bytes())
    }
}

/// Another process of the instance at `url`: the same stores, the same key and the same issuer of tokens.
fn second(programs: &Programs, stores: &StoreUrls, key: &[u8], url: &str) -> Command {
    let mut serve = Command::new(&programs.meridian);
    serve.arg("serve").env("MERIDIAN_LISTEN", "127.0.0.1:0").env("MERIDIAN_PUBLIC_URL", url);
    serve.env("MERIDIAN_DATABASE_URL", &stores.postgres).env("MERIDIAN_REDIS_URL", &stores.redis);
    serve.env("MERIDIAN_SECRET_KEY", BASE64_STANDARD.encode(key));
    serve.envs(
        ["POINTS_BURST", "POINTS_PER_SECOND", "TOKENS_BURST"]
            .map(|name| (format!("MERIDIAN_LIMITS__{name}"), "1000000000")),
    );
    serve.envs(
        ["SOCKETS_PER_CLIENT", "RUNNING_PER_WORKSPACE"].map(|name| (format!("MERIDIAN_LIMITS__{name}"), "1000000")),
    );
    serve
}
