"""Removes expired items as DynamoDB does: as a change by the service, which a stream record shows."""

import logging
import threading
import time

from moto.dynamodb.models import Table, dynamodb_backends
from moto.dynamodb.models.dynamo_type import Item

from waxseal_localstack.dynamodb.lock import LOCK
from waxseal_localstack.dynamodb.writes import Change

LOG = logging.getLogger(__name__)

IDENTITY = {"Type": "Service", "PrincipalId": "dynamodb.amazonaws.com"}
# DynamoDB takes up to days; a test does not want to.
EVERY_S = 1.0
# An instant that is further back is taken for a mistake, and the item stays.
OLDEST_S = 5 * 365 * 24 * 3600


def start() -> None:
    threading.Thread(target=_loop, daemon=True, name="dynamodb-ttl").start()


def sweep() -> int:
    """Removes all that has expired, and returns how many."""
    removed = 0
    with LOCK:
        for regions in list(dynamodb_backends.values()):
            for backend in list(regions.values()):
                for table in list(backend.tables.values()):
                    removed += _sweep(table)
    return removed


def _sweep(table: Table) -> int:
    if table.ttl.get("TimeToLiveStatus") != "ENABLED":
        return 0
    attribute, now = table.ttl["AttributeName"], time.time()
    expired = [item for item in table.all_items() if _has_expired(item, attribute, now)]
    for item in expired:
        Change(table, item.hash_key, item.range_key, item, None).apply(IDENTITY)
    return len(expired)


def _has_expired(item: Item, attribute: str, now: float) -> bool:
    value = item.attrs.get(attribute)
    if value is None or value.type != "N":
        return False
    return now - OLDEST_S < float(value.value) < now


def _loop() -> None:
    while True:
        time.sleep(EVERY_S)
        try:
            sweep()
        except Exception:
            LOG.exception("could not remove expired items")
