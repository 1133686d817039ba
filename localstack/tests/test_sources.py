"""Event source mappings: SQS with partial failures and redrive, DynamoDB streams, and Kinesis."""

import base64
import json
import time
from pathlib import Path
from typing import Any

from aws import Aws, journal_entries, unique
from running import eventually


def seen(journal: Path) -> list[dict[str, Any]]:
    return [entry for entry in journal_entries(journal) if "record" in entry]


def test_only_the_failed_message_comes_again_and_then_goes_to_the_dead_letters(aws: Aws, journal: Path) -> None:
    dead_url, dead_arn = aws.queue()
    redrive = json.dumps({"deadLetterTargetArn": dead_arn, "maxReceiveCount": 3})
    url, arn = aws.queue(VisibilityTimeout=1, RedrivePolicy=redrive)
    cure = journal.with_suffix(".cure")
    function = aws.function(timeout=1, environment={"JOURNAL": str(journal)})
    bodies = [{"n": 0}, {"n": 1, "fail": True, "until": str(cure)}, {"n": 2}]
    aws.sqs.send_message_batch(
        QueueUrl=url, Entries=[{"Id": str(body["n"]), "MessageBody": json.dumps(body)} for body in bodies]
    )
    aws.lambda_.create_event_source_mapping(
        FunctionName=function, EventSourceArn=arn, BatchSize=10, FunctionResponseTypes=["ReportBatchItemFailures"]
    )
    (dead,) = eventually("the message is a dead letter", lambda: aws.messages(dead_url))
    assert json.loads(dead["Body"])["n"] == 1
    tries: dict[int, int] = {}
    for entry in seen(journal):
        number = json.loads(entry["record"]["body"])["n"]
        tries[number] = tries.get(number, 0) + 1
    assert tries == {0: 1, 1: 3, 2: 1}

    # After the cause has gone it is moved back and takes effect once.
    cure.touch()
    aws.sqs.change_message_visibility(QueueUrl=dead_url, ReceiptHandle=dead["ReceiptHandle"], VisibilityTimeout=0)
    aws.sqs.start_message_move_task(SourceArn=dead_arn)
    eventually("it succeeds", lambda: [e for e in seen(journal) if '"n": 1' in e["record"]["body"] and not e["failed"]])
    time.sleep(2)
    succeeded = [json.loads(entry["record"]["body"])["n"] for entry in seen(journal) if not entry["failed"]]
    assert sorted(succeeded) == [0, 1, 2]


def test_a_stream_mapping_with_a_filter_gets_old_and_new_images_from_the_beginning(aws: Aws, journal: Path) -> None:
    table = aws.table(stream=True)

    def put(key: str, **attributes: Any) -> None:
        aws.dynamodb.put_item(TableName=table, Item={"pk": {"S": key}, **attributes})

    # Before the mapping exists: TRIM_HORIZON begins with these.
    put("receipt#1", emitted={"B": b"\x00\xff"}, kind={"S": "receipt"})
    put("state#1", kind={"S": "state"})
    function = aws.function(environment={"JOURNAL": str(journal)})
    pattern = {"dynamodb": {"NewImage": {"kind": {"S": ["receipt"]}}}}
    aws.lambda_.create_event_source_mapping(
        FunctionName=function,
        EventSourceArn=aws.stream_arn(table),
        StartingPosition="TRIM_HORIZON",
        BatchSize=10,
        FilterCriteria={"Filters": [{"Pattern": json.dumps(pattern)}]},
    )
    eventually("the first record", lambda: seen(journal))
    put("receipt#1", emitted={"B": b"\x01"}, kind={"S": "receipt"})
    put("state#2", kind={"S": "state"})
    put("receipt#2", kind={"S": "receipt"})
    eventually("three records", lambda: len(seen(journal)) >= 3)
    time.sleep(0.5)
    records = [entry["record"] for entry in seen(journal)]
    assert [(r["eventName"], r["dynamodb"]["Keys"]["pk"]["S"]) for r in records] == [
        ("INSERT", "receipt#1"),
        ("MODIFY", "receipt#1"),
        ("INSERT", "receipt#2"),
    ]
    insert, modify, _ = (record["dynamodb"] for record in records)
    assert insert["NewImage"]["emitted"] == {"B": "AP8="} and "OldImage" not in insert
    assert modify["OldImage"]["emitted"] == {"B": "AP8="} and modify["NewImage"]["emitted"] == {"B": "AQ=="}
    assert insert["StreamViewType"] == "NEW_AND_OLD_IMAGES"
    assert insert["SequenceNumber"] < modify["SequenceNumber"]
    first = records[0]
    assert (first["eventSource"], first["eventSourceARN"]) == ("aws:dynamodb", aws.stream_arn(table))
    assert first["awsRegion"] == "us-east-1" and first["eventID"] != records[1]["eventID"]


