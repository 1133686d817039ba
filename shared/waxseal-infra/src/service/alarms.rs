//! The alarms of a service. The description of each says its meaning and the remedy.

use serde_json::{Value, json};
use waxseal_catalog::metric;

use crate::{
    bus,
    names::{self, attribute, import, reference},
    service::{builder::StackBuilder, builder::queue_id, relay::RELAY_DEAD_LETTERS},
};

/// A threshold of one metric.
struct Watch<'a> {
    id: String,
    about: String,
    namespace: Value,
    metric: &'a str,
    dimension: (&'a str, Value),
    statistic: &'a str,
    threshold: u64,
    /// The length of a period.
    seconds: u32,
    periods: u32,
}

/// The meaning of a dead letter, and the way back. The command names the destination, because SQS
/// knows no source of a dead letter that the function sent. Source: SQS API reference,
/// `StartMessageMoveTask`.
fn about_dead_letters(builder: &StackBuilder<'_>) -> String {
    let mut about = "An event did not take effect. The attribute waxseal of its dead letter says why, with a code, and names the queue \
                     that it came from. Mend the cause, then move the dead letters back: "
        .to_owned();
    let queues: Vec<String> = builder.routes.queues.iter().map(|queue| queue_id(queue.kind)).collect();
    let moves: Vec<String> = queues
        .iter()
        .map(|queue| {
            format!(
                "aws sqs start-message-move-task --source-arn ${{DeadLetters.Arn}} --destination-arn ${{{queue}.Arn}}"
            )
        })
        .collect();
    if moves.is_empty() {
        about.push_str("invoke the function with each dead letter's body");
    } else {
        about.push_str(&moves.join(", or "));
    }
    about.push_str(
        ". An effect that failed for good acts again then. Where a dead letter says that an outcome is unknown, find it out and release it \
         first: make release",
    );
    about
}

