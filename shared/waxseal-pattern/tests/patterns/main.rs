//! Event patterns match, and are refused, as on AWS.
//!
//! `cases.jsonl` holds the cases that differed once. `documented.jsonl` goes through the operators
//! of the EventBridge user guide; its answers are those of AWS's own engine, `aws/event-ruler`
//! 2.0.1. A property compares with a second implementation.

// A panic of a test's helper is its verdict.
#![allow(clippy::unwrap_used)]

mod naive;

use proptest::prelude::*;
use serde::Deserialize;
use serde_json::{Value, value::RawValue};
use waxseal_pattern::{Filter, Pattern};

#[derive(Deserialize)]
struct Case {
    why: String,
    pattern: Box<RawValue>,
    event: Box<RawValue>,
    right: String,
}

fn answer(pattern: &str, event: &str) -> &'static str {
    match Pattern::parse(pattern) {
        Err(_) => "refused",
        Ok(pattern) if pattern.matches_text(event) => "match",
        Ok(_) => "no match",
    }
}

fn cases(file: &str) -> Vec<Case> {
    file.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn l2_patterns_match_and_are_refused_as_aws_documents_them() {
    let (found, documented) = (include_str!("cases.jsonl"), include_str!("documented.jsonl"));
    assert!(found.lines().count() >= 15 && documented.lines().count() >= 160, "the corpus is there");
    let wrong: Vec<String> = cases(found)
        .into_iter()
        .chain(cases(documented))
        .filter(|case| answer(case.pattern.get(), case.event.get()) != case.right)
        .map(|case| format!("{}: {} on {} is {}", case.why, case.pattern, case.event, case.right))
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn l2_a_parsed_value_gives_the_same_answer_as_its_text() {
    for case in cases(include_str!("cases.jsonl")) {
        let (pattern, event): (Value, Value) = (
            serde_json::from_str(case.pattern.get()).unwrap(),
            serde_json::from_str(case.event.get()).unwrap(),
        );
        let found = match Pattern::new(&pattern) {
            Err(_) => "refused",
            Ok(pattern) if pattern.matches(&event) => "match",
            Ok(_) => "no match",
        };
        assert_eq!(found, case.right, "{}", case.why);
    }
}

#[test]
fn l2_no_pattern_and_no_event_is_too_deep_or_too_odd() {
    let deep =
        |depth: usize, inner: &str| format!("{}{inner}{}", r#"{"a":"#.repeat(depth), "}".repeat(depth));
    let pattern = Pattern::parse(&deep(400, "[1]")).unwrap();
    assert!(pattern.matches_text(&deep(400, "1")));
    assert!(!pattern.matches_text(&deep(399, "1")));
    assert!(Pattern::parse(&deep(501, "[1]")).is_err());
    assert!(Pattern::parse(&format!(r#"{{"a":["{}"]}}"#, "x".repeat(4097))).is_err());

    // Members that no pattern asks for are stepped over.
    let pattern = Pattern::parse(r#"{"a":[1]}"#).unwrap();
    let lists = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
    assert!(
        pattern.matches_text(&format!(r#"{{"b":{},"c":1e400,"d":"\ud800","a":[[[1]]]}}"#, lists(100_000)))
    );
    for odd in ["", "1", "[]", "null", "{", r#"{"a":1"#, r#"{"a":01}"#, r#"["a",1]"#] {
        assert!(!pattern.matches_text(odd), "{odd}");
    }
}

#[test]
fn l2_many_elements_are_matched_in_time() {
    let elements: Vec<String> = (0..2000).map(|n| format!(r#"{{"b":1,"c":2,"d":{n}}}"#)).collect();
    let event = format!(r#"{{"x":[{0}],"y":[{0}]}}"#, elements.join(","));
    let pattern = |d: u32| {
        let fields = format!(r#"{{"b":[1],"c":[2],"d":[{d}]}}"#);
        Pattern::parse(&format!(r#"{{"x":{fields},"y":{fields}}}"#)).unwrap()
    };
    assert!(pattern(1999).matches_text(&event));
    assert!(!pattern(2000).matches_text(&event));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4000))]

    #[test]
    fn l2_the_matcher_agrees_with_a_naive_one(pattern in naive::pattern(), event in naive::event()) {
        let text = pattern.to_json().to_string();
        let compiled = Pattern::parse(&text).map_err(|error| TestCaseError::fail(format!("{text}: {error}")))?;
        prop_assert_eq!(compiled.matches(&event), pattern.matches(&event), "{} on {}", text, event);
    }

    #[test]
    fn s67_what_the_compiler_takes_as_a_filter_every_transport_takes(pattern in naive::pattern(), event in naive::event()) {
        let text: &'static str = Box::leak(pattern.to_json().to_string().into_boxed_str());
        if let Ok(filter) = Filter::checked(text) {
            let compiled = Pattern::parse(text).map_err(|error| TestCaseError::fail(format!("{text}: {error}")))?;
            let policy = compiled.check_filter_policy().map_err(|error| error.to_string());
            prop_assert!(policy.as_ref().err().is_none_or(|error| error.contains("at most")), "{}: {:?}", text, policy);
            prop_assert_eq!(filter.compile().map(|it| it.matches(&event.to_string())), Some(compiled.matches(&event)));
        }
    }

    #[test]
    fn s67_no_text_makes_the_check_of_filters_panic(text in "[{}\\[\\]\":,.$a-cnumeric0-9<>= -]{0,40}|\\PC{0,20}") {
        let text: &'static str = Box::leak(text.into_boxed_str());
        if let Ok(filter) = Filter::checked(text) {
            prop_assert!(filter.compile().is_some(), "{}", text);
        }
    }
}
