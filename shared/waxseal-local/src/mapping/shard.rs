//! Shard of a Kinesis stream → function: in order, until each record is done or has grown too old.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use waxseal_catalog::Source;
use waxseal_lambda::Invoke;

use crate::{
    function::Deployed,
    hold::Hold,
    kinesis::{KinesisStream, ShardRecord, sequence_number},
    mapping::response::{BatchResult, read_response},
};

/// The wait before a failed batch is tried again. It doubles at each try without progress, up to a minute.
const BACKOFF: Duration = Duration::from_millis(500);
/// Tries under injected faults, before a batch is immune to them.
const FAULTY_TRIES: u32 = 3;

/// Reads a shard from its beginning for as long as the environment lives, one batch at a time. A batch that fails as a whole is
/// bisected. Records that are older than the source's maximum age are discarded: on AWS their payload goes to the failure
/// destination.
pub(crate) async fn run(
    stream: KinesisStream,
    shard: usize,
    function: Deployed<impl Invoke>,
    source: Source,
    invocations: Arc<AtomicU64>,
    hold: Hold,
) {
    let (mut position, mut tries, mut width) = (0, 0_u32, source.batch.max(1) as usize);
    let oldest = Duration::from_secs(source.max_age.into());
    loop {
        hold.passed().await;
        let changed = stream.changed();
        let mut records = stream.read(shard, position, width);
        if records.is_empty() {
            changed.await;
            continue;
        }
        let now = function.world.clock.now();
        let expired =
            records.iter().take_while(|record| now.saturating_duration_since(record.at) > oldest).count();
        if expired > 0 {
            let numbers: Vec<_> =
                records.drain(..expired).map(|record| sequence_number(record.number)).collect();
            function.world.report.discarded(stream.name(), &numbers);
            (position, tries) = (position + expired, 0);
            continue;
        }
        invocations.fetch_add(1, Ordering::Relaxed);
        let (done, whole) = invoke(&function, &stream, shard, &records, tries >= FAULTY_TRIES).await;
        position += done;
        if done == records.len() {
            (tries, width) = (0, source.batch.max(1) as usize);
            continue;
        }
        // A batch that fails as a whole is halved; a response that names a record tells where to go on.
        width = if whole { (records.len() / 2).max(1) } else { width };
        tries = if done > 0 { 0 } else { tries.saturating_add(1) };
        function.world.clock.sleep(BACKOFF * (1 << tries.min(7))).await;
    }
}

/// The number of records that are done, from the first on, and whether the batch failed as a whole.
async fn invoke(
    function: &Deployed<impl Invoke>,
    stream: &KinesisStream,
    shard: usize,
    records: &[ShardRecord],
    immune: bool,
) -> (usize, bool) {
    let payload = stream.event(shard, records).to_string().into_bytes();
    let ids: Vec<String> = records.iter().map(|record| sequence_number(record.number)).collect();
    // A stream counts no receives.
    let delivered = ids.iter().map(|id| (id.as_str(), 1));
    function.world.recorder.delivered(function.world.clock.now(), stream.name(), delivered);
    let Ok(response) = function.invoke(payload, immune).await else { return (0, true) };
    match read_response(&response, ids.iter().map(String::as_str)) {
        BatchResult::Failed(failed) => {
            let first = ids.iter().position(|id| failed.contains(id));
            (first.unwrap_or(records.len()), false)
        }
        BatchResult::All(reason) => {
            tracing::warn!(function = function.name, reason, "the whole batch counts as failed");
            (0, true)
        }
    }
}
