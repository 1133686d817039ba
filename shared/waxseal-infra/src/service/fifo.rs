//! FIFO queues that others fill, each with a FIFO dead-letter queue.
//!
//! The queues have names that follow from each other, and the function is told the suffix: it sends a
//! dead letter to the queue beside the one that delivered the record.

use serde_json::{Map, Value, json};
use waxseal_catalog::routes::Fifo;

use crate::{
    names::{self, arn, queue_arn, reference, sub},
    service::{
        alias,
        builder::StackBuilder,
        queues::{DAY, dead_letters, policy},
    },
};

/// The queues with their policies.
pub(super) fn add(builder: &mut StackBuilder<'_>) {
    for queue in builder.routes.fifo.clone() {
        let (id, dead) = (names::fifo_id(&queue), names::fifo_dead_letters_id(&queue));
        let source = queue_arn(&builder.named(&names::fifo(&queue)));
        let redrive = json!({ "redrivePermission": "byQueue", "sourceQueueArns": [sub(source)] });
        let mut resource = dead_letters(builder, &names::fifo_dead_letters(&queue), redrive);
        resource["Properties"]["FifoQueue"] = json!(true);
        builder.add(dead.clone(), resource);
        builder.add(format!("{dead}Policy"), policy(&dead, Vec::new()));
        builder.output(format!("{dead}Url"), reference(&dead));
        let mut resource = json!({
            "Type": "AWS::SQS::Queue",
            "DeletionPolicy": "Delete",
            "UpdateReplacePolicy": "Delete",
            "Properties": {
                "QueueName": sub(builder.named(&names::fifo(&queue))),
                "FifoQueue": true,
                "MessageRetentionPeriod": queue.retention * DAY,
                "VisibilityTimeout": queue.visibility,
                "SqsManagedSseEnabled": true,
                "RedrivePolicy": { "deadLetterTargetArn": arn(&dead), "maxReceiveCount": queue.max_receives },
                "Tags": builder.tags(),
            },
        });
        if queue.content_based_deduplication {
            resource["Properties"]["ContentBasedDeduplication"] = json!(true);
        }
        builder.add(id.clone(), resource);
        builder.add(format!("{id}Policy"), policy(&id, senders(&queue).into_iter().collect()));
        builder.output(format!("{id}Url"), reference(&id));
        builder.output(format!("{id}Arn"), arn(&id));
    }
}

/// The parameter of a queue with the accounts that may send to it.
fn senders_parameter(queue: &Fifo) -> String {
    format!("{}Senders", names::fifo_id(queue))
}

/// The parameters of a stack for the senders of its queues. The declared accounts are the default.
pub(super) fn parameters(queues: &[Fifo]) -> Vec<(String, Value)> {
    let parameter = |queue: &Fifo| {
        let parameter = json!({
            "Type": "CommaDelimitedList",
            "Default": queue.senders.join(","),
            "AllowedPattern": "^[0-9]{12}$",
            "Description": format!("The other accounts that may send to the FIFO queue {}", queue.name),
        });
        (senders_parameter(queue), parameter)
    };
    queues.iter().filter(|queue| !queue.senders.is_empty()).map(parameter).collect()
}

/// The permission of other accounts to send. Source: SQS developer guide, "Basic examples of Amazon SQS
/// policies". An SDK asks for the URL before it sends.
pub(crate) fn senders(queue: &Fifo) -> Option<Value> {
    (!queue.senders.is_empty()).then(|| {
        json!({
            "Sid": "Senders",
            "Effect": "Allow",
            "Principal": { "AWS": reference(&senders_parameter(queue)) },
            "Action": ["sqs:GetQueueUrl", "sqs:SendMessage"],
            "Resource": arn(&names::fifo_id(queue)),
        })
    })
}

/// The permission to send to the dead-letter queues; none where there are none.
pub(super) fn statement(builder: &StackBuilder<'_>) -> Option<Value> {
    let queues: Vec<Value> =
        builder.routes.fifo.iter().map(|queue| arn(&names::fifo_dead_letters_id(queue))).collect();
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
                "FunctionName": alias::called(builder.service),
                "EventSourceArn": arn(&names::fifo_id(queue)),
                "BatchSize": queue.mapping.batch,
                "FunctionResponseTypes": ["ReportBatchItemFailures"],
                "ScalingConfig": { "MaximumConcurrency": queue.mapping.invocations },
            },
        });
        (format!("{}Mapping", names::fifo_id(queue)), mapping)
    };
    builder.routes.fifo.iter().map(mapping).collect()
}
