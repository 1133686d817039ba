//! Reading receipts one after another, for a relay's sweep: the only scan there is, and only a relay may do it.
//!
//! Strongly consistent, so that what was committed before it began is in it. DynamoDB bills what a scan reads and not what passes its
//! filter: 1 RCU for 4 KB of the whole table, whatever the window. An index over what was emitted would make a sweep cheap and every
//! commit dearer.

use waxseal::{
    relay::Receipts,
    table::{Emitted, Key, TableError, attribute},
};

use super::{Dynamo, attributes};

impl Receipts for Dynamo {
    async fn emitted(&self, after: Option<&Key>) -> Result<Emitted, TableError> {
        const ACTION: &str = "Scan";
        let output = self
            .client
            .scan()
            .table_name(&self.name)
            .consistent_read(true)
            .filter_expression("attribute_exists(#emitted)")
            .expression_attribute_names("#emitted", attribute::EMITTED)
            .set_exclusive_start_key(after.map(attributes::of_key))
            .send()
            .await
            .map_err(|error| self.failed(ACTION, &error))?;
        let item = |stored| attributes::to_item(stored).map_err(|foreign| self.error(ACTION, foreign));
        // A page may be empty and not the last.
        Ok(Emitted {
            items: output.items.unwrap_or_default().into_iter().map(item).collect::<Result<_, _>>()?,
            next: output.last_evaluated_key.map(item).transpose()?.map(|last| last.key),
        })
    }
}
