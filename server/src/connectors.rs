//! Which adapter speaks for a connection.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::{Context, Result};
use connectors::crm::hubspot::{BASE_URL, HubSpot};
use connectors::http::{Http, Timeouts};
use domain::ids::ConnectionId;
use domain::integrations::crm::Crm;
use domain::integrations::{Connection, ConnectionSecrets, Provider};
use sha2::{Digest, Sha256};

/// The adapters in use, one per connection, so that what an adapter learns about its account is learnt once.
pub struct Connectors {
    http: Http,
    known: Mutex<HashMap<ConnectionId, Known>>,
}

struct Known {
    base_url: String,
    /// Of the token: a new one may belong to another account.
    token_digest: [u8; 32],
    crm: Arc<dyn Crm>,
}

impl Connectors {
    /// None in use yet. Fails when the platform offers no TLS.
    pub fn new() -> Result<Self> {
        let http = Http::new(Timeouts::default()).context("there is no HTTP client")?;
        Ok(Self { http, known: Mutex::default() })
    }

    fn hubspot(&self, connection: &Connection, secrets: &ConnectionSecrets) -> Result<Arc<dyn Crm>, String> {
        let token = secrets.access_token.clone().ok_or("The HubSpot connection has no access token.")?;
        let base_url = connection.base_url.as_deref().unwrap_or(BASE_URL);
        let token_digest: [u8; 32] = Sha256::digest(token.as_bytes()).into();
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(found) = known.get(&connection.id)
            && found.base_url == base_url
            && found.token_digest == token_digest
        {
            return Ok(Arc::clone(&found.crm));
        }
        let hubspot = HubSpot::new(self.http.clone(), base_url, token).map_err(|error| error.to_string())?;
        let crm: Arc<dyn Crm> = Arc::new(hubspot);
        let entry = Known { base_url: base_url.to_owned(), token_digest, crm: Arc::clone(&crm) };
        known.insert(connection.id, entry);
        Ok(crm)
    }
}

impl worker::Connectors for Connectors {
    fn crm(&self, connection: &Connection, secrets: &ConnectionSecrets) -> Result<Arc<dyn Crm>, String> {
        match connection.provider {
            Provider::HubSpot => self.hubspot(connection, secrets),
            Provider::Webform => Err("A form tool is no CRM.".to_owned()),
        }
    }
}
