//! The lanes under everything at once: random commands, workers that die between any two steps, clocks that jump,
//! destinations that are slow, fail, refuse or answer too late. What must hold is checked after every step.
//!
//! The simulation runs on a model of the store, which is quick enough for thousands of seeds, and on the model and a
//! real store side by side, which shows that the model tells the truth. A seed that fails is printed; running it alone
//! repeats it step by step: `MERIDIAN_TEST_SEED=17 cargo xtask test --filter the_model`.
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a simulation that cannot go on has failed")]

mod both;
mod dice;
mod model;
mod real;
mod store;
mod world;

use std::panic::AssertUnwindSafe;

use futures_util::FutureExt;

use crate::both::Both;
use crate::model::Model;
use crate::real::Real;
use crate::store::Store;
use crate::world::World;

const SEEDS_ON_THE_MODEL: u64 = 10_000;
const SEEDS_ON_SQLITE: u64 = 24;
const SEEDS_ON_POSTGRES: u64 = 12;

/// Runs the seeds, or the one that is asked for, each in a world of its own.
async fn check<S: Store>(seeds: u64, store: impl AsyncFn() -> S) {
    #[expect(clippy::disallowed_methods, reason = "the test run's own configuration, read by no product code")]
    let asked = std::env::var("MERIDIAN_TEST_SEED").ok().map(|text| text.parse::<u64>().expect("a seed is a number"));
    for seed in asked.map_or(0..seeds, |seed| seed..seed + 1) {
        let run = AssertUnwindSafe(World::new(seed, store().await).run()).catch_unwind().await;
        assert!(run.is_ok(), "seed {seed} failed; MERIDIAN_TEST_SEED={seed} repeats it");
    }
}

#[tokio::test]
async fn nothing_is_lost_doubled_or_out_of_order_on_the_model() {
    check(SEEDS_ON_THE_MODEL, async || Model::default()).await;
}

#[tokio::test]
async fn sqlite_does_what_the_model_does() {
    check(SEEDS_ON_SQLITE, async || Both::new(Real::on_sqlite().await)).await;
}

#[tokio::test]
async fn postgres_does_what_the_model_does() {
    check(SEEDS_ON_POSTGRES, async || Both::new(Real::on_postgres().await)).await;
}
