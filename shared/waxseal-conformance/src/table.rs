//! The table itself: conditions, all or nothing, order and pages. A table that passes these
//! statements can carry all others.

use std::time::Duration;

use futures_util::future::join_all;

use super::env::ContractEnv;
use waxseal::{
    Table, Timestamp,
    table::{
        Action, Condition, Item, Key, LARGEST_ACTIONS, LARGEST_ITEM, Query, Refusal, Scan, SortRange,
        TooLarge, Write, WriteError, attribute,
    },
};

fn key(id: &str) -> Key {
    Key::of("contract", &[id], "state")
}

fn put(item: Item, condition: Condition) -> Write {
    Write { action: Action::Put(item), condition }
}

fn refusals(result: Result<(), WriteError>) -> Vec<Refusal> {
    match result {
        Err(WriteError::Refused(mut refusals)) => {
            refusals.sort_by(|one, other| one.key.cmp(&other.key));
            refusals
        }
        other => panic!("expected a refusal, not {other:?}"),
    }
}

async fn get(table: &impl Table, id: &str) -> Option<Item> {
    table.get(&[key(id)]).await.unwrap().remove(0)
}

/// Written values are read back exactly: unicode, money, the extremes of numbers, texts in the form
/// of other types.
pub async fn c2_what_is_written_is_read_back_exactly(env: &impl ContractEnv) {
    let (table, now) = (env.table().await, env.start());
    let item = Item::new(Key::of("contract", &["Größe #5 %23 \u{1F3A9}", ""], "state"))
        .text("data", r#"{"name":"Zoë \"O'Neil\"","total":125050}"#)
        .text("long", "é".repeat(100_000))
        .text("number-like", "0012.50")
        .number("least", i64::MIN)
        .number("most", i64::MAX)
        .number("zero", 0);
    table.write(&[put(item.clone(), Condition::Absent { now })]).await.unwrap();
    assert_eq!(table.get(std::slice::from_ref(&item.key)).await.unwrap(), [Some(item.clone())]);
    let other = Item::new(key("other")).text("data", "");
    let check = Write { action: Action::Check(key("absent")), condition: Condition::Absent { now } };
    table.write(&[put(other.clone(), Condition::Absent { now }), check]).await.unwrap();
    assert_eq!(get(&table, "other").await, Some(other));
    assert_eq!(get(&table, "absent").await, None, "a check leaves nothing");
}

/// Each condition has its meaning, in a plain write and in a transaction, and a refusal shows the
/// stored item.
pub async fn c2_each_condition_means_what_it_says(env: &impl ContractEnv) {
    let (table, now) = (env.table().await, env.start());
    let seconds = |seconds: i64| Timestamp::from_second(now.as_second() + seconds).unwrap();
    let stored = Item::new(key("stored"))
        .number(attribute::VERSION, 3)
        .text(attribute::WRITER, "00a1")
        .number(attribute::EXPIRES, seconds(60).as_second());
    let lasting = Item::new(key("lasting")).number(attribute::VERSION, 3).text(attribute::WRITER, "00a1");
    let bare = Item::new(key("bare")).text("data", "no version, no owner");
    for item in [&stored, &lasting, &bare] {
        table.write(&[put(item.clone(), Condition::Absent { now })]).await.unwrap();
    }
    let none: Option<&Item> = None;
    let conditions = [
        Condition::Absent { now },
        Condition::Absent { now: seconds(59) },
        Condition::Absent { now: seconds(60) - Duration::from_millis(1) },
        Condition::Absent { now: seconds(60) },
        Condition::Absent { now: seconds(61) },
        Condition::Version(2),
        Condition::Version(3),
        Condition::Writer("00a1".to_owned()),
        Condition::Writer("00A1".to_owned()),
        Condition::Writer(String::from("00b2")),
    ];
    for condition in conditions {
        for (id, there) in
            [("stored", Some(&stored)), ("lasting", Some(&lasting)), ("bare", Some(&bare)), ("nothing", none)]
        {
            // A check changes nothing, so every condition meets the same items, in a plain write
            // and in a transaction.
            let check = Write { action: Action::Check(key(id)), condition: condition.clone() };
            let company =
                Write { action: Action::Check(key("nobody")), condition: Condition::Absent { now } };
            for writes in [vec![check.clone()], vec![company, check]] {
                let result = table.write(&writes).await;
                if condition.holds(there) {
                    assert!(result.is_ok(), "{condition:?} on {there:?}: {result:?}");
                } else {
                    let expected = Refusal { key: key(id), stored: there.cloned() };
                    assert_eq!(refusals(result), [expected], "{condition:?}");
                }
            }
        }
    }
}

/// A put and a delete are applied only where their condition holds, and the refusal shows the item.
pub async fn c2_a_refused_write_changes_nothing(env: &impl ContractEnv) {
    let (table, now) = (env.table().await, env.start());
    let first = Item::new(key("one")).number(attribute::VERSION, 1).text("data", "first");
    table.write(&[put(first.clone(), Condition::Absent { now })]).await.unwrap();
    let second = Item::new(key("one")).number(attribute::VERSION, 2);
    let refused = refusals(table.write(&[put(second.clone(), Condition::Absent { now })]).await);
    assert_eq!(refused, [Refusal { key: key("one"), stored: Some(first.clone()) }]);
    let delete =
        |version| Write { action: Action::Delete(key("one")), condition: Condition::Version(version) };
    let refused = refusals(table.write(&[delete(2)]).await);
    assert_eq!(refused, [Refusal { key: key("one"), stored: Some(first.clone()) }]);
    assert_eq!(get(&table, "one").await, Some(first));
    table.write(&[put(second.clone(), Condition::Version(1))]).await.unwrap();
    assert_eq!(get(&table, "one").await, Some(second), "a put replaces the item whole");
    table.write(&[delete(2)]).await.unwrap();
    assert_eq!(get(&table, "one").await, None);
    let refused = refusals(table.write(&[delete(2)]).await);
    assert_eq!(refused, [Refusal { key: key("one"), stored: None }]);
}

/// A commit applies all writes or none. Every failed condition is named, with the stored item.
pub async fn c2_all_or_nothing_and_every_refusal_is_named(env: &impl ContractEnv) {
    let (table, now) = (env.table().await, env.start());
    let stored = |id: &str| Item::new(key(id)).number(attribute::VERSION, 1).text(attribute::WRITER, "a");
    for id in ["b", "d"] {
        table.write(&[put(stored(id), Condition::Absent { now })]).await.unwrap();
    }
    let writes = [
        put(Item::new(key("a")), Condition::Absent { now }),
        put(Item::new(key("b")), Condition::Absent { now }),
        Write { action: Action::Delete(key("c")), condition: Condition::Writer("a".to_owned()) },
        Write { action: Action::Check(key("d")), condition: Condition::Version(1) },
        Write { action: Action::Check(key("e")), condition: Condition::Version(1) },
    ];
    let refused = refusals(table.write(&writes).await);
    let expected = [("b", Some(stored("b"))), ("c", None), ("e", None)];
    assert_eq!(refused, expected.map(|(id, stored)| Refusal { key: key(id), stored }));
    assert_eq!(get(&table, "a").await, None);
    let writes = [writes[0].clone(), writes[3].clone()];
    table.write(&writes).await.unwrap();
    assert!(get(&table, "a").await.is_some());
}

/// Limits are checked before anything is sent, and the errors name the items.
pub async fn c2_limits_are_typed_and_name_the_items(env: &impl ContractEnv) {
    let (table, now) = (env.table().await, env.start());
    let small = |n: usize| put(Item::new(key(&format!("{n:03}"))), Condition::Absent { now });
    let heavy = |n: usize, bytes: usize| {
        put(Item::new(key(&format!("{n:03}"))).text("data", "x".repeat(bytes)), Condition::Absent { now })
    };
    let too_large = |result: Result<(), WriteError>| match result {
        Err(WriteError::TooLarge(limit)) => limit,
        other => panic!("expected a limit, not {other:?}"),
    };
    let many: Vec<_> = (0..=LARGEST_ACTIONS).map(small).collect();
    assert_eq!(too_large(table.write(&many).await), TooLarge::Actions { count: 101 });
    let twice = [small(1), small(2), small(1)];
    assert_eq!(too_large(table.write(&twice).await), TooLarge::Twice { key: key("001") });
    let one = [small(1), heavy(2, LARGEST_ITEM)];
    assert!(
        matches!(too_large(table.write(&one).await), TooLarge::Item { key: item, .. } if item == key("002"))
    );
    let all: Vec<_> = (0..11).map(|n| heavy(n, 390_000 + n)).collect();
    assert!(
        matches!(too_large(table.write(&all).await), TooLarge::Commit { largest, .. } if largest == key("010"))
    );
    let keys: Vec<_> = (0..=LARGEST_ACTIONS).map(|n| key(&format!("{n:03}"))).collect();
    assert!(table.get(&keys).await.unwrap().iter().all(Option::is_none), "nothing was sent");
    table.write(&many[..LARGEST_ACTIONS]).await.unwrap();
    let found = table.get(&keys).await.unwrap();
    assert_eq!(found.iter().filter(|item| item.is_some()).count(), LARGEST_ACTIONS);
}

/// Items come back in the order of the request, absent ones in their place, however many.
pub async fn c2_items_come_back_in_the_order_asked_for(env: &impl ContractEnv) {
    let (table, now) = (env.table().await, env.start());
    let item = |n: usize| Item::new(key(&n.to_string())).number("n", i64::try_from(n).unwrap());
    let writes: Vec<_> = (0..240).step_by(3).map(|n| put(item(n), Condition::Absent { now })).collect();
    table.write(&writes).await.unwrap();
    let keys: Vec<_> = (0..240).rev().map(|n| key(&n.to_string())).collect();
    let found = table.get(&keys).await.unwrap();
    let expected: Vec<_> = (0..240).rev().map(|n| (n % 3 == 0).then(|| item(n))).collect();
    assert_eq!(found, expected);
    assert_eq!(table.get(&[]).await.unwrap(), []);
}

/// A partition longer than a page is read whole, in the order of its sort keys, without items of
/// its neighbours.
pub async fn e3_a_partition_longer_than_a_page_is_read_whole(env: &impl ContractEnv) {
    let (table, now) = (env.table().await, env.start());
    let at = |partition: &str, sort: String| Key { partition: partition.into(), sort: sort.into() };
    // 3 MB: three pages of DynamoDB's 1 MB.
    let heavy = "x".repeat(100_000);
    for chunk in 0..3 {
        let writes: Vec<_> = (0..10)
            .map(|n| at("stream#order-7", format!("{:010}", chunk * 10 + n)))
            .map(|key| put(Item::new(key).text("data", &heavy), Condition::Absent { now }))
            .collect();
        table.write(&writes).await.unwrap();
    }
    for neighbour in ["stream#order-6", "stream#order-70", "stream#order"] {
        let write = put(Item::new(at(neighbour, "0000000003".to_owned())), Condition::Absent { now });
        table.write(&[write]).await.unwrap();
    }
    let name = |n: usize| format!("{n:010}");
    let whole = Query::of("stream#order-7");
    let (forward, backward): (Vec<usize>, Vec<usize>) = ((0..30).collect(), (0..30).rev().collect());
    for (query, expected) in [
        (whole.clone(), forward.clone()),
        (whole.clone().after(name(12)), (13..30).collect()),
        (whole.clone().after(name(29)), Vec::new()),
        (whole.clone().limit(7), forward),
        (whole.clone().backwards(), backward.clone()),
        (whole.clone().backwards().limit(7), backward),
        (whole.clone().backwards().after(name(12)), (0..12).rev().collect()),
        (whole.clone().range(SortRange::between(name(9), name(20))), (9..=20).collect()),
        (
            whole.clone().range(SortRange::between(name(9), name(20))).after(name(11)).limit(4),
            (12..=20).collect(),
        ),
        (whole.clone().range(SortRange::From(name(25).into())).backwards(), (25..30).rev().collect()),
        (whole.clone().range(SortRange::To(name(3).into())), (0..=3).collect()),
        (whole.clone().range(SortRange::prefix("000000001")), (10..20).collect()),
        (
            whole.clone().range(SortRange::prefix("000000001")).backwards().after(name(15)),
            (10..15).rev().collect(),
        ),
        (whole.range(SortRange::between(name(20), name(9))), Vec::new()),
    ] {
        let found = pages(&table, query.clone()).await;
        assert_eq!(found, expected.into_iter().map(name).collect::<Vec<_>>(), "{query:?}");
    }
    assert_eq!(table.query(&Query::of("stream#nobody")).await.unwrap(), waxseal::table::Page::default());
}

/// The sort keys of every page of a query, in order.
async fn pages(table: &impl Table, mut query: Query) -> Vec<String> {
    let mut found = Vec::new();
    loop {
        let page = table.query(&query).await.unwrap();
        assert!(
            query.limit.is_none_or(|limit| page.items.len() <= limit),
            "a page of {} items",
            page.items.len()
        );
        found.extend(page.items.into_iter().map(|item| item.key.sort.into_owned()));
        match page.next {
            Some(next) => query = query.after(next),
            None => return found,
        }
    }
}

/// A scan returns every item that has the attribute, once, whatever its pages; it filters out the
/// rest.
pub async fn e3_a_scan_reads_every_wanted_item_once(env: &impl ContractEnv) {
    let (table, now) = (env.table().await, env.start());
    let key = |n: usize| Key::of("scanned", &[&format!("{n:03}")], "state");
    for chunk in (0..60).collect::<Vec<_>>().chunks(20) {
        let item = |n: &usize| {
            let item = Item::new(key(*n)).text("data", "x".repeat(20_000));
            if n.is_multiple_of(7) { item.text("marked", "yes") } else { item }
        };
        let writes: Vec<_> = chunk.iter().map(|n| put(item(n), Condition::Absent { now })).collect();
        table.write(&writes).await.unwrap();
    }
    for (limit, scan) in
        [(None, Scan::having("marked")), (Some(9), Scan::having("marked")), (Some(4), Scan::default())]
    {
        let is_whole = scan.has.is_none();
        let (mut scan, mut found) = (scan, Vec::new());
        scan.limit = limit;
        loop {
            let page = table.scan(&scan).await.unwrap();
            found.extend(page.items.into_iter().map(|item| item.key));
            match page.next {
                Some(next) => scan = scan.after(Some(next)),
                None => break,
            }
        }
        found.sort();
        let expected: Vec<Key> = (0..60_usize).filter(|n| is_whole || n.is_multiple_of(7)).map(key).collect();
        assert_eq!(found, expected);
    }
}

/// Of many writers at one version exactly one wins.
pub async fn e1_of_many_writers_at_one_version_one_wins(env: &impl ContractEnv) {
    let (table, now) = (env.table().await, env.start());
    let version = |n: i64| Item::new(key("row")).number(attribute::VERSION, n);
    table.write(&[put(version(1), Condition::Absent { now })]).await.unwrap();
    for expected in 1..4_u32 {
        let writers = (0..16).map(|writer| {
            let item = version(i64::from(expected) + 1).text(attribute::WRITER, format!("{writer}"));
            let mut writes = vec![put(item, Condition::Version(expected.into()))];
            // Half of them as transactions.
            if writer % 2 == 0 {
                let row = Item::new(key(&format!("{expected}-{writer}")));
                writes.push(put(row, Condition::Absent { now }));
            }
            let table = &table;
            async move { table.write(&writes).await }
        });
        let results = join_all(writers).await;
        assert_eq!(results.iter().filter(|result| result.is_ok()).count(), 1, "{results:?}");
        assert!(
            results.iter().all(|result| matches!(result, Ok(()) | Err(WriteError::Refused(_)))),
            "{results:?}"
        );
        let stored = get(&table, "row").await.unwrap();
        assert_eq!(stored.get_number(attribute::VERSION), Some(i64::from(expected) + 1));
    }
}
