//! Alarms: no failure goes unnoticed.

use serde_json::{Value, json};
use waxseal_catalog::metric;

use crate::{
    bus::export,
    check::{
        index::{ALARM, FUNCTION, Resource, SUBSCRIPTION, TOPIC, TemplateIndex, import, list},
        report::Report,
    },
    names::{attribute, namespace, reference, sub},
};

/// Whether an alarm of the stack fires when the metric of this resource reaches a value of
/// `at_most`.
fn watched(
    index: &TemplateIndex<'_>,
    stack: &str,
    metric: (&str, &str),
    dimension: &Value,
    at_most: std::ops::RangeInclusive<f64>,
) -> bool {
    index.within(stack, ALARM).any(|alarm| {
        let statistic = if metric.1 == "Errors" { "Sum" } else { "Maximum" };
        alarm.get("/Namespace") == metric.0
            && alarm.get("/MetricName") == metric.1
            && list(alarm.get("/Dimensions")) == [dimension]
            && alarm.get("/Statistic") == statistic
            && alarm.get("/ComparisonOperator") == "GreaterThanOrEqualToThreshold"
            && alarm.get("/Threshold").as_f64().is_some_and(|threshold| at_most.contains(&threshold))
            && alarm.get("/Period").as_u64().is_some_and(|period| period <= 300)
            && alarm.get("/EvaluationPeriods").as_u64().is_some_and(|periods| (1..=15).contains(&periods))
    })
}

fn queue_dimension(queue: &Resource<'_>) -> Value {
    json!({ "Name": "QueueName", "Value": attribute(queue.id, "QueueName") })
}

fn function_dimension(function: &str) -> Value {
    json!({ "Name": "FunctionName", "Value": reference(function) })
}

pub(super) fn compensations(index: &TemplateIndex<'_>, report: &mut Report) {
    let namespace = sub(namespace(index.app));
    for service in index.app.services.iter().filter(|service| service.metrics) {
        if !service.catalog().iter().any(|entry| entry.input.is_some()) {
            continue;
        }
        let watched = index.within(service.name(), ALARM).any(|alarm| {
            alarm.get("/Namespace") == &namespace
                && alarm.get("/MetricName") == metric::COMPENSATIONS_FAILED.name
                && list(alarm.get("/Dimensions"))
                    == [&json!({ "Name": metric::DIMENSION, "Value": service.name() })]
                && alarm.get("/Threshold") == 1
                && alarm.get("/ComparisonOperator") == "GreaterThanOrEqualToThreshold"
        });
        for function in index.within(service.name(), FUNCTION).filter(|function| function.id == "Function") {
            report.unless(watched, &function, "no alarm at the first compensation that has failed");
        }
    }
}

pub(super) fn actions(index: &TemplateIndex<'_>, report: &mut Report) {
    let topic = import(export(index.app, "alarms"));
    for alarm in index.of(ALARM) {
        let tells =
            list(alarm.get("/AlarmActions")).contains(&&topic) && alarm.get("/ActionsEnabled") != false;
        report.unless(tells, &alarm, "AlarmActions does not name the alarms' topic");
    }
}

pub(super) fn mail(index: &TemplateIndex<'_>, report: &mut Report) {
    for topic in index.of(TOPIC).filter(|topic| topic.id == "Alarms") {
        let mailed = index.within(topic.stack, SUBSCRIPTION).any(|subscription| {
            subscription.get("/TopicArn") == &reference(topic.id)
                && subscription.get("/Protocol") == "email"
                && subscription.get("/Endpoint") == &reference("AlarmEmail")
                && subscription.body["Condition"] == "HasAlarmEmail"
        });
        report.unless(mailed, &topic, "no subscription of AlarmEmail, where there is one");
    }
}

pub(super) fn missing_data(index: &TemplateIndex<'_>, report: &mut Report) {
    for alarm in index.of(ALARM) {
        report.unless(alarm.get("/TreatMissingData").is_string(), &alarm, "TreatMissingData is not stated");
    }
}

pub(super) fn dead_letters(index: &TemplateIndex<'_>, report: &mut Report) {
    for queue in index.dead_letters() {
        let metric = ("AWS/SQS", "ApproximateNumberOfMessagesVisible");
        let watched = watched(index, queue.stack, metric, &queue_dimension(&queue), 1.0..=1.0);
        report.unless(watched, &queue, "no alarm at its first visible message");
    }
}

pub(super) fn age(index: &TemplateIndex<'_>, report: &mut Report) {
    for queue in index.queues() {
        let metric = ("AWS/SQS", "ApproximateAgeOfOldestMessage");
        let watched = watched(index, queue.stack, metric, &queue_dimension(&queue), 1.0..=3600.0);
        report.unless(watched, &queue, "no alarm on the age of its oldest message within an hour");
    }
}

pub(super) fn errors(index: &TemplateIndex<'_>, report: &mut Report) {
    for function in index.of(FUNCTION) {
        let watched = watched(
            index,
            function.stack,
            ("AWS/Lambda", "Errors"),
            &function_dimension(function.id),
            1.0..=1.0,
        );
        report.unless(watched, &function, "no alarm on its errors");
    }
}

pub(super) fn relay(index: &TemplateIndex<'_>, report: &mut Report) {
    for (service, _) in index.routes().filter(|(_, routes)| routes.has_relay()) {
        for (minutes, text) in [(5, "5 minutes"), (360, "6 hours")] {
            let exactly = f64::from(minutes * 60 * 1000);
            let metric = ("AWS/Lambda", "IteratorAge");
            if !watched(index, service, metric, &function_dimension("Relay"), exactly..=exactly) {
                report.stack(service, format!("no alarm at an iterator age of {text} of Relay"));
            }
        }
    }
}

pub(super) fn dashboard(index: &TemplateIndex<'_>, report: &mut Report) {
    let boards = || index.of("AWS::CloudWatch::Dashboard");
    let body = boards().find_map(|board| board.get("/DashboardBody")["Fn::Sub"].as_str()).unwrap_or_default();
    let parsed: Option<Value> = serde_json::from_str(body).ok();
    if parsed.is_none() {
        report.stack("bus", "no dashboard whose body is JSON");
        return;
    }
    for function in index.of(FUNCTION) {
        let shown = function.name("FunctionName").is_some_and(|name| body.contains(&format!("\"{name}\"")));
        report.unless(shown, &function, "it is not on the dashboard");
    }
}
