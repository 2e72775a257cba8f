//! The way to the database goes dark under a server: nothing is closed, nothing is answered. Streams go on over new
//! connections, though the hub was in the middle of a question.

use sqlx::Connection;
use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

use super::{Cut, Follower};
use crate::leads::free_times;
use crate::support::{App, Store, wait_until};

/// A way to the database.
struct Tunnel {
    url: String,
    dark: watch::Sender<()>,
}

impl Tunnel {
    async fn to(database_url: &str) -> Self {
        let (scheme, rest) = database_url.split_once('@').unwrap();
        let (address, name) = rest.split_once('/').unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("{scheme}@{}/{name}", listener.local_addr().unwrap());
        let (dark, address) = (watch::Sender::new(()), address.to_owned());
        let light = dark.clone();
        tokio::spawn(async move {
            while let Ok((mut near, _)) = listener.accept().await {
                let (address, mut gone) = (address.clone(), light.subscribe());
                tokio::spawn(async move {
                    let mut far = TcpStream::connect(address).await.unwrap();
                    let is_dark = tokio::select! {
                        _ = copy_bidirectional(&mut near, &mut far) => false,
                        _ = gone.changed() => true,
                    };
                    if is_dark {
                        // Both ends stay open, and nobody is told.
                        std::future::pending::<()>().await;
                    }
                });
            }
        });
        Self { url, dark }
    }

    /// What is on the way gets nowhere; who sets out from now on arrives.
    fn go_dark(&self) {
        self.dark.send_replace(());
    }
}

#[tokio::test]
async fn streams_outlive_the_connections_to_the_database() {
    let mut app = App::start(Store::Postgres).await;
    let tunnel = Tunnel::to(app.database_url()).await;
    let other = app.another_api_at(&tunnel.url).await;
    let admin = app.as_persona("admin");
    let times = free_times(&admin).await;
    let mut follower = Follower::begin(&app, &other, &times[0]).await;
    follower.hear_until(1, Cut::Never).await;

    let mut store = sqlx::PgConnection::connect(app.database_url()).await.unwrap();
    let mut lock = store.begin().await.unwrap();
    sqlx::raw_sql("LOCK TABLE event_positions IN ACCESS EXCLUSIVE MODE").execute(&mut *lock).await.unwrap();
    let asking = "SELECT count(*) FROM pg_stat_activity
        WHERE datname = current_database() AND wait_event_type = 'Lock' AND query LIKE '%event_positions%'";
    // Not within the transaction that locks: there, who does what is read once, and told for ever.
    let mut onlooker = sqlx::PgConnection::connect(app.database_url()).await.unwrap();
    wait_until("the hub asks", async || {
        let asking: i64 = sqlx::query_scalar(asking).fetch_one(&mut onlooker).await.unwrap();
        asking > 0
    })
    .await;
    tunnel.go_dark();
    lock.rollback().await.unwrap();

    let mut booked = Vec::new();
    let gone = std::time::Instant::now();
    for time in &times[1..4] {
        booked.push(time.book(&admin, booked.len() + 1).await);
    }
    follower.hear_until(booked.len() + 1, Cut::Never).await;
    println!("heard again {:?} after the way to the database went dark", gone.elapsed());
    follower.check(booked);
}
