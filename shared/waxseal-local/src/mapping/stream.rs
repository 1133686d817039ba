//! Table stream → function: in order, from the beginning, until each record is done; filters as
//! Lambda's.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use waxseal_catalog::routes::RELAY_BATCH;
use waxseal_lambda::Invoke;

use crate::{
    function::Deployed,
    mapping::response::{BatchResult, read_response},
    stream::Stream,
    wire::{self, StreamRecord},
};

/// The wait before a failed batch is tried again. It doubles at each try without progress, up to a
/// minute.
const BACKOFF: Duration = Duration::from_millis(500);
/// Tries under injected faults, before a batch is immune to them.
const FAULTY_TRIES: u32 = 3;

/// Reads a table's stream for as long as the environment lives. It never gives up by age or retries
/// (O-1), and never invokes the function for records that the filter leaves out (O-5).
pub(crate) async fn run(stream: Stream, function: Deployed<impl Invoke>, invocations: Arc<AtomicU64>) {
    let mut tries = 0;
    loop {
        let changed = stream.changed();
        let records = stream.oldest(RELAY_BATCH as usize, function.world.clock.now());
        let ends = records.first().zip(records.last());
        let Some((first, last)) = ends.map(|(first, last)| (first.sequence, last.sequence)) else {
            changed.await;
            continue;
        };
        invocations.fetch_add(1, Ordering::Relaxed);
        match invoke(&function, &stream, &records, tries >= FAULTY_TRIES).await {
            None => {
                stream.pass(last + 1);
                tries = 0;
            }
            Some(failed) => {
                // The records before the first failure are done. The others come again.
                tries = if failed > first { 0 } else { tries + 1 };
                stream.pass(failed);
                function.world.clock.sleep(BACKOFF * (1 << tries.min(7))).await;
            }
        }
    }
}

/// The sequence number of the first record that must come again.
async fn invoke(
    function: &Deployed<impl Invoke>,
    stream: &Stream,
    records: &[Arc<StreamRecord>],
    immune: bool,
) -> Option<u64> {
    let first = records.first().map(|record| record.sequence);
    let Ok(response) = function.invoke(stream.event(records), immune).await else { return first };
    let ids: Vec<String> = records.iter().map(|record| wire::sequence_number(record.sequence)).collect();
    match read_response(&response, ids.iter().map(String::as_str)) {
        BatchResult::Failed(failed) => {
            let of = records.iter().zip(&ids).find(|(_, id)| failed.contains(*id));
            of.map(|(record, _)| record.sequence)
        }
        BatchResult::All(reason) => {
            tracing::warn!(function = function.name, reason, "the whole batch counts as failed");
            first
        }
    }
}
