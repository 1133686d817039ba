"""A function cannot tell a TTL removal from a delete: the mapping drops `userIdentity` from a stream's record.

The Streams API writes its names with a capital, the record in a Lambda event without.
"""

from collections.abc import Callable
from typing import Any

from localstack.services.lambda_.event_source_mapping.pollers.dynamodb_poller import DynamoDBPoller
from localstack.utils.patch import patch


def apply() -> None:
    @patch(DynamoDBPoller.transform_into_events)
    def transform_into_events(
        stock: Callable[..., list[dict[str, Any]]], self: DynamoDBPoller, records: list[dict[str, Any]], shard_id: str
    ) -> list[dict[str, Any]]:
        events = stock(self, records, shard_id)
        for record, event in zip(records, events, strict=True):
            if identity := record.get("userIdentity"):
                event["userIdentity"] = {"type": identity["Type"], "principalId": identity["PrincipalId"]}
        return events
