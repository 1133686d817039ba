//! FIFO queues that others fill.

use serde_json::{Value, json};

use crate::{
    check::{
        index::{MAPPING, QUEUE, TemplateIndex, allowing, list},
        report::Report,
    },
    names::{self, arn, fifo_dead_letters, fifo_dead_letters_id, fifo_id, named, queue_arn, sub},
    service::fifo::senders,
};

/// A FIFO queue feeds its function in the batches that it can give, and its dead letters go to the
/// FIFO queue beside it.
pub(super) fn queues(index: &TemplateIndex<'_>, report: &mut Report) {
    for (service, routes) in index.routes() {
        for route in &routes.fifo {
            let full = |end: String| named(index.app, &format!("{service}{end}"));
            let (wanted, dead) = (full(names::fifo(route)), full(fifo_dead_letters(route)));
            let find = |id: String| index.within(service, QUEUE).find(|queue| queue.id == id);
            let (Some(queue), Some(letters)) = (find(fifo_id(route)), find(fifo_dead_letters_id(route)))
            else {
                report.stack(service, format!("no FIFO queue {wanted} with a dead-letter queue"));
                continue;
            };
            for (queue, wanted) in [(&queue, &wanted), (&letters, &dead)] {
                let right = queue.get("/FifoQueue") == true && queue.name("QueueName") == Some(wanted);
                report.unless(right, queue, format!("it is no FIFO queue {wanted}"));
            }
            let content = queue.get("/ContentBasedDeduplication") == true;
            report.unless(
                content == route.content_based_deduplication,
                &queue,
                format!("ContentBasedDeduplication is not {}", route.content_based_deduplication),
            );
            for (queue, senders) in [(&queue, senders(route)), (&letters, None)] {
                let allowed: Vec<&Value> = allowing(&index.policy(queue), "");
                let right = allowed.into_iter().eq(senders.as_ref());
                report.unless(right, queue, "its policy does not let exactly its senders send");
            }
            let to = queue.get("/RedrivePolicy/deadLetterTargetArn") == &arn(letters.id);
            report.unless(to, &queue, format!("its RedrivePolicy does not name {}", letters.id));
            let allows = json!({
                "redrivePermission": "byQueue",
                "sourceQueueArns": [sub(queue_arn(&wanted))],
            });
            let right = letters.get("/RedriveAllowPolicy") == &allows;
            report.unless(
                right,
                &letters,
                format!("RedriveAllowPolicy is not byQueue with {} alone", queue.id),
            );
            let Some(function) = index.function(service) else { continue };
            let sends = allowing(&index.allowed(&function), "sqs:SendMessage")
                .into_iter()
                .any(|statement| list(&statement["Resource"]).contains(&&arn(letters.id)));
            report.unless(sends, &function, format!("it may not send to {}", letters.id));
            let mapping = index
                .within(service, MAPPING)
                .find(|mapping| mapping.get("/EventSourceArn") == &arn(queue.id));
            let Some(mapping) = mapping else { continue };
            let polled = mapping.get("/BatchSize") == route.mapping.batch
                && mapping.get("/MaximumBatchingWindowInSeconds").is_null()
                && mapping.get("/ScalingConfig/MaximumConcurrency") == route.mapping.invocations;
            report.unless(
                polled,
                &mapping,
                format!(
                    "BatchSize is not {}, or it has a window, which a FIFO queue lacks",
                    route.mapping.batch
                ),
            );
        }
    }
}
