//! The log, as anybody may read it: page by page.

use anyhow::{Context, Result};
use serde_json::{Value, json};

use crate::bench::client::Session;

const PAGE: &str = "query($after: EventCursor) { events(first: 100, after: $after) \
                    { nodes { id type entityId sequence } pageInfo { hasNextPage endCursor } } }";

/// An event as far as the proof is concerned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    pub id: String,
    pub entity: String,
    pub sequence: i64,
}

/// All of it, but what is about the endpoint itself: that is not sent to it.
pub fn read(session: &mut Session<'_>) -> Result<Vec<Event>> {
    let (mut events, mut after) = (Vec::new(), Value::Null);
    loop {
        let mut data = session.ask(PAGE, &json!({"after": after}))?;
        let page = data["events"]["nodes"].as_array().context("a page without events")?;
        for node in page.iter().filter(|node| node["type"] != "webhook_endpoint_changed") {
            events.push(event(node).with_context(|| format!("not an event: {node}"))?);
        }
        if data["events"]["pageInfo"]["hasNextPage"] != true {
            return Ok(events);
        }
        after = data["events"]["pageInfo"]["endCursor"].take();
    }
}

fn event(node: &Value) -> Option<Event> {
    let text = |name: &str| node[name].as_str().map(str::to_owned);
    Some(Event { id: text("id")?, entity: text("entityId")?, sequence: node["sequence"].as_i64()? })
}
