"""TransactWriteItems and TransactGetItems against a model in plain Python, and their rules one by one."""

import copy
import random
from typing import Any

import pytest
from aws import Aws
from botocore.exceptions import ClientError

Item = dict[str, dict[str, str]]
KEYS = [f"k{number}" for number in range(6)]


class Model:
    """One table as a dictionary. An action is (kind, key, what the condition wants, value)."""

    def __init__(self) -> None:
        self.items: dict[str, Item] = {}

    def commit(self, actions: list[tuple[str, str, str, int]]) -> list[dict[str, Any]] | None:
        """None when it committed, or the reasons, one for each action."""
        reasons = [self._reason(*action) for action in actions]
        if any(reason["Code"] != "None" for reason in reasons):
            return reasons
        for kind, key, _, value in actions:
            if kind == "Put":
                self.items[key] = {"pk": {"S": key}, "n": {"N": str(value)}}
            elif kind == "Update":
                item = self.items.setdefault(key, {"pk": {"S": key}})
                item["n"] = {"N": str(int(item.get("n", {"N": "0"})["N"]) + value)}
            elif kind == "Delete":
                self.items.pop(key, None)
        return None

    def _reason(self, kind: str, key: str, wants: str, value: int) -> dict[str, Any]:
        item = self.items.get(key)
        met = {
            "anything": True,
            "new": item is None,
            "known": item is not None,
            # False for a text: unlike types do not compare.
            "large": item is not None and int(item.get("n", {}).get("N", "0")) > 5,
        }[wants]
        if not met:
            reason: dict[str, Any] = {"Code": "ConditionalCheckFailed", "Message": "The conditional request failed"}
            if item is not None:
                reason["Item"] = copy.deepcopy(item)
            return reason
        if kind == "Update" and item is not None and "S" in item.get("n", {}):
            return {
                "Code": "ValidationError",
                "Message": "An operand in the update expression has an incorrect data type",
            }
        return {"Code": "None"}


CONDITIONS = {
    "anything": {},
    "new": {"ConditionExpression": "attribute_not_exists(pk)"},
    "known": {"ConditionExpression": "attribute_exists(pk)"},
    "large": {"ConditionExpression": "n > :five", "ExpressionAttributeValues": {":five": {"N": "5"}}},
}


def as_request(table: str, action: tuple[str, str, str, int]) -> dict[str, Any]:
    kind, key, wants, value = action
    body: dict[str, Any] = {
        "TableName": table,
        "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
        **copy.deepcopy(CONDITIONS[wants]),
    }
    if kind == "Put":
        body["Item"] = {"pk": {"S": key}, "n": {"N": str(value)}}
    else:
        body["Key"] = {"pk": {"S": key}}
    if kind == "Update":
        body["UpdateExpression"] = "ADD n :value"
        body.setdefault("ExpressionAttributeValues", {})[":value"] = {"N": str(value)}
    return {kind: body}


@pytest.mark.parametrize("seed", range(4))
def test_random_transactions_agree_with_the_model(aws: Aws, seed: int) -> None:
    """State, reasons, and the stream: which, replayed, gives the same table."""
    random_ = random.Random(seed)
    table, model = aws.table(stream=True), Model()
    committed = 0
    codes: set[str] = set()
    for _ in range(150):
        actions = []
        for key in random_.sample(KEYS, random_.randint(1, 4)):
            kind = random_.choice(["Put", "Update", "Delete", "ConditionCheck"])
            wants = random_.choice(["new", "known", "large"] + ["anything"] * (0 if kind == "ConditionCheck" else 6))
            actions.append((kind, key, wants, random_.randint(1, 9)))
        if random_.random() < 0.1:
            # Outside of any transaction: a text, to which no number can be added.
            key = random_.choice(KEYS)
            model.items[key] = {"pk": {"S": key}, "n": {"S": "text"}}
            aws.dynamodb.put_item(TableName=table, Item=model.items[key])
        expected = model.commit(actions)
        try:
            aws.dynamodb.transact_write_items(TransactItems=[as_request(table, action) for action in actions])
            reasons = None
            committed += 1
        except aws.dynamodb.exceptions.TransactionCanceledException as error:
            reasons = error.response["CancellationReasons"]
            codes |= {reason["Code"] for reason in reasons}
        assert reasons == expected, f"seed {seed}, actions {actions}"
        stored = {item["pk"]["S"]: item for item in aws.dynamodb.scan(TableName=table)["Items"]}
        assert stored == model.items, f"seed {seed}, actions {actions}"
    assert 30 < committed < 120, "the random actions test too little"
    assert codes == {"None", "ConditionalCheckFailed", "ValidationError"}, "the random actions test too little"

    replayed: dict[str, Item] = {}
    for record in aws.stream_records(table):
        key, data = record["dynamodb"]["Keys"]["pk"]["S"], record["dynamodb"]
        assert data.get("OldImage") == replayed.get(key), "a record's old image is not what was there"
        if record["eventName"] == "REMOVE":
            del replayed[key]
        else:
            assert record["eventName"] == ("MODIFY" if key in replayed else "INSERT")
            replayed[key] = data["NewImage"]
    assert replayed == model.items


