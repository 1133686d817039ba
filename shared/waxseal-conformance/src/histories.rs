//! Event-sourced states: what happened is stored, and the state is its fold.

use serde_json::Value;

use super::{
    accounts::{
        ACCOUNT, Account, Accounts, Balance, Keep, Later, Move, NeverKept, SeldomKept, TooLittle, accounts,
        keeping, moves, moving,
    },
    env::ContractEnv,
    world::{Function, RecordedDeadLetters, World, WriteFault, record},
};
use waxseal::{
    Answer, Call, Code, EventSourced, Failure, HistoryError, Outcome, Raw, Rejected, Service, Table,
    Timestamp,
    batch::{Policy, Record},
    row::holds_events,
    table::{Action, Condition, Item, Key, Query, TooLarge, Write, attribute},
};

fn records(messages: &[Raw]) -> Vec<Record> {
    messages.iter().enumerate().map(|(n, raw)| record(&format!("m-{n}"), raw)).collect()
}

fn row() -> Key {
    Key::of("account", &[ACCOUNT], "state")
}

/// The items of the history in the table, in order.
async fn items<T: Table + Clone>(world: &World<T>) -> Vec<Item> {
    let mut query = Query::of(&*row().partition);
    let mut items = Vec::new();
    loop {
        let page = world.table.query(&query).await.unwrap();
        items.extend(page.items.into_iter().filter(holds_events));
        match page.next {
            Some(after) => query = query.after(after),
            None => return items,
        }
    }
}

async fn state<S: EventSourced, T: Table>(function: &Function<T>) -> (Option<S>, u64) {
    let folded = function.engine.state_of::<S>(ACCOUNT).await.unwrap();
    (folded.state, folded.version)
}

async fn versions<S: EventSourced, T: Table>(function: &Function<T>) -> Vec<u64> {
    let recorded = function.engine.recorded::<S>(ACCOUNT, 0, usize::MAX).await.unwrap();
    recorded.into_iter().map(|recorded| recorded.version).collect()
}

/// Writers that race for one history all take effect, one after another: no number twice, no gap,
/// nothing lost. Builds that keep snapshots differently race as well: a snapshot that is behind
/// its history must not stop anybody.
pub async fn e1_writers_of_one_history_all_take_effect_without_a_gap(env: &impl ContractEnv) {
    let world = World::of(env).await;
    let functions = [
        world.cold(accounts::<Account>()),
        world.cold(accounts::<Account>()),
        world.cold(accounts::<SeldomKept>()),
        // Nothing but the number of the next event stands between these two.
        world.cold(accounts::<NeverKept>()),
        world.cold(accounts::<NeverKept>()),
    ];
    for round in 0..4 {
        let command = |n: usize| moving(&format!("c-{round}-{n}"), 10, 2, 0);
        let messages: Vec<Raw> = (0..functions.len()).map(command).collect();
        let deliveries = functions.iter().zip(&messages).map(|(function, raw)| function.deliver(raw));
        for outcome in futures_util::future::join_all(deliveries).await {
            assert_eq!(outcome.unwrap(), Outcome::Applied);
        }
    }
    let balance = Balance { cents: 400, moves: 40 };
    assert_eq!(state::<Account, _>(&functions[0]).await, (Some(Account(balance)), 40));
    assert_eq!(versions::<Account, _>(&functions[0]).await, (1..=40).collect::<Vec<_>>());
    assert_eq!(items(&world).await.len(), 20, "an item for each message");
}

/// In one batch, too: handlers of one history in different records, and a batch on one entity.
pub async fn e1_a_batch_on_one_history_has_one_order(env: &impl ContractEnv) {
    let world = World::of(env).await;
    for (n, service) in [accounts::<Account>(), accounts::<NeverKept>(), keeping()].into_iter().enumerate() {
        let function = world.cold(service);
        let messages: Vec<Raw> = (0..12).map(|m| moves(&format!("b-{n}-{m}"), 1)).collect();
        let (failed, outcomes) =
            function.batch(&records(&messages), &RecordedDeadLetters::default(), Policy::default()).await;
        assert!(failed.is_empty(), "{outcomes:?}");
        let all = 12 * (n as u64 + 1);
        assert_eq!(versions::<Account, _>(&function).await, (1..=all).collect::<Vec<_>>());
    }
}

