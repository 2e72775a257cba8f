//! A CRM that answers as told, remembers what it was asked, and keeps one record per id of ours.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use domain::integrations::crm::{Call, Crm, CrmContact, CrmMeeting, CrmTask, ExternalRecord, Fault};
use domain::integrations::{Connection, ConnectionSecrets};
use domain::webhooks::endpoint::sender::WebhookSender;
use tokio::sync::{Semaphore, mpsc};
use worker::Connectors;

/// One scripted answer.
pub enum Reply {
    /// This fault.
    Fault(Fault),
    /// Writes the record, and answers only when the test says [`ScriptedCrm::let_go`].
    Hang,
    /// A defect of a connector's.
    Panic,
}

/// Asked for "contact Ada", "task Call" or "meeting Intro scheduled", it takes the next scripted reply for that text,
/// or else succeeds.
pub struct ScriptedCrm {
    script: Mutex<HashMap<String, VecDeque<Reply>>>,
    asked: Mutex<Vec<String>>,
    records: Mutex<BTreeMap<String, String>>,
    correlations: Mutex<Vec<String>>,
    calls: mpsc::UnboundedSender<String>,
    inbox: tokio::sync::Mutex<mpsc::UnboundedReceiver<String>>,
    gate: Semaphore,
}

pub fn later(seconds: Option<u64>) -> Reply {
    Reply::Fault(Fault::RetryAfter { after: seconds.map(Duration::from_secs), reason: "Busy.".to_owned() })
}

pub fn never() -> Reply {
    Reply::Fault(Fault::Permanent {
        status: 400,
        code: "INVALID_OPTION".to_owned(),
        message: "There is no such option.".to_owned(),
        body: r#"{"email":"…"}"#.to_owned(),
    })
}

pub fn unauthorised() -> Reply {
    Reply::Fault(Fault::Reauthorise { message: "The token was refused.".to_owned() })
}

impl ScriptedCrm {
    pub fn new() -> Arc<Self> {
        let (calls, inbox) = mpsc::unbounded_channel();
        Arc::new(Self {
            script: Mutex::default(),
            asked: Mutex::default(),
            records: Mutex::default(),
            correlations: Mutex::default(),
            calls,
            inbox: tokio::sync::Mutex::new(inbox),
            gate: Semaphore::new(0),
        })
    }

    /// What it will answer to the next calls of this kind.
    pub fn answers(&self, call: &str, replies: impl IntoIterator<Item = Reply>) {
        self.script.lock().unwrap().entry(call.to_owned()).or_default().extend(replies);
    }

    /// Everything it was asked since the last time, in order.
    pub fn asked(&self) -> Vec<String> {
        std::mem::take(&mut *self.asked.lock().unwrap())
    }

    /// Its records, each as it was written last, in the order of our ids.
    pub fn records(&self) -> Vec<String> {
        self.records.lock().unwrap().values().cloned().collect()
    }

    /// The distinct correlation ids that came with the calls.
    pub fn correlations(&self) -> Vec<String> {
        let mut seen = self.correlations.lock().unwrap().clone();
        seen.dedup();
        seen
    }

    /// Waits for a call.
    pub async fn next_call(&self) -> String {
        let call = async { self.inbox.lock().await.recv().await };
        tokio::time::timeout(Duration::from_secs(20), call).await.expect("the CRM is called").expect("the CRM lives")
    }

    /// Waits for a call, not long.
    pub async fn next_call_soon(&self) -> Option<String> {
        let call = async { self.inbox.lock().await.recv().await };
        tokio::time::timeout(Duration::from_millis(250), call).await.ok().flatten()
    }

    /// Lets one hanging call answer.
    pub fn let_go(&self) {
        self.gate.add_permits(1);
    }

    async fn take(&self, call: &Call, text: String, our_id: String) -> Result<ExternalRecord, Fault> {
        self.asked.lock().unwrap().push(text.clone());
        self.correlations.lock().unwrap().push(call.correlation.to_string());
        let reply = self.script.lock().unwrap().get_mut(&text).and_then(VecDeque::pop_front);
        let hangs = matches!(reply, Some(Reply::Hang));
        self.calls.send(text.clone()).expect("the test lives");
        match reply {
            Some(Reply::Fault(fault)) => return Err(fault),
            Some(Reply::Panic) => panic!("a scripted panic"),
            Some(Reply::Hang) | None => {}
        }
        let created = self.records.lock().unwrap().insert(our_id.clone(), text).is_none();
        if hangs {
            self.gate.acquire().await.expect("the gate stays").forget();
        }
        Ok(ExternalRecord { id: format!("crm-{our_id}"), created })
    }
}

#[async_trait]
impl Crm for ScriptedCrm {
    async fn upsert_contact(&self, call: &Call, contact: &CrmContact) -> Result<ExternalRecord, Fault> {
        let name = contact.first_name.clone().unwrap_or_default();
        self.take(call, format!("contact {name}"), contact.id.to_string()).await
    }

    async fn upsert_task(&self, call: &Call, task: &CrmTask) -> Result<ExternalRecord, Fault> {
        self.require(&task.contact_external_id);
        self.take(call, format!("task {}", task.subject), task.id.to_string()).await
    }

    async fn upsert_meeting(&self, call: &Call, meeting: &CrmMeeting) -> Result<ExternalRecord, Fault> {
        self.require(&meeting.contact_external_id);
        let text = format!("meeting {} {:?} v{}", meeting.title, meeting.outcome, meeting.version);
        self.take(call, text, meeting.id.to_string()).await
    }
}

impl ScriptedCrm {
    /// A CRM cannot tie a record to a contact that it does not have.
    fn require(&self, contact_external_id: &str) {
        let known = self.records.lock().unwrap().keys().any(|id| format!("crm-{id}") == contact_external_id);
        assert!(known, "nothing is tied to a contact that is not there");
    }
}

/// Every connection leads to the one CRM.
pub struct Only(pub Arc<ScriptedCrm>);

impl Connectors for Only {
    fn crm(&self, _: &Connection, secrets: &ConnectionSecrets) -> Result<Arc<dyn Crm>, String> {
        match secrets.access_token.as_deref() {
            Some("token") => Ok(self.0.clone()),
            _ => Err("The connection has no access token.".to_owned()),
        }
    }

    fn webhooks(&self) -> Arc<dyn WebhookSender> {
        unreachable!("nobody has an endpoint here")
    }
}
