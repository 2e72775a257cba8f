//! Brings contacts, tasks and meetings to a CRM: re-reads the entity, compares with the version that the CRM
//! confirmed last, and writes only what is newer.

pub(super) mod contact;
pub(super) mod meeting;
pub(super) mod task;

use std::fmt::Display;
use std::sync::Arc;

use domain::ids::{ConnectionId, ContactId, HostId};
use domain::integrations::crm::{Call, Crm, ExternalRecord, Fault};
use domain::integrations::{ConnectionStatus, EntityLink};
use persistence::deliveries::ClaimedDelivery;
use persistence::{Reader, availability, integrations};

use super::Answer;
use crate::Worker;

/// One connection to a CRM, seen from one delivery about one contact.
pub(super) struct Destination<'a> {
    worker: &'a Worker,
    reader: Reader,
    connection: ConnectionId,
    contact: ContactId,
    call: Call,
}

impl<'a> Destination<'a> {
    /// Where a claimed delivery goes.
    pub(super) fn of(
        worker: &'a Worker,
        claimed: &ClaimedDelivery,
        connection: ConnectionId,
        contact: ContactId,
    ) -> Self {
        let reader = worker.stores.database.reader(claimed.workspace);
        let call = Call { correlation: claimed.delivery.correlation.clone() };
        Self { worker, reader, connection, contact, call }
    }

    /// The port. A connection that waits for its authorisation is not knocked at again: the delivery is parked with
    /// the others, and replaying any of them says that the connection has been authorised.
    async fn open(&self) -> Result<Arc<dyn Crm>, Answer> {
        let opened = integrations::open_connection(&self.reader, &self.worker.sealer, self.connection).await?;
        let Some((connection, secrets)) = opened else { return Err(gone("connection")) };
        if connection.status == ConnectionStatus::NeedsReauthorisation {
            return Err(Answer::Park { reason: "The connection must be authorised anew.".to_owned() });
        }
        self.worker.connectors.crm(&connection, &secrets).map_err(|reason| Answer::GiveUp { reason })
    }

    /// What the CRM has confirmed of an entity.
    async fn link(&self, entity: impl Display) -> Result<Option<EntityLink>, Answer> {
        Ok(integrations::find_link(&self.reader, self.connection, &entity.to_string()).await?)
    }

    /// Whether the CRM has confirmed this version, or a newer one.
    async fn holds(&self, entity: impl Display, version: i64) -> Result<bool, Answer> {
        Ok(self.link(entity).await?.is_some_and(|link| link.version >= version))
    }

    /// The owner by the CRM's id; `None` when the CRM does not know the host.
    async fn owner(&self, host: Option<HostId>) -> Result<Option<String>, Answer> {
        let Some(host) = host else { return Ok(None) };
        Ok(availability::find_host(&self.reader, host).await?.and_then(|host| host.crm_owner_id))
    }

    /// The link that a confirmed write leads to.
    fn confirmed(&self, entity: impl Display, version: i64, record: ExternalRecord) -> EntityLink {
        EntityLink {
            connection: self.connection,
            entity: entity.to_string(),
            external_id: record.id,
            version,
            contact: self.contact,
        }
    }
}

fn gone(what: &str) -> Answer {
    Answer::GiveUp { reason: format!("The {what} does not exist any more.") }
}

impl From<Fault> for Answer {
    fn from(fault: Fault) -> Self {
        match fault {
            Fault::RetryAfter { after, reason } => Self::Retry { after, reason },
            Fault::Permanent { status, code, message, body } => {
                Self::Refused { reason: format!("{code} (HTTP {status}): {message}\n{body}") }
            }
            Fault::Reauthorise { message } => Self::Unauthorised { reason: message },
        }
    }
}
