//! Reads of the index of timers: one page of a shard, the newest time first.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;
use waxseal::table::{Due, DueItem, DuePage, Key, TableError, attribute};
use waxseal_catalog::routes::TIMERS_INDEX;

use super::{
    attributes,
    client::{Dynamo, count},
};

impl Dynamo {
    pub(super) async fn due_page(&self, due: &Due) -> Result<DuePage, TableError> {
        const ACTION: &str = "Query";
        let start = due.after.as_ref().map(|after| {
            let mut start = attributes::of_key(&after.key);
            start.insert(attribute::WAKE_SHARD.to_owned(), AttributeValue::S(due.shard.clone()));
            start.insert(attribute::WAKE_AT.to_owned(), AttributeValue::N(after.at.to_string()));
            start
        });
        let output = self
            .client
            .query()
            .table_name(&self.name)
            .index_name(TIMERS_INDEX)
            .key_condition_expression("#shard = :shard AND #at <= :until")
            .expression_attribute_names("#shard", attribute::WAKE_SHARD)
            .expression_attribute_names("#at", attribute::WAKE_AT)
            .expression_attribute_values(":shard", AttributeValue::S(due.shard.clone()))
            .expression_attribute_values(":until", AttributeValue::N(due.until.as_millisecond().to_string()))
            .scan_index_forward(false)
            .set_exclusive_start_key(start)
            .set_limit(due.limit.map(count))
            .send()
            .await
            .map_err(|error| self.failed(ACTION, &error))?;
        let entry = |attributes: &HashMap<String, AttributeValue>| {
            entry(attributes).ok_or_else(|| {
                let reason =
                    format!("an entry of the index {TIMERS_INDEX} has no `pk`, `sk` and `wake_at` that fit");
                TableError::new(&*self.name, ACTION, reason)
            })
        };
        Ok(DuePage {
            items: output.items.unwrap_or_default().iter().map(entry).collect::<Result<_, _>>()?,
            next: output.last_evaluated_key.as_ref().map(entry).transpose()?,
        })
    }
}

fn entry(attributes: &HashMap<String, AttributeValue>) -> Option<DueItem> {
    let text = |name| attributes.get(name)?.as_s().ok().map(String::as_str);
    let at = attributes.get(attribute::WAKE_AT)?.as_n().ok()?.parse().ok()?;
    let key =
        Key { partition: text(attribute::PARTITION)?.into(), sort: text(attribute::SORT)?.to_owned().into() };
    Some(DueItem { at, key })
}
