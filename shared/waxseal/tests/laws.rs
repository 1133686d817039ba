//! Laws instead of examples, for arbitrary ids, payloads and writes.

// Helpers unwrap like the tests that they help.
#![allow(clippy::unwrap_used)]

use std::collections::{BTreeMap, HashMap};

use proptest::{collection::vec, option, prelude::*};
use serde_json::{Map, Number, Value};
use sha2::{Digest as _, Sha256};
use waxseal::{
    Timestamp, Token, derived_id,
    hash::PayloadHash,
    payload_hash,
    row::{Receipt, ReceiptMeaning, Status},
    table::{Action, Condition, Item, Key, Refusal, Write, WriteError, attribute, memory::Items},
};

// A small alphabet with the characters that escaping and length prefixes must tell apart, so that
// collisions are likely.
fn part() -> impl Strategy<Value = String> {
    "[a#%/é2]{0,4}"
}

type Cause = (String, String, String, u32);
fn cause() -> impl Strategy<Value = Cause> {
    (part(), part(), part(), 0..3_u32)
}

/// Cuts a text in three.
fn split(text: &str, cuts: [prop::sample::Index; 2]) -> [String; 3] {
    let dead_letters: Vec<char> = text.chars().collect();
    let mut cuts = cuts.map(|cut| cut.index(dead_letters.len() + 1));
    cuts.sort_unstable();
    [&dead_letters[..cuts[0]], &dead_letters[cuts[0]..cuts[1]], &dead_letters[cuts[1]..]]
        .map(|part| part.iter().collect())
}

fn json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::Bool),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        (-1000..1000_i64).prop_map(Value::from),
        prop::num::f64::NORMAL.prop_map(Value::from),
        (-4000..4000_i32).prop_map(|n| Value::from(f64::from(n) / 4.0)),
        "[ab\"\\\\é\u{1F3A9}\n]{0,3}".prop_map(Value::String),
    ];
    leaf.prop_recursive(4, 32, 4, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..4).prop_map(Value::Array),
            vec(("[abé]{0,2}", inner), 0..4).prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
}

/// Whether two values are equal. Numbers are equal in every spelling.
fn same(one: &Value, other: &Value) -> bool {
    match (one, other) {
        (Value::Number(one), Value::Number(other)) => match (one.as_i128(), other.as_i128()) {
            (Some(one), Some(other)) => one == other,
            (None, None) => one.as_f64() == other.as_f64(),
            (Some(whole), None) => is(other, whole),
            (None, Some(whole)) => is(one, whole),
        },
        (Value::Array(one), Value::Array(other)) => {
            one.len() == other.len() && one.iter().zip(other).all(|(one, other)| same(one, other))
        }
        (Value::Object(one), Value::Object(other)) => {
            one.len() == other.len()
                && one.iter().all(|(name, member)| other.get(name).is_some_and(|other| same(member, other)))
        }
        (one, other) => one == other,
    }
}

fn is(float: &Number, whole: i128) -> bool {
    let float = float.as_f64().unwrap();
    float.fract() == 0.0 && float.abs() < 18_446_744_073_709_551_616.0 && float as i128 == whole
}

/// Writes JSON with members in another order, white space, escapes and other spellings of numbers.
fn respell(value: &Value, choices: &mut impl Iterator<Item = u8>) -> String {
    let mut pick = || choices.next().unwrap_or(0);
    let space = ["", " ", "\n\t"][usize::from(pick() % 3)];
    match value {
        Value::Number(number) => match (number.as_i64(), pick() % 4) {
            (Some(whole), 1) if whole.abs() < 1 << 52 => format!("{space}{whole}.0"),
            (Some(whole), 2) if whole.abs() < 1 << 52 => format!("{space}{whole}e0"),
            // JSON has no `000`.
            (Some(whole), 3) if whole != 0 && whole.abs() < 1 << 40 => format!("{space}{whole}00E-2"),
            _ => format!("{number}{space}"),
        },
        Value::String(text) if pick() % 2 == 1 => {
            let escaped: String = text.encode_utf16().map(|unit| format!("\\u{unit:04X}")).collect();
            format!("\"{escaped}\"")
        }
        Value::Array(items) => {
            let items: Vec<_> = items.iter().map(|item| respell(item, choices)).collect();
            format!("[{space}{}{space}]", items.join(","))
        }
        Value::Object(members) => {
            let mut members: Vec<_> = members
                .iter()
                .map(|(name, member)| {
                    format!("{space}{}{space}:{}", Value::from(&**name), respell(member, choices))
                })
                .collect();
            if choices.next().unwrap_or(0) % 2 == 1 {
                members.reverse();
            }
            format!("{{{}}}{space}", members.join(","))
        }
        other => format!("{space}{other}"),
    }
}

