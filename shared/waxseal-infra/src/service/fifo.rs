//! FIFO queues that others fill, each with a FIFO dead-letter queue.
//!
//! The queues have names that follow from each other, and the function is told the suffix: it sends a
//! dead letter to the queue beside the one that delivered the record.

use serde_json::{Map, Value, json};
use waxseal_catalog::{FIFO_DEAD_LETTERS_SUFFIX, routes::Fifo};

use crate::{
    names::{arn, pascal, queue_arn, reference, sub},
    service::{
        builder::StackBuilder,
        queues::{DAY, dead_letters, policy},
    },
};

/// The logical id of a FIFO queue: `FifoBookings`.
pub(crate) fn fifo_id(queue: &Fifo) -> String {
    format!("Fifo{}", pascal(&queue.name))
}

/// The logical id of its dead-letter queue.
pub(crate) fn dead_letters_id(queue: &Fifo) -> String {
    format!("{}DeadLetters", fifo_id(queue))
}

/// The end of its name: `-bookings.fifo`.
pub(crate) fn name(queue: &Fifo) -> String {
    format!("-{}.fifo", queue.name)
}

/// The end of its dead-letter queue's name.
pub(crate) fn dead_letters_name(queue: &Fifo) -> String {
    format!("-{}{FIFO_DEAD_LETTERS_SUFFIX}.fifo", queue.name)
}

/// The queues with their policies.
pub(super) fn add(builder: &mut StackBuilder<'_>) {
    for queue in builder.routes.fifo.clone() {
        let (id, dead) = (fifo_id(&queue), dead_letters_id(&queue));
        let source = queue_arn(&builder.named(&name(&queue)));
        let redrive = json!({ "redrivePermission": "byQueue", "sourceQueueArns": [sub(source)] });
        let mut resource = dead_letters(builder, &dead_letters_name(&queue), redrive);
        resource["Properties"]["FifoQueue"] = json!(true);
        builder.add(dead.clone(), resource);
        builder.add(format!("{dead}Policy"), policy(&dead, Vec::new()));
        builder.output(format!("{dead}Url"), reference(&dead));
        let resource = json!({
            "Type": "AWS::SQS::Queue",
            "DeletionPolicy": "Delete",
            "UpdateReplacePolicy": "Delete",
            "Properties": {
                "QueueName": sub(builder.named(&name(&queue))),
                "FifoQueue": true,
                "MessageRetentionPeriod": queue.retention * DAY,
                "VisibilityTimeout": queue.visibility,
                "SqsManagedSseEnabled": true,
                "RedrivePolicy": { "deadLetterTargetArn": arn(&dead), "maxReceiveCount": queue.max_receives },
                "Tags": builder.tags(),
            },
        });
        builder.add(id.clone(), resource);
        builder.add(format!("{id}Policy"), policy(&id, Vec::new()));
        builder.output(format!("{id}Url"), reference(&id));
        builder.output(format!("{id}Arn"), arn(&id));
    }
}

/// The permission to send to the dead-letter queues; none where there are none.
pub(super) fn statement(builder: &StackBuilder<'_>) -> Option<Value> {
    let queues: Vec<Value> = builder.routes.fifo.iter().map(|queue| arn(&dead_letters_id(queue))).collect();
    (!queues.is_empty()).then(|| {
        json!({
            "Sid": "OwnFifoDeadLetters",
            "Effect": "Allow",
            "Action": "sqs:SendMessage",
            "Resource": queues,
        })
    })
}

/// The mappings by their logical ids. A FIFO queue has no window.
pub(super) fn mappings(builder: &StackBuilder<'_>) -> Map<String, Value> {
    let mapping = |queue: &Fifo| {
        let mapping = json!({
            "Type": "AWS::Lambda::EventSourceMapping",
            "Properties": {
                "FunctionName": reference("Function"),
                "EventSourceArn": arn(&fifo_id(queue)),
                "BatchSize": queue.mapping.batch,
                "FunctionResponseTypes": ["ReportBatchItemFailures"],
                "ScalingConfig": { "MaximumConcurrency": queue.mapping.invocations },
            },
        });
        (format!("{}Mapping", fifo_id(queue)), mapping)
    };
    builder.routes.fifo.iter().map(mapping).collect()
}