pub(super) fn add(builder: &mut StackBuilder<'_>) {
    let mut watches = vec![Watch {
        id: "DeadLettersAlarm".to_owned(),
        about: about_dead_letters(builder),
        namespace: json!("AWS/SQS"),
        // Not NumberOfMessagesSent: it misses messages that a redrive policy moved.
        metric: "ApproximateNumberOfMessagesVisible",
        dimension: ("QueueName", attribute("DeadLetters", "QueueName")),
        statistic: "Maximum",
        threshold: 1,
        seconds: 60,
        periods: 1,
    }];
    for queue in &builder.routes.fifo {
        let (id, dead) = (names::fifo_id(queue), names::fifo_dead_letters_id(queue));
        watches.push(Watch {
            id: format!("{dead}Alarm"),
            about: format!(
                "A message of a FIFO queue did not take effect. The attribute waxseal of its dead letter says why. Later messages of \
                 its group may have taken effect already. Mend the cause, then move the dead letters back, which keeps their order: aws \
                 sqs start-message-move-task --source-arn ${{{dead}.Arn}} --destination-arn ${{{id}.Arn}}"
            ),
            namespace: json!("AWS/SQS"),
            metric: "ApproximateNumberOfMessagesVisible",
            dimension: ("QueueName", attribute(&dead, "QueueName")),
            statistic: "Maximum",
            threshold: 1,
            seconds: 60,
            periods: 1,
        });
    }
    let standard = builder.routes.queues.iter().map(|queue| queue_id(queue.kind));
    for id in standard.chain(builder.routes.fifo.iter().map(names::fifo_id)) {
        watches.push(Watch {
            id: format!("{id}AgeAlarm"),
            about: "Messages wait for more than 15 minutes. The function is throttled, too slow or keeps failing: read its log"
                .to_owned(),
            namespace: json!("AWS/SQS"),
            metric: "ApproximateAgeOfOldestMessage",
            dimension: ("QueueName", attribute(&id, "QueueName")),
            statistic: "Maximum",
            threshold: 900,
            seconds: 60,
            periods: 5,
        });
    }
    let errors = |function: &'static str| Watch {
        id: format!("{function}ErrorsAlarm"),
        about:
            "Invocations fail as a whole: time-outs, crashes, missing permissions. Read the function's log"
                .to_owned(),
        namespace: json!("AWS/Lambda"),
        metric: "Errors",
        dimension: ("FunctionName", reference(function)),
        statistic: "Sum",
        threshold: 1,
        seconds: 300,
        periods: 1,
    };
    watches.push(errors("Function"));
    // A process alone compensates, and a service without metrics writes none.
    let has_process = builder.service.catalog().iter().any(|entry| entry.input.is_some());
    if has_process && builder.service.metrics {
        let namespace = names::sub(names::namespace(builder.app));
        watches.push(Watch {
            id: "CompensationsFailedAlarm".to_owned(),
            about: format!(
                "A command of a process was not undone within its tries, so an instance waits for a person. The function's log names it. \
                 See where it stands, then resume it or skip the command: aws lambda invoke --function-name {} --cli-binary-format \
                 raw-in-base64-out --payload '{{\"process\":{{\"kind\":\"…\",\"id\":\"…\",\"decision\":\"resume\"}}}}' answer.json",
                builder.named("")
            ),
            namespace,
            metric: metric::COMPENSATIONS_FAILED.name,
            dimension: (metric::DIMENSION, json!(builder.service.name())),
            statistic: "Sum",
            threshold: 1,
            seconds: 300,
            periods: 1,
        });
    }
    // Kafka reports another metric, and its consumer group's lag is counted in offsets.
    let ages = builder.routes.sources.iter().filter(|source| source.has_mapping() && !source.is_kafka());
    if let Some(age) = ages.map(|source| source.max_age).min() {
        watches.push(Watch {
            id: "StreamsLateAlarm".to_owned(),
            about: "Records of a stream wait for half of the age at which its mapping gives them up. The function fails, is throttled or \
                    too slow: read its log. A record that keeps failing becomes a dead letter at three quarters of that age"
                .to_owned(),
            namespace: json!("AWS/Lambda"),
            metric: "IteratorAge",
            dimension: ("FunctionName", reference("Function")),
            statistic: "Maximum",
            threshold: u64::from(age) * 1000 / 2,
            seconds: 60,
            periods: 1,
        });
    }
    if builder.routes.has_relay() {
        watches.push(errors("Relay"));
        watches.push(Watch {
            id: "RelayDeadLettersAlarm".to_owned(),
            about: format!(
                "An event was not published: its channel is missing or denied for five minutes, or refuses it. Read the dead letter's \
                 reason and mend the cause. Never redrive to the service's queue, it would reach its emitter. The way back is \
                 publication: a sweep from before it was emitted, aws lambda invoke --function-name {} --cli-binary-format \
                 raw-in-base64-out --payload '{{\"sweep\":{{\"from\":\"2026-11-20T00:00:00Z\"}}}}' answer.json, or put-events, publish or \
                 send-message with the dead letter's body, the envelope. Then delete the dead letter",
                builder.named("-relay")
            ),
            namespace: json!("AWS/SQS"),
            metric: "ApproximateNumberOfMessagesVisible",
            dimension: ("QueueName", attribute(RELAY_DEAD_LETTERS, "QueueName")),
            statistic: "Maximum",
            threshold: 1,
            seconds: 60,
            periods: 1,
        });
        let age = |id: &str, about: String, milliseconds| Watch {
            id: id.to_owned(),
            about,
            namespace: json!("AWS/Lambda"),
            metric: "IteratorAge",
            dimension: ("FunctionName", reference("Relay")),
            statistic: "Maximum",
            threshold: milliseconds,
            seconds: 60,
            periods: 1,
        };
        watches.push(age(
            "RelayLateAlarm",
            "Events of five minutes ago are not published yet: a channel is missing, denied, throttled or failing. The relay's \
             log names it. Messages whose channel stayed missing or denied are in the relay's dead-letter queue"
                .to_owned(),
            5 * 60 * 1000,
        ));
        watches.push(age(
            "RelayLosingAlarm",
            format!(
                "What was emitted six hours ago is not published yet, and the stream forgets after 24. Mend the relay now. What it was \
                 too late for is swept from the receipts, from when it stopped: aws lambda invoke --function-name {} \
                 --cli-binary-format raw-in-base64-out --payload \
                 '{{\"sweep\":{{\"from\":\"2026-11-20T00:00:00Z\"}}}}' answer.json, and again with next of the answer until that is null",
                builder.named("-relay")
            ),
            6 * 60 * 60 * 1000,
        ));
    }
    for watch in watches {
        let action = import(bus::export(builder.app, "alarms"));
        // Only a text with the stage's name needs `Fn::Sub`.
        let about =
            if watch.about.contains("${") { crate::names::sub(watch.about) } else { json!(watch.about) };
        let alarm = json!({
            "Type": "AWS::CloudWatch::Alarm",
            "Properties": {
                "AlarmName": crate::names::sub(builder.named(&format!("-{}", watch.id))),
                "AlarmDescription": about,
                "Namespace": watch.namespace,
                "MetricName": watch.metric,
                "Dimensions": [{ "Name": watch.dimension.0, "Value": watch.dimension.1 }],
                "Statistic": watch.statistic,
                "ComparisonOperator": "GreaterThanOrEqualToThreshold",
                "Threshold": watch.threshold,
                "Period": watch.seconds,
                "EvaluationPeriods": watch.periods,
                // Idle queues and functions report nothing.
                "TreatMissingData": "notBreaching",
                "AlarmActions": [action],
                "OKActions": [action],
                "Tags": builder.tags(),
            },
        });
        builder.add(watch.id, alarm);
    }
}
