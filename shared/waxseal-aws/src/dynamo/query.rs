//! Queries: one page of the items of a partition, strongly consistent.

use aws_sdk_dynamodb::types::AttributeValue;
use waxseal::table::{Direction, Key, Page, Query, SortRange, TableError, attribute};

use super::{
    attributes,
    client::{Dynamo, count},
};

impl Dynamo {
    pub(super) async fn query_page(&self, query: &Query) -> Result<Page, TableError> {
        const ACTION: &str = "Query";
        let after = match start(query) {
            Start::First => None,
            Start::After(sort) => {
                let (partition, sort) = (query.partition.as_str().into(), sort.to_owned().into());
                Some(attributes::of_key(&Key { partition, sort }))
            }
            Start::Nowhere => return Ok(Page::default()),
        };
        let (condition, values) = condition(&query.range);
        let output = self
            .client
            .query()
            .table_name(&self.name)
            .consistent_read(true)
            .key_condition_expression(condition)
            .expression_attribute_names("#pk", attribute::PARTITION)
            .expression_attribute_values(":pk", AttributeValue::S(query.partition.clone()))
            .set_exclusive_start_key(after);
        let output = match values.is_empty() {
            true => output,
            false => output.expression_attribute_names("#sk", attribute::SORT),
        };
        let output = values.into_iter().fold(output, |output, (name, value)| {
            output.expression_attribute_values(name, AttributeValue::S(value.to_owned()))
        });
        let output = output
            // Forward is DynamoDB's own default.
            .set_scan_index_forward((query.direction == Direction::Backward).then_some(false))
            .set_limit(query.limit.map(count))
            .send()
            .await
            .map_err(|error| self.failed(ACTION, &error))?;
        Ok(Page {
            items: self.items(ACTION, output.items)?,
            // A page may be empty and not the last, so its key is DynamoDB's and not that of the last item.
            next: self.last(ACTION, output.last_evaluated_key)?.map(|last| last.key.sort.into_owned()),
        })
    }
}

/// The place at which a query begins.
enum Start<'q> {
    /// At the first item of the range.
    First,
    /// After this sort key, which is in the range.
    After(&'q str),
    /// Nowhere: no item of the range is left.
    Nowhere,
}

/// DynamoDB refuses a start key outside of the range, and a range whose first end is behind its last.
fn start(query: &Query) -> Start<'_> {
    if matches!(&query.range, SortRange::Between(first, last) if first > last) {
        return Start::Nowhere;
    }
    let Some(after) = query.after.as_deref() else { return Start::First };
    if query.range.contains(after) {
        return Start::After(after);
    }
    let is_before_the_range = match &query.range {
        SortRange::Prefix(end) | SortRange::From(end) | SortRange::Between(end, _) => after < &**end,
        _ => false,
    };
    match (query.direction, is_before_the_range) {
        (Direction::Forward, true) | (Direction::Backward, false) => Start::First,
        (Direction::Forward, false) | (Direction::Backward, true) => Start::Nowhere,
    }
}

/// The condition on the sort key, and its values.
fn condition(range: &SortRange) -> (&'static str, Vec<(&'static str, &str)>) {
    match range {
        SortRange::Prefix(prefix) => ("#pk = :pk AND begins_with(#sk, :a)", vec![(":a", prefix)]),
        SortRange::From(first) => ("#pk = :pk AND #sk >= :a", vec![(":a", first)]),
        SortRange::To(last) => ("#pk = :pk AND #sk <= :a", vec![(":a", last)]),
        SortRange::Between(first, last) => {
            ("#pk = :pk AND #sk BETWEEN :a AND :b", vec![(":a", first), (":b", last)])
        }
        _ => ("#pk = :pk", Vec::new()),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn ranges() -> impl Strategy<Value = SortRange> {
        let text = || "[a-c]{0,2}";
        prop_oneof![
            Just(SortRange::All),
            text().prop_map(SortRange::prefix),
            text().prop_map(|first| SortRange::From(first.into())),
            text().prop_map(|last| SortRange::To(last.into())),
            (text(), text()).prop_map(|(first, last)| SortRange::between(first, last)),
        ]
    }

    proptest! {
        /// The start that is sent leaves exactly the items that the query wants.
        #[test]
        fn e3_the_start_of_a_query_loses_no_item(
            range in ranges(), after in prop::option::of("[a-c]{0,2}"), backwards: bool, sort in "[a-c]{0,3}",
        ) {
            let mut query = Query::of("p").range(range);
            query.after = after;
            let query = if backwards { query.backwards() } else { query };
            let is_read = match start(&query) {
                Start::First => query.range.contains(&sort),
                Start::After(after) => query.range.contains(&sort) && if backwards { *sort < *after } else { *sort > *after },
                Start::Nowhere => false,
            };
            prop_assert_eq!(is_read, query.wants(&sort), "{:?} {}", query, sort);
        }
    }
}