/// With the snapshot at the head a batch reads once and writes once; each message has an item of its
/// own. A message that came before records nothing more.
pub async fn e1_a_batch_shares_its_read_and_its_write_and_a_duplicate_records_nothing(
    env: &impl ContractEnv,
) {
    let world = World::of(env).await;
    world.function(accounts::<Account>()).deliver(&moves("first", 5)).await.unwrap();
    let function = world.cold(accounts::<Account>());
    let messages = [moves("m-1", 100), moving("m-2", -10, 3, 0), moves("m-3", 1)];
    let dead_letters = RecordedDeadLetters::default();
    let (failed, outcomes) = function.batch(&records(&messages), &dead_letters, Policy::default()).await;
    assert!(failed.is_empty(), "{outcomes:?}");
    assert_eq!(function.line.counts(), (1, 1));
    let stored = items(&world).await;
    assert_eq!(stored.len(), 4);
    let last = &stored[3].key.sort;
    assert!(last.ends_with("#00000000000000000006"), "the key is the number of the first event: {last}");
    let (failed, _) =
        world.cold(accounts::<Account>()).batch(&records(&messages), &dead_letters, Policy::default()).await;
    assert!(failed.is_empty());
    assert_eq!(items(&world).await, stored, "permanent, and never replaced");
    assert!(stored.iter().all(|item| item.get_number(attribute::EXPIRES).is_none()));
}

/// The events of one message are stored with its receipt, all or none.
pub async fn e2_the_events_of_a_message_are_all_or_none(env: &impl ContractEnv) {
    let world = World::of(env).await;
    let function = world.cold(accounts::<Account>());
    for (n, fault) in
        [WriteFault::NeverArrives, WriteFault::AnswerLost, WriteFault::Echo].into_iter().enumerate()
    {
        let command = moving(&format!("c-{n}"), 10, 3, 0);
        function.line.fail_writes([fault]);
        let first = function.deliver(&command).await;
        let again = function.deliver(&command).await.unwrap();
        let is_first = matches!(fault, WriteFault::NeverArrives);
        assert_eq!(again == Outcome::Applied, is_first, "{first:?}");
        let count = 3 * (n as u64 + 1);
        assert_eq!(versions::<Account, _>(&function).await, (1..=count).collect::<Vec<_>>());
    }
    let failure = function.deliver(&moves("much", -91)).await.expect_err("it has 90");
    assert!(failure.to_string().contains("1 cents less"), "{failure}");
    assert_eq!(items(&world).await.len(), 3, "a refusal records nothing");
}

/// Events that do not fit an item are a typed error, and nothing is written. In a batch the neighbours
/// take effect.
pub async fn e2_events_beyond_an_item_are_a_typed_error(env: &impl ContractEnv) {
    let world = World::of(env).await;
    let function = world.cold(accounts::<Account>());
    let failure = function.deliver(&moving("huge", 1, 5, 90_000)).await.expect_err("450 KB of events");
    let Failure::TooLarge(TooLarge::Item { key, bytes }) = &failure else { panic!("{failure}") };
    assert!(key.sort.starts_with("event#") && *bytes > 450_000 && failure.is_permanent(), "{failure}");
    assert!(items(&world).await.is_empty() && world.item(&row()).await.is_none());

    let dead_letters = RecordedDeadLetters::default();
    let messages = [moves("m-1", 1), moving("huge", 1, 5, 90_000), moves("m-3", 1)];
    let (failed, outcomes) = function.batch(&records(&messages), &dead_letters, Policy::default()).await;
    assert!(failed.is_empty(), "{outcomes:?}");
    assert_eq!(dead_letters.recorded()[0].code, Code::TooLarge);
    assert_eq!(versions::<Account, _>(&function).await, [1, 2]);
}

