//! Queue → function: batches, a window, bounded concurrency, partial responses.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};
use waxseal_catalog::routes::Mapping;
use waxseal_lambda::Invoke;

use crate::{
    function::Deployed,
    hold::Hold,
    mapping::response::{BatchResult, read_response},
    queue::{Queue, Received},
    signal::{Signal, first},
    wire,
};

/// What a poller shares with its environment.
pub(crate) struct Shared {
    /// Whether the service is held.
    pub(crate) hold: Hold,
    /// Records that were handed to functions, repeats included.
    pub(crate) deliveries: Arc<AtomicU64>,
    /// Invocations of the function.
    pub(crate) invocations: Arc<AtomicU64>,
}

/// Polls `queue` for as long as the environment lives.
pub(crate) async fn run(queue: Queue, function: Deployed<impl Invoke>, settings: Mapping, shared: Shared) {
    let running = Arc::new(AtomicU64::new(0));
    let freed = Signal::default();
    let most = u64::from(settings.invocations.max(1));
    let batch = usize::try_from(settings.batch).unwrap_or(usize::MAX);
    let window = Duration::from_secs(settings.window.into());
    loop {
        shared.hold.passed().await;
        let (changed, slot) = (queue.changed(), freed.changed());
        if running.load(Ordering::Relaxed) >= most {
            slot.await;
            continue;
        }
        let now = function.world.clock.now();
        match queue.next_visible() {
            Some(at) if at <= now => {}
            next => {
                // Wait until a message becomes visible or the queue changes.
                match next {
                    Some(at) => first(changed, function.world.clock.sleep_until(at)).await,
                    None => changed.await,
                }
                continue;
            }
        }
        if !window.is_zero() {
            function.world.clock.sleep(window).await;
        }
        if shared.hold.is_on() {
            continue;
        }
        let messages = queue.take(batch);
        if messages.is_empty() {
            // All were redriven.
            continue;
        }
        running.fetch_add(1, Ordering::Relaxed);
        shared.invocations.fetch_add(1, Ordering::Relaxed);
        shared.deliveries.fetch_add(messages.len() as u64, Ordering::Relaxed);
        let (queue, deployed, running, freed) =
            (queue.clone(), function.clone(), running.clone(), freed.clone());
        drop(function.world.executor.spawn_task(
            async move {
                deliver(&queue, &deployed, messages).await;
                running.fetch_sub(1, Ordering::Relaxed);
                freed.notify();
            },
            true,
        ));
    }
}

async fn deliver(queue: &Queue, function: &Deployed<impl Invoke>, messages: Vec<Received>) {
    let payload = wire::sqs_event(queue, &messages);
    let (now, records) = (function.world.clock.now(), messages.iter().map(|it| (&*it.id, it.receives)));
    function.world.recorder.delivered(now, queue.name(), records);
    // The last receive of a message is immune to injected faults: see `Faults`.
    let most = queue.settings().redrive.as_ref().map_or(u32::MAX, |redrive| redrive.max_receives);
    let immune = messages.iter().any(|message| message.receives.saturating_add(1) >= most);
    let Ok(response) = function.invoke(payload, immune).await else { return };
    match read_response(&response, messages.iter().map(|message| &*message.id)) {
        BatchResult::Failed(failed) => {
            for message in messages.iter().filter(|message| !failed.contains(&*message.id)) {
                queue.delete_received(&message.id, message.receipt);
            }
        }
        BatchResult::All(reason) => {
            tracing::warn!(function = function.name, reason, "the whole batch counts as failed");
        }
    }
}
