"""The changes that CloudFormation skips or drops, with each mend and without it; as in test_mends."""

import json
from typing import Any

import pytest
from aws import ROLE, Aws, bootstrap, unique
from stacks import deploy, destroy


def test_cfn_archive(either: tuple[Aws, bool]) -> None:
    aws, mended = either
    bus, archive = unique("bus"), unique("archive")

    def resources(days: int) -> dict[str, Any]:
        properties = {
            "ArchiveName": archive,
            "SourceArn": {"Fn::GetAtt": ["Bus", "Arn"]},
            "RetentionDays": days,
            "EventPattern": {"source": ["orders"]},
        }
        return {
            "Bus": {"Type": "AWS::Events::EventBus", "Properties": {"Name": bus}},
            "Archive": {"Type": "AWS::Events::Archive", "Properties": properties},
        }

    stack = deploy(aws, resources(7))

    def archives() -> list[str]:
        return [entry["ArchiveName"] for entry in aws.events.list_archives()["Archives"]]

    if not mended:
        assert archive not in archives(), "the stack is complete, the archive is not there"
        return
    described = aws.events.describe_archive(ArchiveName=archive)
    assert described["RetentionDays"] == 7 and json.loads(described["EventPattern"]) == {"source": ["orders"]}
    deploy(aws, resources(30), stack)
    assert aws.events.describe_archive(ArchiveName=archive)["RetentionDays"] == 30
    destroy(aws, stack)
    assert archive not in archives()


def test_cfn_dashboard(either: tuple[Aws, bool]) -> None:
    aws, mended = either
    name = unique("dashboard")

    def resources(title: str) -> dict[str, Any]:
        widget = {
            "type": "text", "x": 0, "y": 0, "width": 6, "height": 6, "properties": {"markdown": title},
        }  # fmt: skip
        body = json.dumps({"widgets": [widget]})
        return {
            "Dashboard": {
                "Type": "AWS::CloudWatch::Dashboard",
                "Properties": {"DashboardName": name, "DashboardBody": body},
            },
            "Topic": {"Type": "AWS::SNS::Topic"},
        }

    def names() -> list[str]:
        return [entry["DashboardName"] for entry in aws.cloudwatch.list_dashboards()["DashboardEntries"]]

    stack = deploy(aws, resources("one"))
    if not mended:
        assert name not in names(), "the stack is complete, the dashboard is not there"
        return
    deploy(aws, resources("two"), stack)
    assert '"markdown": "two"' in aws.cloudwatch.get_dashboard(DashboardName=name)["DashboardBody"]
    destroy(aws, stack)
    assert name not in names()


def test_cfn_metric_filter(either: tuple[Aws, bool]) -> None:
    aws, mended = either
    group = unique("group")

    def resources(pattern: str) -> dict[str, Any]:
        transformation = {"MetricName": "Errors", "MetricNamespace": "waxseal", "MetricValue": "1", "DefaultValue": 0}
        properties = {
            "LogGroupName": {"Ref": "Group"},
            "FilterName": "errors",
            "FilterPattern": pattern,
            "MetricTransformations": [transformation],
        }
        return {
            "Group": {"Type": "AWS::Logs::LogGroup", "Properties": {"LogGroupName": group}},
            "Filter": {"Type": "AWS::Logs::MetricFilter", "Properties": properties},
        }

    def filters() -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = aws.logs.describe_metric_filters(filterNamePrefix="errors")["metricFilters"]
        return [entry for entry in found if entry["logGroupName"] == group]

    stack = deploy(aws, resources("ERROR"))
    if not mended:
        assert filters() == [], "the stack is complete, the filter is not there"
        return
    deploy(aws, resources("FATAL"), stack)
    (found,) = filters()
    assert found["filterPattern"] == "FATAL"
    (transformation,) = found["metricTransformations"]
    assert transformation["metricName"] == "Errors" and transformation["defaultValue"] == 0
    destroy(aws, stack)
    assert filters() == []


def test_cfn_concurrency(either: tuple[Aws, bool]) -> None:
    aws, mended = either
    name, bucket = unique("function"), unique("bucket")
    aws.s3.create_bucket(Bucket=bucket)
    aws.s3.put_object(Bucket=bucket, Key="code.zip", Body=bootstrap())

    def resources(reserved: int | None) -> dict[str, Any]:
        properties: dict[str, Any] = {
            "FunctionName": name,
            "Runtime": "provided.al2023",
            "Handler": "bootstrap",
            "Role": ROLE,
            "Code": {"S3Bucket": bucket, "S3Key": "code.zip"},
            "Description": f"reserved: {reserved}",
        }
        if reserved is not None:
            properties["ReservedConcurrentExecutions"] = reserved
        return {"Function": {"Type": "AWS::Lambda::Function", "Properties": properties}}

    def reserved() -> int | None:
        found: int | None = aws.lambda_.get_function_concurrency(FunctionName=name).get("ReservedConcurrentExecutions")
        return found

    stack = deploy(aws, resources(0))
    if not mended:
        assert reserved() is None, "the stack is complete, the switch is not set"
        return
    assert reserved() == 0
    with pytest.raises(aws.lambda_.exceptions.TooManyRequestsException):
        aws.lambda_.invoke(FunctionName=name)
    deploy(aws, resources(3), stack)
    assert reserved() == 3
    deploy(aws, resources(None), stack)
    assert reserved() is None


