"""Each mend: the scenario holds with it, and without it shows LocalStack's own behaviour."""

import contextlib
import json
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import unquote_plus

import pytest
from aws import ROLE, Aws, journal_entries, unique
from botocore.exceptions import ClientError
from running import eventually

from waxseal_localstack import mends
from waxseal_localstack.mends.scheduler import next_time

# Seconds that a scenario waits for an event that never comes without the mend.
PATIENCE_S = 4.0


def bodies(aws: Aws, url: str, wanted: int = 1) -> list[Any]:
    """The messages that arrive in a queue in time."""
    found: list[Any] = []
    end = time.monotonic() + PATIENCE_S
    while len(found) < wanted and time.monotonic() < end:
        found += [json.loads(message["Body"]) for message in aws.messages(url)]
        time.sleep(0.05)
    return found


def test_every_mend_has_a_test() -> None:
    text = "".join(path.read_text() for path in Path(__file__).parent.glob("test_mends*.py"))
    untested = [name for name in mends.NAMES if f"def test_{name}(" not in text]
    assert untested == []


def test_replay(either: tuple[Aws, bool]) -> None:
    aws, mended = either
    bus, archive, (url, queue) = unique("bus"), unique("archive"), aws.queue()
    source = aws.events.create_event_bus(Name=bus)["EventBusArn"]
    aws.events.create_archive(ArchiveName=archive, EventSourceArn=source, RetentionDays=1)
    aws.events.put_rule(Name=bus, EventBusName=bus, EventPattern='{"source": ["orders"]}')
    aws.events.put_targets(Rule=bus, EventBusName=bus, Targets=[{"Id": "queue", "Arn": queue}])
    entry = {"Source": "orders", "DetailType": "order.placed", "Detail": '{"id": 1}', "EventBusName": bus}
    aws.events.put_events(Entries=[entry])
    assert [event["detail"] for event in bodies(aws, url)] == [{"id": 1}]
    now = datetime.now(UTC)
    replay: dict[str, Any] = {
        "ReplayName": unique("replay"),
        "EventSourceArn": aws.events.describe_archive(ArchiveName=archive)["ArchiveArn"],
        "EventStartTime": now - timedelta(minutes=5),
        "EventEndTime": now + timedelta(minutes=5),
        "Destination": {"Arn": source},
    }
    if not mended:
        with pytest.raises(ClientError) as caught:
            aws.events.start_replay(**replay)
        assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 500
        return
    assert aws.events.start_replay(**replay)["State"] == "COMPLETED"
    (again,) = bodies(aws, url)
    assert (again["detail"], again["replay-name"]) == ({"id": 1}, replay["ReplayName"])
    described = aws.events.describe_replay(ReplayName=replay["ReplayName"])
    assert now - timedelta(minutes=1) < described["EventLastReplayedTime"] <= now


def test_target_dlq(either: tuple[Aws, bool]) -> None:
    aws, mended = either
    bus, (dead_url, dead_queue) = unique("bus"), aws.queue()
    gone_url, gone_queue = aws.queue()
    aws.events.create_event_bus(Name=bus)
    aws.events.put_rule(Name=bus, EventBusName=bus, EventPattern='{"source": ["orders"]}')
    target = {"Id": "queue", "Arn": gone_queue, "DeadLetterConfig": {"Arn": dead_queue}}
    aws.events.put_targets(Rule=bus, EventBusName=bus, Targets=[target])
    aws.sqs.delete_queue(QueueUrl=gone_url)
    entry = {"Source": "orders", "DetailType": "order.placed", "Detail": '{"id": 1}', "EventBusName": bus}
    assert aws.events.put_events(Entries=[entry])["FailedEntryCount"] == 0
    end = time.monotonic() + PATIENCE_S
    found: list[dict[str, Any]] = []
    while not found and time.monotonic() < end:
        found = aws.messages(dead_url)
    if not mended:
        assert found == []
        return
    (dead,) = found
    event = json.loads(dead["Body"])
    assert (event["source"], event["detail-type"], event["detail"]) == ("orders", "order.placed", {"id": 1})
    attributes = {name: value["StringValue"] for name, value in dead["MessageAttributes"].items()}
    assert attributes["RULE_ARN"].endswith(f":rule/{bus}/{bus}")
    assert (attributes["TARGET_ARN"], attributes["ERROR_CODE"]) == (gone_queue, "NO_RESOURCE")


