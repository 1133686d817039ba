"""Sends to a target by its ARN, for the mends that deliver by themselves."""

from typing import Any

from localstack.aws.connect import connect_to


def clients(arn: str) -> Any:
    """Internal clients in the ARN's account and region."""
    _, _, _, region, account, *_ = arn.split(":")
    return connect_to(region_name=region, aws_access_key_id=account)


def to_dead_letters(queue_arn: str, body: str, attributes: dict[str, str]) -> None:
    sqs = clients(queue_arn).sqs
    sqs.send_message(
        QueueUrl=sqs.get_queue_url(QueueName=queue_arn.rpartition(":")[2])["QueueUrl"],
        MessageBody=body,
        MessageAttributes={
            name: {"DataType": "String", "StringValue": value} for name, value in attributes.items() if value
        },
    )


def to_target(target: dict[str, Any]) -> None:
    """Sends to a templated target as EventBridge Scheduler does. ValueError for one that is not supported here."""
    arn, body = target["Arn"], target.get("Input") or "{}"
    aws = clients(arn)
    match arn.split(":")[2]:
        case "sqs":
            group = target.get("SqsParameters", {}).get("MessageGroupId")
            aws.sqs.send_message(
                QueueUrl=aws.sqs.get_queue_url(QueueName=arn.rpartition(":")[2])["QueueUrl"],
                MessageBody=body,
                **({"MessageGroupId": group} if group else {}),
            )
        case "sns":
            aws.sns.publish(TopicArn=arn, Message=body)
        case "lambda":
            aws.lambda_.invoke(FunctionName=arn, InvocationType="Event", Payload=body)
        case "states":
            aws.stepfunctions.start_execution(stateMachineArn=arn, input=body)
        case "events":
            parameters = target.get("EventBridgeParameters") or {}
            entry = {
                "EventBusName": arn,
                "Source": parameters["Source"],
                "DetailType": parameters["DetailType"],
                "Detail": body,
            }
            aws.events.put_events(Entries=[entry])
        case service:
            raise ValueError(f"a schedule's target of service {service!r} is not supported: {arn}")
