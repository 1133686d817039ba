//! The delivery contract as tests: the same statements run against every environment that claims
//! the guarantee.
//!
//! A statement is an `async fn` over a [`ContractEnv`], named by its id in the contract. It needs a
//! [`Table`] and nothing else. Time is a [`ManualHost`], and dead letters are recorded. A wrapper
//! in front of the table loses answers and cuts lines, so an environment need not fail on demand.
//! [`contract_tests!`](crate::contract_tests) makes one test of each statement. `CONTRACT.md` at
//! the root of the repository has the words of each id.
//!
//! Rejected: a suite for each environment. Suites drift, and a statement that one of them lacks
//! holds nowhere else.
//!
//! # Your own table
//!
//! Implement [`Table`] for a store of your own, and run the suite against it. It is for tests only:
//! a statement that does not hold panics.
//!
//! ```toml
//! [dev-dependencies]
//! waxseal-conformance = "0.1"
//! ```
//!
//! ```
//! use std::sync::{Arc, Mutex};
//! use waxseal::{Table, table::{Due, DuePage, Item, Key, Page, Query, Scan, ScanPage, TableError, Write, WriteError, memory::Items}};
//! use waxseal_conformance::ContractEnv;
//!
//! /// Yours would talk to a database; clones must reach the same one.
//! #[derive(Clone, Default)]
//! struct Shelf(Arc<Mutex<Items>>);
//!
//! impl Table for Shelf {
//!     async fn get(&self, keys: &[Key]) -> Result<Vec<Option<Item>>, TableError> {
//!         let items = self.0.lock().unwrap();
//!         Ok(keys.iter().map(|key| items.get(key).cloned()).collect())
//!     }
//!     async fn query(&self, query: &Query) -> Result<Page, TableError> {
//!         Ok(self.0.lock().unwrap().query(query, 100))
//!     }
//!     async fn scan(&self, scan: &Scan) -> Result<ScanPage, TableError> {
//!         Ok(self.0.lock().unwrap().scan(scan, 100))
//!     }
//!     async fn due(&self, due: &Due) -> Result<DuePage, TableError> {
//!         Ok(self.0.lock().unwrap().due(due, 100))
//!     }
//!     async fn write(&self, writes: &[Write]) -> Result<(), WriteError> {
//!         self.0.lock().unwrap().write(writes).map(|_| ())
//!     }
//! }
//!
//! struct Shelves;
//! impl ContractEnv for Shelves {
//!     type Table = Shelf;
//!     /// An empty one for each statement: a new table, or a new prefix of its keys.
//!     async fn table(&self) -> Shelf {
//!         Shelf::default()
//!     }
//! }
//!
//! // In `tests/contract.rs`: a test for each statement.
//! waxseal_conformance::contract_tests!(Shelves);
//! // With a runtime: `waxseal_conformance::contract_tests!(Shelves, run)`, where `run` runs a future to its end.
//! # waxseal_conformance::block_on(waxseal_conformance::s12_a_zombie_commit_loses(&Shelves));
//! # waxseal_conformance::block_on(waxseal_conformance::c2_each_condition_means_what_it_says(&Shelves));
//! ```

// A statement that does not hold panics, since it is a test.
#![allow(clippy::unwrap_used)]

mod accounts;
mod aggregates;
mod batches;
mod blind;
mod calls;
mod claims;
mod commits;
mod delays;
mod domain;
mod doubles;
mod ends;
mod env;
mod fencing;
mod filters;
mod foreign;
mod former_names;
mod grouped;
mod hashes;
mod histories;
mod isolation;
mod leased;
mod limits;
mod line;
mod order;
mod processes;
mod projections;
mod receipts;
mod released;
mod replays;
mod retries;
mod sequences;
mod table;
mod tenants;
mod time;
mod timers;
mod travel;
mod undo;
mod world;

pub use aggregates::*;
pub use batches::*;
pub use blind::*;
pub use calls::*;
pub use claims::*;
pub use commits::*;
pub use delays::*;
pub use ends::*;
pub use env::{ContractEnv, Memory};
pub use fencing::*;
pub use filters::*;
pub use foreign::*;
pub use former_names::*;
pub use grouped::*;
pub use hashes::*;
pub use histories::*;
pub use isolation::*;
pub use leased::*;
pub use limits::*;
pub use order::*;
pub use processes::*;
pub use projections::*;
pub use receipts::*;
pub use released::*;
pub use replays::*;
pub use retries::*;
pub use sequences::*;
pub use table::*;
pub use tenants::*;
pub use time::*;
pub use timers::*;
pub use undo::*;
pub use waxseal_testing::{ManualHost, MemoryTable, block_on};