/// A history of 5 MB loads whole, over pages, without a snapshot and with an old one.
pub async fn e3_a_history_of_5_mb_loads_whole(env: &impl ContractEnv) {
    let world = World::of(env).await;
    let function = world.cold(accounts::<NeverKept>());
    for n in 0..15 {
        function.deliver(&moving(&format!("c-{n}"), 1, 3, 120_000)).await.unwrap();
    }
    let bytes: usize = items(&world).await.iter().map(Item::size).sum();
    assert!(bytes > 5 << 20, "{bytes} bytes");
    assert_eq!(
        state::<NeverKept, _>(&function).await,
        (Some(NeverKept(Balance { cents: 45, moves: 45 })), 45)
    );
    assert_eq!(function.deliver(&moves("last", 1)).await.unwrap(), Outcome::Applied);
    assert_eq!(versions::<NeverKept, _>(&function).await, (1..=46).collect::<Vec<_>>());
    let page = function.engine.recorded::<NeverKept>(ACCOUNT, 4, 3).await.unwrap();
    assert_eq!(page.iter().map(|recorded| recorded.version).collect::<Vec<_>>(), [5, 6, 7]);
}

/// A snapshot of an older form is ignored and replaced. Old events are lifted. A snapshot and the
/// events after it are the full fold, wherever the snapshot ends.
pub async fn e4_a_snapshot_of_an_older_form_is_ignored(env: &impl ContractEnv) {
    let world = World::of(env).await;
    let seldom = world.cold(accounts::<SeldomKept>());
    for n in 0..11_u32 {
        seldom.deliver(&moving(&format!("c-{n}"), i64::from(n) - 3 + 40, n % 3 + 1, 0)).await.unwrap();
        let recorded = seldom.engine.recorded::<SeldomKept>(ACCOUNT, 0, usize::MAX).await.unwrap();
        let mut folded = None;
        recorded.iter().for_each(|recorded| SeldomKept::apply(&mut folded, &recorded.event));
        assert_eq!(state::<SeldomKept, _>(&seldom).await, (folded, recorded.len() as u64));
    }
    let snapshot = world.item(&row()).await.unwrap();
    let version = snapshot.get_number(attribute::VERSION).unwrap();
    assert!((2..11).contains(&version), "a snapshot each fourth event: {version}");

    let (before, events) = state::<SeldomKept, _>(&seldom).await;
    let later = world.cold(accounts::<Later>());
    later.deliver(&moves("later", -7)).await.unwrap();
    let (after, version) = state::<Later, _>(&later).await;
    let before = before.unwrap().0;
    assert_eq!(after, Some(Later(Balance { cents: before.cents - 7, moves: 2 * (before.moves + 1) })));
    assert_eq!(version, events + 1);
    assert_ne!(world.item(&row()).await.unwrap().get_text("data"), snapshot.get_text("data"), "replaced");

    // The older build cannot read the later event, and does not overwrite anything.
    let stored = items(&world).await;
    let failure = seldom.deliver(&moves("older", 1)).await.expect_err("an event of version 2");
    assert_eq!(failure.code(), Code::HistoryUnreadable);
    assert!(
        !failure.is_permanent() && failure.to_string().contains(&format!("event {version} ")),
        "{failure}"
    );
    assert_eq!(items(&world).await, stored);
}

