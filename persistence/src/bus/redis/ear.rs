//! What is heard on a line: hints of others, and whether the line still lives.

use std::time::Duration;

use ::redis::aio::{AsyncPushSender, SendError};
use ::redis::{Msg, PushInfo, PushKind};
use tokio::sync::{broadcast, watch};
use tokio::time::Instant;
use uuid::Uuid;

use super::{Hint, Message};

/// Says nothing but that somebody is there.
pub const HEARTBEAT: &str = "\"heartbeat\"";

/// The listening end of one line. The library calls it from the task that reads the connection, so it never waits.
pub struct Ear {
    ours: Uuid,
    local: broadcast::Sender<Hint>,
    state: watch::Sender<State>,
}

struct State {
    last_heard: Instant,
    /// Why the line is dead.
    broken: Option<String>,
}

impl Ear {
    /// Passes on to `local` what others than `ours` say.
    pub fn new(ours: Uuid, local: broadcast::Sender<Hint>) -> Self {
        Self { ours, local, state: watch::Sender::new(State { last_heard: Instant::now(), broken: None }) }
    }

    /// How long nothing was heard.
    pub fn silence(&self) -> Duration {
        self.state.borrow().last_heard.elapsed()
    }

    /// The line is dead.
    pub fn fail(&self, why: &str) {
        self.state.send_if_modified(|state| {
            let is_news = state.broken.is_none();
            state.broken.get_or_insert_with(|| why.to_owned());
            is_news
        });
    }

    /// Waits until the line is dead; why it is.
    pub async fn broken(&self) -> String {
        let mut state = self.state.subscribe();
        let broken = state.wait_for(|state| state.broken.is_some()).await;
        broken.ok().and_then(|state| state.broken.clone()).unwrap_or_default()
    }

    fn hear(&self, push: PushInfo) {
        // Nobody is told: that is asked when a heartbeat is due.
        self.state.send_if_modified(|state| {
            state.last_heard = Instant::now();
            false
        });
        let text = Msg::from_push_info(push).and_then(|message| message.get_payload::<String>().ok());
        // Listeners of this process heard its hints when they were published.
        if let Some(message) = text.and_then(|text| serde_json::from_str::<Message>(&text).ok())
            && message.sender != Some(self.ours)
        {
            let _ = self.local.send(message.hint);
        }
    }
}

impl AsyncPushSender for Ear {
    fn send(&self, push: PushInfo) -> Result<(), SendError> {
        match push.kind {
            PushKind::Message | PushKind::SMessage => self.hear(push),
            PushKind::Disconnection => self.fail("a connection broke"),
            // A cluster says so when it moves the channel to another of its servers.
            PushKind::Unsubscribe | PushKind::SUnsubscribe => self.fail("the subscription was ended"),
            _ => {}
        }
        Ok(())
    }
}
