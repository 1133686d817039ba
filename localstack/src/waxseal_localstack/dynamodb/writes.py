"""Copy on write: what an operation would change is worked out beside the table, then swapped in.

moto changes items in place, step by step; an update that fails half-way leaves the first half, and the upsert of a new
item writes two stream records. So each of moto's operations runs on a scratch table that holds a copy of the one item.
An exception changes nothing, and several changes become visible together: that is all a transaction is.
"""

import copy
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from moto.dynamodb.exceptions import ItemSizeTooLarge, ItemSizeToUpdateTooLarge, ProvidedKeyDoesNotExist
from moto.dynamodb.models import DynamoDBBackend
from moto.dynamodb.models.dynamo_type import DynamoType, Item
from moto.dynamodb.models.table import Table

from waxseal_localstack.dynamodb import sizes
from waxseal_localstack.dynamodb.wire import Attributes


@dataclass(frozen=True)
class Change:
    """One item, before and after. `old` and `new` are never altered once they are in a table."""

    table: Table
    hash_key: DynamoType
    range_key: DynamoType | None
    old: Item | None
    new: Item | None

    def apply(self, identity: dict[str, str] | None = None) -> None:
        items = self.table.items
        if self.range_key is not None:
            partition = items[self.hash_key]
            _assign(partition, self.range_key, self.new)
            if not partition:
                del items[self.hash_key]
        else:
            _assign(items, self.hash_key, self.new)
        shard = self.table.stream_shard
        # DynamoDB writes no record when nothing has changed.
        if shard is not None and not _same(self.old, self.new):
            shard.append(self.old, self.new, identity)


Operation = Callable[["Scratch"], object]


def plan(table: Table, key: Attributes, operation: Operation, *, update: bool = False) -> Change:
    """The effect of `operation` on the item with this key. Raises moto's error where it would fail."""
    hash_key = DynamoType(key[table.hash_key_attr])
    range_key = DynamoType(key[table.range_key_attr]) if table.range_key_attr else None
    old = find(table, hash_key, range_key)
    scratch = Scratch(table, hash_key, range_key, copy.deepcopy(old) if update else old)
    operation(scratch)
    new = find(scratch.table, hash_key, range_key)
    if new is not None and sizes.of_item(new) > sizes.ITEM_LIMIT:
        raise ItemSizeToUpdateTooLarge if update else ItemSizeTooLarge
    return Change(table, hash_key, range_key, old, new)


def apply(changes: Iterable[Change]) -> None:
    for change in changes:
        change.apply()


def key_of_item(table: Table, attributes: Attributes) -> Attributes | None:
    """The item's key, or None when it lacks one: then moto's own check words the error."""
    key = {name: attributes[name] for name in table.table_key_attrs if name in attributes}
    return key if len(key) == len(table.table_key_attrs) else None


def checked_key(table: Table, key: Attributes) -> Attributes:
    kinds = {table.hash_key_attr: table.hash_key_type}
    if table.range_key_attr:
        kinds[table.range_key_attr] = table.range_key_type or ""
    if {name: next(iter(value)) for name, value in key.items()} != kinds:
        raise ProvidedKeyDoesNotExist
    return key


def find(table: Table, hash_key: DynamoType, range_key: DynamoType | None) -> Item | None:
    # `in` first: the dictionary makes a partition for each key that is read.
    if hash_key not in table.items:
        return None
    found: Any = table.items[hash_key]
    return found.get(range_key) if range_key is not None else found


class Scratch(DynamoDBBackend):
    """A backend with one table that holds at most one item and has no stream."""

    def __init__(self, table: Table, hash_key: DynamoType, range_key: DynamoType | None, item: Item | None) -> None:
        self.table: Table = copy.copy(table)
        self.table.items = defaultdict(dict)
        self.table.stream_shard = None
        if item is not None:
            if range_key is not None:
                self.table.items[hash_key][range_key] = item
            else:
                self.table.items[hash_key] = item  # type: ignore[assignment]

    def get_table(self, table_name: str) -> Table:
        return self.table


def _assign(items: Any, key: DynamoType, item: Item | None) -> None:
    if item is None:
        items.pop(key, None)
    else:
        items[key] = item


def _same(old: Item | None, new: Item | None) -> bool:
    if old is None or new is None:
        return old is new
    return bool(old.attrs == new.attrs)
