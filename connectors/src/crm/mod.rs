//! CRMs behind the port [`Crm`](domain::integrations::crm::Crm).

pub mod hubspot;
