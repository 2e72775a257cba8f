//! Who is under way: counted per destination and workspace, so that budgets hold and turns are fair.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use domain::ids::WorkspaceId;

/// A destination of a workspace.
pub(super) type Key = (WorkspaceId, String);

/// The deliveries under way in this process. Clones share the count.
#[derive(Clone, Default)]
pub(super) struct Places {
    taken: Arc<Mutex<HashMap<Key, usize>>>,
}

/// One delivery under way; it ends when this is dropped, however it ended.
pub(super) struct Place {
    places: Places,
    key: Key,
}

impl Places {
    /// Takes a place.
    pub(super) fn take(&self, key: Key) -> Place {
        self.change(|taken| *taken.entry(key.clone()).or_default() += 1);
        Place { places: self.clone(), key }
    }

    /// How many are under way, by destination.
    pub(super) fn taken(&self) -> HashMap<Key, usize> {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn change(&self, change: impl FnOnce(&mut HashMap<Key, usize>)) {
        change(&mut self.taken.lock().unwrap_or_else(PoisonError::into_inner));
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.places.change(|taken| {
            if let Some(count) = taken.get_mut(&self.key) {
                *count -= 1;
                if *count == 0 {
                    taken.remove(&self.key);
                }
            }
        });
    }
}