def test_cfn_log_group(either: tuple[Aws, bool]) -> None:
    aws, mended = either
    group = unique("group")

    def resources(days: int | None) -> dict[str, Any]:
        properties = {"LogGroupName": group} | ({"RetentionInDays": days} if days else {})
        topic = {"Type": "AWS::SNS::Topic", "Properties": {"DisplayName": f"days: {days}"}}
        return {"Group": {"Type": "AWS::Logs::LogGroup", "Properties": properties}, "Topic": topic}

    def retention() -> int | None:
        (found,) = aws.logs.describe_log_groups(logGroupNamePrefix=group)["logGroups"]
        days: int | None = found.get("retentionInDays")
        return days

    stack = deploy(aws, resources(14))
    if not mended:
        assert retention() is None, "the stack is complete, the log is kept for ever"
        return
    assert retention() == 14
    deploy(aws, resources(30), stack)
    assert retention() == 30
    deploy(aws, resources(None), stack)
    assert retention() is None


def test_cfn_put_again(either: tuple[Aws, bool]) -> None:
    """An alarm whose name CloudFormation makes up, a topic's policy and a bus's."""
    aws, mended = either
    bus = unique("bus")

    def resources(threshold: int, account: str) -> dict[str, Any]:
        alarm = {
            "ComparisonOperator": "GreaterThanThreshold",
            "EvaluationPeriods": 1,
            "MetricName": "ApproximateNumberOfMessagesVisible",
            "Namespace": "AWS/SQS",
            "Period": 60,
            "Statistic": "Maximum",
            "Threshold": threshold,
        }
        statement = {"Effect": "Allow", "Principal": {"AWS": account}, "Resource": "*"}
        topic_policy = {
            "Topics": [{"Ref": "Topic"}],
            "PolicyDocument": {"Version": "2012-10-17", "Statement": [{**statement, "Action": "sns:Publish"}]},
        }
        bus_policy = {
            "EventBusName": {"Ref": "Bus"},
            "StatementId": "publishers",
            "Statement": {**statement, "Action": "events:PutEvents"},
        }
        return {
            "Alarm": {"Type": "AWS::CloudWatch::Alarm", "Properties": alarm},
            "Topic": {"Type": "AWS::SNS::Topic"},
            "TopicPolicy": {"Type": "AWS::SNS::TopicPolicy", "Properties": topic_policy},
            "Bus": {"Type": "AWS::Events::EventBus", "Properties": {"Name": bus}},
            "BusPolicy": {"Type": "AWS::Events::EventBusPolicy", "Properties": bus_policy},
        }

    before, after = "111111111111", "222222222222"
    stack = deploy(aws, resources(1, before))

    def state() -> dict[str, Any]:
        made = aws.cloudformation.list_stack_resources(StackName=stack)["StackResourceSummaries"]
        ids = {entry["LogicalResourceId"]: entry["PhysicalResourceId"] for entry in made}
        (alarm,) = aws.cloudwatch.describe_alarms(AlarmNames=[ids["Alarm"]])["MetricAlarms"]
        topic = aws.sns.get_topic_attributes(TopicArn=ids["Topic"])["Attributes"]["Policy"]
        return {
            "ids": ids,
            "alarm": alarm["Threshold"],
            "topic": topic,
            "bus": aws.events.describe_event_bus(Name=bus)["Policy"],
        }

    old = state()
    assert old["alarm"] == 1 and before in old["topic"] and before in old["bus"]
    deploy(aws, resources(5, after), stack)
    new = state()
    if not mended:
        assert new == old, "the update is complete, nothing changed"
        return
    assert new["ids"] == old["ids"]
    assert new["alarm"] == 5 and after in new["topic"] and after in new["bus"]
    assert before not in new["topic"] and before not in new["bus"]
    destroy(aws, stack)


def test_cfn_rule(either: tuple[Aws, bool]) -> None:
    """A rule on a custom bus: another pattern and another target, then gone with its stack."""
    aws, mended = either
    bus, rule = unique("bus"), unique("rule")
    queues = {"one": aws.queue()[1], "two": aws.queue()[1]}

    def resources(source: str, target: str, named: bool) -> dict[str, Any]:
        properties: dict[str, Any] = {
            "EventBusName": {"Ref": "Bus"},
            "EventPattern": {"source": [source]},
            "Targets": [{"Id": target, "Arn": queues[target]}],
        }
        if named:
            properties["Name"] = rule
        return {
            "Bus": {"Type": "AWS::Events::EventBus", "Properties": {"Name": bus}},
            "Rule": {"Type": "AWS::Events::Rule", "Properties": properties},
        }

    for named in (True, False):
        stack = deploy(aws, resources("orders", "one", named))
        (made,) = aws.events.list_rules(EventBusName=bus)["Rules"]
        deploy(aws, resources("payment", "two", named), stack)
        (changed,) = aws.events.list_rules(EventBusName=bus)["Rules"]
        targets = aws.events.list_targets_by_rule(Rule=made["Name"], EventBusName=bus)["Targets"]
        if not mended:
            assert json.loads(changed["EventPattern"]) == {"source": ["orders"]}, (
                "the update is complete, nothing changed"
            )
            assert [target["Id"] for target in targets] == ["one"]
            return
        assert changed["Name"] == made["Name"]
        assert json.loads(changed["EventPattern"]) == {"source": ["payment"]}
        assert [(target["Id"], target["Arn"]) for target in targets] == [("two", queues["two"])]
        destroy(aws, stack)
        assert bus not in [entry["Name"] for entry in aws.events.list_event_buses()["EventBuses"]]
