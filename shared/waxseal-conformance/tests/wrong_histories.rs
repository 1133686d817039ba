//! Wrong implementations of histories and projections: each breaks one promise of section H, and must fail the
//! statement that forbids it.

// Helpers unwrap like the tests that they help.
#![allow(clippy::unwrap_used)]

use std::{
    collections::BTreeSet,
    panic::{AssertUnwindSafe, catch_unwind},
};

use serde_json::Value;
use waxseal::{
    Table, Timestamp,
    table::{
        Action, Condition, Due, DuePage, Item, Key, Page, Query, Scan, ScanPage, TableError, Write,
        WriteError, attribute,
    },
};
use waxseal_conformance::{ContractEnv, block_on};
use waxseal_testing::MemoryTable;

/// A mistake in how histories are written or read.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Wrong {
    /// None.
    None,
    /// Events are written without the condition that their number is free.
    EventsWithoutLock,
    /// A check that nothing was recorded meanwhile is left out.
    ChecksLeftOut,
    /// Events expire as receipts do.
    EventsExpire,
    /// Of several events of one message only the first is written.
    OneEventAMessage,
    /// Of a partition only one page is read.
    OnePageRead,
    /// A snapshot claims to be of the form that a later build knows.
    SnapshotsOfAnyForm,
    /// A snapshot claims the next event, too.
    SnapshotsRunAhead,
    /// The time of an event is the time of the machine, whatever came before.
    TimesRunBackwards,
    /// The count of an entity's sequence is kept in its snapshot alone.
    CountsInSnapshotsAlone,
    /// The last writer of a projection's row wins.
    RowsWithoutVersion,
    /// Of the rows that an event concerns only one group is written.
    OneGroupOfRows,
    /// The rows of all versions of a projection are the same.
    RowsOfAllVersions,
}

fn is_event(key: &Key) -> bool {
    key.sort.starts_with("event#")
}

fn is_row(key: &Key) -> bool {
    key.sort.starts_with("row#")
}

fn of_all_versions(key: &Key) -> Key {
    match key.partition.strip_prefix("sales@2") {
        Some(rest) => Key { partition: format!("sales@1{rest}").into(), sort: key.sort.clone() },
        None => key.clone(),
    }
}

fn edit(item: &Item, name: &'static str, edit: impl FnOnce(&mut Value)) -> Item {
    let mut json = serde_json::from_str(item.get_text(name).unwrap()).unwrap();
    edit(&mut json);
    item.clone().text(name, json.to_string())
}

impl Wrong {
    /// The write that arrives instead; none where it is left out.
    fn write(self, mut write: Write) -> Option<Write> {
        let is_event = is_event(write.key());
        let Action::Put(item) = &mut write.action else {
            let is_left_out = self == Self::ChecksLeftOut && is_event;
            return (!is_left_out).then_some(write);
        };
        let is_snapshot = !is_event && item.key.partition.starts_with("account#");
        match self {
            Self::EventsExpire if is_event => *item = item.clone().number(attribute::EXPIRES, i64::MAX),
            Self::OneEventAMessage if is_event => {
                *item = edit(item, "events", |events| events.as_array_mut().unwrap().truncate(1));
            }
            Self::SnapshotsOfAnyForm if is_snapshot => {
                *item = edit(item, "data", |snapshot| snapshot["schema"] = 2.into());
            }
            Self::SnapshotsRunAhead if is_snapshot => {
                *item = edit(item, "data", |snapshot| {
                    snapshot["through"] = (snapshot["through"].as_u64().unwrap() + 1).into();
                });
            }
            Self::TimesRunBackwards if is_event => {
                // The statement's machine runs late once.
                *item = item.clone().text("at", item.get_text("at").unwrap().replace("09:30:10", "09:30:04"));
            }
            Self::OneGroupOfRows if item.key.partition.starts_with("sales@1#currencies") => return None,
            Self::RowsOfAllVersions => item.key = of_all_versions(&item.key),
            Self::CountsInSnapshotsAlone if is_event => drop(item.attributes.remove("sequence")),
            _ => {}
        }
        Some(write)
    }

    /// The page that arrives instead.
    fn page(self, mut page: Page) -> Page {
        if self == Self::OnePageRead {
            page.next = None;
        }
        page
    }
}

