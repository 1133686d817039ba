//! A ledger in memory: for tests and for the embedded environment.

use std::{collections::BTreeMap, sync::Arc};

use waxseal::lock::Lock;

use crate::store::{LedgerStore, Put, StoreError};

/// Objects in memory. Clones are the same store.
#[derive(Debug, Clone, Default)]
pub struct Memory {
    objects: Arc<Lock<BTreeMap<String, Vec<u8>>>>,
}

impl Memory {
    /// All objects, in the order of their names: for those who look.
    #[must_use]
    pub fn objects(&self) -> BTreeMap<String, Vec<u8>> {
        self.objects.lock().clone()
    }

    /// Replaces all objects, as nobody should: for tests of [`verify`](crate::verify).
    pub fn replace(&self, objects: BTreeMap<String, Vec<u8>>) {
        *self.objects.lock() = objects;
    }
}

impl LedgerStore for Memory {
    async fn put(&self, name: &str, body: Vec<u8>) -> Result<Put, StoreError> {
        let mut objects = self.objects.lock();
        if objects.contains_key(name) {
            return Ok(Put::Known);
        }
        objects.insert(name.to_owned(), body);
        Ok(Put::New)
    }

    async fn get(&self, name: &str) -> Result<Option<Vec<u8>>, StoreError> {
        Ok(self.objects.lock().get(name).cloned())
    }

    async fn list(&self, prefix: &str) -> Result<Vec<String>, StoreError> {
        let objects = self.objects.lock();
        let names = objects.range(prefix.to_owned()..).map(|(name, _)| name);
        Ok(names.take_while(|name| name.starts_with(prefix)).cloned().collect())
    }
}
