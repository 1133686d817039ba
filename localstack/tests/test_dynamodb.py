"""Single writes, pages, time to live and streams."""

import time
from typing import Any

import pytest
import requests
from aws import Aws, journal_entries
from botocore.exceptions import ClientError
from running import eventually


@pytest.mark.parametrize("operation", ["put_item", "update_item", "delete_item"])
@pytest.mark.parametrize("wanted", ["NONE", "ALL_OLD"])
def test_a_failed_condition_returns_the_old_item_when_asked(aws: Aws, operation: str, wanted: str) -> None:
    table = aws.table()
    old = {"pk": {"S": "a"}, "n": {"N": "1"}, "b": {"B": b"\x00\xff"}, "l": {"L": [{"M": {"x": {"BOOL": True}}}]}}
    aws.dynamodb.put_item(TableName=table, Item=old)
    arguments: dict[str, Any] = {"Item": {"pk": {"S": "a"}}} if operation == "put_item" else {"Key": {"pk": {"S": "a"}}}
    if operation == "update_item":
        arguments["UpdateExpression"] = "SET z = n"
    with pytest.raises(aws.dynamodb.exceptions.ConditionalCheckFailedException) as caught:
        getattr(aws.dynamodb, operation)(
            TableName=table,
            ConditionExpression="attribute_not_exists(pk)",
            ReturnValuesOnConditionCheckFailure=wanted,
            **arguments,
        )
    assert caught.value.response.get("Item") == (old if wanted == "ALL_OLD" else None)
    assert aws.dynamodb.scan(TableName=table)["Items"] == [old]


def test_an_update_that_fails_half_way_changes_nothing(aws: Aws) -> None:
    """moto by itself leaves the first half of it, and for a new item an empty one."""
    table = aws.table(stream=True)
    aws.dynamodb.put_item(TableName=table, Item={"pk": {"S": "a"}, "n": {"N": "1"}, "s": {"S": "text"}})
    for key in ("a", "new"):
        with pytest.raises(ClientError):
            aws.dynamodb.update_item(
                TableName=table,
                Key={"pk": {"S": key}},
                UpdateExpression="SET n = :two ADD s :two REMOVE missing.path",
                ExpressionAttributeValues={":two": {"N": "2"}},
            )
    assert aws.dynamodb.scan(TableName=table)["Items"] == [{"pk": {"S": "a"}, "n": {"N": "1"}, "s": {"S": "text"}}]
    assert len(aws.stream_records(table)) == 1


def test_an_upsert_is_one_insert_in_the_stream_and_no_change_is_no_record(aws: Aws) -> None:
    """moto by itself writes two records for the upsert."""
    table = aws.table(stream=True)

    def update(value: str) -> None:
        aws.dynamodb.update_item(
            TableName=table,
            Key={"pk": {"S": "a"}},
            UpdateExpression="SET n = :n",
            ExpressionAttributeValues={":n": {"N": value}},
        )

    update("1")
    update("1")
    update("2")
    aws.dynamodb.delete_item(TableName=table, Key={"pk": {"S": "a"}})
    aws.dynamodb.delete_item(TableName=table, Key={"pk": {"S": "a"}})
    one, two = ({"pk": {"S": "a"}, "n": {"N": number}} for number in "12")
    told = [
        (record["eventName"], record["dynamodb"].get("OldImage"), record["dynamodb"].get("NewImage"))
        for record in aws.stream_records(table)
    ]
    assert told == [("INSERT", None, one), ("MODIFY", one, two), ("REMOVE", two, None)]


def test_a_later_change_does_not_alter_an_earlier_record(aws: Aws) -> None:
    table = aws.table(stream=True)
    aws.dynamodb.put_item(TableName=table, Item={"pk": {"S": "a"}, "set": {"SS": ["x"]}, "list": {"L": [{"N": "1"}]}})
    aws.dynamodb.update_item(
        TableName=table,
        Key={"pk": {"S": "a"}},
        UpdateExpression="SET #l = list_append(#l, :two) ADD #s :y",
        ExpressionAttributeNames={"#l": "list", "#s": "set"},
        ExpressionAttributeValues={":two": {"L": [{"N": "2"}]}, ":y": {"SS": ["y"]}},
    )
    first, second = (record["dynamodb"] for record in aws.stream_records(table))
    assert first["NewImage"]["set"] == {"SS": ["x"]} and first["NewImage"]["list"] == {"L": [{"N": "1"}]}
    assert second["OldImage"] == first["NewImage"]
    assert sorted(second["NewImage"]["set"]["SS"]) == ["x", "y"]


