//! Items that another writer damaged, or a newer build wrote. Each fails the record that reads it,
//! and no other (S-2).

use super::{
    domain::{Script, Stock, Tally, announcing, charging, counting, mailing, order_of, reserving},
    env::ContractEnv,
    sequences::{gapless, moved, newest},
    world::{Function, RecordedDeadLetters, World, grouped, policy, received, record},
};
use waxseal::{
    Raw, Service, Table, Timestamp,
    batch::{GroupPolicy, Policy, Record, RecordOutcome},
    row::{receipt, state},
    table::{Action, Condition, Foreign, Item, Key, Value, Write, attribute},
};

/// Values of every type that the protocol never writes, in DynamoDB's JSON.
const FOREIGN: [&str; 9] = [
    r#"{"BOOL":true}"#,
    r#"{"N":"1.5"}"#,
    r#"{"N":"9223372036854775808"}"#,
    r#"{"SS":["a"]}"#,
    r#"{"NS":["1"]}"#,
    r#"{"B":"AcOp"}"#,
    r#"{"L":[{"S":"a"},{"NULL":true}]}"#,
    r#"{"M":{"a":{"N":"1"}}}"#,
    r#"{"NULL":true}"#,
];

type MakeService = fn(&Script) -> Service;

/// Each form of handler, with the consumer of its receipts.
const SERVICES: [(MakeService, &str); 5] = [
    (announcing, "inventory/announce"),
    (reserving, "inventory/reserve"),
    (|_| counting(), "inventory/count/order.placed"),
    (charging, "payment/charge"),
    (mailing, "notification/mail"),
];

/// The same item with another value for an attribute, or without it.
fn with(mut item: Item, name: &'static str, value: Option<Value>) -> Item {
    match value {
        Some(value) => item.attributes.insert(name.into(), value),
        None => item.attributes.remove(name),
    };
    item
}

fn foreign(json: &str) -> Option<Value> {
    Some(Value::Foreign(Foreign::new(json)))
}

/// Puts an item over an existing one, as another writer would without a condition.
pub(super) async fn overwrite<T: Table + Clone>(world: &World<T>, item: Item) {
    let now = Timestamp::MAX;
    if world.item(&item.key).await.is_some() {
        let writer =
            world.item(&item.key).await.and_then(|item| item.get_text(attribute::WRITER).map(str::to_owned));
        let condition = Condition::Writer(writer.expect("what the protocol writes has an writer"));
        world.table.write(&[Write { action: Action::Delete(item.key.clone()), condition }]).await.unwrap();
    }
    let write = Write { action: Action::Put(item), condition: Condition::Absent { now } };
    world.table.write(&[write]).await.unwrap();
}

/// Three orders of three articles.
fn orders(receives: u32) -> [(Raw, Record); 3] {
    [1, 2, 3].map(|n| {
        let raw = order_of(&format!("o-{n}"), &format!("sku-{n}"));
        let record = received(receives, record(&format!("m-{n}"), &raw));
        (raw, record)
    })
}

/// Runs the three. The first and the third are done, and the dead letter gives the second one's
/// reason.
async fn second_is_dead_lettered<T: Table>(function: &Function<T>, receives: u32) -> String {
    let dead_letters = RecordedDeadLetters::default();
    let records = orders(receives).map(|(_, record)| record);
    let (failed, outcomes) = function.batch(&records, &dead_letters, Policy::default()).await;
    assert!(failed.is_empty(), "{outcomes:?}");
    assert!(
        matches!(outcomes[0], RecordOutcome::Done(_)) && matches!(outcomes[2], RecordOutcome::Done(_)),
        "{outcomes:?}"
    );
    let kept = dead_letters.recorded();
    assert_eq!(kept.iter().map(|dead_letter| &*dead_letter.record).collect::<Vec<_>>(), ["m-2"]);
    kept[0].reason.clone()
}

