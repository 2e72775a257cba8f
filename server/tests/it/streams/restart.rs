//! A server dies or is replaced while people book and listen: those who come back to their cursor miss nothing.

use super::{Cut, Follower};
use crate::leads::free_times;
use crate::support::{App, Part};

/// Bookings between two deaths.
const STAGE: usize = 6;

both_stores!(a_server_may_die_and_come_back, async |mut app: App| {
    let times = free_times(&app.as_persona("admin")).await;
    let mut follower = Follower::begin(&app, &app.url, &times[0]).await;
    let mut booked = Vec::new();
    let mut numbers = 1..;
    for stage in 0..4 {
        let admin = app.as_persona("admin");
        for number in numbers.by_ref().take(STAGE) {
            booked.push(times[number].book(&admin, number).await);
        }
        // One hears everything before the death, one hears nothing, one a part.
        follower.hear_until(1 + stage * STAGE + stage % 3 * STAGE / 2, Cut::Never).await;
        if stage % 2 == 0 {
            app.kill9(Part::Api);
        } else {
            assert!(app.terminate(Part::Api).ended().await.success());
        }
        app.start_missing().await;
        follower.come_back(&app).await;
    }
    follower.hear_until(booked.len() + 1, Cut::Often).await;
    follower.check(booked);
});
