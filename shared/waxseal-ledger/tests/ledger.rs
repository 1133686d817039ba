//! The ledger: each record once, and no change unseen.

// A test's helper unwraps as the test does.
#![allow(clippy::unwrap_used)]

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use proptest::prelude::*;
use serde_json::{Value, json};
use waxseal::Timestamp;
use waxseal_ledger::{
    Days, EntryKind, Finding, Folder, LedgerStore, Memory, Put, Sealed, StoreError, WriteError, read, seal,
    verify, write,
};
use waxseal_testing::block_on;

/// A record of the 1,000 s after the beginning of 29 November 2026, with numbers of different lengths.
fn record(n: u64) -> Value {
    let sequence = (95 + n).to_string();
    let item = |version: u64| {
        json!({"pk": {"S": format!("stock#ø {}", n % 5)}, "sk": {"S": "state"}, "version": {"N": version.to_string()},
            "data": {"S": format!(r#"{{"onHand":{n}}}"#)}, "owner": {"S": "w"}})
    };
    json!({"eventID": format!("id-{n}"), "eventSource": "aws:dynamodb", "eventName": "MODIFY",
        "eventSourceARN": "arn:aws:dynamodb:eu-west-1:123456789012:table/shop-prod-stock/stream/2026-01-01T00:00:00.000",
        "dynamodb": {"ApproximateCreationDateTime": 1_795_910_400 + n, "SequenceNumber": sequence,
            "Keys": {"pk": {"S": "stock"}, "sk": {"S": "state"}}, "OldImage": item(n), "NewImage": item(n + 1)}})
}

fn batch(records: &[Value]) -> Vec<u8> {
    json!({ "Records": records }).to_string().into_bytes()
}

fn days() -> Days {
    let first = Timestamp::from_second(1_795_910_400).unwrap();
    Days { first, last: first + Duration::from_hours(24) }
}

fn records_of(store: &impl LedgerStore) -> Vec<String> {
    let entries = block_on(read(store, "stock", days())).unwrap();
    entries.into_iter().map(|entry| entry.record).collect()
}

fn keep(store: &impl LedgerStore, records: &[Value]) {
    block_on(write(store, "stock", &batch(records))).unwrap();
}

proptest! {
    /// However a stream is cut into batches, and however often a batch is delivered, from whichever
    /// record on: each record is read once, in the order of the stream.
    #[test]
    fn e11_a_record_that_is_kept_twice_is_read_once(
        count in 1_u64..40, cuts in prop::collection::vec((0_u64..40, 1_u64..12), 0..20),
    ) {
        let records: Vec<Value> = (0..count).map(record).collect();
        let (memory, all) = (Memory::default(), Memory::default());
        keep(&all, &records);
        for (from, length) in cuts.into_iter().chain([(0, count)]) {
            let from = usize::try_from(from.min(count - 1)).unwrap();
            let to = (from + usize::try_from(length).unwrap()).min(records.len());
            keep(&memory, &records[from..to]);
        }
        prop_assert_eq!(records_of(&memory), records_of(&all));
        prop_assert_eq!(records_of(&memory).len(), records.len());
    }

    /// Any edit, removal or swap of what is sealed is found; what is only added later is none.
    #[test]
    fn e12_any_edit_removal_or_swap_is_found(
        batches in 2_u64..12, sealed_at in prop::collection::btree_set(1_u64..12, 1..5), place: prop::sample::Index,
        other: prop::sample::Index, mutation in 0..4_u8, byte: prop::sample::Index,
    ) {
        let memory = Memory::default();
        for n in 0..batches {
            keep(&memory, &[record(2 * n), record(2 * n + 1)]);
            if sealed_at.contains(&n) || n + 1 == batches {
                block_on(seal(&memory, "stock", Timestamp::from_second(i64::try_from(n).unwrap()).unwrap())).unwrap();
            }
        }
        prop_assert_eq!(block_on(verify(&memory, "stock", None)).unwrap(), Vec::<Finding>::new());
        let last = last_hash(&memory);
        let mut objects = memory.objects();
        let names: Vec<String> = objects.keys().cloned().collect();
        let name = place.get(&names).clone();
        match mutation {
            0 => {
                let body = objects.get_mut(&name).unwrap();
                let at = byte.index(body.len());
                body[at] ^= 1;
            }
            1 => drop(objects.remove(&name)),
            2 => {
                let entries: Vec<&String> = names.iter().filter(|name| name.contains("/entries/")).collect();
                let (one, two) = ((*place.get(&entries)).clone(), (*other.get(&entries)).clone());
                prop_assume!(one != two);
                let (first, second) = (objects[&one].clone(), objects[&two].clone());
                objects.insert(one, second);
                objects.insert(two, first);
            }
            _ => drop(objects.insert(name, b"{}".to_vec())),
        }
        let changed = Memory::default();
        changed.replace(objects);
        let findings = block_on(verify(&changed, "stock", Some(&last))).unwrap();
        prop_assert!(!findings.is_empty());
    }
}

/// The hash of the last digest, which an operator keeps elsewhere.
fn last_hash(memory: &Memory) -> String {
    let copy = Memory::default();
    copy.replace(memory.objects());
    keep(&copy, &[record(900)]);
    // The next digest says which one it knows.
    block_on(seal(&copy, "stock", Timestamp::UNIX_EPOCH)).unwrap();
    let digest = copy.objects().into_iter().rfind(|(name, _)| name.contains("/digests/")).unwrap().1;
    serde_json::from_slice::<Value>(&digest).unwrap()["previous"].as_str().unwrap().to_owned()
}

/// A wrong check: it compares objects with the digests that are there, and no digest with another.
fn objects_alone(memory: &Memory) -> bool {
    let objects = memory.objects();
    let digests = objects.iter().filter(|(name, _)| name.contains("/digests/"));
    let named: BTreeMap<String, String> = digests
        .flat_map(|(_, body)| {
            let digest: Value = serde_json::from_slice(body).unwrap();
            serde_json::from_value::<BTreeMap<String, String>>(digest["objects"].clone()).unwrap()
        })
        .collect();
    named.keys().all(|name| objects.contains_key(name))
}

#[test]
fn e12_a_check_of_objects_alone_misses_a_removal_with_its_digest() {
    let memory = Memory::default();
    for n in 0..4 {
        keep(&memory, &[record(n)]);
        block_on(seal(&memory, "stock", Timestamp::UNIX_EPOCH)).unwrap();
    }
    let mut objects = memory.objects();
    // Somebody removes a write and the digest that names it.
    let digest = "stock/digests/0000000002.json";
    let body: Value = serde_json::from_slice(&objects.remove(digest).unwrap()).unwrap();
    for name in body["objects"].as_object().unwrap().keys() {
        objects.remove(name).unwrap();
    }
    memory.replace(objects);
    assert!(objects_alone(&memory), "the wrong check finds nothing");
    assert_eq!(block_on(verify(&memory, "stock", None)).unwrap(), [Finding::DigestMissing { number: 2 }]);
}

#[test]
fn e12_of_two_that_seal_at_once_one_adds_the_digest() {
    struct Racing(Memory);
    impl LedgerStore for Racing {
        async fn put(&self, name: &str, body: Vec<u8>) -> Result<Put, StoreError> {
            if name.contains("/digests/") {
                // The other one is quicker.
                seal(&self.0, "stock", Timestamp::UNIX_EPOCH).await?;
            }
            self.0.put(name, body).await
        }
        async fn get(&self, name: &str) -> Result<Option<Vec<u8>>, StoreError> {
            self.0.get(name).await
        }
        async fn list(&self, prefix: &str) -> Result<Vec<String>, StoreError> {
            self.0.list(prefix).await
        }
    }
    let racing = Racing(Memory::default());
    keep(&racing, &[record(1)]);
    assert_eq!(block_on(seal(&racing, "stock", Timestamp::UNIX_EPOCH)).unwrap(), Sealed::Other);
    assert_eq!(block_on(seal(&racing, "stock", Timestamp::UNIX_EPOCH)).unwrap(), Sealed::Nothing);
    assert!(block_on(verify(&racing, "stock", None)).unwrap().is_empty());
}

#[test]
fn e11_a_record_that_cannot_be_read_is_kept_whole_and_ends_nothing() {
    let memory = Memory::default();
    let expired = {
        let mut expired = record(2);
        expired["eventName"] = json!("REMOVE");
        expired["userIdentity"] = json!({"type": "Service", "principalId": "dynamodb.amazonaws.com"});
        expired
    };
    let odd = [
        json!({"eventID": "odd-1", "eventName": "MODIFY"}),
        json!(["no", "record"]),
        json!({"eventID": "odd-3", "eventName": "INSERT", "dynamodb": {"SequenceNumber": "99", "NewImage": {"id": {"S": "x"}}}}),
    ];
    let all = [&[record(0)], &odd[..], &[expired, record(3)]].concat();
    let written = block_on(write(&memory, "stock", &batch(&all))).unwrap();
    assert_eq!(written.entries, 5, "what TTL removed is nobody's doing");
    let entries = block_on(read(&memory, "stock", days())).unwrap();
    assert_eq!(entries.len(), 5);
    let mut whole = BTreeSet::new();
    for entry in &entries {
        if let EntryKind::Unreadable { reason, whole: kept } = &entry.what {
            assert!(!reason.is_empty());
            whole.insert(kept.get().to_owned());
        }
    }
    assert_eq!(whole, odd.iter().map(Value::to_string).collect());
    let error = block_on(write(&memory, "stock", b"{\"Records\":7}")).unwrap_err();
    assert!(matches!(error, WriteError::NotABatch(_)), "{error}");
}

#[test]
fn e11_an_object_that_is_damaged_is_named_and_not_left_out() {
    let memory = Memory::default();
    keep(&memory, &[record(0), record(1)]);
    let mut objects = memory.objects();
    for body in objects.values_mut() {
        body.truncate(body.len() / 2);
    }
    memory.replace(objects);
    let error = block_on(read(&memory, "stock", days())).unwrap_err();
    assert!(
        error.to_string().starts_with("object stock/entries/dt=2026-11-29/95-96.jsonl.gz, line 0"),
        "{error}"
    );
}

#[test]
fn e11_a_folder_keeps_what_memory_keeps() {
    let root = std::env::temp_dir().join(format!("waxseal-ledger-{}", std::process::id()));
    let _ = std::fs::remove_dir_all(&root);
    let (folder, memory) = (Folder::new(&root), Memory::default());
    for n in [0, 3, 2, 3, 9] {
        let records = [record(n), record(n + 1)];
        let written = |store: Result<waxseal_ledger::Written, WriteError>| store.unwrap();
        let one = written(block_on(write(&folder, "stock", &batch(&records))));
        let other = written(block_on(write(&memory, "stock", &batch(&records))));
        assert_eq!(one, other);
    }
    block_on(seal(&folder, "stock", Timestamp::UNIX_EPOCH)).unwrap();
    block_on(seal(&memory, "stock", Timestamp::UNIX_EPOCH)).unwrap();
    // Another process finds the same.
    let again = Folder::new(&root);
    assert_eq!(records_of(&again), records_of(&memory));
    let names: Vec<String> = memory.objects().into_keys().collect();
    assert_eq!(block_on(again.list("")).unwrap(), names);
    for (name, body) in memory.objects() {
        assert_eq!(block_on(again.get(&name)).unwrap(), Some(body));
    }
    assert!(block_on(verify(&again, "stock", None)).unwrap().is_empty());
    std::fs::remove_dir_all(&root).unwrap();
}