def test_scheduler(either: tuple[Aws, bool]) -> None:
    """One for a moment, which is then deleted; one whose target is gone; one that is off."""
    aws, mended = either
    (url, queue), (dead_url, dead_queue), (gone_url, gone_queue) = aws.queue(), aws.queue(), aws.queue()
    aws.sqs.delete_queue(QueueUrl=gone_url)
    soon = f"at({datetime.now(UTC) + timedelta(seconds=1.5):%Y-%m-%dT%H:%M:%S})"
    names = [unique("schedule") for _ in range(3)]
    common: dict[str, Any] = {"ScheduleExpression": soon, "FlexibleTimeWindow": {"Mode": "OFF"}}
    aws.scheduler.create_schedule(
        Name=names[0],
        Target={"Arn": queue, "RoleArn": ROLE, "Input": '{"timeout": "order-1"}'},
        ActionAfterCompletion="DELETE",
        **common,
    )
    aws.scheduler.create_schedule(
        Name=names[1],
        Target={"Arn": gone_queue, "RoleArn": ROLE, "Input": '{"n": 2}', "DeadLetterConfig": {"Arn": dead_queue}},
        **common,
    )
    off = {"Arn": queue, "RoleArn": ROLE, "Input": '{"timeout": "never"}'}
    aws.scheduler.create_schedule(Name=names[2], Target=off, State="DISABLED", **common)
    fired, dead = bodies(aws, url), bodies(aws, dead_url)
    known = {entry["Name"] for entry in aws.scheduler.list_schedules()["Schedules"]}
    left = [name for name in names if name in known]
    if not mended:
        assert (fired, dead, left) == ([], [], names)
        return
    assert (fired, dead, left) == ([{"timeout": "order-1"}], [{"n": 2}], names[1:])
    assert bodies(aws, url) == [], "a schedule for one moment ran twice, or one that is off ran"


@pytest.mark.parametrize(
    ("expression", "zone", "expected"),
    [
        ("rate(5 minutes)", "UTC", "2026-03-28T12:05:00+00:00"),
        ("rate(1 day)", "UTC", "2026-03-29T12:00:00+00:00"),
        ("at(2026-03-28T14:30:00)", "Europe/Berlin", "2026-03-28T14:30:00+01:00"),
        ("at(2026-03-28T12:30:00)", "Europe/Berlin", None),
        ("cron(0 14 * * ? *)", "UTC", "2026-03-28T14:00:00+00:00"),
        ("cron(15 10 * * ? *)", "Asia/Tokyo", "2026-03-29T10:15:00+09:00"),
    ],
)
def test_scheduler_times(expression: str, zone: str, expected: str | None) -> None:
    found = next_time(expression, zone, datetime(2026, 3, 28, 12, 0, tzinfo=UTC))
    assert found == (datetime.fromisoformat(expected) if expected else None)


def test_s3_events(either: tuple[Aws, bool]) -> None:
    aws, mended = either
    bucket, (notified_url, notified), (told_url, told) = unique("bucket"), aws.queue(), aws.queue()
    aws.s3.create_bucket(Bucket=bucket)
    pattern = {"source": ["aws.s3"], "detail": {"bucket": {"name": [bucket]}}}
    aws.events.put_rule(Name=bucket, EventPattern=json.dumps(pattern))
    aws.events.put_targets(Rule=bucket, Targets=[{"Id": "queue", "Arn": told}])
    to_queue = {"QueueArn": notified, "Events": ["s3:ObjectCreated:*"]}
    aws.s3.put_bucket_notification_configuration(
        Bucket=bucket,
        NotificationConfiguration={"EventBridgeConfiguration": {}, "QueueConfigurations": [to_queue]},
        SkipDestinationValidation=True,
    )
    for body in (b"1", b"22"):
        aws.s3.put_object(Bucket=bucket, Key="a b+c/ü.jpg", Body=body)
    messages = [body for body in bodies(aws, notified_url, 3) if "Records" in body]
    objects = [record["s3"]["object"] for message in messages for record in message["Records"]]
    events = [event["detail"]["object"] for event in bodies(aws, told_url, 2)]
    keys = ({unquote_plus(one["key"]) for one in objects}, {one["key"] for one in events})
    assert keys == ({"a b+c/ü.jpg"}, {"a b+c/ü.jpg" if mended else "a%20b%2Bc/%C3%BC.jpg"})
    for told_of in (objects, events):
        told_of.sort(key=lambda one: one["size"])
        first, second = (one["sequencer"] for one in told_of)
        assert (first < second) == mended


def test_wildcard(either: tuple[Aws, bool]) -> None:
    aws, mended = either
    pattern = json.dumps({"detail-type": [{"wildcard": "order.*placed*"}]})

    def matches(detail_type: str) -> bool:
        event = {
            "id": "1", "source": "orders", "account": "000000000000", "time": "2026-11-21T09:30:00Z",
            "region": "us-east-1", "resources": [], "detail": {}, "detail-type": detail_type,
        }  # fmt: skip
        return bool(aws.events.test_event_pattern(EventPattern=pattern, Event=json.dumps(event))["Result"])

    assert matches("order.was.placed.twice")
    assert matches("order.placed") is mended
    assert not matches("order.shipped")


