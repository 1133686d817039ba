//! Table stream → function: in order, from the beginning, until each record is done; filters as
//! Lambda's.

use std::{
    collections::BTreeSet,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use serde_json::{Value, json};
use waxseal_catalog::routes::RELAY_BATCH;
use waxseal_lambda::Invoke;
use waxseal_pattern::Pattern;

use crate::{
    function::Deployed,
    mapping::response::{BatchResult, read_response},
    table::Table,
    wire,
};

/// The wait before a failed batch is tried again. It doubles at each try without progress, up to a
/// minute.
const BACKOFF: Duration = Duration::from_millis(500);
/// Tries under injected faults, before a batch is immune to them.
const FAULTY_TRIES: u32 = 3;

/// Reads `table`'s stream from `TRIM_HORIZON` for as long as the environment lives. It never gives
/// up by age or retries (O-1), and never invokes the function for records that the filter leaves
/// out (O-5).
pub(crate) async fn run(
    table: Table,
    function: Deployed<impl Invoke>,
    filter: Pattern,
    invocations: Arc<AtomicU64>,
) {
    let mut checkpoint = 0;
    let mut tries = 0;
    loop {
        let changed = table.changed();
        let records = table.stream_after(checkpoint, RELAY_BATCH as usize);
        let Some((last, _)) = records.last() else {
            changed.await;
            continue;
        };
        let last = *last;
        let wanted: Vec<(u64, Value)> =
            records.into_iter().filter(|(_, record)| filter.matches(record)).collect();
        if wanted.is_empty() {
            checkpoint = last;
            continue;
        }
        invocations.fetch_add(1, Ordering::Relaxed);
        match invoke(&function, &wanted, tries >= FAULTY_TRIES).await {
            None => {
                checkpoint = last;
                tries = 0;
            }
            Some(first_failed) => {
                // The records before the first failure are done. The others come again.
                tries = if first_failed > checkpoint + 1 { 0 } else { tries + 1 };
                checkpoint = first_failed - 1;
                function.world.clock.sleep(BACKOFF * (1 << tries.min(7))).await;
            }
        }
    }
}

/// The sequence number of the first record that must come again.
async fn invoke(function: &Deployed<impl Invoke>, records: &[(u64, Value)], immune: bool) -> Option<u64> {
    let first = records.first().map(|(sequence, _)| *sequence);
    let payload = json!({ "Records": records.iter().map(|(_, record)| record).collect::<Vec<_>>() });
    let Ok(response) = function.invoke(payload.to_string().into_bytes(), immune).await else { return first };
    let ids: BTreeSet<String> =
        records.iter().map(|(sequence, _)| wire::sequence_number(*sequence)).collect();
    match read_response(&response, &ids) {
        BatchResult::Failed(failed) => records
            .iter()
            .map(|(sequence, _)| *sequence)
            .find(|sequence| failed.contains(&wire::sequence_number(*sequence))),
        BatchResult::All(reason) => {
            tracing::warn!(function = function.name, reason, "the whole batch counts as failed");
            first
        }
    }
}