def test_stream_iterators_begin_where_they_say(aws: Aws) -> None:
    table = aws.table(stream=True)
    for key in "abc":
        aws.dynamodb.put_item(TableName=table, Item={"pk": {"S": key}})
    assert aws.stream_records(table, "LATEST") == []
    numbers = [record["dynamodb"]["SequenceNumber"] for record in aws.stream_records(table)]
    arn = aws.stream_arn(table)
    (shard,) = aws.dynamodbstreams.describe_stream(StreamArn=arn)["StreamDescription"]["Shards"]

    def read(kind: str, limit: int = 10) -> list[str]:
        iterator = aws.dynamodbstreams.get_shard_iterator(
            StreamArn=arn, ShardId=shard["ShardId"], ShardIteratorType=kind, SequenceNumber=numbers[1]
        )["ShardIterator"]
        got = aws.dynamodbstreams.get_records(ShardIterator=iterator, Limit=limit)
        keys = [record["dynamodb"]["Keys"]["pk"]["S"] for record in got["Records"]]
        rest = aws.dynamodbstreams.get_records(ShardIterator=got["NextShardIterator"])["Records"]
        return keys + [f"then {record['dynamodb']['Keys']['pk']['S']}" for record in rest]

    assert read("AT_SEQUENCE_NUMBER") == ["b", "c"]
    assert read("AFTER_SEQUENCE_NUMBER") == ["c"]
    assert read("AT_SEQUENCE_NUMBER", limit=1) == ["b", "then c"]
    with pytest.raises(ClientError, match="ResourceNotFoundException"):
        aws.dynamodbstreams.describe_stream(StreamArn=arn.replace(table, "nowhere"))


def test_an_item_has_at_most_400_kilobytes(aws: Aws) -> None:
    table = aws.table()
    room = 400 * 1024 - len("pk") - len("a") - len("x")
    aws.dynamodb.put_item(TableName=table, Item={"pk": {"S": "a"}, "x": {"S": "x" * room}})
    aws.dynamodb.put_item(TableName=table, Item={"pk": {"S": "a"}, "x": {"B": b"x" * room}})
    for value in ({"S": "x" * (room + 1)}, {"B": b"x" * (room + 1)}):
        with pytest.raises(ClientError, match="Item size has exceeded the maximum allowed size"):
            aws.dynamodb.put_item(TableName=table, Item={"pk": {"S": "a"}, "x": value})
    with pytest.raises(ClientError, match="Item size to update has exceeded the maximum allowed size"):
        aws.dynamodb.update_item(
            TableName=table,
            Key={"pk": {"S": "a"}},
            UpdateExpression="SET y = :y",
            ExpressionAttributeValues={":y": {"S": "yy"}},
        )


CONDITIONS = [
    ("n = :n", {":n": {"N": "1.0"}}, True),
    ("n = :n", {":n": {"S": "1"}}, False),
    ("n < :n", {":n": {"S": "2"}}, False),
    ("yes = :n", {":n": {"N": "1"}}, False),
    ("zero BETWEEN :low AND :high", {":low": {"N": "-1"}, ":high": {"N": "1"}}, True),
    ("gone BETWEEN :low AND :high", {":low": {"N": "-1"}, ":high": {"N": "1"}}, False),
    ("gone = absent", None, False),
    ("gone = :null", {":null": {"NULL": True}}, False),
    ("nothing = :null", {":null": {"NULL": True}}, True),
    ("gone <> :n", {":n": {"N": "1"}}, True),
    ("gone < :n", {":n": {"N": "1"}}, False),
    ("NOT gone < :n", {":n": {"N": "1"}}, True),
    ("n IN (:a, :b)", {":a": {"S": "1"}, ":b": {"N": "1"}}, True),
    ("big > :n", {":n": {"N": "9007199254740993.4"}}, True),
    ("b < :b", {":b": {"B": b"\x01"}}, True),
    ("begins_with(b, :b)", {":b": {"B": b"\x00"}}, True),
    ("begins_with(n, :s)", {":s": {"S": "1"}}, False),
    ("contains(ns, :n)", {":n": {"N": "1.0"}}, True),
    ("contains(ns, :n)", {":n": {"S": "1"}}, False),
    ("size(s) = :n", {":n": {"N": "2"}}, True),
    ("size(b) = :n", {":n": {"N": "2"}}, True),
    ("size(gone) < :n", {":n": {"N": "2"}}, False),
    ("m = :m", {":m": {"M": {"x": {"L": [{"N": "1.00"}]}}}}, True),
    ("attribute_type(n, :t)", {":t": {"S": "N"}}, True),
]


