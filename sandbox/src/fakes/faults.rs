//! What may go wrong on purpose: a script of faults, consumed in order.
//!
//! `POST /_fake/faults` takes `{"faults": [{"method": "POST", "path_prefix": "/crm/v3/objects/contacts", "count": 2,
//! "fault": "status", "status": 429, "headers": {"Retry-After": "1"}, "body": {…}}, …]}`.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// A fault and the requests that it strikes.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ScriptedFault {
    /// Strikes this method only; any when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub method: Option<String>,
    /// Strikes paths that start so; any when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path_prefix: Option<String>,
    /// How many requests it strikes before it is used up.
    #[serde(default = "once")]
    pub count: u32,
    /// What goes wrong.
    #[serde(flatten)]
    pub fault: Fault,
}

fn once() -> u32 {
    1
}

/// What goes wrong.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(tag = "fault", rename_all = "snake_case")]
pub enum Fault {
    /// Answers this instead.
    Status {
        /// The HTTP status.
        status: u16,
        /// Header fields.
        #[serde(default)]
        headers: BTreeMap<String, String>,
        /// JSON; a string is sent as it is, so that an answer can be malformed.
        #[serde(default)]
        body: Value,
        /// Whether the request takes effect nevertheless.
        #[serde(default)]
        act: Act,
    },
    /// Answers late, so that the client gives up.
    Delay {
        /// How late, in milliseconds.
        delay_ms: u64,
        /// When the request takes effect.
        #[serde(default = "first")]
        act: Act,
    },
    /// Closes the connection; the request takes no effect.
    DropBefore,
    /// Lets the request take effect, then closes the connection without a byte.
    DropAfterCommit,
    /// Answers when somebody asks `POST /_fake/release`.
    Hold {
        /// When the request takes effect.
        #[serde(default = "first")]
        act: Act,
    },
}

fn first() -> Act {
    Act::First
}

/// When a struck request takes effect.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Act {
    /// Not at all; after a pause the connection is closed.
    #[default]
    Never,
    /// Before the fault.
    First,
    /// After the pause, also when the client has long gone: a provider does not notice.
    Late,
}

/// A fault taken apart: every fault is an effect, a pause and a reply.
pub(super) struct Plan {
    pub(super) name: &'static str,
    pub(super) act: Act,
    pub(super) pause: Pause,
    pub(super) reply: Reply,
}

/// What happens between effect and reply.
pub(super) enum Pause {
    None,
    For(Duration),
    UntilReleased,
}

/// What the client is sent.
pub(super) enum Reply {
    /// What the provider would have said; nothing if it was not asked.
    Own,
    Scripted {
        status: u16,
        headers: BTreeMap<String, String>,
        body: Value,
    },
    Nothing,
}

impl Fault {
    pub(super) fn plan(self) -> Plan {
        match self {
            Self::Status { status, headers, body, act } => {
                Plan { name: "status", act, pause: Pause::None, reply: Reply::Scripted { status, headers, body } }
            }
            Self::Delay { delay_ms, act } => {
                Plan { name: "delay", act, pause: Pause::For(Duration::from_millis(delay_ms)), reply: Reply::Own }
            }
            Self::DropBefore => {
                Plan { name: "drop_before", act: Act::Never, pause: Pause::None, reply: Reply::Nothing }
            }
            Self::DropAfterCommit => {
                Plan { name: "drop_after_commit", act: Act::First, pause: Pause::None, reply: Reply::Nothing }
            }
            Self::Hold { act } => Plan { name: "hold", act, pause: Pause::UntilReleased, reply: Reply::Own },
        }
    }
}

/// The faults still to come.
#[derive(Debug, Default)]
pub(super) struct Script(VecDeque<ScriptedFault>);

impl Script {
    pub(super) fn extend(&mut self, faults: impl IntoIterator<Item = ScriptedFault>) {
        self.0.extend(faults.into_iter().filter(|fault| fault.count > 0));
    }

    pub(super) fn left(&self) -> Vec<ScriptedFault> {
        self.0.iter().cloned().collect()
    }

    pub(super) fn clear(&mut self) {
        self.0.clear();
    }

    /// Takes the first fault that strikes this request, and uses it up by one.
    pub(super) fn take(&mut self, method: &str, path: &str) -> Option<Fault> {
        let strikes = |fault: &ScriptedFault| {
            fault.method.as_deref().is_none_or(|wanted| wanted.eq_ignore_ascii_case(method))
                && fault.path_prefix.as_deref().is_none_or(|prefix| path.starts_with(prefix))
        };
        let index = self.0.iter().position(strikes)?;
        let scripted = self.0.get_mut(index)?;
        let fault = scripted.fault.clone();
        scripted.count -= 1;
        if scripted.count == 0 {
            self.0.remove(index);
        }
        Some(fault)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn faults_are_taken_in_order_by_the_requests_they_strike() {
        let faults: Vec<ScriptedFault> = serde_json::from_value(json!([
            {"method": "POST", "path_prefix": "/a", "count": 2, "fault": "status", "status": 500},
            {"fault": "drop_before"},
        ]))
        .unwrap();
        let mut script = Script::default();
        script.extend(faults);
        let mut take = |method, path| script.take(method, path).map(|fault| fault.plan().name);
        assert_eq!(take("POST", "/a/1"), Some("status"));
        assert_eq!(take("GET", "/a/1"), Some("drop_before"));
        assert_eq!(take("post", "/a/2"), Some("status"));
        assert_eq!(take("POST", "/a/3"), None);
        assert!(script.left().is_empty());
    }
}