#[derive(Clone)]
struct WrongTable(Wrong, MemoryTable);

impl Table for WrongTable {
    async fn get(&self, keys: &[Key]) -> Result<Vec<Option<Item>>, TableError> {
        if self.0 == Wrong::RowsOfAllVersions {
            let keys: Vec<Key> = keys.iter().map(of_all_versions).collect();
            return self.1.get(&keys).await;
        }
        self.1.get(keys).await
    }
    async fn query(&self, query: &Query) -> Result<Page, TableError> {
        let mut query = query.clone();
        if self.0 == Wrong::RowsOfAllVersions {
            query.partition = query.partition.replace("sales@2", "sales@1");
        }
        Ok(self.0.page(self.1.query(&query).await?))
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
            let is_unguarded = self.0 == Wrong::EventsWithoutLock && is_event(write.key())
                || self.0 == Wrong::RowsWithoutVersion && is_row(write.key());
            if is_unguarded {
                let stored = self.get(&[write.key().clone()]).await.unwrap().remove(0);
                let writer = stored.and_then(|item| item.get_text(attribute::WRITER).map(str::to_owned));
                write.condition = writer.map_or(Condition::Absent { now: Timestamp::MAX }, Condition::Writer);
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

/// The statements about histories that fail on a wrong implementation.
fn failing(wrong: Wrong) -> BTreeSet<&'static str> {
    failing!(&wrong,
        e1_a_batch_on_one_history_has_one_order
        e1_a_batch_shares_its_read_and_its_write_and_a_duplicate_records_nothing
        e1_a_caller_has_the_state_after_its_command
        e1_a_handler_continues_a_history
        e1_writers_of_one_history_all_take_effect_without_a_gap
        e2_events_beyond_an_item_are_a_typed_error
        e2_the_events_of_a_message_are_all_or_none
        e2_translations_are_in_sequence_and_an_answer_needs_no_event
        e3_a_history_of_5_mb_loads_whole
        e4_a_snapshot_of_an_older_form_is_ignored
        e5_an_unreadable_event_ends_the_reading_with_its_place
        e7_a_past_state_is_the_fold_of_its_prefix
        e6_a_batch_shares_its_read_and_its_write
        e6_another_version_is_built_beside_the_live_one
        e6_each_event_counts_once_in_all_its_rows
        e6_rows_are_read_by_key_and_by_prefix
        e6_what_rows_show_is_raised_once
        e10_rows_do_not_depend_on_the_order_of_events
    )
}

#[test]
fn e1_e2_e3_e4_e5_e6_e7_each_mistake_fails_the_statement_that_forbids_it() {
    for (wrong, forbidden) in [
        (Wrong::EventsWithoutLock, "e1_writers_of_one_history_all_take_effect_without_a_gap"),
        (Wrong::ChecksLeftOut, "e2_translations_are_in_sequence_and_an_answer_needs_no_event"),
        (Wrong::EventsExpire, "e1_a_batch_shares_its_read_and_its_write_and_a_duplicate_records_nothing"),
        (Wrong::OneEventAMessage, "e2_the_events_of_a_message_are_all_or_none"),
        (Wrong::OnePageRead, "e3_a_history_of_5_mb_loads_whole"),
        (Wrong::SnapshotsOfAnyForm, "e4_a_snapshot_of_an_older_form_is_ignored"),
        (Wrong::SnapshotsRunAhead, "e4_a_snapshot_of_an_older_form_is_ignored"),
        (Wrong::TimesRunBackwards, "e7_a_past_state_is_the_fold_of_its_prefix"),
        (Wrong::CountsInSnapshotsAlone, "e2_translations_are_in_sequence_and_an_answer_needs_no_event"),
        (Wrong::RowsWithoutVersion, "e6_each_event_counts_once_in_all_its_rows"),
        (Wrong::OneGroupOfRows, "e6_each_event_counts_once_in_all_its_rows"),
        (Wrong::RowsOfAllVersions, "e6_another_version_is_built_beside_the_live_one"),
    ] {
        let failing = failing(wrong);
        assert!(failing.contains(forbidden), "{wrong:?} fails only {failing:?}");
    }
    assert!(failing(Wrong::None).is_empty(), "what breaks nothing fails nothing");
}
