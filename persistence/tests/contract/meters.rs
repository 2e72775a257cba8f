//! Meters in one process, through a real Redis, and without one that answers.

use std::time::Duration;

use chrono::{DateTime, TimeDelta};
use domain::metering::{Allowance, Cost, Taken};
use persistence::bus::{Bus, Reach};
use persistence::meters::Meters;

use crate::store::variable;

/// Ten points, and one back in a hundred seconds: a test is over before anything comes back.
const SLOW: Allowance = Allowance { burst: Cost::points(10), per_second: Cost::thousandths(10) };

/// Meters, and the bus that carries them: its tasks end with it.
async fn through_redis(url: &str) -> (Meters, Bus) {
    let bus = Bus::through_redis(url).unwrap();
    let mut reach = bus.reach();
    let connected = reach.wait_for(|reach| *reach == Reach::Connected);
    tokio::time::timeout(Duration::from_secs(10), connected).await.expect("Redis is there").unwrap();
    (Meters::new(&bus), bus)
}

async fn paid(meters: &Meters, key: &str, points: u32) -> bool {
    let taken = meters.take(key, SLOW, Cost::points(points), DateTime::UNIX_EPOCH).await;
    matches!(taken, Taken::Paid { .. })
}

#[tokio::test]
async fn servers_share_a_meter_through_redis() {
    let url = variable("MERIDIAN_TEST_REDIS_URL");
    let ((one, _bus), (other, _other_bus)) = (through_redis(&url).await, through_redis(&url).await);
    let key = "servers that share";
    let mut taken = 0;
    for meters in [&one, &other, &one, &other, &one, &other] {
        taken += u32::from(paid(meters, key, 2).await);
    }
    assert_eq!(taken, 5);
    let refused = other.take(key, SLOW, Cost::points(1), DateTime::UNIX_EPOCH).await;
    let Taken::Refused { available, wait } = refused else { panic!("{refused:?}") };
    assert_eq!(available.as_points(), available.as_thousandths().div_ceil(1000));
    assert!((95_000..=100_000).contains(&wait.as_millis()), "{wait:?}");
    assert!(paid(&one, &format!("{key} of somebody else"), 10).await);

    one.give_back(key, SLOW, Cost::points(3), DateTime::UNIX_EPOCH);
    assert!(paid(&one, key, 3).await && !paid(&other, key, 1).await);
}

#[tokio::test]
async fn at_once_is_as_one_after_the_other() {
    let (meters, _bus) = through_redis(&variable("MERIDIAN_TEST_REDIS_URL")).await;
    let key = "many at once";
    let taken = futures_util::future::join_all((0..50).map(|_| paid(&meters, key, 1))).await;
    assert_eq!(taken.into_iter().filter(|paid| *paid).count(), 10);
}

#[tokio::test]
async fn what_comes_back_comes_back() {
    let (meters, _bus) = through_redis(&variable("MERIDIAN_TEST_REDIS_URL")).await;
    let (key, fast) = ("what comes back", Allowance::of(10, 20));
    let take = async || meters.take(key, fast, Cost::points(10), DateTime::UNIX_EPOCH).await;
    assert!(matches!(take().await, Taken::Paid { .. }));
    let Taken::Refused { wait, .. } = take().await else { panic!("there is nothing left") };
    tokio::time::sleep(wait).await;
    assert!(matches!(take().await, Taken::Paid { .. }), "after {wait:?}");
}

#[tokio::test]
async fn without_redis_each_server_goes_on_alone() {
    // Nobody listens there.
    let away = Bus::through_redis("redis://127.0.0.1:1").unwrap();
    for meters in [Meters::new(&away), Meters::new(&Bus::in_process())] {
        let now = DateTime::UNIX_EPOCH;
        let take = async |points, now| meters.take("somebody", SLOW, Cost::points(points), now).await;
        assert_eq!(take(10, now).await, Taken::Paid { available: Cost::ZERO });
        let (available, wait) = (Cost::ZERO, Duration::from_secs(100));
        assert_eq!(take(1, now).await, Taken::Refused { available, wait });
        let later = now + TimeDelta::seconds(100);
        assert_eq!(take(1, later).await, Taken::Paid { available: Cost::ZERO });
        meters.give_back("somebody", SLOW, Cost::points(4), later);
        assert_eq!(take(3, later).await, Taken::Paid { available: Cost::points(1) });
    }
}

#[tokio::test]
async fn a_user_who_may_only_carry_hints_slows_nobody_down() {
    let url = variable("MERIDIAN_TEST_REDIS_URL");
    let mut admin = redis::Client::open(url.as_str()).unwrap().get_multiplexed_async_connection().await.unwrap();
    let rights = ["on", ">secret", "resetchannels", "&meridian:hints", "-@all", "+publish", "+subscribe"];
    redis::cmd("ACL").arg("SETUSER").arg("carrier").arg(&rights).query_async::<()>(&mut admin).await.unwrap();
    let (meters, _bus) = through_redis(&url.replace("redis://", "redis://carrier:secret@")).await;
    assert!(paid(&meters, "somebody", 10).await && !paid(&meters, "somebody", 1).await);
}
