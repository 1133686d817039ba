//! The index of timers, which projects the keys alone: its entries, and queries of them.

use serde_json::Value as Json;
use waxseal::table::{Item, attribute};

use super::{
    capacity::Capacity,
    expression::parse,
    protocol::{Attributes, Query, Refused, item, placeholders, wire},
    state::State,
};
use waxseal_catalog::routes::TIMERS_INDEX;

/// The entry of an item in the index; `None` for an item without both of its keys.
pub(super) fn entry(item: &Item) -> Option<Item> {
    let shard = item.get_text(attribute::WAKE_SHARD)?;
    let at = item.get_number(attribute::WAKE_AT)?;
    Some(Item::new(item.key.clone()).text(attribute::WAKE_SHARD, shard).number(attribute::WAKE_AT, at))
}

/// The same with its time.
fn timed(item: &Item) -> Option<(i64, Item)> {
    let entry = entry(item)?;
    Some((entry.get_number(attribute::WAKE_AT)?, entry))
}

impl State {
    pub(super) fn query_timers(&mut self, request: Query) -> Result<Json, Refused> {
        if request.index_name.as_deref() != Some(TIMERS_INDEX) {
            return Err(Refused::invalid("The table does not have the specified index"));
        }
        if request.consistent_read {
            return Err(Refused::invalid("Consistent reads are not supported on global secondary indexes"));
        }
        let placeholders =
            placeholders(request.expression_attribute_names, request.expression_attribute_values)?;
        let condition = parse(&request.key_condition_expression, &placeholders).map_err(Refused::invalid)?;
        let mut matching: Vec<(i64, Item)> =
            self.items.iter().filter_map(timed).filter(|(_, entry)| condition.holds(Some(entry))).collect();
        matching.sort_by(|(a, x), (b, y)| (a, &x.key).cmp(&(b, &y.key)));
        let backwards = request.scan_index_forward == Some(false);
        if backwards {
            matching.reverse();
        }
        if let Some(start) = request.exclusive_start_key {
            let start = start_of(start)?;
            matching.retain(|(at, entry)| {
                let place = (*at, &entry.key);
                if backwards { place < (start.0, &start.1.key) } else { place > (start.0, &start.1.key) }
            });
        }
        let most = request.limit.unwrap_or(self.page).min(self.page);
        let page: Vec<Json> = matching.iter().take(most).map(|(_, entry)| wire(entry)).collect();
        let bytes = matching.iter().take(most).map(|(_, entry)| entry.size()).sum();
        let whole = Capacity::of_read(bytes);
        // An index is eventually consistent: half the price.
        let used = Capacity { read: whole.read / 2.0, ..whole };
        let mut answer = self.bill(used, request.return_consumed_capacity.as_deref(), |used| used)?;
        answer["Count"] = page.len().into();
        answer["ScannedCount"] = page.len().into();
        answer["Items"] = page.into();
        if matching.len() > most {
            answer["LastEvaluatedKey"] = wire(&matching[most - 1].1);
        }
        Ok(answer)
    }
}

/// The entry after which a page begins: it has the keys of the table and of the index.
fn start_of(start: Attributes) -> Result<(i64, Item), Refused> {
    let start = item(start)?;
    match timed(&start) {
        Some(entry) if start.attributes.len() == 2 => Ok(entry),
        _ => Err(Refused::invalid("The provided starting key is invalid")),
    }
}