def test_a_stream_batch_that_fails_comes_again_and_nothing_overtakes_it(aws: Aws, journal: Path) -> None:
    """The function is killed on its first sight of the batch, by its time limit; order is kept per stream."""
    table = aws.table(stream=True)
    function = aws.function(timeout=1, environment={"JOURNAL": str(journal), "INIT": "exit"})
    aws.lambda_.create_event_source_mapping(
        FunctionName=function, EventSourceArn=aws.stream_arn(table), StartingPosition="TRIM_HORIZON", BatchSize=1
    )
    for number in range(3):
        aws.dynamodb.put_item(TableName=table, Item={"pk": {"S": str(number)}})
    eventually("it tried and crashed", lambda: len(journal_entries(journal)) >= 2)
    assert seen(journal) == []
    aws.lambda_.update_function_configuration(
        FunctionName=function, Environment={"Variables": {"JOURNAL": str(journal)}}
    )
    eventually("all three", lambda: len(seen(journal)) >= 3, limit_s=40)
    keys = [entry["record"]["dynamodb"]["Keys"]["pk"]["S"] for entry in seen(journal)]
    assert keys == ["0", "1", "2"]


def test_a_kinesis_mapping_gives_each_shard_in_order_and_a_failed_record_comes_again(aws: Aws, journal: Path) -> None:
    name, cure = unique("stream"), journal.with_suffix(".cure")
    aws.kinesis.create_stream(StreamName=name, ShardCount=2)
    arn = aws.kinesis.describe_stream_summary(StreamName=name)["StreamDescriptionSummary"]["StreamARN"]

    def put(key: str, number: int, **more: Any) -> None:
        aws.kinesis.put_record(StreamName=name, PartitionKey=key, Data=json.dumps({"n": number, **more}).encode())

    # Before the mapping exists: TRIM_HORIZON begins with these.
    put("a", 0)
    put("a", 1, fail=True, until=str(cure))
    put("a", 2)
    function = aws.function(environment={"JOURNAL": str(journal)})
    aws.lambda_.create_event_source_mapping(
        FunctionName=function,
        EventSourceArn=arn,
        StartingPosition="TRIM_HORIZON",
        BatchSize=10,
        FunctionResponseTypes=["ReportBatchItemFailures"],
    )

    def numbers(**of: bool) -> list[int]:
        entries = [entry for entry in seen(journal) if of.items() <= entry.items()]
        return [json.loads(base64.b64decode(entry["record"]["kinesis"]["data"]))["n"] for entry in entries]

    eventually("it failed twice", lambda: numbers(failed=True).count(1) >= 2)
    cure.touch()
    put("b", 3)
    eventually("all of them", lambda: {0, 1, 2, 3} <= set(numbers(failed=False)), limit_s=40)
    of_a = [number for number in numbers() if number != 3]
    assert of_a[:4] == [0, 1, 2, 1] and of_a.count(0) == 1, "the batch begins again with the record that failed"
    assert of_a[-2:] == [1, 2]
    record = seen(journal)[0]["record"]
    assert (record["eventSource"], record["eventSourceARN"]) == ("aws:kinesis", arn)
    assert record["eventID"].partition(":")[2] == record["kinesis"]["sequenceNumber"]