/// The definition of [`payload_hash`]'s input: canonical text, members by name.
fn canonical_form(value: &Value) -> String {
    let quoted = |text: &str| format!("\"{}\"", text.replace('\\', r"\\").replace('"', r#"\""#));
    match value {
        Value::Null | Value::Bool(_) => value.to_string(),
        Value::String(text) => quoted(text),
        Value::Number(number) => canonical_number(&number.to_string()),
        Value::Array(items) => {
            format!("[{}]", items.iter().map(canonical_form).collect::<Vec<_>>().join(","))
        }
        Value::Object(members) => {
            let members: BTreeMap<_, _> = members.iter().collect();
            let members =
                members.iter().map(|(name, member)| format!("{}:{}", quoted(name), canonical_form(member)));
            format!("{{{}}}", members.collect::<Vec<_>>().join(","))
        }
    }
}

fn canonical_number(text: &str) -> String {
    let (text, sign) = text.strip_prefix('-').map_or((text, ""), |text| (text, "-"));
    let (mantissa, exponent) = text.split_once('e').unwrap_or((text, "0"));
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let digits = format!("{whole}{fraction}");
    let significant = digits.trim_end_matches('0');
    let exponent =
        exponent.parse::<i64>().unwrap() - fraction.len() as i64 + (digits.len() - significant.len()) as i64;
    match (significant.trim_start_matches('0'), exponent) {
        ("", _) => "0".to_owned(),
        (digits, 0) => format!("{sign}{digits}"),
        (digits, exponent) => format!("{sign}{digits}e{exponent}"),
    }
}

fn time() -> impl Strategy<Value = Timestamp> {
    (0..4_102_444_800_000_i64).prop_map(|ms| Timestamp::from_millisecond(ms).unwrap())
}

fn status() -> impl Strategy<Value = Status> {
    prop_oneof![
        Just(Status::Completed),
        time().prop_map(|until| Status::Leased { until }),
        ".{0,50}".prop_map(|error| Status::Failed { error }),
        Just(Status::Acted),
    ]
}

fn write() -> impl Strategy<Value = Write> {
    let key = (0..4_u8).prop_map(|n| Key::of("k", &[&n.to_string()], "s"));
    let item = (key.clone(), option::of(0..3_i64), option::of("[ab]"), option::of(0..4_i64)).prop_map(
        |(key, version, writer, expires)| {
            let mut item = Item::new(key);
            for (name, number) in [(attribute::VERSION, version), (attribute::EXPIRES, expires)] {
                if let Some(number) = number {
                    item = item.number(name, number);
                }
            }
            match writer {
                Some(writer) => item.text(attribute::WRITER, writer),
                None => item,
            }
        },
    );
    let action = prop_oneof![
        3 => item.prop_map(Action::Put),
        1 => key.clone().prop_map(Action::Delete),
        1 => key.prop_map(Action::Check),
    ];
    let condition = prop_oneof![
        2 => (0..4_i64).prop_map(|now| Condition::Absent { now: Timestamp::from_second(now).unwrap() }),
        1 => (0..3_u64).prop_map(Condition::Version),
        1 => "[ab]".prop_map(Condition::Writer),
    ];
    (action, condition).prop_map(|(action, condition)| Write { action, condition })
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(512) })]

    #[test]
    fn s45_ids_are_the_same_exactly_for_the_same_cause(one in cause(), other in cause()) {
        let id = |(source, id, consumer, index): &Cause| derived_id(source, id, consumer, *index);
        prop_assert_eq!(id(&one) == id(&other), one == other);
        let made = id(&one);
        let bytes = made.as_bytes();
        prop_assert!(made.len() == 36 && bytes[14] == b'8' && b"89ab".contains(&bytes[19]), "{made} is no UUID of version 8");
    }

    #[test]
    fn s45_a_cause_split_otherwise_is_another_cause(
        text in "[a#%/é2]{1,9}",
        one in any::<[prop::sample::Index; 2]>(),
        other in any::<[prop::sample::Index; 2]>(),
    ) {
        let (one, other) = (split(&text, one), split(&text, other));
        let id = |parts: &[String; 3]| derived_id(&parts[0], &parts[1], &parts[2], 0);
        prop_assert_eq!(id(&one) == id(&other), one == other);
        let key = |parts: &[String; 3]| waxseal::row::receipt::key(&parts[0], &parts[1], &parts[2]);
        prop_assert_eq!(key(&one) == key(&other), one == other);
    }

    #[test]
    fn s18_keys_are_the_same_exactly_for_the_same_parts(
        one in (part(), vec(part(), 0..4)),
        other in (part(), vec(part(), 0..4)),
    ) {
        let key = |(kind, parts): &(String, Vec<String>)| {
            Key::of(kind, &parts.iter().map(String::as_str).collect::<Vec<_>>(), "s")
        };
        prop_assert_eq!(key(&one) == key(&other), one == other);
        // The parts joined into one, as a key joins them, are other parts.
        let joined = (one.0.clone(), vec![one.1.join("#")]);
        prop_assert_eq!(key(&one) == key(&joined), one == joined);
        let kind = (std::iter::once(&one.0).chain(&one.1).cloned().collect::<Vec<_>>().join("#"), vec![]);
        prop_assert_eq!(key(&one) == key(&kind), one == kind);
    }

    #[test]
    fn s16_another_spelling_has_the_same_hash(value in json(), choices in vec(any::<u8>(), 0..200)) {
        let spelled = respell(&value, &mut choices.into_iter());
        prop_assert!(same(&serde_json::from_str(&spelled).unwrap(), &value), "{spelled} is another value");
        prop_assert_eq!(payload_hash(&spelled).unwrap(), payload_hash(&value.to_string()).unwrap(), "{}", spelled);
    }

    #[test]
    fn s16_the_hash_is_that_of_the_canonical_form(value in json(), choices in vec(any::<u8>(), 0..200)) {
        let digest = Sha256::digest(canonical_form(&value));
        let expected: String = digest[..16].iter().map(|byte| format!("{byte:02x}")).collect();
        let expected = format!("2:{expected}");
        prop_assert_eq!(payload_hash(&value.to_string()).unwrap(), &*expected);
        let spelled = respell(&value, &mut choices.into_iter());
        prop_assert_eq!(payload_hash(&spelled).unwrap(), &*expected, "{}", spelled);
    }

    #[test]
    fn s16_another_value_has_another_hash(one in json(), other in json()) {
        let equal = payload_hash(&one.to_string()).unwrap() == payload_hash(&other.to_string()).unwrap();
        prop_assert_eq!(equal, same(&one, &other), "{} and {}", one, other);
    }

    #[test]
    fn s16_one_change_anywhere_changes_the_hash(value in json(), at in any::<prop::sample::Index>()) {
        let mut changed = value.clone();
        change(&mut changed, &mut { at.index(size(&value)) });
        prop_assert_ne!(payload_hash(&value.to_string()).unwrap(), payload_hash(&changed.to_string()).unwrap());
    }

    #[test]
    fn s19_a_receipt_is_read_back_as_it_was_written(
        status in status(), version in 1_u16.., attempt in 1_u32.., first_at in time(), expires in time(),
        last_error in option::of(".{0,50}"), token in any::<u128>(), uncertain in option::of(0_u32..9),
    ) {
        let receipt = Receipt {
            key: waxseal::row::receipt::key("payment/charge", "orders", "e#1"),
            hash: "00ff".into(), emitted: Vec::new(), status, version, attempt, first_at, expires, last_error,
            uncertain,
        };
        let item = receipt.to_item(Token(token));
        prop_assert!(item.is_written_by(Token(token)) && item.get_text(attribute::EMITTED).is_none());
        let again = Receipt::from_item(&item).unwrap();
        let kept = match &receipt.status {
            Status::Completed => None,
            Status::Leased { .. } => receipt.last_error.clone(),
            Status::Failed { error } => Some(error.clone()),
            Status::Acted => None,
        };
        let counts = matches!(receipt.status, Status::Leased { .. } | Status::Failed { .. });
        prop_assert_eq!(again.uncertain, uncertain.filter(|_| counts));
        prop_assert_eq!((&again.key, &again.status, &again.hash), (&receipt.key, &receipt.status, &receipt.hash));
        prop_assert_eq!((again.version, again.attempt, again.first_at), (receipt.version, receipt.attempt, receipt.first_at));
        prop_assert_eq!(again.last_error, kept);
        let rounding = again.expires.as_millisecond() - receipt.expires.as_millisecond();
        prop_assert!((0..1000).contains(&rounding), "never forgotten sooner");
        // An item without one of a receipt's attributes is no receipt, and nothing panics.
        for name in item.attributes.keys() {
            let mut broken = item.clone();
            broken.attributes.remove(name);
            if let Err(error) = Receipt::from_item(&broken) {
                prop_assert!(error.to_string().contains(&**name));
            }
        }
    }

    #[test]
    fn s10_a_receipt_is_judged_by_its_status_alone_once_the_payload_is_the_same(
        status in status(), first_at in time(), now in time(), attempt in 1..100_u32,
        same_hash: bool, same_version: bool, ttl in option::of(0..100_000_000_u64), uncertain in option::of(0_u32..3),
    ) {
        let ttl = ttl.map(std::time::Duration::from_secs);
        let receipt = Receipt {
            key: waxseal::row::receipt::key("payment/charge", "orders", "e-1"),
            hash: "a".into(), version: 2, emitted: Vec::new(), last_error: None, expires: Timestamp::MAX,
            status: status.clone(), attempt, first_at, uncertain,
        };
        let hash = PayloadHash::named([if same_hash { "a" } else { "b" }]);
        let outcome = receipt.judge(&hash, if same_version { 2 } else { 1 }, now, ttl);
        // Where every attempt ended in a refusal, no earlier effect can be doubled.
        let first_at = if uncertain == Some(0) { now } else { first_at };
        let age = now.as_millisecond() - first_at.as_millisecond();
        let forgotten = ttl.is_some_and(|ttl| age.max(0) as u128 >= ttl.as_millis());
        let expected = match status {
            _ if same_version && !same_hash => ReceiptMeaning::Mismatch { first: "a".into(), now: "b".into() },
            Status::Completed => ReceiptMeaning::Duplicate,
            Status::Failed { error } => ReceiptMeaning::Remembered { error },
            Status::Acted => ReceiptMeaning::Acted,
            Status::Leased { until } if until > now => ReceiptMeaning::InProgress { until },
            Status::Leased { .. } if forgotten => ReceiptMeaning::OutcomeUnknown { attempts: attempt, first_at },
            Status::Leased { .. } => ReceiptMeaning::TakeOver { attempt: attempt + 1, first_at },
        };
        prop_assert_eq!(outcome, expected);
    }

    #[test]
    fn c2_a_commit_is_all_or_nothing(commits in vec(vec(write(), 1..4), 1..20)) {
        let (mut items, mut model) = (Items::default(), HashMap::<Key, Item>::new());
        for writes in commits {
            let keys: std::collections::HashSet<_> = writes.iter().map(Write::key).collect();
            let refused: Vec<_> = writes
                .iter()
                .filter(|write| !naive(&write.condition, model.get(write.key())))
                .map(|write| Refusal { key: write.key().clone(), stored: model.get(write.key()).cloned() })
                .collect();
            let before = model.clone();
            match items.write(&writes) {
                Err(WriteError::TooLarge(_)) => prop_assert!(keys.len() < writes.len()),
                Err(WriteError::Refused(refusals)) => prop_assert_eq!(refusals, refused),
                Err(other) => prop_assert!(false, "{other}"),
                Ok(changes) => {
                    prop_assert!(keys.len() == writes.len() && refused.is_empty());
                    for write in &writes {
                        match &write.action {
                            Action::Put(item) => drop(model.insert(item.key.clone(), item.clone())),
                            Action::Delete(key) => drop(model.remove(key)),
                            Action::Check(_) => {}
                        }
                    }
                    for change in &changes {
                        let key = &change.new.as_ref().or(change.old.as_ref()).unwrap().key;
                        prop_assert_eq!(change.old.as_deref(), before.get(key));
                        prop_assert_eq!(change.new.as_deref(), model.get(key));
                    }
                    let changed = keys.iter().filter(|key| before.get(**key) != model.get(**key)).count();
                    prop_assert_eq!(changes.len(), changed, "what is left as it was is no change");
                }
            }
            let stored: BTreeMap<_, _> = items.iter().map(|item| (item.key.clone(), item.clone())).collect();
            prop_assert_eq!(stored, model.clone().into_iter().collect::<BTreeMap<_, _>>());
        }
    }
}

