//! A server is frozen for a while, as a machine that swaps or migrates does it: whoever stays and whoever comes back
//! hears everything once.

use std::time::Duration;

use super::{Cut, Follower, book_all};
use crate::leads::free_times;
use crate::support::{App, Part, Store};

/// Longer than the leases of these tests.
const PAUSE: Duration = Duration::from_secs(3);

both_stores!(a_server_may_be_paused, async |mut app: App| {
    let other = match app.store {
        Store::Postgres => Some(app.another_api().await),
        Store::Sqlite => None,
    };
    let admin = app.as_persona("admin");
    let times = free_times(&admin).await;
    let mut stays = Follower::begin(&app, &app.url, &times[0]).await;
    stays.hear_until(1, Cut::Never).await;
    let mut leaves = Follower::begin(&app, &app.url, &times[1]).await;
    let mut booked = book_all(&admin, &times[2..8]).await;
    leaves.hear_until(3, Cut::Never).await;

    app.process(Part::Api).signal("STOP");
    let pause = async {
        let mut meanwhile = Vec::new();
        if let Some(other) = &other {
            // Elsewhere, life goes on: what was heard here is not heard again there.
            meanwhile = book_all(&app.as_persona("admin").at(other), &times[8..12]).await;
            leaves.come_back_at(other).await;
            leaves.hear_until(1 + 6 + 4, Cut::Never).await;
        }
        tokio::time::sleep(PAUSE).await;
        app.process(Part::Api).signal("CONT");
        meanwhile
    };
    // These are answered when it goes on.
    let (asked, meanwhile) = tokio::join!(book_all(&admin, &times[12..16]), pause);
    booked.extend(meanwhile.into_iter().chain(asked));
    if other.is_none() {
        leaves.come_back_at(&app.url).await;
    }
    leaves.hear_until(1 + booked.len(), Cut::Never).await;
    stays.hear_until(2 + booked.len(), Cut::Never).await;
    leaves.check(booked.clone());
    booked.push(leaves.first);
    stays.check(booked);
});