@pytest.mark.parametrize(("condition", "values", "holds"), CONDITIONS, ids=[entry[0] for entry in CONDITIONS])
def test_a_condition_minds_types_and_what_is_missing(aws: Aws, condition: str, values: Any, holds: bool) -> None:
    table = aws.table()
    item = {
        "pk": {"S": "a"},
        "n": {"N": "1"},
        "zero": {"N": "0"},
        "yes": {"BOOL": True},
        "nothing": {"NULL": True},
        "big": {"N": "9007199254740993.5"},
        "b": {"B": b"\x00\xff"},
        "s": {"S": "ab"},
        "ns": {"NS": ["1", "2"]},
        "m": {"M": {"x": {"L": [{"N": "1"}]}}},
    }
    aws.dynamodb.put_item(TableName=table, Item=item)
    arguments = {"ExpressionAttributeValues": values} if values else {}
    try:
        aws.dynamodb.delete_item(TableName=table, Key={"pk": {"S": "a"}}, ConditionExpression=condition, **arguments)
        held = True
    except aws.dynamodb.exceptions.ConditionalCheckFailedException:
        held = False
    assert held is holds


def test_arithmetic_is_exact(aws: Aws) -> None:
    table = aws.table()
    aws.dynamodb.put_item(TableName=table, Item={"pk": {"S": "a"}, "n": {"N": "0.3"}, "m": {"N": "1e3"}})
    got = aws.dynamodb.update_item(
        TableName=table,
        Key={"pk": {"S": "a"}},
        UpdateExpression="SET n = n - :x, m = m + :y",
        ExpressionAttributeValues={":x": {"N": "0.1"}, ":y": {"N": "12345678901234567890.5"}},
        ReturnValues="ALL_NEW",
    )
    assert got["Attributes"] == {"pk": {"S": "a"}, "n": {"N": "0.2"}, "m": {"N": "12345678901234568890.5"}}


@pytest.mark.parametrize("read", ["query", "scan"])
def test_a_page_ends_at_one_megabyte_and_the_next_goes_on(aws: Aws, read: str) -> None:
    table = aws.table(range_key=True)
    keys = [f"{number:03}" for number in range(30)]
    for start in (0, 25):
        items = [{"pk": {"S": "p"}, "sk": {"S": key}, "x": {"S": "x" * 100_000}} for key in keys[start : start + 25]]
        aws.dynamodb.batch_write_item(RequestItems={table: [{"PutRequest": {"Item": item}} for item in items]})
    aws.dynamodb.put_item(TableName=table, Item={"pk": {"S": "other"}, "sk": {"S": "000"}})
    arguments: dict[str, Any] = {"TableName": table, "ConsistentRead": True}
    if read == "query":
        arguments |= {
            "KeyConditionExpression": "pk = :p AND sk >= :s",
            "ExpressionAttributeValues": {":p": {"S": "p"}, ":s": {"S": "000"}},
        }
    else:
        arguments |= {"FilterExpression": "pk = :p", "ExpressionAttributeValues": {":p": {"S": "p"}}}
    pages: list[list[str]] = []
    while True:
        got = getattr(aws.dynamodb, read)(**arguments)
        pages.append([item["sk"]["S"] for item in got["Items"]])
        if "LastEvaluatedKey" not in got:
            break
        assert set(got["LastEvaluatedKey"]) == {"pk", "sk"}
        arguments["ExclusiveStartKey"] = got["LastEvaluatedKey"]
    assert [len(page) for page in pages] in ([10, 10, 10], [10, 10, 10, 0])
    assert [key for page in pages for key in page] == keys


