"""DynamoDB Streams: one shard for each table, and iterators that are nothing but a position in it."""

import base64
import json
from datetime import UTC, datetime
from typing import Any

from localstack.aws.api import RequestContext
from localstack.aws.api.dynamodbstreams import (
    DescribeStreamOutput,
    DynamodbstreamsApi,
    GetRecordsOutput,
    GetShardIteratorOutput,
    ListStreamsOutput,
    ResourceNotFoundException,
    TrimmedDataAccessException,
)
from localstack.services.plugins import Service, ServiceLifecycleHook
from moto.dynamodb.models import Table, dynamodb_backends

from waxseal_localstack.dynamodb import wire
from waxseal_localstack.dynamodb.lock import LOCK

MAX_RECORDS = 1000


class Provider(DynamodbstreamsApi, ServiceLifecycleHook):
    def list_streams(
        self,
        context: RequestContext,
        table_name: str | None = None,
        limit: int | None = None,
        exclusive_start_stream_arn: str | None = None,
        **_: Any,
    ) -> ListStreamsOutput:
        with LOCK:
            tables = [table for table in _tables(context).values() if table.stream_shard]
        streams = [
            {"StreamArn": _arn(table), "TableName": table.name, "StreamLabel": table.latest_stream_label}
            for table in tables
            if table_name in (None, table.name)
        ]
        return ListStreamsOutput(Streams=streams)  # type: ignore[typeddict-item]

    def describe_stream(
        self,
        context: RequestContext,
        stream_arn: str,
        limit: int | None = None,
        exclusive_start_shard_id: str | None = None,
        **_: Any,
    ) -> DescribeStreamOutput:
        table = _table(context, stream_arn)
        assert table.stream_shard and table.stream_specification
        shards = [] if exclusive_start_shard_id else [table.stream_shard.to_json()]
        return DescribeStreamOutput(
            StreamDescription={  # type: ignore[typeddict-item]
                "StreamArn": stream_arn,
                "StreamLabel": table.latest_stream_label,
                "StreamStatus": "ENABLED",
                "StreamViewType": table.stream_specification["StreamViewType"],
                "CreationRequestDateTime": table.stream_shard.created_on,
                "TableName": table.name,
                "KeySchema": table.schema,
                "Shards": shards,
            }
        )

    def get_shard_iterator(
        self,
        context: RequestContext,
        stream_arn: str,
        shard_id: str,
        shard_iterator_type: str,
        sequence_number: str | None = None,
        **_: Any,
    ) -> GetShardIteratorOutput:
        shard = _table(context, stream_arn).stream_shard
        assert shard
        if shard_id != shard.id:
            raise ResourceNotFoundException(f"Requested resource not found: Shard: {shard_id} not found")
        match shard_iterator_type:
            case "TRIM_HORIZON":
                position = 0
            case "LATEST":
                position = len(shard.items)
            case _:
                position = int(sequence_number or 0) - shard.starting_sequence_number
                position += shard_iterator_type == "AFTER_SEQUENCE_NUMBER"
        return GetShardIteratorOutput(ShardIterator=_iterator(stream_arn, position))

    def get_records(
        self, context: RequestContext, shard_iterator: str, limit: int | None = None, **_: Any
    ) -> GetRecordsOutput:
        arn, position = _position(shard_iterator)
        shard = _table(context, arn).stream_shard
        assert shard
        with LOCK:
            found = shard.items[position : position + min(limit or MAX_RECORDS, MAX_RECORDS)]
        return GetRecordsOutput(
            Records=[_record(entry.to_json()) for entry in found],  # type: ignore[misc]
            NextShardIterator=_iterator(arn, position + len(found)),
        )


def make_service() -> Service:
    return Service.for_provider(Provider())


def _record(stored: dict[str, Any]) -> dict[str, Any]:
    data = dict(stored["dynamodb"])
    data["ApproximateCreationDateTime"] = datetime.fromtimestamp(int(data["ApproximateCreationDateTime"]), UTC)
    for part in ("Keys", "OldImage", "NewImage"):
        if part in data:
            data[part] = wire.to_bytes(data[part])
    return {**stored, "dynamodb": data}


def _tables(context: RequestContext) -> dict[str, Table]:
    tables: dict[str, Table] = dynamodb_backends[context.account_id][context.region].tables
    return tables


def _table(context: RequestContext, arn: str) -> Table:
    name = arn.partition(":table/")[2].partition("/")[0]
    with LOCK:
        table = _tables(context).get(name)
        if table is None or table.stream_shard is None or arn != _arn(table):
            raise ResourceNotFoundException(f"Requested resource not found: Stream: {arn} not found")
        return table


def _arn(table: Table) -> str:
    return f"{table.table_arn}/stream/{table.latest_stream_label}"


def _iterator(arn: str, position: int) -> str:
    return f"{arn}|1|" + base64.b64encode(json.dumps([arn, position]).encode()).decode()


def _position(iterator: str) -> tuple[str, int]:
    try:
        arn, position = json.loads(base64.b64decode(iterator.rpartition("|")[2]))
        return str(arn), max(0, int(position))
    except ValueError as error:
        raise TrimmedDataAccessException("The shard iterator is not one of this service's") from error