def put(table: str, key: str, **attributes: Any) -> dict[str, Any]:
    return {"Put": {"TableName": table, "Item": {"pk": {"S": key}, **attributes}}}


def refused(aws: Aws, items: list[dict[str, Any]], **more: Any) -> tuple[str, str]:
    with pytest.raises(ClientError) as caught:
        aws.dynamodb.transact_write_items(TransactItems=items, **more)
    error = caught.value.response["Error"]
    return error["Code"], error["Message"]


def count(aws: Aws, table: str) -> int:
    counted: int = aws.dynamodb.scan(TableName=table, Select="COUNT")["Count"]
    return counted


def test_the_message_lists_the_codes(aws: Aws) -> None:
    table = aws.table()
    aws.dynamodb.put_item(TableName=table, Item={"pk": {"S": "b"}})
    second = put(table, "b")
    second["Put"]["ConditionExpression"] = "attribute_not_exists(pk)"
    assert refused(aws, [put(table, "a"), second]) == (
        "TransactionCanceledException",
        "Transaction cancelled, please refer cancellation reasons for specific reasons [None, ConditionalCheckFailed]",
    )
    assert count(aws, table) == 1


def test_an_item_is_in_a_reason_only_when_asked_for(aws: Aws) -> None:
    table = aws.table()
    aws.dynamodb.put_item(TableName=table, Item={"pk": {"S": "a"}, "b": {"B": b"\x00\xff"}})
    for wanted, item in ((None, None), ("NONE", None), ("ALL_OLD", {"pk": {"S": "a"}, "b": {"B": b"\x00\xff"}})):
        action = put(table, "a")
        action["Put"]["ConditionExpression"] = "attribute_not_exists(pk)"
        if wanted:
            action["Put"]["ReturnValuesOnConditionCheckFailure"] = wanted
        with pytest.raises(aws.dynamodb.exceptions.TransactionCanceledException) as caught:
            aws.dynamodb.transact_write_items(TransactItems=[action])
        (reason,) = caught.value.response["CancellationReasons"]
        assert reason.get("Item") == item


def test_a_client_token_makes_a_repeat_harmless(aws: Aws) -> None:
    table = aws.table()
    add = {
        "Update": {
            "TableName": table,
            "Key": {"pk": {"S": "a"}},
            "UpdateExpression": "ADD n :one",
            "ExpressionAttributeValues": {":one": {"N": "1"}},
        }
    }
    for more in ({}, {}, {"ReturnConsumedCapacity": "TOTAL"}):
        aws.dynamodb.transact_write_items(TransactItems=[add], ClientRequestToken=f"{table}-1", **more)
    assert aws.dynamodb.scan(TableName=table)["Items"] == [{"pk": {"S": "a"}, "n": {"N": "1"}}]
    aws.dynamodb.transact_write_items(TransactItems=[add], ClientRequestToken=f"{table}-2")
    assert aws.dynamodb.scan(TableName=table)["Items"] == [{"pk": {"S": "a"}, "n": {"N": "2"}}]
    code, _ = refused(aws, [put(table, "b")], ClientRequestToken=f"{table}-1")
    assert code == "IdempotentParameterMismatchException"
    assert count(aws, table) == 1


def test_a_cancelled_transaction_is_tried_anew_under_its_token(aws: Aws) -> None:
    table = aws.table()
    action = put(table, "a")
    action["Put"]["ConditionExpression"] = "attribute_not_exists(pk)"
    aws.dynamodb.put_item(TableName=table, Item={"pk": {"S": "a"}})
    assert refused(aws, [action], ClientRequestToken=f"{table}-1")[0] == "TransactionCanceledException"
    aws.dynamodb.delete_item(TableName=table, Key={"pk": {"S": "a"}})
    aws.dynamodb.transact_write_items(TransactItems=[action], ClientRequestToken=f"{table}-1")
    assert count(aws, table) == 1


def test_a_token_is_forgotten_after_ten_minutes(monkeypatch: pytest.MonkeyPatch) -> None:
    from waxseal_localstack.dynamodb import tokens

    now = [1000.0]
    monkeypatch.setattr(tokens.time, "time", lambda: now[0])
    known, owner = tokens.Tokens(), ("account", "region")
    known.remember(owner, "t", {"TransactItems": [1]})
    now[0] += 599
    assert known.is_repeat(owner, "t", {"TransactItems": [1]}) is True
    assert known.is_repeat(owner, "t", {"TransactItems": [2]}) is False
    assert known.is_repeat(("other", "region"), "t", {"TransactItems": [1]}) is None
    now[0] += 2
    assert known.is_repeat(owner, "t", {"TransactItems": [2]}) is None


def test_a_hundred_actions_commit_and_a_hundred_and_one_do_not(aws: Aws) -> None:
    table = aws.table()
    aws.dynamodb.transact_write_items(TransactItems=[put(table, str(number)) for number in range(100)])
    assert count(aws, table) == 100
    code, words = refused(aws, [put(table, f"x{number}") for number in range(101)])
    assert code == "ValidationException" and "less than or equal to 100" in words
    assert count(aws, table) == 100


