//! Wrong implementations: each breaks one promise, and must fail the statements that it names, and no
//! others of its family. A statement that no wrong implementation fails proves nothing.

// Helpers unwrap like the tests that they help.
#![allow(clippy::unwrap_used)]

use std::{
    collections::BTreeSet,
    panic::{AssertUnwindSafe, catch_unwind},
};

use waxseal::{
    Table, Timestamp, read_emissions,
    table::{
        Action, Condition, Due, DuePage, Item, Key, Page, Query, Scan, ScanPage, TableError, Write,
        WriteError, attribute,
    },
};
use waxseal_conformance::{ContractEnv, block_on};
use waxseal_testing::MemoryTable;

/// The mistake of a protocol whose commits are written wrongly.
#[derive(Clone, Copy, Debug)]
enum Wrong {
    /// A renamed handler writes its receipt under its oldest name alone.
    NoReceiptUnderOtherNames,
    /// A receipt is written without the condition that it is new.
    ReceiptsWithoutCondition,
    /// A failure for good leaves no receipt.
    FailuresForgotten,
    /// The receipt forgets the time before which a command is not seen.
    DelaysForgotten,
    /// The receipt keeps that time in whole seconds.
    DelaysInWholeSeconds,
}

/// Names of the suite's renamed handlers, by which they have a second receipt.
const NEW_NAMES: [&str; 3] = ["/renamed#", "/counters/order.placed#", "/charge-card#"];

fn is_receipt(key: &Key) -> bool {
    key.partition.starts_with("receipt#")
}

impl Wrong {
    /// The write that arrives instead; none where it is left out.
    fn write(self, mut write: Write) -> Option<Write> {
        let key = write.key().clone();
        match self {
            Self::NoReceiptUnderOtherNames => {
                let is_copy = NEW_NAMES.iter().any(|name| key.partition.contains(name));
                return (!is_copy).then_some(write);
            }
            Self::ReceiptsWithoutCondition => {
                if is_receipt(&key) && matches!(write.condition, Condition::Absent { .. }) {
                    // At the end of time every receipt has expired.
                    write.condition = Condition::Absent { now: Timestamp::MAX };
                }
            }
            Self::FailuresForgotten => {
                let is_failure = |item: &Item| item.get_text("status") == Some("failed");
                if matches!(&write.action, Action::Put(item) if is_receipt(&key) && is_failure(item)) {
                    return None;
                }
            }
            Self::DelaysForgotten => emitted(&mut write, |_| None),
            Self::DelaysInWholeSeconds => {
                emitted(&mut write, |at| Timestamp::from_second(at.as_second()).ok());
            }
        }
        Some(write)
    }
}

/// Changes the time before which commands in a receipt are not seen.
fn emitted(write: &mut Write, change: impl Fn(Timestamp) -> Option<Timestamp>) {
    let Action::Put(item) = &mut write.action else { return };
    let Some(text) = item.get_text(attribute::EMITTED) else { return };
    let mut emissions = read_emissions(text).unwrap();
    for emission in &mut emissions {
        emission.not_before = emission.not_before.and_then(&change);
    }
    let text = serde_json::to_string(&emissions).unwrap();
    *item = item.clone().text(attribute::EMITTED, text);
}

/// A table whose writes arrive as a wrong implementation would have sent them.
#[derive(Clone)]
struct WrongTable(Wrong, MemoryTable);

impl Table for WrongTable {
    async fn get(&self, keys: &[Key]) -> Result<Vec<Option<Item>>, TableError> {
        self.1.get(keys).await
    }
    async fn query(&self, query: &Query) -> Result<Page, TableError> {
        self.1.query(query).await
    }
    async fn scan(&self, scan: &Scan) -> Result<ScanPage, TableError> {
        self.1.scan(scan).await
    }
    async fn due(&self, due: &Due) -> Result<DuePage, TableError> {
        self.1.due(due).await
    }
    async fn write(&self, writes: &[Write]) -> Result<(), WriteError> {
        let writes: Vec<Write> = writes.iter().filter_map(|write| self.0.write(write.clone())).collect();
        self.1.write(&writes).await
    }
}

impl ContractEnv for Wrong {
    type Table = WrongTable;
    async fn table(&self) -> WrongTable {
        WrongTable(*self, MemoryTable::default())
    }
}

/// The statements among these that fail on a wrong implementation.
macro_rules! failing {
    ($env:expr, $($statement:ident)+) => {{
        let mut failing = BTreeSet::new();
        $(
            let run = || block_on(waxseal_conformance::$statement($env));
            if catch_unwind(AssertUnwindSafe(run)).is_err() {
                failing.insert(stringify!($statement));
            }
        )+
        failing
    }};
}

fn failing(wrong: Wrong) -> BTreeSet<&'static str> {
    failing!(&wrong,
        s49_what_took_effect_under_a_former_name_is_a_duplicate
        s49_of_an_old_and_a_new_build_at_once_exactly_one_takes_effect
        s49_a_lease_under_a_former_name_is_taken_over_with_its_keys
        s49_a_failure_under_a_former_name_is_released_under_the_new_one
        s49_a_former_name_can_leave_the_list
        o7_a_command_that_waits_carries_its_time_in_the_receipt
        o7_a_delay_that_no_queue_has_fails_for_good_and_commits_nothing
    )
}

#[test]
fn s49_a_receipt_under_one_name_alone_fails_where_that_name_leaves_the_list() {
    assert_eq!(
        failing(Wrong::NoReceiptUnderOtherNames),
        BTreeSet::from(["s49_a_former_name_can_leave_the_list"])
    );
}

#[test]
fn s49_receipts_without_their_condition_let_both_builds_take_effect() {
    assert_eq!(
        failing(Wrong::ReceiptsWithoutCondition),
        BTreeSet::from([
            "s49_what_took_effect_under_a_former_name_is_a_duplicate",
            "s49_of_an_old_and_a_new_build_at_once_exactly_one_takes_effect",
            "s49_a_lease_under_a_former_name_is_taken_over_with_its_keys",
            "s49_a_failure_under_a_former_name_is_released_under_the_new_one",
        ])
    );
}

#[test]
fn s49_a_failure_that_is_forgotten_is_never_released() {
    assert_eq!(
        failing(Wrong::FailuresForgotten),
        BTreeSet::from(["s49_a_failure_under_a_former_name_is_released_under_the_new_one"])
    );
}

#[test]
fn o7_a_receipt_that_forgets_the_time_or_rounds_it_fails() {
    for wrong in [Wrong::DelaysForgotten, Wrong::DelaysInWholeSeconds] {
        let expected = BTreeSet::from(["o7_a_command_that_waits_carries_its_time_in_the_receipt"]);
        assert_eq!(failing(wrong), expected, "{wrong:?}");
    }
}
