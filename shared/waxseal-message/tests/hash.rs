//! Payload hashes (S-16): equal exactly where the payloads are equal, to the last digit. Stored
//! hashes keep their meaning.

// Helpers unwrap like the tests that they help.
#![allow(clippy::unwrap_used)]

use std::{collections::BTreeMap, time::Instant};

use proptest::{collection::vec, prelude::*};
use waxseal_message::{
    hash::{Comparison, PayloadHash},
    payload_hash,
};

/// A JSON value whose numbers have any digits: `-123` times ten to the power of -4.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Doc {
    Null,
    Bool(bool),
    Number { is_negative: bool, digits: String, exponent: i32 },
    Text(String),
    List(Vec<Doc>),
    Members(BTreeMap<String, Doc>),
}

fn doc() -> impl Strategy<Value = Doc> {
    // Few digits, many of them zeros, so that equal values in different spellings are common.
    let number =
        (any::<bool>(), prop_oneof!["[012]{1,3}", "[0-9]{1,40}", "1844674407370955161[0-9]"], -30..30_i32)
            .prop_map(|(is_negative, digits, exponent)| Doc::Number { is_negative, digits, exponent });
    let leaf = prop_oneof![
        1 => Just(Doc::Null),
        1 => any::<bool>().prop_map(Doc::Bool),
        4 => number,
        2 => "[ab\"\\\\/é\u{1F3A9}\n]{0,3}".prop_map(Doc::Text),
    ];
    leaf.prop_recursive(4, 24, 4, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..4).prop_map(Doc::List),
            vec(("[abé\"]{0,2}", inner), 0..4)
                .prop_map(|members| Doc::Members(members.into_iter().collect())),
        ]
    })
}

/// The naive oracle: a number as an integer at a scale of 10^-100, in full.
fn expanded(is_negative: bool, digits: &str, exponent: i32) -> (bool, String) {
    let zeros = usize::try_from(exponent + 100).unwrap();
    let whole = format!("{digits}{}", "0".repeat(zeros));
    let whole = whole.trim_start_matches('0').to_owned();
    (is_negative && !whole.is_empty(), whole)
}

fn same(one: &Doc, other: &Doc) -> bool {
    match (one, other) {
        (
            Doc::Number { is_negative, digits, exponent },
            Doc::Number { is_negative: negative, digits: digits_2, exponent: exponent_2 },
        ) => expanded(*is_negative, digits, *exponent) == expanded(*negative, digits_2, *exponent_2),
        (Doc::List(one), Doc::List(other)) => {
            one.len() == other.len() && one.iter().zip(other).all(|(one, other)| same(one, other))
        }
        (Doc::Members(one), Doc::Members(other)) => {
            one.len() == other.len()
                && one
                    .iter()
                    .zip(other)
                    .all(|((name, one), (other_name, other))| name == other_name && same(one, other))
        }
        (one, other) => one == other,
    }
}

/// A spelling of `doc`: members in another order and repeated, white space, escapes, points and
/// exponents elsewhere.
fn spell(doc: &Doc, picks: &mut impl Iterator<Item = u8>) -> String {
    let mut pick = |most: u8| picks.next().unwrap_or(0) % most;
    let space = ["", " ", "\n\t\r"][usize::from(pick(3))];
    match doc {
        Doc::Null => format!("{space}null"),
        Doc::Bool(value) => format!("{value}{space}"),
        Doc::Number { is_negative, digits, exponent } => {
            let sign = if *is_negative { "-" } else { "" };
            let zeros = pick(3);
            let (digits, zeros) = (format!("{digits}{}", "0".repeat(zeros.into())), i32::from(zeros));
            let mut exponent = *exponent - zeros;
            let point = usize::from(pick(4)).min(digits.len());
            let (whole, fraction) = digits.split_at(digits.len() - point);
            exponent += i32::try_from(point).unwrap();
            let whole = whole.trim_start_matches('0');
            let whole = if whole.is_empty() { "0" } else { whole };
            let point = if fraction.is_empty() { "" } else { "." };
            let e = ["e", "E"][usize::from(pick(2))];
            let plus = ["", "+"][usize::from(pick(2))];
            let exponent = match exponent {
                0 if pick(2) == 0 => String::new(),
                negative if negative < 0 => format!("{e}-{}", -negative),
                exponent => format!("{e}{plus}{}{exponent}", ["", "00"][usize::from(pick(2))]),
            };
            format!("{space}{sign}{whole}{point}{fraction}{exponent}{space}")
        }
        Doc::Text(text) => text_of(text, pick(3)),
        Doc::List(items) => {
            let items: Vec<_> = items.iter().map(|item| spell(item, picks)).collect();
            format!("[{space}{}{space}]", items.join(","))
        }
        Doc::Members(members) => {
            let (turn, repeat, escape) = (pick(2) == 1, pick(4) == 1, pick(3));
            let mut members: Vec<_> = members
                .iter()
                .map(|(name, doc)| format!("{space}{}{space}:{}", text_of(name, escape), spell(doc, picks)))
                .collect();
            if turn {
                members.reverse();
            }
            // Of a repeated name the last one counts.
            if repeat && let Some(last) = members.last() {
                let name = last.split(':').next().unwrap();
                if serde_json::from_str::<String>(name).is_ok() {
                    members.insert(0, format!("{name}:[1e9,{{\"x\":0}}]"));
                }
            }
            format!("{{{}}}{space}", members.join(","))
        }
    }
}