/// The meaning of a condition, in a second implementation.
fn naive(condition: &Condition, stored: Option<&Item>) -> bool {
    match (condition, stored) {
        (Condition::Absent { .. }, None) => true,
        (Condition::Absent { now }, Some(item)) => {
            matches!(item.get_number(attribute::EXPIRES), Some(expires) if now.as_second() >= expires)
        }
        (Condition::Version(_) | Condition::Writer(_), None) => false,
        (Condition::Version(version), Some(item)) => {
            item.get_number(attribute::VERSION) == Some(i64::try_from(*version).unwrap())
        }
        (Condition::Writer(writer), Some(item)) => item.get_text(attribute::WRITER) == Some(writer),
    }
}

/// The number of values, containers included.
fn size(value: &Value) -> usize {
    1 + match value {
        Value::Array(items) => items.iter().map(size).sum(),
        Value::Object(members) => members.values().map(size).sum(),
        _ => 0,
    }
}

/// Changes the value with index `at`.
fn change(value: &mut Value, at: &mut usize) {
    if *at > 0 {
        *at -= 1;
        match value {
            Value::Array(items) => {
                for item in items {
                    let inside = size(item);
                    if *at < inside {
                        return change(item, at);
                    }
                    *at -= inside;
                }
            }
            Value::Object(members) => {
                for member in members.values_mut() {
                    let inside = size(member);
                    if *at < inside {
                        return change(member, at);
                    }
                    *at -= inside;
                }
            }
            _ => {}
        }
        return;
    }
    *value = match value.take() {
        Value::Null => Value::Bool(false),
        Value::Bool(it) => Value::Bool(!it),
        Value::Number(_) => Value::String("1".into()),
        Value::String(text) => Value::String(text + "x"),
        Value::Array(mut items) => {
            items.push(Value::Null);
            Value::Array(items)
        }
        Value::Object(members) => {
            let mut members: Map<_, _> = members;
            members.insert("another".into(), Value::Null);
            Value::Object(members)
        }
    };
}

