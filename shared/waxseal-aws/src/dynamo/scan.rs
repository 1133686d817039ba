//! Scans: one page of all items, strongly consistent. Sweeps alone scan.
//!
//! DynamoDB bills a scan for the items that it reads, and not for those that pass its filter: 1 RCU for 4 KB of the whole
//! table. An index over the emissions would make a sweep cheap and every commit dearer.

use waxseal::table::{Scan, ScanPage, TableError};

use super::{
    attributes,
    client::{Dynamo, count},
};

impl Dynamo {
    pub(super) async fn scan_page(&self, scan: &Scan) -> Result<ScanPage, TableError> {
        const ACTION: &str = "Scan";
        let request = self
            .client
            .scan()
            .table_name(&self.name)
            .consistent_read(true)
            .set_limit(scan.limit.map(count))
            .set_exclusive_start_key(scan.after.as_ref().map(attributes::of_key));
        let request = match &scan.has {
            Some(name) => request
                .filter_expression("attribute_exists(#wanted)")
                .expression_attribute_names("#wanted", name.clone()),
            None => request,
        };
        let output = request.send().await.map_err(|error| self.failed(ACTION, &error))?;
        Ok(ScanPage {
            items: self.items(ACTION, output.items)?,
            next: self.last(ACTION, output.last_evaluated_key)?.map(|last| last.key),
        })
    }
}