#[cfg(doc)]
use waxseal::Table;

/// Makes one `#[test]` of each statement of the contract.
///
/// The first argument is an expression that gives a [`ContractEnv`](crate::ContractEnv), evaluated
/// for each test. The second is a function that runs a future to its end; the default is
/// [`block_on`](crate::block_on).
///
/// ```
/// mod on_this_thread {
///     waxseal_conformance::contract_tests!(waxseal_conformance::Memory, waxseal_conformance::block_on);
/// }
/// ```
#[macro_export]
macro_rules! contract_tests {
    ($env:expr) => {
        $crate::contract_tests!($env, $crate::block_on);
    };
    ($env:expr, $run:path) => {
        $crate::__contract_tests! { ($env, $run)
            c1_a_batch_shares_its_read_and_its_write
            c1_a_cursor_joins_the_read_and_the_write
            c1_a_former_name_joins_the_read_and_the_write
            c1_a_naturally_idempotent_handler_costs_no_receipt
            c1_the_first_time_costs_one_write
            c1_records_on_one_entity_fold_into_one_write
            c1_two_kinds_of_message_about_one_entity_share_a_write
            c1_where_a_few_are_duplicates_the_rest_shares_its_write
            c2_a_conflict_on_state_acts_again_with_the_same_keys
            c2_a_conflict_on_state_runs_the_handler_again_on_fresh_state
            c2_a_conflict_reruns_who_shares_its_entity_and_nobody_else
            c2_a_decision_that_leaves_no_state_deletes_the_entity
            c2_a_lost_answer_is_retried_and_found_to_be_applied
            c2_a_lost_answer_to_the_commit_does_not_undo_it
            c2_a_refused_write_changes_nothing
            c2_a_state_that_is_left_as_it_was_is_not_written
            c2_a_unit_too_large_to_commit_fails_for_good_and_names_the_item
            c2_all_or_nothing_and_every_refusal_is_named
            c2_a_shared_commit_whose_answer_is_lost_is_found_to_be_applied
            c2_deleted_and_created_again_in_one_unit
            c2_an_entity_created_without_being_loaded_is_named
            c2_each_condition_means_what_it_says
            c2_handlers_on_one_entity_in_one_batch_all_take_effect_once
            c2_items_come_back_in_the_order_asked_for
            c2_limits_are_typed_and_name_the_items
            c2_of_two_records_that_create_one_entity_the_second_is_named
            c2_our_own_token_in_a_refusal_is_success
            c2_our_own_token_on_a_claim_or_commit_is_success
            c2_racers_on_one_entity_all_take_effect_once
            c2_running_again_is_bounded
            c2_what_is_written_is_read_back_exactly
            c2_what_was_read_guards_the_commit_where_asked
            e10_rows_do_not_depend_on_the_order_of_events
            e1_a_batch_on_one_history_has_one_order
            e1_a_batch_shares_its_read_and_its_write_and_a_duplicate_records_nothing
            e1_a_caller_has_the_state_after_its_command
            e1_a_handler_continues_a_history
            e1_of_many_writers_at_one_version_one_wins
            e1_writers_of_one_history_all_take_effect_without_a_gap
            e2_events_beyond_an_item_are_a_typed_error
            e2_the_events_of_a_message_are_all_or_none
            e2_translations_are_in_sequence_and_an_answer_needs_no_event
            e3_a_history_of_5_mb_loads_whole
            e3_a_partition_longer_than_a_page_is_read_whole
            e3_a_scan_reads_every_wanted_item_once
            e4_a_snapshot_of_an_older_form_is_ignored
            e5_an_unreadable_event_ends_the_reading_with_its_place
            e6_a_batch_shares_its_read_and_its_write
            e6_another_version_is_built_beside_the_live_one
            e6_each_event_counts_once_in_all_its_rows
            e6_rows_are_read_by_key_and_by_prefix
            e6_what_rows_show_is_raised_once
            e7_a_past_state_is_the_fold_of_its_prefix
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
            o7_a_command_that_waits_carries_its_time_in_the_receipt
            o7_a_delay_that_no_queue_has_fails_for_good_and_commits_nothing
            s1_all_succeed_and_nothing_is_reported
            s2_one_failure_is_reported_alone
            s2_a_key_without_an_answer_fails_its_own_record_alone
            s2_a_receipt_of_a_newer_build_is_retried_and_never_overwritten
            s2_an_unreadable_entity_fails_its_own_record_alone
            s2_an_unreadable_receipt_fails_its_own_record_alone
            s2_in_a_fold_a_receipt_without_an_answer_fails_its_own_event
            s3_an_unreadable_record_concerns_itself_alone
            s5_failed_ids_come_once_and_in_input_order
            s6_a_panic_is_one_failed_record
            s9_a_receipt_says_what_happened
            s9_a_receipt_suppresses_for_the_whole_horizon
            s9_a_row_past_its_expiry_counts_as_absent
            s10_a_retry_past_the_keys_life_is_an_unknown_outcome
            s10_after_a_crash_the_lease_decides_to_the_millisecond
            s11_there_is_always_a_lease
            s12_a_late_commit_counts_while_nobody_has_taken_over
            s12_a_zombie_commit_loses
            s12_a_zombie_loses_to_a_successor_that_has_not_finished
            s12_of_64_successors_exactly_one_takes_over
            s13_a_rejected_duplicate_writes_nothing
            s13_a_zombie_release_changes_nothing
            s14_a_duplicate_in_progress_waits_for_the_rest_of_the_lease
            s15_a_cached_duplicate_costs_no_request
            s15_a_cold_duplicate_costs_one_request
            s15_a_duplicate_of_a_completed_effect_runs_nothing
            s15_a_duplicate_that_would_now_fail_is_still_a_success
            s15_a_redelivered_duplicate_runs_nothing
            s15_a_repeated_call_has_one_effect_and_the_present_state
            s15_claims_are_never_cached
            s16_a_hash_of_a_later_algorithm_is_retried
            s16_a_receipt_of_an_older_build_keeps_its_meaning
            s16_a_key_stands_for_one_payload_and_a_refusal_leaves_it_free
            s16_another_payload_under_one_id_is_refused_for_good
            s16_another_spelling_or_version_is_a_duplicate
            s16_integers_beyond_64_bits_differ
            s17_of_64_racers_exactly_one_acts
            s17_of_64_racers_exactly_one_commits
            s17_twice_in_a_batch_runs_once
            s18_one_handler_that_fails_does_not_run_its_sibling_twice
            s18_one_id_from_two_sources_is_two_events
            s18_two_consumers_never_suppress_each_other
            s19_a_failed_attempt_keeps_its_row
            s19_a_failure_of_an_older_build_is_released_while_its_key_lives
            s19_a_forged_dead_letter_releases_nothing
            s19_a_late_redrive_acts_again_only_where_every_attempt_was_refused
            s19_a_dead_letter_that_comes_back_releases_the_failure_that_it_was_written_for
            s19_a_panic_releases_the_lease
            s19_a_permanent_failure_is_remembered
            s19_a_person_releases_an_unknown_outcome
            s19_a_refusal_of_one_of_two_calls_says_nothing_of_the_other
            s19_a_release_as_done_survives_a_crash_and_never_acts
            s19_a_release_as_done_waits_for_a_build_that_tells_its_emissions
            s19_a_release_that_cannot_be_right_is_refused
            s19_dead_letters_of_one_failure_and_of_an_older_one_release_nothing_twice
            s20_a_commit_without_an_answer_fails_its_record_and_has_one_effect
            s20_a_dead_letter_without_an_answer_fails_its_record_alone
            s20_a_release_without_an_answer_costs_no_answer
            s20_a_shared_commit_without_an_answer_fails_all_of_its_records
            s20_a_slow_handler_does_not_hold_the_commit_of_the_others
            s20_a_table_that_answers_nothing_costs_no_answer
            s20_at_the_end_running_handlers_are_given_up_and_their_leases_released
            s20_without_time_left_no_record_starts
            s21_at_most_k_handlers_at_once_on_10_000_records
            s22_whatever_is_unfinished_at_a_stop_is_reported_as_failed
            s24_a_failed_record_comes_again_after_a_while_and_an_unstarted_one_at_once
            s25_a_visibility_call_without_an_answer_holds_nothing_up
            s25_on_fifo_only_the_head_of_the_group_is_delayed
            s27_a_dead_letter_that_cannot_be_written_fails_its_record
            s27_a_permanent_failure_is_dead_lettered_at_the_first_attempt
            s27_a_refusal_commits_nothing_and_is_dead_lettered_with_its_reason
            s27_the_last_receive_is_dead_lettered_with_its_reason
            s29_a_failure_holds_back_its_group_alone
            s28_a_marker_without_an_answer_is_no_run
            s28_a_record_that_kills_the_process_is_dead_lettered_without_running
            s28_a_record_that_only_takes_long_is_no_poison
            s28_a_removal_is_tried_again
            s28_a_removal_without_an_answer_leaves_its_record_done
            s28_an_environment_knows_which_of_its_runs_ended
            s28_an_unreadable_marker_fails_its_own_record_alone
            s28_records_received_before_run_last_and_one_at_a_time
            s28_runs_that_ended_elsewhere_are_still_counted
            s28_where_markers_cannot_be_removed_they_say_that_their_run_ended
            s29_a_failure_among_events_on_one_entity_holds_back_the_rest
            s30_a_group_is_strict_and_groups_run_at_once
            s31_a_head_in_progress_blocks_its_group
            s32_a_dead_lettered_head_is_skipped
            s32_an_unreadable_block_still_blocks
            s32_where_the_policy_says_so_the_group_follows_until_it_is_released
            s34_a_count_that_would_be_lost_fails_its_run
            s34_a_gap_that_stays_is_given_up_after_a_bound
            s34_a_stale_event_is_acknowledged_without_effect
            s34_an_aggregate_that_has_emitted_in_sequence_is_not_deleted
            s34_an_unreadable_cursor_is_no_new_beginning
            s34_an_event_without_a_number_is_dead_lettered_with_what_to_do
            s34_racers_never_overtake
            s34_what_arrives_out_of_order_in_one_batch_takes_effect_in_sequence
            s34_what_is_early_comes_again_until_the_gap_is_closed
            s34_what_is_emitted_about_one_entity_is_counted_densely
            s40_a_rebuild_has_its_own_receipts_and_state_and_emits_nothing
            s40_completed_events_stay_suppressed_in_a_replay
            s40_namespaces_never_meet
            s42_a_claim_is_redeemed_once_and_a_warm_duplicate_is_not_fetched
            s42_a_large_event_is_checked_in_before_the_commit
            s42_a_missing_payload_is_retried_and_then_given_up
            s42_a_payload_that_differs_from_its_claim_is_refused_for_good
            s42_a_store_that_hangs_holds_nobody_else
            s42_every_form_of_handler_redeems
            s43_a_newer_version_claims_nothing
            s43_a_newer_version_is_retried_until_a_deploy_knows_it
            s43_an_older_version_is_lifted
            s44_what_is_emitted_inherits_the_flow_and_names_its_cause
            s44_a_call_joins_its_flow_and_starts_nothing_behind_its_deadline
            s45_a_second_run_emits_the_same_ids
            s48_a_receipt_carries_the_tenant_of_what_it_emitted
            s48_an_invalid_tenant_is_left_off_and_its_message_is_not_lost
            s48_without_a_tenant_a_receipt_is_as_older_builds_wrote_it
            s49_a_failure_under_a_former_name_is_released_under_the_new_one
            s49_a_former_name_can_leave_the_list
            s49_a_lease_under_a_former_name_is_taken_over_with_its_keys
            s49_of_an_old_and_a_new_build_at_once_exactly_one_takes_effect
            s49_what_took_effect_under_a_former_name_is_a_duplicate
            s65_a_batch_folds_what_is_wanted_alone
            s65_a_filter_sees_the_payload_as_it_was_published
            s65_each_handler_applies_its_own_filter
            s65_what_is_wanted_takes_effect_once
            s65_what_no_handler_wants_costs_no_request
            s68_a_dead_letter_of_a_fifo_group_says_its_place
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
        }
    };
}

#[doc(hidden)]
#[macro_export]
macro_rules! __contract_tests {
    ($given:tt $($statement:ident)*) => { $($crate::__contract_test!($given $statement);)* };
}

#[doc(hidden)]
#[macro_export]
macro_rules! __contract_test {
    (($env:expr, $run:path) $statement:ident) => {
        #[test]
        fn $statement() {
            $run(async { $crate::$statement(&$env).await });
        }
    };
}
