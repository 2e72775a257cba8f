//! How connections are let in: `[serving]`.

use std::path::PathBuf;

use anyhow::{Context, Result};
use api::{ServingConfig, Tls};
use serde::Deserialize;

/// What may be written in `[serving]`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ServingSettings {
    /// Connections open at once, WebSockets included.
    connections_max: Option<u64>,
    /// The certificate and what it was issued by, in PEM.
    tls_certificate: Option<PathBuf>,
    /// Its private key, in PEM.
    tls_key: Option<PathBuf>,
}

/// More is a mistake: every connection is an open file.
const CONNECTIONS_MAX: u64 = 1_000_000;

impl ServingSettings {
    /// Everything that is wrong.
    pub fn faults(&self) -> Vec<String> {
        let mut faults = Vec::new();
        if let Some(written) = self.connections_max.filter(|written| !(1..=CONNECTIONS_MAX).contains(written)) {
            faults.push(format!("`serving.connections_max` is {written}; write a number from 1 to {CONNECTIONS_MAX}"));
        }
        if self.tls_certificate.is_some() != self.tls_key.is_some() {
            faults.push("`serving.tls_certificate` and `serving.tls_key` go together; write both or none".to_owned());
        }
        faults
    }

    /// Whether callers speak TLS with this process.
    pub fn is_encrypted(&self) -> bool {
        self.tls_certificate.is_some()
    }

    /// The API's configuration, with the certificate read.
    pub async fn resolve(&self) -> Result<ServingConfig> {
        let default = ServingConfig::default();
        let tls = match (&self.tls_certificate, &self.tls_key) {
            (Some(certificate), Some(key)) => {
                let loaded = Tls::load(certificate.clone(), key.clone()).await;
                Some(loaded.context("the certificate of `serving.tls_certificate` and its key cannot be used")?)
            }
            _ => None,
        };
        let connections = self.connections_max.and_then(|written| usize::try_from(written).ok());
        Ok(ServingConfig { connections_max: connections.unwrap_or(default.connections_max), tls, ..default })
    }
}
