"""The function on Powertools for AWS Lambda (Python): batch processing with idempotency, as its documentation shows."""

import json
import os

import boto3
from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, process_partial_response
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord
from aws_lambda_powertools.utilities.idempotency import (
    DynamoDBPersistenceLayer,
    IdempotencyConfig,
    idempotent_function,
)

WORKLOAD = os.environ["BENCH_WORKLOAD"]
TABLE = os.environ["BENCH_TABLE"]

# The plain client: `boto3.resource` costs more at start and for each call.
dynamodb = boto3.client("dynamodb")
processor = BatchProcessor(event_type=EventType.SQS)
persistence = DynamoDBPersistenceLayer(table_name=os.environ["BENCH_IDEMPOTENCY_TABLE"])
config = IdempotencyConfig(event_key_jmespath="powertools_json(body).detail.eventId")


@idempotent_function(data_keyword_argument="record", config=config, persistence_store=persistence)
def record_handler(record: SQSRecord) -> dict:
    detail = record.json_body["detail"]
    data = detail["data"]
    if sum(line["quantity"] * line["unitPrice"] for line in data["lines"]) != data["amount"]:
        raise ValueError("the lines do not add up")
    if WORKLOAD == "ledger":
        book(data)
    if WORKLOAD == "emit":
        emit(detail["eventId"], data)
    return {"eventId": detail["eventId"]}


def book(data: dict) -> None:
    key = {"pk": {"S": f"ledger#{data['account']}"}, "sk": {"S": "state"}}
    stored = dynamodb.get_item(TableName=TABLE, Key=key, ConsistentRead=True).get("Item")
    version, count, total = (int(stored[name]["N"]) for name in ("version", "count", "total")) if stored else (0, 0, 0)
    item = {
        **key,
        "version": {"N": str(version + 1)},
        "count": {"N": str(count + 1)},
        "total": {"N": str(total + data["amount"])},
    }
    condition = (
        {"ConditionExpression": "version = :version", "ExpressionAttributeValues": {":version": {"N": str(version)}}}
        if stored
        else {"ConditionExpression": "attribute_not_exists(pk)"}
    )
    dynamodb.put_item(TableName=TABLE, Item=item, **condition)


def emit(cause: str, data: dict) -> None:
    """Leaves what is to be published later. Id and key follow from the cause's id: an attempt may come twice."""
    event = {
        "eventId": f"booked-{cause}",
        "eventType": "payment.booked",
        "causationId": cause,
        "data": {"account": data["account"], "amount": data["amount"]},
    }
    item = {"pk": {"S": f"outgoing#{cause}"}, "sk": {"S": "event"}, "emitted": {"S": json.dumps(event)}}
    dynamodb.put_item(TableName=TABLE, Item=item)


def handler(event, context):
    config.register_lambda_context(context)
    return process_partial_response(event=event, record_handler=record_handler, processor=processor, context=context)
