//! The reads of a table: by keys, by query, by scan.

use std::collections::BTreeSet;

use serde_json::{Value as Json, json};
use waxseal::table::Item;

use super::{
    capacity::Capacity,
    expression::parse,
    protocol::{
        BatchGetItem, GetItem, Keys, Query, Refused, Scan, check_consistent, key, placeholders, read, wire,
    },
    state::State,
};

impl State {
    pub(super) fn get_item(&mut self, body: Json) -> Result<Json, Refused> {
        let request: GetItem = read(body)?;
        self.check_table(&request.table_name)?;
        check_consistent(request.consistent_read)?;
        let item = self.items.get(&key(request.key)?).cloned();
        let used = Capacity::of_item(item.as_ref());
        let mut answer = self.bill(used, request.return_consumed_capacity.as_deref(), |used| used)?;
        if let Some(item) = item {
            answer["Item"] = wire(&item);
        }
        Ok(answer)
    }

    pub(super) fn batch_get_item(&mut self, body: Json, leave: bool) -> Result<Json, Refused> {
        let request: BatchGetItem = read(body)?;
        let (mut found, mut left, mut seen) = (Vec::new(), json!({}), BTreeSet::new());
        let mut used = Capacity::default();
        for (table, Keys { mut keys, consistent_read }) in request.request_items {
            self.check_table(&table)?;
            check_consistent(consistent_read)?;
            if keys.is_empty() || keys.len() > 100 {
                return Err(Refused::invalid("Too many items requested for the BatchGetItem call"));
            }
            for attributes in &keys {
                if !seen.insert(key(attributes.clone())?) {
                    return Err(Refused::invalid("Provided list of item keys contains duplicates"));
                }
            }
            if leave && keys.len() > 1 {
                left = json!({&table: Keys { keys: keys.split_off(1), consistent_read }});
            }
            for attributes in keys {
                let item = self.items.get(&key(attributes)?);
                used.add(Capacity::of_item(item));
                found.extend(item.map(wire));
            }
        }
        // DynamoDB promises no order: the reverse shows who relies on one.
        found.reverse();
        let mut answer =
            self.bill(used, request.return_consumed_capacity.as_deref(), |used| json!([used]))?;
        answer["Responses"] = json!({&self.name: found});
        answer["UnprocessedKeys"] = left;
        Ok(answer)
    }

    pub(super) fn query(&mut self, body: Json) -> Result<Json, Refused> {
        let request: Query = read(body)?;
        self.check_table(&request.table_name)?;
        if request.index_name.is_some() {
            return self.query_timers(request);
        }
        check_consistent(request.consistent_read)?;
        let placeholders =
            placeholders(request.expression_attribute_names, request.expression_attribute_values)?;
        let condition = parse(&request.key_condition_expression, &placeholders).map_err(Refused::invalid)?;
        let partition = condition
            .partition()
            .ok_or_else(|| Refused::invalid("Query condition missed key schema element: pk"))?;
        let of_partition = self.items.iter().filter(|item| *item.key.partition == *partition);
        let mut matching: Vec<Item> =
            of_partition.filter(|item| condition.holds(Some(item))).cloned().collect();
        let backwards = request.scan_index_forward == Some(false);
        if backwards {
            matching.reverse();
        }
        if let Some(after) = request.exclusive_start_key.map(key).transpose()? {
            if !condition.holds(Some(&Item::new(after.clone()))) {
                return Err(Refused::invalid(
                    "The provided starting key is outside query boundaries based on provided conditions",
                ));
            }
            matching.retain(|item| if backwards { item.key < after } else { item.key > after });
        }
        let most = request.limit.unwrap_or(self.page).min(self.page);
        let page: Vec<Json> = matching.iter().take(most).map(wire).collect();
        let bytes = matching.iter().take(most).map(Item::size).sum();
        let mut answer =
            self.bill(Capacity::of_read(bytes), request.return_consumed_capacity.as_deref(), |used| used)?;
        answer["Count"] = page.len().into();
        answer["ScannedCount"] = page.len().into();
        answer["Items"] = page.into();
        if matching.len() > most {
            answer["LastEvaluatedKey"] = wire(&Item::new(matching[most - 1].key.clone()));
        }
        Ok(answer)
    }

    /// One page. The filter is applied to the items that were read, so any page may be empty, the last
    /// one too.
    pub(super) fn scan(&mut self, body: Json) -> Result<Json, Refused> {
        let request: Scan = read(body)?;
        self.check_table(&request.table_name)?;
        check_consistent(request.consistent_read)?;
        let placeholders =
            placeholders(request.expression_attribute_names, request.expression_attribute_values)?;
        let filter = match &request.filter_expression {
            Some(text) => Some(parse(text, &placeholders).map_err(Refused::invalid)?),
            None => None,
        };
        let after = request.exclusive_start_key.map(key).transpose()?;
        let rest = self.items.iter().filter(|item| after.as_ref().is_none_or(|after| item.key > *after));
        let most = request.limit.unwrap_or(self.page).min(self.page);
        let page: Vec<&Item> = rest.take(most).collect();
        let found: Vec<Json> = page
            .iter()
            .filter(|item| filter.as_ref().is_none_or(|filter| filter.holds(Some(item))))
            .map(|item| wire(item))
            .collect();
        let bytes = page.iter().map(|item| item.size()).sum();
        let (scanned, last) = (page.len(), page.get(most - 1).map(|item| item.key.clone()));
        let used = Capacity::of_read(bytes);
        let mut answer = self.bill(used, request.return_consumed_capacity.as_deref(), |used| used)?;
        answer["Count"] = found.len().into();
        answer["ScannedCount"] = scanned.into();
        answer["Items"] = found.into();
        if let Some(last) = last {
            answer["LastEvaluatedKey"] = wire(&Item::new(last));
        }
        Ok(answer)
    }
}
