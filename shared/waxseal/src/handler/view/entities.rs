//! The view, and its reads of entities.

use std::fmt;

use crate::{
    fault::Fault,
    handler::failure::Failure,
    row::{Entity, state},
    table::{AnyTable, Item, Key, Page, Query},
};

/// The reads of a service's table, for those who answer [queries](crate::Query).
#[derive(Clone, Copy)]
pub struct View<'a> {
    table: &'a dyn AnyTable,
}

impl fmt::Debug for View<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("View")
    }
}

impl<'a> View<'a> {
    pub(crate) fn of(table: &'a dyn AnyTable) -> Self {
        Self { table }
    }

    /// An entity.
    ///
    /// # Errors
    /// Where the table cannot be read, or the item does not fit.
    pub async fn read<T: Entity>(&self, id: &str) -> Result<Option<T>, Failure> {
        self.read_at(state::key::<T>(id)).await
    }

    pub(crate) async fn read_at<T: Entity>(&self, key: Key) -> Result<Option<T>, Failure> {
        let unfit = |error| Failure::Fault(Fault::permanent(error));
        let Some(item) = self.item(key.clone()).await? else { return Ok(None) };
        let state::Stored { data, .. } = state::read(&item).map_err(unfit)?;
        state::parse(&key, data).map(Some).map_err(unfit)
    }

    /// The item under a key; none where no table takes such a key.
    pub(super) async fn item(&self, key: Key) -> Result<Option<Item>, Failure> {
        if state::check_key(&key).is_err() {
            return Ok(None);
        }
        Ok(self.table.get(&[key]).await?.pop().transpose()?.flatten())
    }

    pub(super) async fn page(&self, query: &Query) -> Result<Page, Failure> {
        Ok(self.table.query(query).await?)
    }
}
