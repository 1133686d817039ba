"""TransactWriteItems and TransactGetItems."""

from dataclasses import dataclass
from typing import Any

from localstack.aws.api.dynamodb import CancellationReason, TransactionCanceledException
from moto.dynamodb.comparisons import create_condition_expression_parser
from moto.dynamodb.exceptions import (
    AttributeDoesNotExist,
    ConditionalCheckFailed,
    EmptyKeyAttributeException,
    ExpressionAttributeValuesEmpty,
    IncorrectDataType,
    InvalidAttributeTypeError,
    InvalidUpdateExpressionInvalidDocumentPath,
    ItemSizeToUpdateTooLarge,
    MockValidationException,
    MultipleTransactionsException,
    ProvidedKeyDoesNotExist,
    TransactWriteSingleOpException,
)
from moto.dynamodb.models import DynamoDBBackend, Table
from moto.dynamodb.models.dynamo_type import Item
from moto.dynamodb.parsing.expressions import ExpressionAttributeName, ExpressionAttributeValue, UpdateExpressionParser
from moto.dynamodb.responses import (
    ProjectionExpressionParser,
    validate_attributes_used,
    validate_put_has_empty_attrs,
    validate_put_has_empty_keys,
)

from waxseal_localstack.dynamodb import sizes, wire, writes
from waxseal_localstack.dynamodb.wire import Attributes

MAX_ACTIONS = 100

# Errors that depend on the item or on the types of the table's key: the reason of one action. Anything else is wrong with
# the request as a whole.
_OF_THE_ITEM = (
    AttributeDoesNotExist,
    EmptyKeyAttributeException,
    IncorrectDataType,
    InvalidAttributeTypeError,
    InvalidUpdateExpressionInvalidDocumentPath,
    ItemSizeToUpdateTooLarge,
    ProvidedKeyDoesNotExist,
)


@dataclass(frozen=True)
class _Action:
    kind: str
    body: dict[str, Any]
    table: Table
    key: Attributes


def write(backend: DynamoDBBackend, request: dict[str, Any]) -> None:
    """All or nothing: every action is planned on the state before, and applied when none has a reason against it."""
    actions = [_parse(backend, item) for item in _limited(request["TransactItems"])]
    _check_distinct([(action.table, action.key) for action in actions])
    plans = [_plan(action) for action in actions]
    if any(isinstance(plan, dict) for plan in plans):
        reasons = [plan if isinstance(plan, dict) else CancellationReason(Code="None") for plan in plans]
        codes = ", ".join(reason["Code"] for reason in reasons)
        raise TransactionCanceledException(
            f"Transaction cancelled, please refer cancellation reasons for specific reasons [{codes}]",
            CancellationReasons=reasons,
        )
    changes = [plan for plan in plans if isinstance(plan, writes.Change)]
    _check_total([change.new or change.old for change in changes])
    writes.apply(changes)


def get(backend: DynamoDBBackend, request: dict[str, Any]) -> list[dict[str, Any]]:
    """One moment's view of all items: the caller holds the lock."""
    found: list[Item | None] = []
    keys: list[tuple[Table, Attributes]] = []
    responses: list[dict[str, Any]] = []
    for entry in _limited(request["TransactItems"]):
        body = entry["Get"]
        names = body.get("ExpressionAttributeNames") or {}
        projection = ProjectionExpressionParser(body.get("ProjectionExpression"), names)
        paths = projection.parse()
        validate_attributes_used(names, projection.expr_attr_names_found)
        table = backend.get_table(body["TableName"])
        keys.append((table, writes.checked_key(table, body["Key"])))
        item = backend.get_item(body["TableName"], body["Key"])
        found.append(item)
        if item is not None and paths:
            item = item.project(paths)
        responses.append({} if item is None else {"Item": attributes(item)})
    _check_distinct(keys)
    _check_total(found)
    return responses


def attributes(item: Item) -> Attributes:
    return wire.to_bytes(item.to_json()["Attributes"])


def _check_distinct(keys: list[tuple[Table, Attributes]]) -> None:
    if len({(table.name, str(sorted(key.items()))) for table, key in keys}) < len(keys):
        raise MultipleTransactionsException


def _limited(items: list[dict[str, Any]]) -> list[dict[str, Any]]:
    if not 1 <= len(items) <= MAX_ACTIONS:
        bound = f"less than or equal to {MAX_ACTIONS}" if items else "greater than or equal to 1"
        raise MockValidationException(
            "1 validation error detected: Value at 'transactItems' failed to satisfy constraint: "
            f"Member must have length {bound}"
        )
    return items