def test_stream_identity(stock_aws: Aws, aws: Aws, tmp_path: Any) -> None:
    """With it: in test_dynamodb, with a function. Without: a removal by TTL looks like any delete."""
    table, journal = stock_aws.table(stream=True), tmp_path / "journal"
    stock_aws.dynamodb.update_time_to_live(
        TableName=table, TimeToLiveSpecification={"Enabled": True, "AttributeName": "expires"}
    )
    function = stock_aws.function(environment={"JOURNAL": str(journal)})
    stock_aws.lambda_.create_event_source_mapping(
        FunctionName=function, EventSourceArn=stock_aws.stream_arn(table), StartingPosition="TRIM_HORIZON"
    )
    stock_aws.dynamodb.put_item(TableName=table, Item={"pk": {"S": "a"}, "expires": {"N": str(int(time.time()) - 1)}})

    def removals() -> list[dict[str, Any]]:
        records = [entry["record"] for entry in journal_entries(journal) if "record" in entry]
        return [record for record in records if record["eventName"] == "REMOVE"]

    (removal,) = eventually("the removal reaches the function", removals)
    assert "userIdentity" not in removal


def test_patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """A function that takes longer to create than a client waits: stock asks again, and meets its own function."""
    from botocore.config import Config
    from localstack.aws.connect import ClientFactory, ExternalClientFactory

    from waxseal_localstack.mends import patience

    class Slow(BaseHTTPRequestHandler):
        asked = 0

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            Slow.asked += 1
            first = Slow.asked == 1
            if first:
                time.sleep(1)
            answer = b'{"FunctionName": "relay"}' if first else b'{"message": "Function already exist: relay"}'
            with contextlib.suppress(BrokenPipeError):
                self.send_response(201 if first else 409)
                if not first:
                    self.send_header("x-amzn-ErrorType", "ResourceConflictException")
                self.send_header("Content-Length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

        def log_message(self, format: str, *args: Any) -> None:
            pass

    def create(server: ThreadingHTTPServer) -> str:
        Slow.asked = 0
        # A factory of its own, as CloudFormation's resources have.
        clients = ExternalClientFactory(config=Config(read_timeout=0.3, region_name="us-east-1"))
        client = clients(
            aws_access_key_id="test",
            aws_secret_access_key="test",
            region_name="us-east-1",
            endpoint_url=f"http://127.0.0.1:{server.server_port}",
        ).lambda_
        code = {"S3Bucket": "packages", "S3Key": "relay.zip"}
        return client.create_function(FunctionName="relay", Role=ROLE, Code=code)["FunctionName"]

    with ThreadingHTTPServer(("127.0.0.1", 0), Slow) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            with pytest.raises(ClientError, match="already exist"):
                create(server)
            monkeypatch.setattr(ClientFactory, "__call__", ClientFactory.__call__)  # restored at the end
            patience.apply()
            assert create(server) == "relay"
        finally:
            server.shutdown()
            thread.join()


def test_environments(monkeypatch: pytest.MonkeyPatch) -> None:
    """A competitor that takes each environment as soon as it can be seen. Stock then fails the one who started it."""
    from localstack.services.lambda_.invocation.assignment import AssignmentService
    from localstack.services.lambda_.invocation.execution_environment import InvalidStatusException
    from localstack.services.lambda_.invocation.lambda_models import InitializationType

    from waxseal_localstack.mends import environments

    class Environment:
        id, initialization_type, taken_by_us = "one", InitializationType.on_demand, False

        def __init__(self) -> None:
            self.reserved = False

        def reserve(self) -> None:
            if self.reserved:
                raise InvalidStatusException("taken")
            self.reserved = True

        def release(self) -> None:
            self.reserved = False

    class Greedy(dict[str, Environment]):
        def __setitem__(self, key: str, environment: Environment) -> None:
            super().__setitem__(key, environment)
            try:
                environment.reserve()
            except InvalidStatusException:
                pass

    def use(get_environment: Callable[..., Any]) -> str:
        service = AssignmentService()
        monkeypatch.setattr(service, "start_environment", lambda *_: Environment())
        service.environments["version"] = Greedy()
        with get_environment(service, "version", None, InitializationType.on_demand) as environment:
            return str(environment.id)

    with pytest.raises(InvalidStatusException):
        use(AssignmentService.get_environment)
    assert use(environments.get_environment) == "one"
