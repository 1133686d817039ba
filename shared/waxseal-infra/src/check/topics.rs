//! Topics and their subscriptions.

use crate::{
    check::{
        index::{
            ALARM, QUEUE, Resource, SUBSCRIPTION, TOPIC, TemplateIndex, denies_plain_text, list, target,
            texts,
        },
        report::Report,
        rules::admitted_by,
    },
    names::{account, named, reference},
};

fn to_queues<'a>(index: &TemplateIndex<'a>) -> impl Iterator<Item = Resource<'a>> {
    index.of(SUBSCRIPTION).filter(|subscription| subscription.get("/Protocol") != "email")
}

pub(super) fn redrive(index: &TemplateIndex<'_>, report: &mut Report) {
    for subscription in to_queues(index) {
        let queue = subscription.named("/RedrivePolicy/deadLetterTargetArn", QUEUE);
        let named = queue.is_some_and(|queue| index.is_dead_letters(&queue));
        report.unless(named, &subscription, "RedrivePolicy names no dead-letter queue of the stack");
    }
}

pub(super) fn scope(index: &TemplateIndex<'_>, report: &mut Report) {
    for subscription in to_queues(index) {
        let body = subscription.get("/FilterPolicyScope") == "MessageBody";
        report.unless(body, &subscription, "FilterPolicyScope is not MessageBody");
    }
}

pub(super) fn raw(index: &TemplateIndex<'_>, report: &mut Report) {
    for subscription in to_queues(index) {
        report.unless(
            subscription.get("/RawMessageDelivery") == true,
            &subscription,
            "RawMessageDelivery is not true",
        );
    }
}

pub(super) fn admitted(index: &TemplateIndex<'_>, report: &mut Report) {
    for subscription in to_queues(index) {
        let used = ["/Endpoint", "/RedrivePolicy/deadLetterTargetArn"]
            .map(|pointer| target(subscription.get(pointer)));
        let topic = subscription.get("/TopicArn");
        admitted_by(index, report, &subscription, "sns.amazonaws.com", topic, |queue| {
            used.contains(&Some(queue))
        });
    }
}

pub(super) fn encrypted(index: &TemplateIndex<'_>, report: &mut Report) {
    for topic in index.of(TOPIC) {
        let key = topic.named("/KmsMasterKeyId", "AWS::KMS::Key");
        report.unless(key.is_some(), &topic, "KmsMasterKeyId is not a key of the stack");
    }
    for key in index.of("AWS::KMS::Key") {
        report.unless(key.get("/EnableKeyRotation") == true, &key, "EnableKeyRotation is not true");
    }
}

pub(super) fn alarms(index: &TemplateIndex<'_>, report: &mut Report) {
    // Only where there are alarms that want to publish.
    if index.of(ALARM).next().is_none() {
        return;
    }
    for topic in index.of(TOPIC).filter(|topic| topic.id == "Alarms") {
        let cloudwatch = |statement: &serde_json::Value| {
            statement["Effect"] == "Allow" && statement["Principal"]["Service"] == "cloudwatch.amazonaws.com"
        };
        let publishes = index.policy(&topic).into_iter().any(|statement| {
            let source = statement["Condition"]["ArnLike"]["aws:SourceArn"]["Fn::Sub"].as_str();
            cloudwatch(statement)
                && statement["Action"] == "sns:Publish"
                && statement["Resource"] == reference(topic.id)
                && source.is_some_and(|arn| {
                    arn.contains(":${AWS::AccountId}:alarm:") && arn.ends_with(&named(index.app, "*"))
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

pub(super) fn tls(index: &TemplateIndex<'_>, report: &mut Report) {
    for topic in index.of(TOPIC) {
        let denied = denies_plain_text(&index.policy(&topic), "sns:Publish");
        report.unless(denied, &topic, "its policy does not deny requests without TLS");
    }
}
