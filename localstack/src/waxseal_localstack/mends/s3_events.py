"""Every event of S3 has the same `sequencer`, and through EventBridge an encoded key.

A consumer that knows an event by bucket, key and sequencer takes the second version of an object for a repetition of the
first. S3 encodes the key in its notifications alone.
"""

import json
from typing import Any
from urllib.parse import unquote

from localstack.services.s3.notifications import BaseNotifier, EventBridgeNotifier, S3EventNotificationContext


def apply() -> None:
    notification, event = BaseNotifier._get_event_payload, EventBridgeNotifier._get_event_payload

    def of_notification(ctx: S3EventNotificationContext, config_id: str) -> Any:
        payload = notification(ctx, config_id)
        for record in payload["Records"]:
            _sequence(record["s3"]["object"], ctx)
        return payload

    def of_event(ctx: S3EventNotificationContext, config_id: str | None = None) -> Any:
        entry = event(ctx, config_id)
        detail = json.loads(entry["Detail"])
        _sequence(detail["object"], ctx)
        detail["object"]["key"] = unquote(detail["object"]["key"])
        return {**entry, "Detail": json.dumps(detail)}

    BaseNotifier._get_event_payload = staticmethod(of_notification)
    EventBridgeNotifier._get_event_payload = staticmethod(of_event)


def _sequence(stored: dict[str, Any], ctx: S3EventNotificationContext) -> None:
    """Later writes have larger numbers. Some events have none."""
    if "sequencer" in stored:
        stored["sequencer"] = f"{int(ctx.event_time.timestamp() * 1_000_000):018X}"