#[test]
fn s16_a_float_is_the_same_to_its_last_bit_however_it_is_spelled() {
    let spellings = ["4.1168283402089567e-7", "0.00000041168283402089567", "41.168283402089567E-8"];
    let hashes = spellings.map(|spelling| payload_hash(spelling).unwrap());
    assert!(hashes.iter().all(|hash| *hash == hashes[0]), "{hashes:?}");
}

#[test]
fn s16_of_a_repeated_member_the_last_one_counts_whatever_the_order() {
    let hash = |json| payload_hash(json).unwrap();
    let once = hash(r#"{"a":2,"b":[{"c":null}]}"#);
    for repeated in [
        r#"{"a":1,"a":2,"b":[{"c":null}]}"#,
        r#"{"b":0,"a":"x","b":[{"c":1,"c":null}],"a":2}"#,
        r#"{"\u0061":[[]],"b":{},"a":2.0,"b":[{"c":null}]}"#,
    ] {
        assert_eq!(hash(repeated), once, "{repeated}");
    }
    for other in [r#"{"a":2}"#, r#"{"a":2,"b":[{"c":null}],"c":null}"#, r#"{"a":2,"b":[{}]}"#, "[2]"] {
        assert_ne!(hash(other), once, "{other}");
    }
    assert!(payload_hash(r#"{"a":1} 2"#).is_err() && payload_hash(r#"{"a":}"#).is_err());
}
