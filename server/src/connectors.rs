//! Which adapter speaks for a connection.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::{Context, Result};
use connectors::crm::hubspot::{BASE_URL, HubSpot};
use connectors::http::{Http, Timeouts};
use connectors::webhooks::HttpSender;
use domain::ids::ConnectionId;
use domain::integrations::crm::Crm;
use domain::integrations::{Connection, ConnectionSecrets, Provider};
use domain::webhooks::endpoint::AddressPolicy;
use domain::webhooks::endpoint::sender::WebhookSender;
use sha2::{Digest, Sha256};

/// The adapters in use, one per connection, so that what an adapter learns about its account is learnt once.
pub struct Connectors {
    http: Http,
    webhooks: Arc<HttpSender>,
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
    pub fn new(timeouts: Timeouts, policy: AddressPolicy) -> Result<Self> {
        let http = Http::new(timeouts).context("there is no HTTP client")?;
        let webhooks = Arc::new(HttpSender::new(policy).context("there is no HTTP client for webhooks")?);
        Ok(Self { http, webhooks, known: Mutex::default() })
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
            _ => Err("There is no connector that writes to this provider.".to_owned()),
        }
    }

    fn webhooks(&self) -> Arc<dyn WebhookSender> {
        Arc::clone(&self.webhooks) as Arc<dyn WebhookSender>
    }
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;
    use domain::ids::EntityId;
    use domain::integrations::ConnectionStatus;
    use uuid::Uuid;
    use worker::Connectors as _;

    use super::*;

    fn connection(provider: Provider, base_url: &str) -> Connection {
        Connection {
            id: ConnectionId::from_uuid(Uuid::from_u128(1)),
            provider,
            name: "crm".to_owned(),
            base_url: Some(base_url.to_owned()),
            status: ConnectionStatus::Active,
            created_at: DateTime::UNIX_EPOCH,
        }
    }

    fn with(token: Option<&str>) -> ConnectionSecrets {
        ConnectionSecrets { access_token: token.map(str::to_owned), ..ConnectionSecrets::default() }
    }

    #[test]
    fn an_adapter_is_kept_until_its_account_or_address_changes() {
        let connectors = Connectors::new(Timeouts::default(), AddressPolicy::PublicOnly).unwrap();
        let ask =
            |base_url, token| connectors.crm(&connection(Provider::HubSpot, base_url), &with(Some(token))).unwrap();
        let first = ask("http://one", "t");
        assert!(Arc::ptr_eq(&first, &ask("http://one", "t")));
        assert!(!Arc::ptr_eq(&first, &ask("http://two", "t")));
        let moved = ask("http://two", "t");
        assert!(!Arc::ptr_eq(&moved, &ask("http://two", "another")));
    }

    #[test]
    fn a_connection_that_cannot_work_says_why() {
        let connectors = Connectors::new(Timeouts::default(), AddressPolicy::PublicOnly).unwrap();
        let check = |provider, base_url, token, expected: &str| {
            let Err(refused) = connectors.crm(&connection(provider, base_url), &with(token)) else {
                panic!("{expected}");
            };
            assert_eq!(refused, expected);
        };
        check(Provider::HubSpot, "http://one", None, "The HubSpot connection has no access token.");
        let expected = "the base URL of the HubSpot connection is not an http or https URL";
        check(Provider::HubSpot, "ftp://one", Some("t"), expected);
        check(Provider::Webform, "http://one", Some("t"), "A form tool is no CRM.");
    }
}
