//! The stream compared with DynamoDB's: every change is kept for 24 hours, written as JSON, and
//! filtered when it is read.

use std::sync::Arc;

use proptest::prelude::*;
use waxseal::{
    Timestamp,
    table::{Foreign, Item, Key, Value, memory::Change},
};
use waxseal_catalog::routes::RELAY_FILTER;
use waxseal_pattern::Pattern;

use super::stream::Stream;
use crate::wire::{self, StreamRecord};

/// Filters that ask for attributes, for the key, for numbers, for other members, and for nothing.
const FILTERS: [&str; 10] = [
    RELAY_FILTER,
    r#"{"eventName":["REMOVE"]}"#,
    r#"{"eventName":["INSERT"],"userIdentity":{"type":["Service"]}}"#,
    r#"{"dynamodb":{"NewImage":{"emitted":{"S":[{"exists":false}]}}}}"#,
    r#"{"dynamodb":{"NewImage":{"n":{"N":["7"]}},"OldImage":{"n":{"N":[{"exists":false}]}}}}"#,
    r#"{"dynamodb":{"Keys":{"pk":{"S":["a"]}}}}"#,
    r#"{"dynamodb":{"NewImage":{"pk":{"S":["a"]}}}}"#,
    r#"{"dynamodb":{"NewImage":{"f":{"BOOL":[true]}}}}"#,
    r#"{"dynamodb":{"NewImage":{"f":{"S":[{"exists":true}]}}}}"#,
    r#"{"$or":[{"dynamodb":{"SizeBytes":[{"numeric":[">",20]}]}},{"eventName":["MODIFY"]}]}"#,
];

fn item() -> impl Strategy<Value = Option<Arc<Item>>> {
    let value = prop_oneof![
        Just(Value::Text("x".to_owned())),
        Just(Value::Text(String::new())),
        Just(Value::Number(7)),
        Just(Value::Foreign(Foreign::new(r#"{"BOOL":true}"#))),
        Just(Value::Foreign(Foreign::new(r#"{"M":{"S":{"S":"deep"}}}"#))),
    ];
    let name = prop::sample::select(vec!["emitted", "n", "f", "a.S", "M"]);
    let attributes = proptest::collection::btree_map(name.prop_map(Into::into), value, 0..4);
    let item = (prop::sample::select(vec!["a", "b\"#"]), attributes).prop_map(|(partition, attributes)| {
        Arc::new(Item { key: Key { partition: partition.into(), sort: "state".into() }, attributes })
    });
    proptest::option::of(item)
}

#[derive(Debug, Clone)]
enum Step {
    Change(Change, bool),
    /// Reads so many and passes so many of them.
    Read(usize, usize),
    Hours(u64),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let change = (item(), item(), any::<bool>());
    let step = prop_oneof![
        4 => change.prop_map(|(old, new, by_ttl)| Step::Change(Change { old, new }, by_ttl)),
        2 => (1..4_usize, 0..4_usize).prop_map(|(most, passed)| Step::Read(most, passed)),
        1 => (0..20_u64).prop_map(Step::Hours),
    ];
    proptest::collection::vec(step, 0..40)
}

proptest! {
    #[test]
    fn a_mapping_reads_what_its_filter_selects_until_it_has_passed_or_a_day_is_over(
        steps in steps(),
        filter in prop::sample::select(FILTERS.to_vec()),
    ) {
        let filter = Pattern::parse(filter).unwrap();
        let stream = Stream::new("orders", filter.clone());
        let (mut kept, mut sequence) = (Vec::<(u64, Timestamp)>::new(), 0);
        let mut now = Timestamp::UNIX_EPOCH;
        for step in steps {
            match step {
                Step::Change(change, by_ttl) => {
                    sequence += 1;
                    let record = Arc::new(StreamRecord { sequence, at: now, change, by_ttl });
                    if filter.matches_text(&wire::stream_record("orders", &record)) {
                        kept.push((sequence, now));
                    }
                    stream.record(&record);
                }
                Step::Read(most, passed) => {
                    let read: Vec<u64> = stream.oldest(most, now).iter().map(|record| record.sequence).collect();
                    kept.retain(|(_, at)| *at + std::time::Duration::from_hours(24) >= now);
                    let expected: Vec<u64> = kept.iter().take(most).map(|(sequence, _)| *sequence).collect();
                    prop_assert_eq!(&read, &expected);
                    if let Some(last) = read.get(passed.min(read.len()).wrapping_sub(1)) {
                        stream.pass(last + 1);
                        kept.retain(|(sequence, _)| sequence > last);
                    }
                    prop_assert_eq!(stream.len(), kept.len(), "nothing else is kept");
                }
                Step::Hours(hours) => now = now + std::time::Duration::from_hours(hours),
            }
        }
    }
}
