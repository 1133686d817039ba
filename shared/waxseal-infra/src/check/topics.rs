//! Topics and their subscriptions.

use super::{
    Report,
    look::{ALARM, Look, QUEUE, Resource, SUBSCRIPTION, TOPIC, denies_plain_text, list, target, texts},
    rules::admitted_by,
};
use crate::names::{account, reference};

fn to_queues<'a>(look: &Look<'a>) -> impl Iterator<Item = Resource<'a>> {
    look.of(SUBSCRIPTION).filter(|subscription| subscription.get("/Protocol") != "email")
}

pub(super) fn redrive(look: &Look<'_>, report: &mut Report) {
    for subscription in to_queues(look) {
        let queue = subscription.named("/RedrivePolicy/deadLetterTargetArn", QUEUE);
        let named = queue.is_some_and(|queue| look.is_dead_letters(&queue));
        report.unless(named, &subscription, "RedrivePolicy names no dead-letter queue of the stack");
    }
}

pub(super) fn scope(look: &Look<'_>, report: &mut Report) {
    for subscription in to_queues(look) {
        let body = subscription.get("/FilterPolicyScope") == "MessageBody";
        report.unless(body, &subscription, "FilterPolicyScope is not MessageBody");
    }
}

pub(super) fn raw(look: &Look<'_>, report: &mut Report) {
    for subscription in to_queues(look) {
        report.unless(
            subscription.get("/RawMessageDelivery") == true,
            &subscription,
            "RawMessageDelivery is not true",
        );
    }
}

pub(super) fn admitted(look: &Look<'_>, report: &mut Report) {
    for subscription in to_queues(look) {
        let used = ["/Endpoint", "/RedrivePolicy/deadLetterTargetArn"]
            .map(|pointer| target(subscription.get(pointer)));
        let topic = subscription.get("/TopicArn");
        admitted_by(look, report, &subscription, "sns.amazonaws.com", topic, |queue| {
            used.contains(&Some(queue))
        });
    }
}

pub(super) fn encrypted(look: &Look<'_>, report: &mut Report) {
    for topic in look.of(TOPIC) {
        let key = topic.named("/KmsMasterKeyId", "AWS::KMS::Key");
        report.unless(key.is_some(), &topic, "KmsMasterKeyId is not a key of the stack");
    }
    for key in look.of("AWS::KMS::Key") {
        report.unless(key.get("/EnableKeyRotation") == true, &key, "EnableKeyRotation is not true");
    }
}

pub(super) fn alarms(look: &Look<'_>, report: &mut Report) {
    // Only where there are alarms that want to publish.
    if look.of(ALARM).next().is_none() {
        return;
    }
    for topic in look.of(TOPIC).filter(|topic| topic.id == "Alarms") {
        let cloudwatch = |statement: &serde_json::Value| {
            statement["Effect"] == "Allow" && statement["Principal"]["Service"] == "cloudwatch.amazonaws.com"
        };
        let publishes = look.policy(&topic).into_iter().any(|statement| {
            let source = statement["Condition"]["ArnLike"]["aws:SourceArn"]["Fn::Sub"].as_str();
            cloudwatch(statement)
                && statement["Action"] == "sns:Publish"
                && statement["Resource"] == reference(topic.id)
                && source.is_some_and(|arn| {
                    arn.contains(":${AWS::AccountId}:alarm:") && arn.ends_with(&look.app.named("*"))
                })
        });
        report.unless(
            publishes,
            &topic,
            "its policy does not let CloudWatch publish for this account's alarms alone",
        );
        if let Some(key) = topic.named("/KmsMasterKeyId", "AWS::KMS::Key") {
            let uses = list(key.get("/KeyPolicy/Statement")).into_iter().any(|statement| {
                cloudwatch(statement)
                    && texts(&statement["Action"]).is_superset(&["kms:Decrypt", "kms:GenerateDataKey"].into())
                    && statement["Resource"] == "*"
                    && statement["Condition"]["StringEquals"]["aws:SourceAccount"]
                        == reference("AWS::AccountId")
            });
            let owner = list(key.get("/KeyPolicy/Statement")).into_iter().any(|statement| {
                statement["Effect"] == "Allow"
                    && statement["Principal"] == account()
                    && statement["Action"] == "kms:*"
                    && statement["Resource"] == "*"
            });
            report.unless(owner, &key, "KeyPolicy does not leave the key to the account");
            report.unless(uses, &key, "KeyPolicy does not let CloudWatch use the key for this account");
        }
    }
}

pub(super) fn tls(look: &Look<'_>, report: &mut Report) {
    for topic in look.of(TOPIC) {
        let denied = denies_plain_text(&look.policy(&topic), "sns:Publish");
        report.unless(denied, &topic, "its policy does not deny what comes without TLS");
    }
}
