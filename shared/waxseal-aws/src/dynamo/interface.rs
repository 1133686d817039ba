//! The table's side of the interface to the core.

use waxseal::{
    Table,
    table::{Due, DuePage, Found, Item, Key, Page, Query, Scan, ScanPage, TableError, Write, WriteError},
};

use super::client::Dynamo;

impl Table for Dynamo {
    async fn get(&self, keys: &[Key]) -> Result<Vec<Option<Item>>, TableError> {
        match keys {
            [] => Ok(Vec::new()),
            [key] => Ok(vec![self.get_one(key).await?]),
            keys => self.get_several(keys).await?.into_iter().collect(),
        }
    }

    async fn get_each(&self, keys: &[Key]) -> Result<Vec<Found>, TableError> {
        match keys {
            [] => Ok(Vec::new()),
            [key] => Ok(vec![Ok(self.get_one(key).await?)]),
            keys => self.get_several(keys).await,
        }
    }

    async fn query(&self, query: &Query) -> Result<Page, TableError> {
        self.query_page(query).await
    }

    async fn scan(&self, scan: &Scan) -> Result<ScanPage, TableError> {
        self.scan_page(scan).await
    }

    async fn due(&self, due: &Due) -> Result<DuePage, TableError> {
        self.due_page(due).await
    }

    async fn write(&self, writes: &[Write]) -> Result<(), WriteError> {
        self.write_all(writes).await
    }

    async fn connect(&self) -> Result<(), TableError> {
        self.open().await
    }
}
