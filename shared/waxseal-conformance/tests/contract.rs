//! The delivery contract on the table in memory.

// Helpers unwrap like the tests that they help.
#![allow(clippy::unwrap_used)]

use std::collections::BTreeSet;

mod memory {
    waxseal_conformance::contract_tests!(waxseal_conformance::Memory);
}

#[test]
fn every_statement_is_in_the_list_of_tests() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/src");
    let text = |path: &std::path::Path| std::fs::read_to_string(path).unwrap();
    let sources = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let (lists, statements): (Vec<_>, Vec<_>) = sources.partition(|path| path.ends_with("lib.rs"));
    let written: BTreeSet<String> = statements
        .iter()
        .flat_map(|path| {
            text(path)
                .lines()
                .filter_map(|line| line.strip_prefix("pub async fn ")?.split('(').next().map(str::to_owned))
                .collect::<Vec<_>>()
        })
        .collect();
    let listed: BTreeSet<String> = text(&lists[0])
        .lines()
        .map(str::trim)
        .filter(|line| line.chars().nth(1).is_some_and(|c| c.is_ascii_digit()))
        .map(str::to_owned)
        .collect();
    assert!(written.len() > 60, "{written:?}");
    assert_eq!(written, listed);
}
