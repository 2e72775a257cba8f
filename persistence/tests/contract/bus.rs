//! The bus through a real Redis.

use std::time::Duration;

use domain::ids::{EntityId, WorkspaceId};
use persistence::bus::{Bus, Hint, Listener, Reach};

use crate::store::variable;

const SOON: Duration = Duration::from_secs(10);

fn bus() -> Bus {
    Bus::through_redis(&variable("MERIDIAN_TEST_REDIS_URL")).unwrap()
}

/// Hints of this test: others share the Redis.
fn hint(test: u128, position: i64) -> Hint {
    Hint::Placed { workspace: WorkspaceId::from_uuid(uuid::Uuid::from_u128(test)), position }
}

async fn next_of(test: u128, listener: &mut Listener) -> i64 {
    let ours = WorkspaceId::from_uuid(uuid::Uuid::from_u128(test));
    let next = async {
        loop {
            match listener.next().await.expect("the bus is there") {
                Hint::Placed { workspace, position } if workspace == ours => return position,
                _ => {}
            }
        }
    };
    tokio::time::timeout(SOON, next).await.expect("a hint arrives")
}

/// Tells one bus something until another hears of it: both connect in the background.
async fn connect(test: u128, from: &Bus, to: &Bus) {
    let mut there = to.listen();
    let heard = next_of(test, &mut there);
    let tell = async {
        loop {
            from.publish(hint(test, 0));
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    tokio::select! { _ = heard => {}, () = tell => {} }
}

#[tokio::test]
async fn a_process_hears_its_own_hints_once() {
    let (ours, other) = (bus(), bus());
    connect(1, &ours, &other).await;
    connect(1, &other, &ours).await;
    let (mut here, mut there) = (ours.listen(), other.listen());
    ours.publish(hint(1, 1));
    while next_of(1, &mut there).await != 1 {}
    // Redis carries one after the other: an echo of the first would be here before the second.
    other.publish(hint(1, 2));
    let mut heard = Vec::new();
    while heard.last() != Some(&2) {
        heard.push(next_of(1, &mut here).await);
    }
    heard.retain(|position| *position > 0);
    assert_eq!(heard, [1, 2]);
}

#[tokio::test]
async fn a_user_who_may_publish_and_subscribe_is_enough() {
    let url = variable("MERIDIAN_TEST_REDIS_URL");
    let mut admin = redis::Client::open(url.as_str()).unwrap().get_multiplexed_async_connection().await.unwrap();
    let rights = ["on", ">secret", "resetchannels", "&meridian:hints", "-@all", "+publish", "+subscribe"];
    redis::cmd("ACL").arg("SETUSER").arg("hints").arg(&rights).query_async::<()>(&mut admin).await.unwrap();
    let ours = Bus::through_redis(&url.replace("redis://", "redis://hints:secret@")).unwrap();
    tokio::time::timeout(SOON, connect(3, &ours, &bus())).await.expect("hints of this user are heard");
    tokio::time::timeout(SOON, connect(3, &bus(), &ours)).await.expect("this user hears hints");
    assert_eq!(*ours.reach().borrow(), Reach::Connected);
}

#[tokio::test]
async fn the_bus_ends_with_its_last_handle() {
    let (ours, other) = (bus(), bus());
    connect(2, &other, &ours).await;
    let (mut here, clone) = (ours.listen(), ours.clone());
    drop(ours);
    other.publish(hint(2, 1));
    while next_of(2, &mut here).await != 1 {}
    drop(clone);
    let end = async { while here.next().await.is_some() {} };
    tokio::time::timeout(SOON, end).await.expect("nobody listens to Redis for a bus that is gone");
}
