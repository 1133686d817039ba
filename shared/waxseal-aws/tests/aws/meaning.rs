//! The DynamoDB table means what the memory table means: the same writes give the same results and the same items,
//! whatever the conditions.

use proptest::prelude::*;
use waxseal::{
    Table, Timestamp,
    table::{Action, Condition, Item, Key, Query, Write, WriteError, memory::Items},
};
use waxseal_aws::testing::WireTable;

fn key() -> impl Strategy<Value = Key> {
    (0..3_u8, 0..2_u8).prop_map(|(partition, sort)| Key {
        partition: format!("p{partition}#ß").into(),
        sort: format!("s{sort}").into(),
    })
}

fn at(milliseconds: i64) -> Timestamp {
    Timestamp::from_millisecond(milliseconds).unwrap()
}

fn item() -> impl Strategy<Value = Item> {
    let expires = prop::option::of(prop_oneof![Just(-1_i64), 0..5_i64]);
    // An attribute of the other type must satisfy no condition.
    let version = prop::option::of(prop_oneof![(0..3_i64).prop_map(Ok), Just(Err("1".to_owned()))]);
    (key(), expires, version, prop::option::of("[ab]")).prop_map(|(key, expires, version, owner)| {
        let mut item = Item::new(key);
        if let Some(expires) = expires {
            item = item.number("expires_at", expires);
        }
        item = match version {
            Some(Ok(number)) => item.number("version", number),
            Some(Err(text)) => item.text("version", text),
            None => item,
        };
        if let Some(owner) = owner {
            item = item.text("owner", owner);
        }
        item
    })
}

fn write() -> impl Strategy<Value = Write> {
    let action = prop_oneof![
        3 => item().prop_map(Action::Put),
        1 => key().prop_map(Action::Delete),
        1 => key().prop_map(Action::Check),
    ];
    let condition = prop_oneof![
        // Around whole seconds, and before 1970.
        (-2001..5001_i64).prop_map(|now| Condition::Absent { now: at(now) }),
        prop_oneof![0..3_u64, Just(u64::MAX)].prop_map(Condition::Version),
        "[ab]".prop_map(Condition::Writer),
    ];
    (action, condition).prop_map(|(action, condition)| Write { action, condition })
}

/// A result without the errors' types, which have no equality.
fn outcome(result: Result<(), WriteError>) -> String {
    match result {
        Ok(()) => "ok".to_owned(),
        Err(WriteError::Refused(refusals)) => format!("{refusals:?}"),
        Err(error) => waxseal::error_chain(&error),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]
    #[test]
    fn every_condition_means_what_holds_says(commits in prop::collection::vec(prop::collection::vec(write(), 1..4), 1..12)) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let (wire, mut memory) = (WireTable::new("orders"), Items::default());
        let table = wire.table();
        for writes in commits {
            let expected = outcome(memory.write(&writes).map(|_| ()));
            let seen = outcome(runtime.block_on(table.write(&writes)));
            prop_assert_eq!(seen, expected, "{:?}", writes);
            prop_assert_eq!(&wire.items(), &memory);
        }
        let keys: Vec<Key> = (0..3).flat_map(|p| (0..2).map(move |s| Key { partition: format!("p{p}#ß").into(), sort: format!("s{s}").into() })).collect();
        let read = runtime.block_on(table.get(&keys)).unwrap();
        prop_assert_eq!(read, keys.iter().map(|key| memory.get(key).cloned()).collect::<Vec<_>>());
    }

    #[test]
    fn e3_a_partition_is_read_page_by_page_in_order(count in 0..40_usize, page in 1..10_usize) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let wire = WireTable::new("orders");
        wire.page_size(page);
        for n in 0..count {
            wire.put(Item::new(Key { partition: "stream".into(), sort: format!("{n:04}").into() }).number("n", n as i64));
        }
        wire.put(Item::new(Key { partition: "other".into(), sort: "0000".into() }));
        let table = wire.table();
        let (mut read, mut query) = (Vec::new(), Query::of("stream"));
        loop {
            let page = runtime.block_on(table.query(&query)).unwrap();
            read.extend(page.items.iter().map(|item| item.get_number("n").unwrap()));
            match page.next {
                Some(next) => query = query.after(next),
                None => break,
            }
        }
        prop_assert_eq!(read, (0..count as i64).collect::<Vec<_>>());
        prop_assert_eq!(wire.calls().len(), count.div_ceil(page).max(1));
    }
}

#[tokio::test]
async fn a_batch_read_that_is_cut_short_is_completed() {
    let wire = WireTable::new("orders");
    let keys: Vec<Key> =
        (0..5).map(|n| Key { partition: format!("p{n}").into(), sort: "s".into() }).collect();
    keys.iter().skip(1).for_each(|key| wire.put(Item::new(key.clone()).text("data", "{}")));
    wire.disturb(waxseal_aws::testing::Disturbance::Unprocessed);
    let read = wire.table().get(&keys).await.unwrap();
    assert_eq!(read.iter().map(Option::is_some).collect::<Vec<_>>(), [false, true, true, true, true]);
    assert_eq!(wire.actions(), ["BatchGetItem", "BatchGetItem"]);
}
