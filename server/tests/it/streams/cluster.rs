//! Hints through a Redis Cluster: they stay in one shard, follow it to another, and survive that it dies.

use super::{Cut, Follower, PROMPT_MAX};
use crate::leads::free_times;
use crate::support::{App, Cluster, Store, Wishes};

#[tokio::test]
async fn hints_stay_in_one_shard_of_a_cluster_and_follow_it() {
    let mut cluster = Cluster::start().await;
    let environment = vec![("MERIDIAN_WORKER__POLL_MILLISECONDS", "1000".to_owned())];
    let mut app = App::start_with(Store::Postgres, Wishes { redis_url: Some(cluster.urls()), environment }).await;
    let other = app.another_api().await;
    let home = cluster.home().await;
    cluster.wait_for_listeners(home, 3).await;
    for server in &cluster.servers {
        let (_, everywhere): (String, u64) = server.ask("PUBSUB NUMSUB meridian:hints").await.unwrap();
        assert_eq!(everywhere, 0, "nobody listens on a channel that goes to every server");
    }
    let admin = app.as_persona("admin");
    let times = free_times(&admin).await;
    let mut stages = times[1..].chunks(9);
    let mut follower = Follower::begin(&app, &other, &times[0]).await;
    follower.hear_until(1, Cut::Never).await;
    let mut booked = Vec::new();
    let at_home = follower.median_wait(&admin, stages.next().unwrap(), &mut booked).await;

    let next = (home + 1) % 3;
    cluster.move_channel(home, next).await;
    cluster.wait_for_listeners(next, 3).await;
    let moved = follower.median_wait(&admin, stages.next().unwrap(), &mut booked).await;

    cluster.servers[next].kill();
    for time in &stages.next().unwrap()[..4] {
        booked.push(time.book(&admin, booked.len() + 1).await);
    }
    follower.hear_until(booked.len() + 1, Cut::Never).await;

    cluster.servers[next].restart();
    cluster.wait_until_whole().await;
    cluster.wait_for_listeners(next, 3).await;
    let healed = follower.median_wait(&admin, stages.next().unwrap(), &mut booked).await;
    follower.check(booked);
    println!("p50 through a cluster: {at_home:?}, after the channel moved {moved:?}, after its server died {healed:?}");
    assert!([at_home, moved, healed].iter().all(|wait| *wait < PROMPT_MAX), "by hints, and not by looking");
}