def test_query_pages_backwards_by_limit(aws: Aws) -> None:
    table = aws.table(range_key=True)
    for number in range(7):
        aws.dynamodb.put_item(TableName=table, Item={"pk": {"S": "p"}, "sk": {"S": str(number)}})
    paginator = aws.dynamodb.get_paginator("query")
    pages = paginator.paginate(
        TableName=table,
        KeyConditionExpression="pk = :p",
        ExpressionAttributeValues={":p": {"S": "p"}},
        ScanIndexForward=False,
        PaginationConfig={"PageSize": 3},
    )
    found = [[item["sk"]["S"] for item in page["Items"]] for page in pages]
    assert [page for page in found if page] == [["6", "5", "4"], ["3", "2", "1"], ["0"]]


def test_what_has_expired_is_removed_by_the_service(aws: Aws, tmp_path: Any) -> None:
    """The stream shows the service as the remover, to a reader and to a function; a plain delete shows none."""
    table, journal = aws.table(stream=True), tmp_path / "journal"
    aws.dynamodb.update_time_to_live(
        TableName=table, TimeToLiveSpecification={"Enabled": True, "AttributeName": "expires"}
    )
    function = aws.function(environment={"JOURNAL": str(journal)})
    aws.lambda_.create_event_source_mapping(
        FunctionName=function, EventSourceArn=aws.stream_arn(table), StartingPosition="TRIM_HORIZON"
    )
    now = int(time.time())
    moments = {"past": now - 5, "future": now + 600, "mistake": now - 6 * 365 * 86400}
    for key, moment in moments.items():
        aws.dynamodb.put_item(TableName=table, Item={"pk": {"S": key}, "expires": {"N": str(moment)}})
    aws.dynamodb.put_item(TableName=table, Item={"pk": {"S": "text"}, "expires": {"S": "1"}})
    eventually("it is removed", lambda: len(aws.dynamodb.scan(TableName=table)["Items"]) == 3)
    assert {item["pk"]["S"] for item in aws.dynamodb.scan(TableName=table)["Items"]} == {"future", "mistake", "text"}
    aws.dynamodb.delete_item(TableName=table, Key={"pk": {"S": "text"}})
    expired, deleted = [record for record in aws.stream_records(table) if record["eventName"] == "REMOVE"]
    assert expired["dynamodb"]["Keys"] == {"pk": {"S": "past"}}
    assert expired["userIdentity"] == {"Type": "Service", "PrincipalId": "dynamodb.amazonaws.com"}
    assert "userIdentity" not in deleted

    def removals() -> list[dict[str, Any]]:
        records = [entry["record"] for entry in journal_entries(journal) if "record" in entry]
        return [record for record in records if record["eventName"] == "REMOVE"]

    eventually("the function hears of both", lambda: len(removals()) == 2)
    assert [record.get("userIdentity") for record in removals()] == [
        {"type": "Service", "principalId": "dynamodb.amazonaws.com"},
        None,
    ]


def test_a_table_can_be_throttled_while_it_runs(aws: Aws) -> None:
    table = aws.table()

    def probability(value: float) -> None:
        setting = {"variable": "DYNAMODB_WRITE_ERROR_PROBABILITY", "value": value}
        requests.post(aws.endpoint + "/_localstack/config", json=setting, timeout=5).raise_for_status()

    probability(1.0)
    try:
        with pytest.raises(aws.dynamodb.exceptions.ProvisionedThroughputExceededException):
            aws.dynamodb.put_item(TableName=table, Item={"pk": {"S": "a"}})
        with pytest.raises(aws.dynamodb.exceptions.ProvisionedThroughputExceededException):
            aws.dynamodb.transact_write_items(TransactItems=[{"Put": {"TableName": table, "Item": {"pk": {"S": "a"}}}}])
        assert aws.dynamodb.scan(TableName=table)["Items"] == []
    finally:
        probability(0.0)
    aws.dynamodb.put_item(TableName=table, Item={"pk": {"S": "a"}})
