//! A store that is down for minutes is an ordinary event: told once when it begins and once when it is over.

use persistence::StoreError;

/// What one part of the worker has seen of the store lately.
pub(crate) struct Outage {
    part: &'static str,
    lasts: bool,
}

impl Outage {
    /// `part` is the name in the log.
    pub(crate) fn of(part: &'static str) -> Self {
        Self { part, lasts: false }
    }

    /// Takes note of a result, and passes a success on.
    pub(crate) fn note<T>(&mut self, result: Result<T, StoreError>) -> Option<T> {
        match result {
            Ok(value) => {
                if std::mem::take(&mut self.lasts) {
                    tracing::info!(worker.part = self.part, "the store answers again");
                }
                Some(value)
            }
            Err(error) => {
                if !std::mem::replace(&mut self.lasts, true) {
                    tracing::warn!(worker.part = self.part, %error, "the store does not answer; trying again until it does");
                }
                None
            }
        }
    }
}