def test_two_actions_on_one_item_are_refused(aws: Aws) -> None:
    table = aws.table()
    delete = {"Delete": {"TableName": table, "Key": {"pk": {"S": "a"}}}}
    assert refused(aws, [put(table, "a"), delete]) == (
        "ValidationException",
        "Transaction request cannot include multiple operations on one item",
    )


def test_more_than_four_megabytes_are_refused(aws: Aws) -> None:
    table = aws.table()
    large = {"x": {"S": "x" * 400_000}}
    aws.dynamodb.transact_write_items(TransactItems=[put(table, f"a{number}", **large) for number in range(10)])
    code, words = refused(aws, [put(table, f"b{number}", **large) for number in range(11)])
    assert code == "ValidationException" and "4 MB" in words
    keys = [f"a{number}" for number in range(10)]
    pages = aws.dynamodb.get_paginator("scan").paginate(TableName=table, ProjectionExpression="pk")
    assert sorted(item["pk"]["S"] for page in pages for item in page["Items"]) == keys
    aws.dynamodb.put_item(TableName=table, Item={"pk": {"S": "c"}, "x": {"S": "x" * 400_000}})
    gets = [{"Get": {"TableName": table, "Key": {"pk": {"S": key}}}} for key in [*keys, "c"]]
    with pytest.raises(ClientError) as caught:
        aws.dynamodb.transact_get_items(TransactItems=gets)
    assert caught.value.response["Error"]["Code"] == "ValidationException"


@pytest.mark.parametrize(
    ("action", "code"),
    [
        ({"Put": {"TableName": "TABLE", "Item": {"other": {"S": "a"}}}}, "ValidationException"),
        ({"Put": {"TableName": "TABLE", "Item": {"pk": {"N": "1"}}}}, "TransactionCanceledException"),
        ({"Delete": {"TableName": "TABLE", "Key": {"pk": {"N": "1"}}}}, "TransactionCanceledException"),
        ({"Delete": {"TableName": "TABLE", "Key": {"pk": {"S": "a"}, "sk": {"S": "b"}}}}, "ValidationException"),
        ({"Put": {"TableName": "nowhere", "Item": {"pk": {"S": "a"}}}}, "ResourceNotFoundException"),
        (
            {"Put": {"TableName": "TABLE", "Item": {"pk": {"S": "a"}}, "ExpressionAttributeNames": {"#n": "n"}}},
            "ValidationException",
        ),
        (
            {
                "Update": {
                    "TableName": "TABLE",
                    "Key": {"pk": {"S": "a"}},
                    "UpdateExpression": "SET n = :a",
                    "ExpressionAttributeValues": {":a": {"N": "1"}, ":unused": {"N": "1"}},
                }
            },
            "ValidationException",
        ),
        (
            {"Update": {"TableName": "TABLE", "Key": {"pk": {"S": "a"}}, "UpdateExpression": "SET SET n"}},
            "ValidationException",
        ),
    ],
    ids=["no key", "key of another type", "delete by another type", "too many keys", "no table", "unused name",
         "unused value", "syntax"],
)  # fmt: skip
def test_a_request_that_is_wrong_in_itself_changes_nothing(aws: Aws, action: dict[str, Any], code: str) -> None:
    table = aws.table()
    ((kind, body),) = action.items()
    body = {**body, "TableName": table if body["TableName"] == "TABLE" else body["TableName"]}
    assert refused(aws, [put(table, "first"), {kind: body}])[0] == code
    assert count(aws, table) == 0


def test_transact_get_is_one_moment_with_projection_and_gaps(aws: Aws) -> None:
    table = aws.table()
    aws.dynamodb.put_item(
        TableName=table,
        Item={"pk": {"S": "a"}, "n": {"N": "1"}, "m": {"M": {"x": {"B": b"\xff"}}}, "b": {"B": b"\x00"}},
    )

    aws.dynamodb.put_item(TableName=table, Item={"pk": {"S": "b"}, "n": {"N": "2"}, "x": {"S": "x"}})

    def get(key: str, **more: Any) -> dict[str, Any]:
        return {"Get": {"TableName": table, "Key": {"pk": {"S": key}}, **more}}

    got = aws.dynamodb.transact_get_items(
        TransactItems=[
            get("missing"),
            get("a"),
            get("b", ProjectionExpression="#n", ExpressionAttributeNames={"#n": "n"}),
        ]
    )["Responses"]
    assert got == [
        {},
        {"Item": {"pk": {"S": "a"}, "n": {"N": "1"}, "m": {"M": {"x": {"B": b"\xff"}}}, "b": {"B": b"\x00"}}},
        {"Item": {"n": {"N": "2"}}},
    ]
    many = [get(f"k{number}") for number in range(100)]
    assert len(aws.dynamodb.transact_get_items(TransactItems=many)["Responses"]) == 100
    with pytest.raises(ClientError, match="less than or equal to 100"):
        aws.dynamodb.transact_get_items(TransactItems=[*many, get("a")])
    with pytest.raises(ClientError, match="cannot include multiple operations on one item"):
        aws.dynamodb.transact_get_items(TransactItems=[get("a"), get("a")])
