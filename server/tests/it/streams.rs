//! Streams over graphql-transport-ws: prompt, in order, resumed from any cursor, and none the worse for a Redis that
//! dies.

mod cluster;
mod dark;
mod freed;
mod opaque;
mod outage;
mod paused;
mod restart;
mod retention;
pub mod socket;
mod torn;

use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use futures_util::{StreamExt, stream};
use persistence::events::position;
use serde_json::{Value, json};
use tokio::time::timeout;

use self::socket::Socket;
use crate::leads::{FreeTime, free_times};
use crate::support::{App, Caller, Store, Wishes};

/// What is heard in this time was not found by looking, which is done every second. The goal is 50 ms for the median;
/// a machine that runs many tests at once may take longer.
const PROMPT_MAX: Duration = Duration::from_millis(300);

const FOLLOW: &str = "subscription ($after: EventCursor) {
    meetingEvents(after: $after) { cursor sequence type entityId } }";

both_stores!(what_happens_to_meetings_is_heard_at_once, async |app: App| {
    let ops = app.as_persona("ops");
    let token = ops.token().await;
    let admin = app.as_persona("admin");
    let times = free_times(&admin).await;
    let mut all = Socket::open(&app.url, &token).await;
    all.subscribe("all", FOLLOW, json!({"after": end_of_log(&app).await})).await;

    let mut bookings = Socket::open(&app.url, &token).await;
    bookings.subscribe("1", "subscription { meetingBooked { type meeting { id } } }", json!({})).await;
    let mut meetings = Vec::new();
    let booked = heard_while(&mut bookings, async || {
        let meeting = times[meetings.len()].book(&admin, 1 + meetings.len()).await;
        meetings.push(meeting);
    })
    .await;
    let is_told = |id: &String| json!({"meetingBooked": {"type": "meeting_booked", "meeting": {"id": id}}}) == booked;
    assert!(meetings.iter().any(is_told), "{booked}");
    for meeting in &meetings {
        let event = all.next().await.1["meetingEvents"].take();
        assert_eq!((&event["type"], &event["entityId"]), (&json!("meeting_booked"), &json!(meeting)));
    }

    let mut outcomes = Socket::open(&app.url, &token).await;
    outcomes.subscribe("1", "subscription { meetingOutcome { type meeting { id status } } }", json!({})).await;
    let (meeting, mut said) = (&meetings[0], 0);
    let outcome = heard_while(&mut outcomes, async || {
        // The same outcome again is no event.
        let outcome = ["NO_SHOW", "COMPLETED"][said % 2];
        said += 1;
        let input = json!({"meetingId": meeting, "outcome": outcome});
        ops.mutate("recordMeetingOutcome", input, "meeting { status }").await;
    })
    .await;
    let told = &outcome["meetingOutcome"];
    assert_eq!((&told["type"], &told["meeting"]["id"]), (&json!("meeting_outcome"), &json!(meeting)));
    for _ in 0..said {
        assert_eq!(all.next().await.1["meetingEvents"]["type"], "meeting_outcome");
    }
});

both_stores!(a_stream_that_is_cut_again_and_again_misses_nothing, async |app: App| {
    let admin = app.as_persona("admin");
    let times = free_times(&admin).await;
    let mut follower = Follower::begin(&app, &app.url, &times[0]).await;
    let (booked, ()) = tokio::join!(book_all(&admin, &times[1..100]), follower.hear_until(100, Cut::Often));
    follower.check(booked);
});

both_stores!(a_cursor_from_the_future_disturbs_nobody, async |app: App| {
    let admin = app.as_persona("admin");
    let times = free_times(&admin).await;
    // Of an older log that was restored, or made up: base64 of `e1.999999`.
    let mut stray = Socket::open(&app.url, &app.as_persona("ops").token().await).await;
    stray.subscribe("stray", FOLLOW, json!({"after": "ZTEuOTk5OTk5"})).await;
    let mut follower = Follower::begin(&app, &app.url, &times[0]).await;
    let mut booked = Vec::new();
    let strays = heard_while(&mut stray, async || {
        booked.push(times[1 + booked.len()].book(&admin, 1 + booked.len()).await);
    })
    .await;
    follower.hear_until(1 + booked.len(), Cut::Never).await;
    let is_heard = |event: &Value| event["sequence"] == strays["meetingEvents"]["sequence"];
    assert!(follower.heard.iter().any(is_heard), "{strays}");
    follower.check(booked);
});

both_stores!(a_token_without_the_scope_hears_nothing, async |app: App| {
    let mut socket = Socket::open(&app.url, &app.as_persona("anonymous").token().await).await;
    socket.subscribe("1", FOLLOW, json!({})).await;
    let refusal = socket.message().await;
    assert_eq!((&refusal["type"], &refusal["id"]), (&json!("error"), &json!("1")));
    assert_eq!(refusal["payload"][0]["extensions"]["code"], "SCOPE_DENIED", "{refusal}");
});

