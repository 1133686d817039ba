"""Two thousand racers: for each key exactly one wins, and all the others see the winner."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor

from aws import Aws

KEYS, RACERS_PER_KEY = 100, 20


def test_two_thousand_racing_puts_have_one_winner_per_key(aws: Aws) -> None:
    table = aws.table(stream=True)

    def race(number: int) -> tuple[str, str, bool]:
        key, racer = f"k{number % KEYS}", f"r{number}"
        try:
            aws.dynamodb.put_item(
                TableName=table,
                Item={"pk": {"S": key}, "racer": {"S": racer}},
                ConditionExpression="attribute_not_exists(pk)",
                ReturnValuesOnConditionCheckFailure="ALL_OLD",
            )
            return key, racer, True
        except aws.dynamodb.exceptions.ConditionalCheckFailedException as lost:
            return key, lost.response["Item"]["racer"]["S"], False

    with ThreadPoolExecutor(32) as pool:
        results = list(pool.map(race, range(KEYS * RACERS_PER_KEY)))
    winners = {key: racer for key, racer, won in results if won}
    assert Counter(key for key, _, won in results if won) == dict.fromkeys(winners, 1)
    assert len(winners) == KEYS
    assert [(key, racer) for key, racer, _ in results if winners[key] != racer] == [], "a loser saw another winner"
    stored = aws.dynamodb.scan(TableName=table)["Items"]
    assert {item["pk"]["S"]: item["racer"]["S"] for item in stored} == winners
    assert [record["eventName"] for record in aws.stream_records(table)] == ["INSERT"] * KEYS


def test_racing_counters_lose_no_increment(aws: Aws) -> None:
    """Half by ADD, half by compare-and-set inside a transaction with a second item."""
    table = aws.table()
    aws.dynamodb.put_item(TableName=table, Item={"pk": {"S": "cas"}, "n": {"N": "0"}})

    def add(_: int) -> None:
        aws.dynamodb.update_item(
            TableName=table,
            Key={"pk": {"S": "add"}},
            UpdateExpression="ADD n :one",
            ExpressionAttributeValues={":one": {"N": "1"}},
        )

    def compare_and_set(number: int) -> None:
        while True:
            seen = aws.dynamodb.get_item(TableName=table, Key={"pk": {"S": "cas"}})["Item"]["n"]["N"]
            try:
                aws.dynamodb.transact_write_items(
                    TransactItems=[
                        {
                            "Update": {
                                "TableName": table,
                                "Key": {"pk": {"S": "cas"}},
                                "UpdateExpression": "SET n = n + :one",
                                "ConditionExpression": "n = :seen",
                                "ExpressionAttributeValues": {":one": {"N": "1"}, ":seen": {"N": seen}},
                            }
                        },
                        {"Put": {"TableName": table, "Item": {"pk": {"S": f"receipt-{number}"}, "saw": {"N": seen}}}},
                    ]
                )
                return
            except aws.dynamodb.exceptions.TransactionCanceledException:
                continue

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(add, range(100)))
        list(pool.map(compare_and_set, range(50)))
    items = {item["pk"]["S"]: item for item in aws.dynamodb.scan(TableName=table)["Items"]}
    assert (items["add"]["n"]["N"], items["cas"]["n"]["N"]) == ("100", "50")
    saw = sorted(int(item["saw"]["N"]) for key, item in items.items() if key.startswith("receipt-"))
    assert saw == list(range(50)), "two transactions committed on the same version"
