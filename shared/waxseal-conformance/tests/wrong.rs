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
    /// An undo does not mark the receipt of its command.
    UndoneNotMarked,
    /// An undo marks a receipt whatever stands there.
    MarksWithoutCondition,
    /// The last writer of a row wins.
    RowsWithoutVersion,
    /// A row whose timeout failed stays due.
    FailedTimeoutsStay,
    /// A row is not in the index of timers.
    RowsWithoutTimes,
    /// A scheduled message stays after it was sent.
    ScheduledStay,
}

/// Names of the suite's renamed handlers, by which they have a second receipt.
const NEW_NAMES: [&str; 3] = ["/renamed#", "/counters/order.placed#", "/charge-card#"];

fn is_undone(item: &Item) -> bool {
    item.get_text("status") == Some("undone")
}

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
            Self::UndoneNotMarked => {
                if matches!(&write.action, Action::Put(item) if is_undone(item)) {
                    return None;
                }
            }
            // The table knows what stands there.
            Self::MarksWithoutCondition | Self::RowsWithoutVersion => {}
            Self::FailedTimeoutsStay => {
                let version =
                    |item: &Item| item.get_number(attribute::VERSION).and_then(|it| u64::try_from(it).ok());
                let is_moved = matches!((&write.action, &write.condition),
                    (Action::Put(item), Condition::Version(before)) if version(item) == Some(*before));
                return (!is_moved).then_some(write);
            }
            Self::RowsWithoutTimes => {
                if let Action::Put(item) = &mut write.action {
                    item.attributes.remove(attribute::WAKE_AT);
                }
            }
            Self::ScheduledStay => {
                return (!matches!(&write.action, Action::Delete(key) if key.sort == "scheduled"))
                    .then_some(write);
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
        let mut writes: Vec<Write> = writes.iter().filter_map(|write| self.0.write(write.clone())).collect();
        for write in &mut writes {
            let is_put =
                |is_wrong: fn(&Item) -> bool| matches!(&write.action, Action::Put(item) if is_wrong(item));
            let is_unconditional = match self.0 {
                Wrong::MarksWithoutCondition => is_put(is_undone),
                Wrong::RowsWithoutVersion => is_put(|item| item.key.sort == "state"),
                _ => false,
            };
            if is_unconditional
                && let Some(stored) = self.get(&[write.key().clone()]).await.unwrap().remove(0)
            {
                let version = stored.get_number(attribute::VERSION).and_then(|it| u64::try_from(it).ok());
                let writer = stored.get_text(attribute::WRITER).unwrap_or_default().to_owned();
                write.condition = version.map_or(Condition::Writer(writer), Condition::Version);
            }
        }
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

fn failing_processes(wrong: Wrong) -> BTreeSet<&'static str> {
    failing!(&wrong,
        g1_a_hint_and_a_reply_in_one_batch_have_one_winner
        g1_a_timeout_and_a_reply_have_one_winner
        g2_a_failed_compensation_waits_for_a_person
        g2_a_late_answer_mends_a_failed_compensation
        g2_a_refused_command_is_not_undone
        g2_compensation_runs_in_reverse_and_goes_on_after_a_crash
        g3_a_reply_without_a_running_instance_is_recorded
        g4_an_instance_outlives_every_invocation_and_queue
        g5_a_row_of_a_newer_build_keeps_its_inputs
        g6_a_step_commits_receipt_row_and_commands_in_one_request
        g7_replies_to_one_instance_share_a_read_and_a_write
        s69_a_hint_does_no_harm_whenever_and_however_often_it_comes
        s69_the_index_of_timers_finds_what_is_due
        s70_a_failed_timeout_comes_again_later_and_later
        s71_a_scheduled_command_is_sent_once_at_its_time
        s71_a_scheduled_command_survives_a_crash_and_a_race
        s72_a_command_and_its_undo_in_one_batch_leave_nothing
        s72_a_race_of_a_command_and_its_undo_leaves_nothing
        s72_a_zombie_of_the_command_loses_to_the_undo
        s72_an_effect_that_undoes_marks_its_command_before_it_acts
        s72_an_undo_after_a_failure_for_good_has_the_keys_of_its_command
        s72_an_undo_after_its_command_undoes_it
        s72_an_undo_before_its_command_keeps_it_from_taking_effect
        s72_an_undo_takes_over_only_what_it_has_judged
        s72_an_undo_that_names_no_command_is_refused
        s72_an_undo_waits_for_the_lease_of_its_command
        s72_an_undo_whose_answer_is_lost_is_found_to_be_applied
        s72_beyond_the_horizon_a_person_decides
    )
}

#[test]
fn s72_an_undo_that_marks_nothing_or_marks_blindly_fails() {
    assert_eq!(
        failing_processes(Wrong::UndoneNotMarked),
        BTreeSet::from([
            "s72_a_command_and_its_undo_in_one_batch_leave_nothing",
            "s72_a_race_of_a_command_and_its_undo_leaves_nothing",
            "s72_a_zombie_of_the_command_loses_to_the_undo",
            "s72_an_effect_that_undoes_marks_its_command_before_it_acts",
            "s72_an_undo_after_a_failure_for_good_has_the_keys_of_its_command",
            "s72_an_undo_before_its_command_keeps_it_from_taking_effect",
            "s72_an_undo_takes_over_only_what_it_has_judged",
            "s72_an_undo_waits_for_the_lease_of_its_command",
            "s72_an_undo_whose_answer_is_lost_is_found_to_be_applied",
            "s72_beyond_the_horizon_a_person_decides",
        ])
    );
    assert_eq!(
        failing_processes(Wrong::MarksWithoutCondition),
        BTreeSet::from(["s72_an_undo_takes_over_only_what_it_has_judged"])
    );
}

#[test]
fn g1_a_row_whose_last_writer_wins_fails() {
    let expected = BTreeSet::from(["g1_a_timeout_and_a_reply_have_one_winner"]);
    assert_eq!(failing_processes(Wrong::RowsWithoutVersion), expected);
}

#[test]
fn s70_a_failed_timeout_that_stays_due_fails() {
    let expected = BTreeSet::from([
        "g5_a_row_of_a_newer_build_keeps_its_inputs",
        "s70_a_failed_timeout_comes_again_later_and_later",
    ]);
    assert_eq!(failing_processes(Wrong::FailedTimeoutsStay), expected);
}

#[test]
fn s69_a_row_that_is_not_in_the_index_of_timers_fails() {
    let failing = failing_processes(Wrong::RowsWithoutTimes);
    assert!(failing.contains("s69_the_index_of_timers_finds_what_is_due"), "{failing:?}");
    assert!(failing.contains("s71_a_scheduled_command_is_sent_once_at_its_time"), "{failing:?}");
}

#[test]
fn s71_a_scheduled_command_that_stays_fails() {
    let expected = BTreeSet::from(["s71_a_scheduled_command_is_sent_once_at_its_time"]);
    assert_eq!(failing_processes(Wrong::ScheduledStay), expected);
}
