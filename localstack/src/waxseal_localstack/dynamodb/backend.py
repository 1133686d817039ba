"""moto's backend with its writes replaced: each is planned beside the table and applied in one step (see `writes`)."""

import copy
from typing import Any

from moto.dynamodb import models
from moto.dynamodb.models import DynamoDBBackend, dynamo_type, table
from moto.dynamodb.models.dynamo_type import DynamoType, Item
from moto.dynamodb.models.table import StreamRecord, StreamShard

from waxseal_localstack.dynamodb import semantics, sizes, writes


class Backend(DynamoDBBackend):
    # moto finds a service's routes beside the module of its backend.
    __module__ = DynamoDBBackend.__module__

    def put_item(self, table_name: str, item_attrs: dict[str, Any], *args: Any, **kwargs: Any) -> Item:
        target = self.get_table(table_name)
        key = writes.key_of_item(target, item_attrs)
        if key is None:
            return target.put_item(item_attrs)  # raises
        change = writes.plan(
            target, key, lambda scratch: DynamoDBBackend.put_item(scratch, table_name, item_attrs, *args, **kwargs)
        )
        change.apply()
        assert change.new is not None
        return change.new

    def update_item(self, table_name: str, key: dict[str, Any], *args: Any, **kwargs: Any) -> Item:
        target = self.get_table(table_name)
        change = writes.plan(
            target,
            writes.checked_key(target, key),
            lambda scratch: DynamoDBBackend.update_item(scratch, table_name, key, *args, **kwargs),
            update=True,
        )
        change.apply()
        assert change.new is not None
        return change.new

    def delete_item(self, table_name: str, key: dict[str, Any], *args: Any, **kwargs: Any) -> Item | None:
        target = self.get_table(table_name)
        change = writes.plan(
            target,
            writes.checked_key(target, key),
            lambda scratch: DynamoDBBackend.delete_item(scratch, table_name, key, *args, **kwargs),
        )
        change.apply()
        return change.old

    def query(self, table_name: str, hash_key_dict: dict[str, Any], *args: Any, **kwargs: Any) -> Any:
        """Without an index only one partition can match, and moto sorts the whole table to find it."""
        target = self.get_table(table_name)
        by_index = kwargs.get("index_name") or (args[6] if len(args) > 6 else None)
        if by_index:
            return super().query(table_name, hash_key_dict, *args, **kwargs)
        view = copy.copy(target)
        hash_key = DynamoType(hash_key_dict)
        view.items = {hash_key: target.items[hash_key]} if hash_key in target.items else {}
        return DynamoDBBackend.query(_View(view), table_name, hash_key_dict, *args, **kwargs)


class _View(DynamoDBBackend):
    def __init__(self, view: table.Table) -> None:
        self._view = view

    def get_table(self, table_name: str) -> table.Table:
        return self._view


class Shard(StreamShard):
    """A table's stream: one shard that never closes, so records keep their order across the whole table."""

    def append(self, old: Item | None, new: Item | None, identity: dict[str, str] | None) -> None:
        kind = "INSERT" if old is None else "REMOVE" if new is None else "MODIFY"
        view = self.table.stream_specification["StreamViewType"]  # type: ignore[index]
        sequence = self.starting_sequence_number + len(self.items)
        record = StreamRecord(self.table, view, kind, old, new, sequence)
        record.record["awsRegion"] = self.table.region_name
        record.record["eventVersion"] = "1.1"
        data = record.record["dynamodb"]
        data["ApproximateCreationDateTime"] = table.unix_time()
        for image, item in (("OldImage", old), ("NewImage", new)):
            if item is None:
                data.pop(image, None)
        if identity is not None:
            record.record["userIdentity"] = identity
        self.items.append(record)

    def add(self, old: Item | None, new: Item | None) -> None:
        """Called where moto writes by itself (PartiQL)."""
        self.append(old, new, None)


def install() -> None:
    """Has moto make our classes; before the first table exists."""
    models.dynamodb_backends.backend = Backend
    table.StreamShard = Shard  # type: ignore[misc]
    # Sizes by the published rules, checked on the finished item: moto checks at each attribute and counts otherwise.
    Item.size = sizes.of_item  # type: ignore[method-assign]
    dynamo_type.LimitedSizeDict.__setitem__ = dict.__setitem__  # type: ignore[method-assign]
    table.RESULT_SIZE_LIMIT = sizes.PAGE_LIMIT
    semantics.install()