fn text_of(text: &str, how: u8) -> String {
    match how {
        0 => serde_json::to_string(text).unwrap(),
        1 => format!("\"{}\"", text.encode_utf16().map(|unit| format!("\\u{unit:04x}")).collect::<String>()),
        _ => serde_json::to_string(text).unwrap().replace('/', "\\/"),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(1024) })]

    #[test]
    fn s16_hashes_are_equal_exactly_where_every_number_has_one_decimal_value(
        one in doc(), other in doc(), picks in vec(any::<u8>(), 0..200), picks_2 in vec(any::<u8>(), 0..200),
    ) {
        let hash = |doc: &Doc, picks: &[u8]| payload_hash(&spell(doc, &mut picks.iter().copied())).unwrap();
        prop_assert_eq!(hash(&one, &picks), hash(&one, &picks_2), "{:?}", one);
        prop_assert_eq!(hash(&one, &picks) == hash(&other, &picks_2), same(&one, &other), "{:?} and {:?}", one, other);
    }

    #[test]
    fn s16_it_hashes_what_serde_reads_and_refuses_what_serde_refuses(text in "[\\[\\]{}:,0-9eE.+\\-\"ntrufalse\\\\ ]{0,12}") {
        let read = serde_json::from_str::<serde::de::IgnoredAny>(&text).is_ok();
        prop_assert_eq!(payload_hash(&text).is_ok(), read, "{}", text);
    }
}

