//! What a client's message means in the present state. Pure: the pump carries the decision out.

use std::collections::HashMap;
use std::sync::Arc;

use async_graphql::Request;
use axum::extract::ws::Utf8Bytes;
use serde_json::{Map, Value};

use super::close::Close;
use super::message::{self, ClientMessage};
use crate::gateway::request;

/// An operation id of the client, in bytes. Libraries send counters or UUIDs.
const ID_BYTES_MAX: usize = 128;

/// One start of an operation. A client may use an id again after `complete`; the number tells the two apart, so that
/// frames of the first that still wait in the queue are not taken for the second's.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Ticket {
    pub(super) id: Arc<str>,
    pub(super) number: u64,
}

/// What to do next.
#[derive(Debug)]
pub(super) enum Step {
    Nothing,
    /// Check the token (`None`: the one of the upgrade request, if any), then say so with [`Conversation::accept`].
    Authenticate {
        authorization: Option<String>,
    },
    Reply(Utf8Bytes),
    Start(Ticket, Box<Request>),
    /// There are too many operations: refuse this one with an `error` frame.
    Refuse {
        id: String,
    },
    Stop(Ticket),
    Close(Close),
}

/// The state of one socket's protocol.
#[derive(Debug)]
pub(super) struct Conversation {
    accepted: bool,
    live: HashMap<Arc<str>, u64>,
    started: u64,
    operations_max: usize,
}

impl Conversation {
    pub(super) fn new(operations_max: usize) -> Self {
        Self { accepted: false, live: HashMap::new(), started: 0, operations_max }
    }

    /// The client is known; the acknowledgement is on its way.
    pub(super) fn accept(&mut self) {
        self.accepted = true;
    }

    /// Whether frames of this start may still be sent.
    pub(super) fn is_live(&self, ticket: &Ticket) -> bool {
        self.live.get(&ticket.id) == Some(&ticket.number)
    }

    /// The operation ended by itself; its id is free.
    pub(super) fn finish(&mut self, ticket: &Ticket) {
        if self.is_live(ticket) {
            self.live.remove(&ticket.id);
        }
    }

    /// Decides about one text message.
    pub(super) fn receive(&mut self, text: &str) -> Step {
        let message = match serde_json::from_str(text) {
            Ok(message) => message,
            Err(error) => return Step::Close(Close::invalid(&error.to_string())),
        };
        match message {
            ClientMessage::ConnectionInit { .. } if self.accepted => Step::Close(Close::SECOND_INIT),
            ClientMessage::ConnectionInit { payload } => authenticate(payload.unwrap_or_default()),
            ClientMessage::Subscribe { .. } if !self.accepted => Step::Close(Close::UNAUTHORIZED),
            ClientMessage::Subscribe { id, payload } => self.subscribe(id, payload),
            ClientMessage::Complete { id } => self.stop(&id),
            ClientMessage::Ping { payload } => Step::Reply(message::pong(payload)),
            ClientMessage::Pong {} => Step::Nothing,
        }
    }

    fn subscribe(&mut self, id: String, payload: Map<String, Value>) -> Step {
        if id.is_empty() || id.len() > ID_BYTES_MAX {
            return Step::Close(Close::invalid("an id has 1 to 128 bytes"));
        }
        if self.live.contains_key(id.as_str()) {
            return Step::Close(Close::duplicate(&id));
        }
        if self.live.len() >= self.operations_max {
            return Step::Refuse { id };
        }
        match request::from_fields(payload) {
            Err(complaint) => Step::Close(Close::invalid(&complaint)),
            Ok(request) => {
                self.started += 1;
                let ticket = Ticket { id: id.into(), number: self.started };
                self.live.insert(ticket.id.clone(), ticket.number);
                Step::Start(ticket, Box::new(request))
            }
        }
    }

    /// An unknown id is no fault: our `complete` may have crossed the client's on the wire.
    fn stop(&mut self, id: &str) -> Step {
        match self.live.remove_entry(id) {
            Some((id, number)) => Step::Stop(Ticket { id, number }),
            None => Step::Nothing,
        }
    }
}