def _parse(backend: DynamoDBBackend, item: dict[str, Any]) -> _Action:
    """The action, after all checks that need no item."""
    if len(item) != 1:
        raise TransactWriteSingleOpException
    ((kind, body),) = item.items()
    table = backend.get_table(body["TableName"])
    _check_expressions(kind, body)
    if kind != "Put":
        if set(body["Key"]) != set(table.table_key_attrs):
            raise ProvidedKeyDoesNotExist
        validate_put_has_empty_keys(body["Key"], table, _EMPTY_KEY)
        return _Action(kind, body, table, body["Key"])
    validate_put_has_empty_keys(body["Item"], table)
    validate_put_has_empty_attrs(body["Item"], table)
    found = writes.key_of_item(table, body["Item"])
    if found is None:
        missing = next(name for name in table.table_key_attrs if name not in body["Item"])
        raise MockValidationException(
            f"One or more parameter values were invalid: Missing the key {missing} in the item"
        )
    return _Action(kind, body, table, found)


_EMPTY_KEY = (
    "One or more parameter values are not valid. The AttributeValue for a key attribute cannot contain an empty string "
    "value. Key: {}"
)


def _check_expressions(kind: str, body: dict[str, Any]) -> None:
    names, values = body.get("ExpressionAttributeNames") or {}, body.get("ExpressionAttributeValues")
    if values == {}:
        raise ExpressionAttributeValuesEmpty
    condition = create_condition_expression_parser(body.get("ConditionExpression"), names, values or {})
    condition.parse()
    used_names, used_values = list(condition.expr_attr_names_found), list(condition.expr_attr_values_found)
    if kind == "Update":
        update = UpdateExpressionParser.make(body["UpdateExpression"])
        used_names += [node.get_attribute_name_placeholder() for node in update.find_clauses([ExpressionAttributeName])]
        used_values += [node.get_value_name() for node in update.find_clauses([ExpressionAttributeValue])]
    validate_attributes_used(names, used_names)
    validate_attributes_used(values, used_values, "Values")


def _plan(action: _Action) -> writes.Change | CancellationReason | None:
    """The change, the reason against it, or None for a check that holds."""
    try:
        if action.kind != "Put":  # moto checks that one itself, and words it otherwise
            writes.checked_key(action.table, action.key)
        change = writes.plan(
            action.table, action.key, lambda scratch: _run(action, scratch), update=action.kind == "Update"
        )
    except ConditionalCheckFailed as failed:
        reason = CancellationReason(Code="ConditionalCheckFailed", Message=failed.message)
        if action.body.get("ReturnValuesOnConditionCheckFailure") == "ALL_OLD":
            old = action.table.get_item(*DynamoDBBackend.get_keys_value(None, action.table, action.key))  # type: ignore[arg-type]
            if old is not None:
                reason["Item"] = attributes(old)
        return reason
    except _OF_THE_ITEM as wrong:
        return CancellationReason(Code="ValidationError", Message=wrong.message)
    return None if action.kind == "ConditionCheck" else change


def _run(action: _Action, scratch: writes.Scratch) -> None:
    """Runs the action on moto's side. Its own class's methods: the scratch table has no transactions of its own."""
    body = action.body
    condition = {
        "condition_expression": body.get("ConditionExpression"),
        "expression_attribute_names": body.get("ExpressionAttributeNames") or {},
        "expression_attribute_values": body.get("ExpressionAttributeValues") or {},
    }
    name = action.table.name
    match action.kind:
        case "Put":
            DynamoDBBackend.put_item(scratch, name, body["Item"], **condition)
        case "Update":
            update = body["UpdateExpression"]
            DynamoDBBackend.update_item(scratch, name, action.key, update_expression=update, **condition)
        case "Delete" | "ConditionCheck":
            # A check is a delete that is not applied: the same condition on the same item.
            DynamoDBBackend.delete_item(scratch, name, action.key, **condition)
        case other:
            raise MockValidationException(f"Unsupported action in a transaction: {other}")


def _check_total(items: list[Item | None]) -> None:
    total = sum(sizes.of_item(item) for item in items if item is not None)
    if total > sizes.TRANSACTION_LIMIT:
        raise MockValidationException(f"Aggregate size of the items in the transaction exceeds 4 MB ({total} bytes)")
