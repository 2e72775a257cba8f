//! TLS 1.2 and 1.3 from a certificate and a key in PEM, read again when the files change.

use std::io;
use std::path::PathBuf;
use std::time::{Duration, SystemTime};

use axum_server::tls_rustls::RustlsConfig;
use tokio_util::sync::CancellationToken;

/// How often the files are looked at: whoever renews a certificate does so days before it ends.
const LOOK_EVERY: Duration = Duration::from_mins(1);

/// A certificate chain with its key.
#[derive(Debug, Clone)]
pub struct Tls {
    certificate: PathBuf,
    key: PathBuf,
    config: RustlsConfig,
}

impl Tls {
    /// Reads both files. rustls speaks nothing older than TLS 1.2 (RFC 8996).
    pub async fn load(certificate: PathBuf, key: PathBuf) -> io::Result<Self> {
        let config = RustlsConfig::from_pem_file(&certificate, &key).await?;
        Ok(Self { certificate, key, config })
    }

    pub(super) fn config(&self) -> RustlsConfig {
        self.config.clone()
    }

    /// Takes up renewed files without a restart. While they do not fit each other, the old ones go on.
    pub(super) async fn keep_fresh(self, shutdown: CancellationToken) {
        let mut known = self.changed_at().await;
        while shutdown.run_until_cancelled(tokio::time::sleep(LOOK_EVERY)).await.is_some() {
            let now = self.changed_at().await;
            if now == known {
                continue;
            }
            match self.config.reload_from_pem_file(&self.certificate, &self.key).await {
                Ok(()) => {
                    tracing::info!("the renewed certificate is in use");
                    known = now;
                }
                Err(error) => tracing::error!(%error, "the renewed certificate cannot be used; the old one goes on"),
            }
        }
    }

    async fn changed_at(&self) -> [Option<SystemTime>; 2] {
        let of = async |path| tokio::fs::metadata(path).await.and_then(|file| file.modified()).ok();
        [of(&self.certificate).await, of(&self.key).await]
    }
}