/// Browsers cannot set headers on a WebSocket, so the token comes in the first message, under either spelling.
fn authenticate(mut payload: Map<String, Value>) -> Step {
    match payload.remove("authorization").or_else(|| payload.remove("Authorization")) {
        None | Some(Value::Null) => Step::Authenticate { authorization: None },
        Some(Value::String(authorization)) => Step::Authenticate { authorization: Some(authorization) },
        Some(_) => Step::Close(Close::invalid("\"authorization\" must be a string")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const INIT: &str = r#"{"type":"connection_init"}"#;

    /// Plays a conversation and shows the last decision as text. Authentication always succeeds.
    fn check(messages: &[&str], expected: &str) {
        let mut conversation = Conversation::new(2);
        let mut last = String::new();
        for message in messages {
            last = match conversation.receive(message) {
                Step::Nothing => "nothing".to_owned(),
                Step::Authenticate { authorization } => {
                    conversation.accept();
                    format!("authenticate {authorization:?}")
                }
                Step::Reply(frame) => frame.to_string(),
                Step::Start(ticket, request) => format!("start {}#{} {}", ticket.id, ticket.number, request.query),
                Step::Refuse { id } => format!("refuse {id}"),
                Step::Stop(ticket) => format!("stop {}#{}", ticket.id, ticket.number),
                Step::Close(close) => format!("{} {}", close.code, close.reason),
            };
        }
        assert_eq!(last, expected, "{messages:?}");
    }

    fn subscribe(id: &str) -> String {
        format!(r#"{{"type":"subscribe","id":"{id}","payload":{{"query":"{{a}}"}}}}"#)
    }

    #[test]
    fn the_first_message_carries_the_token() {
        check(&[INIT], "authenticate None");
        check(&[r#"{"type":"connection_init","payload":null}"#], "authenticate None");
        let token = |name| format!(r#"{{"type":"connection_init","payload":{{"{name}":"Bearer x"}}}}"#);
        check(&[&token("authorization")], r#"authenticate Some("Bearer x")"#);
        check(&[&token("Authorization")], r#"authenticate Some("Bearer x")"#);
        check(
            &[r#"{"type":"connection_init","payload":{"authorization":1}}"#],
            r#"4400 Invalid message: "authorization" must be a string"#,
        );
        check(&[INIT, INIT], "4429 Too many initialisation requests");
    }

    #[test]
    fn operations_start_stop_and_may_use_an_id_again() {
        let (a, b, c) = (subscribe("a"), subscribe("b"), subscribe("c"));
        check(&[&a], "4401 Unauthorized");
        check(&[INIT, &a], "start a#1 {a}");
        check(&[INIT, &a, &a], "4409 Subscriber for a already exists");
        check(&[INIT, &a, &b, &c], "refuse c");
        let stop = r#"{"type":"complete","id":"a"}"#;
        check(&[INIT, &a, stop], "stop a#1");
        check(&[INIT, &a, stop, stop], "nothing");
        check(&[INIT, &a, stop, &a], "start a#2 {a}");
    }

    #[test]
    fn pings_are_answered_in_every_state() {
        check(&[r#"{"type":"ping"}"#], r#"{"type":"pong"}"#);
        check(&[INIT, r#"{"type":"ping","payload":{"n":1}}"#], r#"{"type":"pong","payload":{"n":1}}"#);
        check(&[r#"{"type":"pong","payload":{}}"#], "nothing");
    }

    #[test]
    fn what_the_protocol_does_not_know_ends_it() {
        let mut conversation = Conversation::new(2);
        conversation.accept();
        for message in [
            "not json",
            "[]",
            "{}",
            r#"{"type":"connection_terminate"}"#,
            r#"{"type":"start","id":"a","payload":{"query":"{a}"}}"#,
            r#"{"type":"ping","payload":"text"}"#,
            r#"{"type":"subscribe","payload":{"query":"{a}"}}"#,
            r#"{"type":"subscribe","id":7,"payload":{"query":"{a}"}}"#,
            r#"{"type":"subscribe","id":"","payload":{"query":"{a}"}}"#,
            r#"{"type":"subscribe","id":"a"}"#,
            r#"{"type":"subscribe","id":"a","payload":{}}"#,
            r#"{"type":"subscribe","id":"a","payload":{"query":"{a}","variables":[]}}"#,
            r#"{"type":"complete"}"#,
        ] {
            let step = conversation.receive(message);
            assert!(matches!(&step, Step::Close(close) if close.code == 4400), "{message}: {step:?}");
        }
    }

    #[test]
    fn frames_of_an_ended_start_are_not_taken_for_the_next_one() {
        let mut conversation = Conversation::new(2);
        conversation.accept();
        let start = |conversation: &mut Conversation| match conversation.receive(&subscribe("a")) {
            Step::Start(ticket, _) => ticket,
            other => panic!("expected a start, got {other:?}"),
        };
        let first = start(&mut conversation);
        conversation.finish(&first);
        let second = start(&mut conversation);
        conversation.finish(&first);
        assert!(!conversation.is_live(&first));
        assert!(conversation.is_live(&second));
    }
}
