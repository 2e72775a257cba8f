//! Our own properties in an account: looked for once per process, made when missing.

use domain::integrations::crm::{Call, Fault};
use reqwest::Method;
use serde_json::json;

use super::faults::refusal;
use super::record::{OWN_PREFIX, Object, Record};
use super::wire::Property;
use super::{HubSpot, Request};
use crate::http::later;

/// The group our properties stand in, on every object.
const GROUP: &str = "meridian";
const NUMBERS: &[&str] = &["meridian_score", "meridian_version"];

impl HubSpot {
    /// Makes sure that the account has every property of ours that the record uses.
    ///
    /// Two first calls at once may both ask; the loser's 409 counts as success. A lock held across the calls would
    /// instead queue every lane behind one slow answer.
    pub(super) async fn ensure_properties(&self, call: &Call, record: &Record) -> Result<(), Fault> {
        for name in record.properties.keys().filter(|name| name.starts_with(OWN_PREFIX)) {
            let key = (record.object, name.clone());
            if self.known.lock().is_ok_and(|known| known.contains(&key)) {
                continue;
            }
            self.ensure_property(call, record.object, name).await?;
            if let Ok(mut known) = self.known.lock() {
                known.insert(key);
            }
        }
        Ok(())
    }

    /// Looks for every property again before the next write.
    pub(super) fn forget_properties(&self) {
        if let Ok(mut known) = self.known.lock() {
            known.clear();
        }
    }

    async fn ensure_property(&self, call: &Call, object: Object, name: &str) -> Result<(), Fault> {
        let path = ["crm", "v3", "properties", object.path(), name];
        let answer = self.ask(call, Request::new(Method::GET, &path)).await?;
        match answer.status {
            404 => self.create_property(call, object, name).await,
            200..300 => {
                let property: Property = serde_json::from_slice(&answer.body)
                    .map_err(|_| later("HubSpot's description of a property cannot be read."))?;
                if name == object.id_property() && property.has_unique_value == Some(false) {
                    return Err(Fault::Permanent {
                        status: answer.status,
                        code: "PROPERTY_NOT_UNIQUE".to_owned(),
                        message: format!(
                            "HubSpot's {} have a property {name} that is not unique; delete it there, Meridian makes it anew.",
                            object.path()
                        ),
                        body: String::new(),
                    });
                }
                Ok(())
            }
            _ => Err(refusal(&answer, None).fault),
        }
    }

    async fn create_property(&self, call: &Call, object: Object, name: &str) -> Result<(), Fault> {
        let groups = ["crm", "v3", "properties", object.path(), "groups"];
        let group = json!({"name": GROUP, "label": "Meridian", "displayOrder": -1});
        self.create(call, Request::new(Method::POST, &groups).body(&group)).await?;

        let kind = if NUMBERS.contains(&name) { ("number", "number") } else { ("string", "text") };
        let label = format!("Meridian {}", name.trim_start_matches(OWN_PREFIX).replace('_', " "));
        let property = json!({
            "name": name,
            "label": label,
            "description": "Written by Meridian; changes here are overwritten.",
            "groupName": GROUP,
            "type": kind.0,
            "fieldType": kind.1,
            "hasUniqueValue": name == object.id_property(),
        });
        let path = ["crm", "v3", "properties", object.path()];
        self.create(call, Request::new(Method::POST, &path).body(&property)).await
    }

    /// Creates, or finds that somebody already did.
    async fn create(&self, call: &Call, request: Request<'_>) -> Result<(), Fault> {
        let answer = self.ask(call, request).await?;
        match answer.status {
            200..300 | 409 => Ok(()),
            _ => Err(refusal(&answer, None).fault),
        }
    }
}