#[tokio::test]
async fn a_booking_at_one_server_is_heard_at_the_other() {
    const BOOKINGS: usize = 50;
    // Relay and lanes look as seldom as the hub does.
    let environment = vec![("MERIDIAN_WORKER__POLL_MILLISECONDS", "1000".to_owned())];
    let mut app = App::start_with(Store::Postgres, Wishes { environment, ..Wishes::default() }).await;
    let other = app.another_api().await;
    let admin = app.as_persona("admin");
    let times = free_times(&admin).await;
    let mut follower = Follower::begin(&app, &other, &times[0]).await;
    follower.hear_until(1, Cut::Never).await;
    let mut booked = Vec::new();
    let median = follower.median_wait(&admin, &times[1..=BOOKINGS], &mut booked).await;
    println!("booking answered → heard at the other server: p50 {median:?}");
    assert!(median < PROMPT_MAX, "{median:?}");
    follower.check(booked);
}

/// Whether a follower loses its connection on the way.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Cut {
    Never,
    Often,
}

/// Somebody who follows the meetings at one server, and comes back to the cursor whenever the connection is cut.
struct Follower {
    server: String,
    token: String,
    socket: Socket,
    /// Every event so far.
    heard: Vec<Value>,
    first: String,
}

impl Follower {
    /// Follows from now on; the first thing to be heard is a booking of `time`.
    async fn begin(app: &App, server: &str, time: &FreeTime) -> Self {
        let token = app.as_persona("ops").token().await;
        let socket = Self::resume(server, &token, &end_of_log(app).await).await;
        let first = time.book(&app.as_persona("admin"), 0).await;
        Self { server: server.to_owned(), token, socket, heard: Vec::new(), first }
    }

    async fn resume(server: &str, token: &str, after: &Value) -> Socket {
        let mut socket = Socket::open(server, token).await;
        socket.subscribe("1", FOLLOW, json!({"after": after})).await;
        socket
    }

    /// Comes back to the cursor, at the server where the app is now.
    async fn come_back(&mut self, app: &App) {
        self.come_back_at(&app.url).await;
    }

    /// Comes back to the cursor, at this server.
    async fn come_back_at(&mut self, server: &str) {
        server.clone_into(&mut self.server);
        let after = self.heard.last().map_or(Value::Null, |event| event["cursor"].clone());
        self.socket = Self::resume(&self.server, &self.token, &after).await;
    }

    /// Listens until so many events have come in all.
    async fn hear_until(&mut self, count: usize, cut: Cut) {
        let mut until_cut = 1;
        while self.heard.len() < count {
            let (_, mut data) = self.socket.next().await;
            self.heard.push(data["meetingEvents"].take());
            if cut == Cut::Never {
                continue;
            }
            until_cut -= 1;
            if until_cut == 0 {
                // A walk through 1..=12 without a pattern; the connection is dropped without a goodbye.
                until_cut = 1 + self.heard.len() * 7919 % 13 % 12;
                let after = self.heard.last().map_or(Value::Null, |event| event["cursor"].clone());
                self.socket = Self::resume(&self.server, &self.token, &after).await;
            }
        }
    }

    /// Books these times one after the other, hears of each, and answers with the median of the waits from a booking's
    /// answer to its event.
    async fn median_wait(&mut self, caller: &Caller<'_>, times: &[FreeTime], booked: &mut Vec<String>) -> Duration {
        let mut waits = Vec::new();
        for time in times {
            booked.push(time.book(caller, booked.len() + 1).await);
            let answered = Instant::now();
            self.hear_until(booked.len() + 1, Cut::Never).await;
            waits.push(answered.elapsed());
        }
        waits.sort_unstable();
        waits[waits.len() / 2]
    }

    /// Exactly the meetings that were booked have been heard, each once, in the order of the log.
    fn check(&self, booked: Vec<String>) {
        let places: Vec<_> = self.heard.iter().map(|event| event["sequence"].as_i64().unwrap()).collect();
        assert!(places.is_sorted_by(|earlier, later| earlier < later), "{places:?}");
        let mut heard: Vec<_> = self.heard.iter().map(|event| event["entityId"].as_str().unwrap().to_owned()).collect();
        let mut expected = booked;
        expected.push(self.first.clone());
        heard.sort_unstable();
        expected.sort_unstable();
        assert_eq!(heard, expected);
    }
}

/// The cursor of the newest event. Whoever follows "from now on" does so from when the server gets to it, of which nothing
/// tells; whoever follows from here hears everything that happens after this, whenever it is.
async fn end_of_log(app: &App) -> Value {
    let newest = position(&app.database.reader(app.manifest.workspaces["acme"].id)).await.unwrap();
    json!(BASE64_URL_SAFE_NO_PAD.encode(format!("e1.{newest}")))
}

/// The first thing that is heard of what `happens` again and again: a stream begins when the server gets to it.
async fn heard_while(socket: &mut Socket, mut happens: impl AsyncFnMut()) -> Value {
    loop {
        happens().await;
        if let Ok((_, heard)) = timeout(Duration::from_secs(1), socket.next()).await {
            return heard;
        }
    }
}

/// Books every one of these times, a few at once; the meetings' ids.
async fn book_all(caller: &Caller<'_>, times: &[FreeTime]) -> Vec<String> {
    let bookings = times.iter().enumerate().map(|(number, time)| time.book(caller, number + 1));
    stream::iter(bookings).buffer_unordered(4).collect().await
}