/// An event that cannot be read, or that is missing, ends the reading with an error that names its
/// place. Nothing is folded without it.
pub async fn e5_an_unreadable_event_ends_the_reading_with_its_place(env: &impl ContractEnv) {
    let world = World::of(env).await;
    let function = world.cold(accounts::<NeverKept>());
    for n in 0..3 {
        function.deliver(&moving(&format!("c-{n}"), 1, 2, 0)).await.unwrap();
    }
    let second = items(&world).await.remove(1);
    let broken =
        second.clone().text("events", r#"[{"In":{"cents":"all","note":""}},{"In":{"cents":1,"note":""}}]"#);
    let put = |item: Item| Write {
        action: Action::Put(item),
        condition: Condition::Absent { now: Timestamp::MAX },
    };
    let delete = Write {
        action: Action::Delete(second.key.clone()),
        condition: Condition::Absent { now: Timestamp::MAX },
    };
    let writer = second.get_text(attribute::WRITER).unwrap().to_owned();
    for (write, number, text) in [
        (Write { condition: Condition::Writer(writer.clone()), ..put(broken) }, 3, "event 3 of account#"),
        (Write { condition: Condition::Writer(writer), ..delete }, 3, "event 3 of account#"),
    ] {
        world.table.write(&[write]).await.unwrap();
        let failure = function.engine.state_of::<NeverKept>(ACCOUNT).await.expect_err("unreadable");
        let Failure::Fault(fault) = &failure else { panic!("{failure}") };
        match fault.reason().downcast_ref() {
            Some(HistoryError::Event { number: found, .. } | HistoryError::Gap { expected: found, .. }) => {
                assert_eq!(*found, number);
            }
            other => panic!("{other:?}"),
        }
        assert!(failure.to_string().contains(text) && !failure.to_string().contains("all"), "{failure}");
        let failure = function.deliver(&moves("next", 1)).await.expect_err("no decision without it");
        assert_eq!(failure.code(), Code::HistoryUnreadable);
        let two = function.engine.at_version::<NeverKept>(ACCOUNT, 2).await.unwrap();
        assert_eq!((two.version, two.state), (2, Some(NeverKept(Balance { cents: 2, moves: 2 }))));
    }
}

/// The state at a version, and as of a time, is the fold of that prefix. Time never runs backwards in a
/// history, though it does between two machines.
pub async fn e7_a_past_state_is_the_fold_of_its_prefix(env: &impl ContractEnv) {
    let world = World::of(env).await;
    let function = world.cold(accounts::<Account>());
    let start = env.start();
    let seconds = [0, 10, 4, 20, 20];
    for (n, second) in seconds.into_iter().enumerate() {
        world.clock.set(start + std::time::Duration::from_secs(second));
        function
            .deliver(&moving(&format!("c-{n}"), 1 << n, 1 + u32::try_from(n % 2).unwrap(), 0))
            .await
            .unwrap();
    }
    let recorded = function.engine.recorded::<Account>(ACCOUNT, 0, usize::MAX).await.unwrap();
    assert_eq!(recorded.len(), 7);
    assert!(recorded.is_sorted_by_key(|recorded| recorded.at));
    assert_eq!(recorded[3].at, start + std::time::Duration::from_secs(10), "the clock stood at 4");
    let first = &recorded[0];
    assert_eq!(
        (&*first.entity, &*first.by.id, &*first.by.consumer),
        (ACCOUNT, "c-0", "bank/accounts/move-money")
    );
    assert_eq!((&*first.by.source, &*first.by.correlation_id), ("till", "cart-7"));
    for version in 0..=8 {
        let mut folded = None;
        let prefix = &recorded[..usize::try_from(version).unwrap().min(7)];
        prefix.iter().for_each(|recorded| Account::apply(&mut folded, &recorded.event));
        let found = function.engine.at_version::<Account>(ACCOUNT, version).await.unwrap();
        assert_eq!((found.state, found.version), (folded, version.min(7)));
    }
    for second in [0, 4, 9, 10, 15, 20, 99] {
        let time = start + std::time::Duration::from_secs(second);
        let mut folded = None;
        let prefix: Vec<_> = recorded.iter().filter(|recorded| recorded.at <= time).collect();
        prefix.iter().for_each(|recorded| Account::apply(&mut folded, &recorded.event));
        let found = function.engine.as_of::<Account>(ACCOUNT, time).await.unwrap();
        assert_eq!((found.state, found.version), (folded, prefix.len() as u64), "at {second} s");
        assert_eq!(found.at, prefix.last().map(|recorded| recorded.at));
    }
    let before = function.engine.as_of::<Account>(ACCOUNT, Timestamp::UNIX_EPOCH).await.unwrap();
    assert_eq!((before.state, before.version, before.at), (None, 0, None));
}

/// What others learn is translated, in the sequence of the entity, and without a gap also where no
/// snapshot keeps the count. A decision that records nothing may answer, and its commit depends on
/// the history being as it was read.
pub async fn e2_translations_are_in_sequence_and_an_answer_needs_no_event(env: &impl ContractEnv) {
    let world = World::of(env).await;
    let function = world.cold(accounts::<NeverKept>());
    const CONSUMER: &str = "bank/accounts/move-money";
    let (first, second) = (moving("c-1", 5, 2, 0), moves("c-2", -3));
    function.deliver(&first).await.unwrap();
    function.deliver(&second).await.unwrap();
    let mut emitted = world.emitted(CONSUMER, &first).await;
    emitted.extend(world.emitted(CONSUMER, &second).await);
    let numbers: Vec<Option<u64>> = emitted.iter().map(|emission| number(&emission.envelope)).collect();
    assert_eq!(numbers, [Some(1), Some(2), Some(3)]);

    let asked = moves("c-3", 0);
    function.deliver(&asked).await.unwrap();
    assert_eq!(world.emitted(CONSUMER, &asked).await.len(), 1);
    assert_eq!(items(&world).await.len(), 2);

    let other = world.cold(accounts::<NeverKept>());
    let engine = other.engine.clone();
    let sneaked = moves("sneak", 100);
    function.line.meanwhile(async move {
        engine.handle(&sneaked).await.unwrap();
    });
    let asked = moves("c-4", 0);
    function.deliver(&asked).await.unwrap();
    let answer = &world.emitted(CONSUMER, &asked).await[0].envelope;
    assert!(answer.get().contains(r#""cents":107"#), "it was decided again: {answer}");
}

fn number(envelope: &serde_json::value::RawValue) -> Option<u64> {
    serde_json::from_str::<Value>(envelope.get()).ok()?["metadata"]["sequence"].as_u64()
}

/// A caller has the state after its command, or the refusal; a repeated call has the present state.
pub async fn e1_a_caller_has_the_state_after_its_command(env: &impl ContractEnv) {
    let world = World::of(env).await;
    for (n, service) in [accounts::<SeldomKept>(), accounts::<SeldomKept>()].into_iter().enumerate() {
        let function = world.cold(service);
        let call = |key: &str, cents| {
            let command = Move { account: ACCOUNT.to_owned(), cents, parts: 1, note: 0 };
            Call::new("http", format!("{key}-{n}"), &command)
        };
        let engine = &function.engine;
        let cents =
            |answer: Answer<SeldomKept>| (answer.is_repeated(), answer.into_state().map(|it| it.0.cents));
        let base = 70 * n as i64;
        let first = engine.call_decider::<Accounts<SeldomKept>, _>(call("k-1", 100)).await.unwrap();
        assert_eq!(cents(first), (false, Some(base + 100)));
        let second = engine.call_decider::<Accounts<SeldomKept>, _>(call("k-2", -30)).await.unwrap();
        assert_eq!(cents(second), (false, Some(base + 70)));
        let again = engine.call_decider::<Accounts<SeldomKept>, _>(call("k-1", 100)).await.unwrap();
        assert_eq!(cents(again), (true, Some(base + 70)));
        let asked = engine.call_decider::<Accounts<SeldomKept>, _>(call("k-3", 0)).await.unwrap();
        assert_eq!(cents(asked), (false, Some(base + 70)));
        let refused = engine.call_decider::<Accounts<SeldomKept>, _>(call("k-4", -1000)).await;
        assert!(matches!(refused, Err(Rejected::Refused(TooLittle(_)))), "{refused:?}");
        let reused = engine.call_decider::<Accounts<SeldomKept>, _>(call("k-1", 101)).await;
        assert!(matches!(reused, Err(Rejected::KeyReused)), "{reused:?}");
    }
}

/// A handler of another form reads and continues a history, too. Its service must say that it does.
pub async fn e1_a_handler_continues_a_history(env: &impl ContractEnv) {
    let world = World::of(env).await;
    let function = world.cold(keeping());
    for n in 0..3 {
        assert_eq!(function.deliver(&moves(&format!("c-{n}"), 2)).await.unwrap(), Outcome::Applied);
    }
    assert_eq!(state::<Account, _>(&function).await, (Some(Account(Balance { cents: 6, moves: 3 })), 3));
    let silent = world.cold(Service::new("bank").handler(Keep));
    let failure = silent.deliver(&moves("c-9", 2)).await.expect_err("the service does not say it");
    assert!(failure.is_permanent() && failure.to_string().contains("keeps_history"), "{failure}");
}
