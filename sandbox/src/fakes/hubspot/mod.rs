//! A fake HubSpot: contacts, companies, meetings, tasks, properties, owners and associations.
//!
//! Facts are the vendor's documentation's; where it is silent, `tests/official_clients.rs` shows what the vendor's
//! own client needs. Deliberately absent: deals, pipelines, merging, OAuth, webhooks.

mod account;
mod associations;
mod batch;
mod catalogue;
mod guard;
mod model;
mod objects;
mod owners;
mod properties;
mod refusal;
mod search;
mod validate;

use std::io;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::middleware::from_fn_with_state;
use axum::routing::{delete, get, post, put};
use axum::{Json, Router};
use chrono::{DateTime, Utc};
use domain::operation::Edge;
use serde_json::{Value, json};
use tokio::net::TcpListener;

use self::account::{Account, shown};
use self::guard::Budget;
pub use self::model::Owner;
use self::refusal::{Answer, Refusal};
use super::gate::{self, Gate, lock};
use super::journal::Journal;

/// How a fake HubSpot account is set up.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The only token it accepts.
    pub token: String,
    /// Whom records can belong to.
    pub owners: Vec<Owner>,
    /// The burst limit. HubSpot's own are 100 to 250; a sandbox that is not about limits wants more.
    pub requests_per_ten_seconds: usize,
    /// The file that outlives the process; `None` forgets everything at the end.
    pub state: Option<PathBuf>,
}

impl Settings {
    /// An account without owners, in memory, practically without a limit.
    pub fn new(token: impl Into<String>) -> Self {
        Self { token: token.into(), owners: Vec::new(), requests_per_ten_seconds: 100_000, state: None }
    }
}

/// A fake HubSpot account. Cheap to clone; clones are the same account.
#[derive(Clone)]
pub struct HubSpotFake(Arc<Inner>);

struct Inner {
    settings: Settings,
    edge: Edge,
    gate: Arc<Gate>,
    budget: Mutex<Budget>,
    kept: Mutex<Kept>,
}

struct Kept {
    account: Account,
    journal: Journal,
}

impl HubSpotFake {
    /// Opens the account, with what its file remembers. `edge` is where its clock comes from.
    pub fn open(settings: Settings, edge: Edge) -> io::Result<Self> {
        let mut account = Account::new(settings.owners.clone());
        let mut journal = Journal::default();
        if let Some(path) = &settings.state {
            let (opened, changes) = Journal::open(path)?;
            journal = opened;
            for change in changes {
                account.apply(change);
            }
            account.take_changes();
        }
        Ok(Self(Arc::new(Inner {
            gate: Arc::new(Gate::new(edge.clone())),
            budget: Mutex::new(Budget::new(settings.requests_per_ten_seconds)),
            kept: Mutex::new(Kept { account, journal }),
            settings,
            edge,
        })))
    }

    fn now(&self) -> DateTime<Utc> {
        self.0.edge.now()
    }

    fn token(&self) -> &str {
        &self.0.settings.token
    }

    fn budget(&self) -> &Mutex<Budget> {
        &self.0.budget
    }

    fn read<T>(&self, look: impl FnOnce(&Account) -> Answer<T>) -> Answer<T> {
        look(&lock(&self.0.kept).account)
    }

    /// Changes the account: all of it, on disk before it is answered, or nothing.
    fn write<T>(&self, change: impl FnOnce(&mut Account) -> Answer<T>) -> Answer<T> {
        let mut kept = lock(&self.0.kept);
        let Kept { account, journal } = &mut *kept;
        let result = change(account);
        if result.is_err() {
            account.roll_back();
            return result;
        }
        journal.append(&account.take_changes()).map_err(|error| Refusal::broken(&error))?;
        result
    }

    fn reset(&self) -> io::Result<()> {
        let mut kept = lock(&self.0.kept);
        kept.journal.clear()?;
        kept.account = Account::new(self.0.settings.owners.clone());
        self.0.gate.reset();
        Ok(())
    }
}

impl std::fmt::Debug for HubSpotFake {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("HubSpotFake")
    }
}

/// Serves the account until `shutdown` resolves. Held requests are let go then, and answered before it returns.
pub async fn serve(
    listener: TcpListener,
    fake: HubSpotFake,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> io::Result<()> {
    let gate = fake.0.gate.clone();
    let shutdown = async move {
        shutdown.await;
        gate.release();
    };
    axum::serve(listener, router(fake)).with_graceful_shutdown(shutdown).await
}

fn router(fake: HubSpotFake) -> Router {
    let gate = fake.0.gate.clone();
    let vendor = Router::new()
        .route("/crm/v3/objects/{kind}", get(objects::list).post(objects::post))
        .route("/crm/v3/objects/{kind}/search", post(search::post))
        .route("/crm/v3/objects/{kind}/batch/{verb}", post(batch::post))
        .route("/crm/v3/objects/{kind}/{id}", get(objects::get).patch(objects::patch).delete(objects::delete))
        .route("/crm/v3/properties/{kind}", get(properties::list).post(properties::post))
        .route("/crm/v3/properties/{kind}/groups", get(properties::groups).post(properties::post_group))
        .route("/crm/v3/properties/{kind}/groups/{group}", get(properties::group))
        .route("/crm/v3/properties/{kind}/{property}", get(properties::get).delete(properties::delete))
        .route("/crm/v3/owners", get(owners::list))
        .route("/crm/v3/owners/", get(owners::list))
        .route("/crm/v3/owners/{id}", get(owners::get))
        .route("/crm/v4/objects/{kind}/{id}/associations/{to}", get(associations::list))
        .route("/crm/v4/objects/{kind}/{id}/associations/default/{to}/{to_id}", put(associations::put_default))
        .fallback(|| async { Refusal::no_such_path() })
        .layer(from_fn_with_state(fake.clone(), guard::guard))
        .layer(from_fn_with_state(gate.clone(), gate::pass))
        .with_state(fake.clone());
    let control = Router::new()
        .route("/_fake/faults", get(gate::faults_left).post(gate::add_faults))
        .route("/_fake/release", post(gate::release))
        .route("/_fake/log", get(gate::log))
        .with_state(gate);
    let account = Router::new()
        .route("/_fake/objects/{kind}", get(all_objects))
        .route("/_fake/reset", delete(reset))
        .with_state(fake);
    vendor.merge(control).merge(account)
}

/// `GET /_fake/objects/{kind}`: everything that is kept, with every property.
async fn all_objects(State(fake): State<HubSpotFake>, Path(name): Path<String>) -> Answer<Json<Value>> {
    let kind = objects::kind(&name)?;
    fake.read(|account| {
        let all = account.objects(kind, false).map(|object| shown(object, object.properties.keys().cloned()));
        Ok(Json(json!({"results": all.collect::<Vec<_>>()})))
    })
}

/// `DELETE /_fake/reset`: an empty account, an empty script and an empty log.
async fn reset(State(fake): State<HubSpotFake>) -> Answer<StatusCode> {
    fake.reset().map_err(|error| Refusal::broken(&error))?;
    Ok(StatusCode::NO_CONTENT)
}
