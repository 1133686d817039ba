//! Queues and dead-letter queues.

use serde_json::Value;

use crate::{
    check::{
        index::{MAPPING, QUEUE, Resource, TemplateIndex, allowing, denies_plain_text, list, target},
        report::Report,
    },
    names::queue_arn,
    service::relay::RELAY_DEAD_LETTERS,
};

const FOURTEEN_DAYS: u64 = 14 * 86_400;

pub(super) fn redrive(index: &TemplateIndex<'_>, report: &mut Report) {
    for queue in index.queues() {
        let to = queue.named("/RedrivePolicy/deadLetterTargetArn", QUEUE);
        report.unless(to.is_some(), &queue, "RedrivePolicy names no queue of the stack");
    }
}

pub(super) fn receives(index: &TemplateIndex<'_>, report: &mut Report) {
    for queue in index.queues().into_iter().filter(|queue| !queue.get("/RedrivePolicy").is_null()) {
        let receives = queue.get("/RedrivePolicy/maxReceiveCount").as_u64();
        report.unless(receives >= Some(5), &queue, "maxReceiveCount is not 5 or more");
    }
}

pub(super) fn encrypted(index: &TemplateIndex<'_>, report: &mut Report) {
    for queue in index.of(QUEUE) {
        let sse = queue.get("/SqsManagedSseEnabled") == true && queue.get("/KmsMasterKeyId").is_null();
        report.unless(sse, &queue, "SqsManagedSseEnabled is not true, or another key is named");
    }
}

pub(super) fn retention(index: &TemplateIndex<'_>, report: &mut Report) {
    let seconds = |pointer: &Value| pointer.as_u64();
    for queue in index.dead_letters() {
        let kept = seconds(queue.get("/MessageRetentionPeriod"));
        report.unless(kept == Some(FOURTEEN_DAYS), &queue, "MessageRetentionPeriod is not 14 days (1209600)");
    }
    for queue in index.queues() {
        let kept = seconds(queue.get("/MessageRetentionPeriod"));
        let shorter = kept.is_some_and(|kept| kept < FOURTEEN_DAYS);
        report.unless(shorter, &queue, "MessageRetentionPeriod is not stated, or not shorter than 14 days");
    }
}

pub(super) fn redrive_allow(index: &TemplateIndex<'_>, report: &mut Report) {
    for dead_letters in index.dead_letters() {
        // A FIFO queue has a dead-letter queue of its own, which the check of FIFO queues looks at.
        let is_fifo = |queue: &Resource<'_>| queue.get("/FifoQueue") == true;
        if is_fifo(&dead_letters) {
            continue;
        }
        let sources = index
            .within(dead_letters.stack, QUEUE)
            .filter(|queue| !index.is_dead_letters(queue) && !is_fifo(queue))
            .filter_map(|queue| queue.name("QueueName").map(queue_arn));
        let mut sources: Vec<String> = sources.collect();
        let mut named: Vec<&str> = list(dead_letters.get("/RedriveAllowPolicy/sourceQueueArns"))
            .into_iter()
            .filter_map(|arn| arn["Fn::Sub"].as_str())
            .collect();
        sources.sort_unstable();
        named.sort_unstable();
        if dead_letters.id == RELAY_DEAD_LETTERS {
            sources.clear();
        }
        let wanted = if sources.is_empty() { "denyAll" } else { "byQueue" };
        let right = dead_letters.get("/RedriveAllowPolicy/redrivePermission") == wanted && named == sources;
        report.unless(
            right,
            &dead_letters,
            format!("RedriveAllowPolicy is not {wanted} with the stack's queues"),
        );
    }
}

pub(super) fn visibility(index: &TemplateIndex<'_>, report: &mut Report) {
    for mapping in index.of(MAPPING) {
        let Some(queue) = mapping.named("/EventSourceArn", QUEUE) else { continue };
        let Some(function) = index.called(&mapping, "/FunctionName").and_then(|id| mapping.sibling(id))
        else {
            continue;
        };
        let Some(timeout) = function.get("/Timeout").as_u64() else { continue };
        let window = mapping.get("/MaximumBatchingWindowInSeconds").as_u64().unwrap_or_default();
        let wanted = 6 * timeout + window;
        let visibility = queue.get("/VisibilityTimeout").as_u64();
        report.unless(visibility >= Some(wanted), &queue, format!("VisibilityTimeout is less than {wanted}"));
    }
}

pub(super) fn mapping(index: &TemplateIndex<'_>, report: &mut Report) {
    for queue in index.queues() {
        let mappings = index
            .within(queue.stack, MAPPING)
            .filter(|mapping| target(mapping.get("/EventSourceArn")) == Some(queue.id))
            .filter(|mapping| {
                let called = index.called(mapping, "/FunctionName").and_then(|id| mapping.sibling(id));
                called.is_some_and(|function| function.body["Type"] == super::index::FUNCTION)
            });
        let count = mappings.count();
        report.unless(count == 1, &queue, format!("{count} mappings instead of one"));
    }
}

pub(super) fn senders(index: &TemplateIndex<'_>, report: &mut Report) {
    // The senders of a FIFO queue are accounts, which the check of FIFO queues compares.
    let is_fifo = |queue: &Resource<'_>| queue.get("/FifoQueue") == true;
    for queue in index.of(QUEUE).filter(|queue| !is_fifo(queue)) {
        for statement in allowing(&index.policy(&queue), "") {
            let service = &statement["Principal"]["Service"];
            let sources = list(&statement["Condition"]["ArnEquals"]["aws:SourceArn"]);
            let exact = service.is_string()
                && statement["Action"] == "sqs:SendMessage"
                && target(&statement["Resource"]) == Some(queue.id)
                && !sources.is_empty()
                && sources.iter().all(|source| names_one(source));
            report.unless(exact, &queue, "its policy allows more than sending, or without aws:SourceArn");
        }
    }
}

/// Whether an ARN is of one resource: an import, or a text without wildcards.
fn names_one(arn: &Value) -> bool {
    let text = arn["Fn::Sub"].as_str();
    !arn["Fn::ImportValue"].is_null() || text.is_some_and(|text| !text.contains(['*', '?']))
}

pub(super) fn tls(index: &TemplateIndex<'_>, report: &mut Report) {
    for queue in index.of(QUEUE) {
        let denied = denies_plain_text(&index.policy(&queue), "sqs:*");
        report.unless(denied, &queue, "its policy does not deny requests without TLS");
    }
}

pub(super) fn retained(index: &TemplateIndex<'_>, report: &mut Report) {
    for queue in index.dead_letters() {
        report.unless(queue.retained(), &queue, "DeletionPolicy and UpdateReplacePolicy are not Retain");
    }
}