#[test]
fn s16_numbers_are_told_apart_to_their_last_digit() {
    let hash = |json: &str| payload_hash(json).unwrap();
    for (one, other) in [
        ("18446744073709551617", "18446744073709551618"),
        ("-18446744073709551617", "18446744073709551617"),
        ("0.1", "0.1000000000000000055"),
        ("9007199254740993", "9007199254740993.0000000000000000001"),
        ("1e400", "1e401"),
        ("1e400000000", "1e-400000000"),
        ("1e99999999999999999999999999", "1e99999999999999999999999998"),
        ("1", "\"1\""),
    ] {
        assert_ne!(hash(one), hash(other), "{one} and {other}");
        let nested = |number: &str| hash(&format!(r#"{{"a":[{{"b":{number}}}]}}"#));
        assert_ne!(nested(one), nested(other), "{one} and {other}");
    }
    for (one, other) in [
        ("100", "1.00e2"),
        ("1.0", "1"),
        ("0", "-0"),
        ("0", "-0.0e-400000000"),
        ("1e400000000", "0.01e400000002"),
        ("10e99999999999999999999999998", "1e99999999999999999999999999"),
        ("18446744073709551617", "1.8446744073709551617E+19"),
    ] {
        assert_eq!(hash(one), hash(other), "{one} and {other}");
    }
}

/// A number of a few bytes would take gigabytes in expanded form, and a number of a million digits
/// would take a minute if it were built digit by digit.
#[test]
fn s16_the_size_of_a_number_is_no_work() {
    let began = Instant::now();
    for json in [
        "1e400000000".to_owned(),
        format!("[{}]", vec!["1e-999999999999999999999999999999"; 10_000].join(",")),
        format!("{}1{}e-{}", "9".repeat(500_000), "0".repeat(500_000), "9".repeat(500_000)),
        format!("0.{}1e{}", "0".repeat(1_000_000), "9".repeat(1_000_000)),
    ] {
        payload_hash(&json).unwrap();
    }
    assert!(began.elapsed().as_secs() < 20, "{:?}", began.elapsed());
}

/// Hashes of these payloads by builds before algorithm 2.
const OLDER: [(&str, &str); 14] = [
    ("null", "1b16b1df538ba12dc3f97edbb85caa70"),
    ("true", "e3b98a4da31a127d4bde6e43033f66ba"),
    ("-0", "41d0079d17539c0209e0314a73e7d3d2"),
    ("100", "fbf3e615e42d70a25c970fcced231d20"),
    ("1e2", "fbf3e615e42d70a25c970fcced231d20"),
    ("-2.25e-3", "889ac606c89b8df2a22a698e612f1648"),
    ("18446744073709551617", "f374a8a2e97c18b0452d78b4d54b859d"),
    ("0.1", "6c94b385197a648952006951ad2b7e81"),
    (r#""h\u00e9\"\\\n""#, "cf067c18355f2630cde2f702cfa8771e"),
    ("{}", "cf12b9aa38445e4bbff7e768dd4c1513"),
    ("[1,[2,{}]]", "cd7ab943cefb2ddade1638fa9944c948"),
    (r#"{ "quantity": 2.0, "sku": "\u0068at" }"#, "fdcc28e01757573a1dd517e7b9d44ebf"),
    (r#"{"a":1,"a":2}"#, "2bee7d78977eae314fe81d2a37632bfa"),
    (
        r#"{"order_id":"o-1","lines":[{"sku":"hat","quantity":2,"price":19.99}],"note":null}"#,
        "cdf4b68d457f9dd113a5f38e280e4243",
    ),
];

#[test]
fn s16_a_hash_of_an_older_build_keeps_its_meaning() {
    for (payload, stored) in OLDER {
        let hash = PayloadHash::of(payload).unwrap();
        assert_eq!(hash.against(stored), Comparison::Same, "{payload}");
        assert_eq!(hash.against(hash.newest()), Comparison::Same, "{payload}");
        assert!(hash.newest().starts_with("2:"));
        for (other, _) in OLDER.iter().filter(|(_, other)| *other != stored) {
            let now = OLDER.iter().find(|(payload, _)| payload == other).unwrap().1.to_owned();
            assert_eq!(PayloadHash::of(other).unwrap().against(stored), Comparison::Other { now });
        }
    }
    // Algorithm 1 is coarse: two such integers have one hash in an older row.
    let next = PayloadHash::of("18446744073709551618").unwrap();
    assert_eq!(next.against("f374a8a2e97c18b0452d78b4d54b859d"), Comparison::Same);
    // The older algorithm refused such a number, so no row holds its hash.
    let now = payload_hash("1e400").unwrap();
    assert_eq!(PayloadHash::of("1e400").unwrap().against(OLDER[0].1), Comparison::Other { now });
}

#[test]
fn s16_a_hash_of_a_later_algorithm_is_compared_with_nothing() {
    let hash = PayloadHash::of("{}").unwrap();
    for stored in ["3:44136fa355b3678a1146ad16f7e8649e", "blake3:44136fa3", ":", "0:"] {
        assert_eq!(hash.against(stored), Comparison::Unknown, "{stored}");
    }
}

/// The test vectors of the documentation.
#[test]
fn s16_the_published_vectors_hold() {
    let vectors = include_str!("../src/hash/mod.rs").lines().filter_map(|line| {
        let cells: Vec<_> = line.strip_prefix("//! | `")?.split("` | `").collect();
        Some((cells[0].to_owned(), cells[2].trim_end_matches("` |").to_owned()))
    });
    let vectors: Vec<_> = vectors.collect();
    assert_eq!(vectors.len(), 3);
    for (payload, hash) in vectors {
        assert_eq!(payload_hash(&payload).unwrap(), hash, "{payload}");
    }
}
