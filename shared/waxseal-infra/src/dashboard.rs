//! One dashboard for the application: dead letters, delays, invocations, errors and durations of
//! every function.

use serde_json::{Value, json};
use waxseal_catalog::{
    App,
    metric::{AGE, DIMENSION, DUPLICATES, HANDLED, Metric, RETRIED},
};

use crate::{
    names::{self, sub},
    yaml,
};

pub(crate) fn resource(app: &App) -> Value {
    json!({
        "Type": "AWS::CloudWatch::Dashboard",
        "Properties": {
            "DashboardName": sub(names::named(app, "board")),
            "DashboardBody": sub(yaml::json(&json!({ "widgets": widgets(app) }))),
        },
    })
}

fn widgets(app: &App) -> Vec<Value> {
    let mut metrics: [Vec<Value>; 9] = Default::default();
    for service in &app.services {
        let routes = app.routes(service);
        let name = |rest: &str| names::named(app, &format!("{}{rest}", service.name()));
        let queue = |metric: &str, rest: &str| json!(["AWS/SQS", metric, "QueueName", name(rest)]);
        let lambda = |metric: &str, rest: &str| json!(["AWS/Lambda", metric, "FunctionName", name(rest)]);
        let own = |metric: Metric| json!([names::namespace(app), metric.name, DIMENSION, service.name()]);
        let [dead_letters, age, relay, runs, errors, duration, handled, retried, old] = &mut metrics;
        if service.metrics {
            handled.push(own(HANDLED));
            retried.extend([own(RETRIED), own(DUPLICATES)]);
            old.push(own(AGE));
        }
        dead_letters.push(queue("ApproximateNumberOfMessagesVisible", "-dlq"));
        age.extend(
            routes
                .queues
                .iter()
                .map(|one| queue("ApproximateAgeOfOldestMessage", &format!("-{}", one.kind.as_str()))),
        );
        for one in &routes.fifo {
            dead_letters.push(queue("ApproximateNumberOfMessagesVisible", &names::fifo_dead_letters(one)));
            age.push(queue("ApproximateAgeOfOldestMessage", &names::fifo(one)));
        }
        runs.push(lambda("Invocations", ""));
        errors.push(lambda("Errors", ""));
        duration.push(lambda("Duration", ""));
        if routes.has_relay() {
            dead_letters.push(queue("ApproximateNumberOfMessagesVisible", "-relay-dlq"));
            relay.push(lambda("IteratorAge", "-relay"));
            errors.push(lambda("Errors", "-relay"));
        }
    }
    let titles = [
        ("Dead letters", "Maximum"),
        ("Age of the oldest message, s", "Maximum"),
        ("Relays behind, ms", "Maximum"),
        ("Invocations", "Sum"),
        ("Errors", "Sum"),
        ("Duration p99, ms", "p99"),
        ("Records handled", "Sum"),
        ("Records retried, and duplicates", "Sum"),
        ("Age of the oldest event of a batch, ms", "Maximum"),
    ];
    let widget = |(index, ((title, statistic), metrics)): (usize, ((&str, &str), Vec<Value>))| {
        json!({
            "type": "metric",
            "x": 8 * (index % 3),
            "y": 6 * (index / 3),
            "width": 8,
            "height": 6,
            "properties": {
                "title": title,
                "stat": statistic,
                "period": 60,
                "region": "${AWS::Region}",
                "metrics": metrics,
            },
        })
    };
    titles
        .into_iter()
        .zip(metrics)
        .filter(|(_, metrics)| !metrics.is_empty())
        .enumerate()
        .map(widget)
        .collect()
}