/// An entity's item that cannot be read fails the record that reads it, names item and attribute,
/// and stays as it is.
pub async fn s2_an_unreadable_entity_fails_its_own_record_alone(env: &impl ContractEnv) {
    let added = FOREIGN.map(|json| ("archived", foreign(json)));
    let damaged = [
        (attribute::VERSION, foreign(r#"{"N":"1.5"}"#)),
        (attribute::VERSION, Some(Value::Text("1".to_owned()))),
        (attribute::VERSION, Some(Value::Number(-1))),
        (attribute::VERSION, None),
        ("data", foreign(r#"{"M":{"on_hand":{"N":"5"}}}"#)),
        ("data", Some(Value::Number(5))),
        ("data", None),
        ("data", Some(Value::Text("{}".to_owned()))),
    ];
    let world = World::of(env).await;
    for (service, kind, data) in [
        (reserving as MakeService, "stock", r#"{"on_hand":5}"#),
        (|_| counting(), "tally", r#"{"orders":5}"#),
    ] {
        for (name, value) in added.iter().chain(&damaged) {
            let world = match (kind, *name) {
                // The types of one attribute share a table, since creating a table may take a
                // while.
                ("stock", "archived") => World { table: world.table.clone(), clock: world.clock.clone() },
                _ => World::of(env).await,
            };
            let key = Key::of(kind, &["sku-2"], "state");
            let item = Item::new(key.clone())
                .text("data", data)
                .number(attribute::VERSION, 1)
                .text(attribute::WRITER, "0a");
            overwrite(&world, with(item, name, value.clone())).await;
            let before = world.item(&key).await;
            let reason = second_is_dead_lettered(&world.function(service(&Script::default())), 1).await;
            assert!(reason.contains(&format!("item {kind}#sku-2 / state ")), "{reason}");
            if value != &Some(Value::Text("{}".to_owned())) {
                assert!(reason.contains(&format!("`{name}`")) && reason.contains("then redrive"), "{reason}");
            }
            assert_eq!(world.item(&key).await, before, "what cannot be read is not overwritten");
        }
        assert!(
            world.entity::<Stock>("sku-1").await.is_some() && world.entity::<Tally>("sku-2").await.is_none()
        );
    }
}

/// A receipt that cannot be read fails its own record, redelivered or not. The others of its batch
/// are done or duplicates.
pub async fn s2_an_unreadable_receipt_fails_its_own_record_alone(env: &impl ContractEnv) {
    for (service, consumer) in SERVICES {
        let world = World::of(env).await;
        let function = world.cold(service(&Script::default()));
        for (_, record) in orders(1) {
            function.batch(&[record], &RecordedDeadLetters::default(), Policy::default()).await;
        }
        let sound = world.receipt_item(consumer, &orders(1)[1].0).await.unwrap();
        for (name, value) in [
            ("status", foreign(r#"{"BOOL":true}"#)),
            ("status", None),
            ("hash", foreign(r#"{"B":"AcOp"}"#)),
            ("event_version", Some(Value::Number(0x1_0000))),
            ("attempt", foreign(r#"{"N":"1.5"}"#)),
            ("first_at", foreign(r#"{"NULL":true}"#)),
            ("first_at", Some(Value::Number(i64::MAX))),
            (attribute::EXPIRES, None),
        ] {
            overwrite(&world, with(sound.clone(), name, value)).await;
            let damaged = world.item(&sound.key).await;
            for receives in [1, 2] {
                let reason = second_is_dead_lettered(&function, receives).await;
                let start = format!("item {} is no receipt: its attribute `{name}` is ", sound.key);
                assert!(reason.starts_with(&start), "{reason}");
            }
            assert_eq!(world.item(&sound.key).await, damaged);
        }
        // Attributes that no receipt has are ignored: a person's mark, or those of a newer build.
        for json in FOREIGN {
            overwrite(&world, with(sound.clone(), "reviewed", foreign(json))).await;
            for receives in [1, 2] {
                let records = orders(receives).map(|(_, record)| record);
                let dead_letters = RecordedDeadLetters::default();
                let (failed, outcomes) = function.batch(&records, &dead_letters, Policy::default()).await;
                assert!(failed.is_empty() && dead_letters.recorded().is_empty(), "{json}: {outcomes:?}");
            }
        }
    }
}

/// A receipt with an unknown status comes from a newer build: its record is retried, and the
/// receipt stays.
pub async fn s2_a_receipt_of_a_newer_build_is_retried_and_never_overwritten(env: &impl ContractEnv) {
    for (service, consumer) in SERVICES {
        let world = World::of(env).await;
        let function = world.cold(service(&Script::default()));
        let [_, (second, _), _] = orders(1);
        function.batch(&[record("m-2", &second)], &RecordedDeadLetters::default(), Policy::default()).await;
        let sound = world.receipt_item(consumer, &second).await.unwrap();
        overwrite(&world, with(sound.clone(), "status", Some(Value::Text("reversed".to_owned())))).await;
        let newer = world.item(&sound.key).await;
        for receives in [1, 2] {
            let dead_letters = RecordedDeadLetters::default();
            let records = orders(receives).map(|(_, record)| record);
            let (failed, outcomes) = function.batch(&records, &dead_letters, Policy::default()).await;
            assert_eq!((failed, dead_letters.recorded().len()), (vec!["m-2".to_owned()], 0), "{outcomes:?}");
            let RecordOutcome::Failed { reason, .. } = &outcomes[1] else { panic!("{outcomes:?}") };
            assert!(
                reason.contains(r#"has the status "reversed", which this build does not know"#),
                "{reason}"
            );
            assert_eq!(world.item(&sound.key).await, newer);
        }
    }
}

/// A key that a batch read leaves unanswered fails its own record, with a fault to retry.
pub async fn s2_a_key_without_an_answer_fails_its_own_record_alone(env: &impl ContractEnv) {
    for (service, consumer) in SERVICES {
        let world = World::of(env).await;
        let function = world.cold(service(&Script::default()));
        let [_, (second, _), _] = orders(2);
        function.line.silence([
            receipt::key(consumer, &second.source, &second.id),
            state::key::<Stock>("sku-2"),
            state::key::<Tally>("sku-2"),
        ]);
        let dead_letters = RecordedDeadLetters::default();
        let records = orders(2).map(|(_, record)| record);
        let (failed, outcomes) = function.batch(&records, &dead_letters, Policy::default()).await;
        assert!(dead_letters.recorded().is_empty(), "it is retried");
        // An effect and a handler without state read nothing before their write, so no read of
        // theirs is unanswered.
        let reads = !consumer.starts_with("payment") && !consumer.starts_with("notification");
        assert_eq!(failed, if reads { vec!["m-2"] } else { Vec::new() }, "{consumer}: {outcomes:?}");
    }
}

/// One unanswered receipt among events that are folded fails its own event.
pub async fn s2_in_a_fold_a_receipt_without_an_answer_fails_its_own_event(env: &impl ContractEnv) {
    let world = World::of(env).await;
    let function = world.cold(counting());
    let events = [1, 2, 3].map(|n| order_of(&format!("o-{n}"), "hat"));
    function.line.silence([receipt::key("inventory/count/order.placed", "orders", "o-2")]);
    let records = [0, 1, 2].map(|n| record(&format!("m-{}", n + 1), &events[n]));
    let (failed, outcomes) =
        function.batch(&records, &RecordedDeadLetters::default(), Policy::default()).await;
    assert_eq!(failed, ["m-2"], "{outcomes:?}");
    assert_eq!(world.entity("hat").await, Some(Tally { orders: 2 }));
}

/// A cursor that cannot be read dead-letters the event that follows it, instead of counting from
/// zero.
pub async fn s34_an_unreadable_cursor_is_no_new_beginning(env: &impl ContractEnv) {
    for service in [newest, gapless] {
        for value in [foreign(r#"{"N":"1.5"}"#), Some(Value::Text("1".to_owned())), None] {
            let world = World::of(env).await;
            let script = Script::default();
            let function = world.function(service(&script));
            function.deliver(&moved(1)).await.unwrap();
            let key = Key::of("cursor", &["tracking", "journey", "shipping", "parcel#p-1"], "cursor");
            let cursor = world.item(&key).await.expect("a cursor lies there");
            overwrite(&world, with(cursor, attribute::VERSION, value)).await;
            let failure = function.deliver(&moved(2)).await.unwrap_err();
            let reason = failure.to_string();
            assert!(
                failure.is_permanent() && reason.contains(" is no cursor: its attribute `version` is "),
                "{reason}"
            );
            assert_eq!(script.runs(), 1);
        }
    }
}

/// A marker that cannot be read suspects no record and blocks none for long; its own record's
/// reason names the item to remove.
pub async fn s28_an_unreadable_marker_fails_its_own_record_alone(env: &impl ContractEnv) {
    for (name, value) in [("runs", foreign(r#"{"N":"1.5"}"#)), ("until", None), (attribute::WRITER, None)] {
        let world = World::of(env).await;
        let function = world.function(reserving(&Script::default()));
        let key = Key::of("marker", &["inventory", "orders", "o-2"], "marker");
        let marker =
            Item::new(key.clone()).number("runs", 1).number("until", 0).text(attribute::WRITER, "0a");
        overwrite(&world, with(marker, name, value)).await;
        let dead_letters = RecordedDeadLetters::default();
        let records = orders(2).map(|(_, record)| record);
        let policy = policy(|it| it.isolation = true);
        let (failed, outcomes) = function.batch(&records, &dead_letters, policy).await;
        assert!(failed.is_empty(), "{outcomes:?}");
        let reason = &dead_letters.recorded()[0].reason;
        assert!(
            reason.starts_with(&format!("item {key} is no marker: its attribute `{name}` is ")),
            "{reason}"
        );
        assert_eq!(dead_letters.recorded().len(), 1);
    }
}

/// A blocked group stays blocked where its block cannot be read, and the error of unblocking gives
/// the remedy.
pub async fn s32_an_unreadable_block_still_blocks(env: &impl ContractEnv) {
    let world = World::of(env).await;
    let function = world.function(reserving(&Script::default()));
    let key = Key::of("held", &["inventory", "g-1"], "group");
    overwrite(&world, with(Item::new(key), "reason", foreign(r#"{"BOOL":true}"#))).await;
    let dead_letters = RecordedDeadLetters::default();
    let records = orders(1)
        .map(|(raw, record)| grouped(&record.id, if record.id == "m-2" { "g-1" } else { "g-2" }, &raw));
    let policy = policy(|it| it.groups = GroupPolicy::Block);
    function.batch(&records, &dead_letters, policy).await;
    assert_eq!(
        dead_letters.recorded().iter().map(|dead_letter| &*dead_letter.record).collect::<Vec<_>>(),
        ["m-2"]
    );
    let failure = function.engine.unblock_group("g-1").await.unwrap_err();
    assert!(failure.to_string().contains("its attribute `owner` is missing: remove the item"), "{failure}");
}
