"""Comparisons and arithmetic as DynamoDB does them; a condition that is judged wrongly proves nothing.

moto compares Python values without their types: a missing attribute equals NULL and another missing one, 1 equals true,
0 is between nothing, a number with a fraction is a float, and unlike types are an error instead of false.
"""

import base64
from collections.abc import Callable
from decimal import Context, Decimal
from typing import Any

from moto.dynamodb import comparisons
from moto.dynamodb.comparisons import AttributePath, AttributeValue, FuncSize
from moto.dynamodb.exceptions import IncorrectDataType
from moto.dynamodb.models.dynamo_type import DynamoType, Item

Typed = tuple[str, Any]

# DynamoDB keeps 38 significant digits.
_DIGITS = Context(prec=38)
_ORDERED = ("N", "S", "B")


def install() -> None:
    _compare(comparisons.OpEqual, _equal)
    # True for an attribute that is missing, as on DynamoDB.
    _compare(comparisons.OpNotEqual, lambda left, right: not _equal(left, right))
    _compare(comparisons.OpLessThan, lambda left, right: _in_order(left, right) and left[1] < right[1])
    _compare(comparisons.OpLessThanOrEqual, _at_most)
    _compare(comparisons.OpGreaterThan, lambda left, right: _in_order(left, right) and left[1] > right[1])
    _compare(comparisons.OpGreaterThanOrEqual, lambda left, right: _at_most(right, left))
    comparisons.FuncBetween.expr = _between
    comparisons.FuncIn.expr = _in
    comparisons.FuncBeginsWith.expr = _begins_with
    comparisons.FuncContains.expr = _contains
    DynamoType.__add__ = _arithmetic(_DIGITS.add)
    DynamoType.__sub__ = _arithmetic(_DIGITS.subtract)


def typed(value: DynamoType) -> Typed:
    """A value that equals and orders as DynamoDB's does among its own type."""
    content = value.value
    match value.type:
        case "N":
            return "N", Decimal(content)
        case "B":
            return "B", _bytes(content)
        case "NS":
            return "NS", frozenset(Decimal(element) for element in content)
        case "BS":
            return "BS", frozenset(_bytes(element) for element in content)
        case "SS":
            return "SS", frozenset(content)
        case "L":
            return "L", [typed(element) for element in content]
        case "M":
            return "M", {name: typed(element) for name, element in content.items()}
        case kind:
            return kind, content


def _operand(operand: Any, item: Item | None) -> Typed | None:
    """None when the item has no such attribute."""
    if isinstance(operand, AttributeValue):
        return typed(DynamoType({operand.type: operand.value}))
    if isinstance(operand, AttributePath):
        found = operand._get_attr(item)
        return None if found is None else typed(found)
    if isinstance(operand, FuncSize):
        measured = _operand(operand.attr, item)
        if measured is None or measured[0] in ("N", "BOOL", "NULL"):
            return None
        return "N", Decimal(len(measured[1]))
    raise TypeError(f"not an operand: {operand!r}")


def _compare(operator: type, holds: Callable[[Any, Any], bool]) -> None:
    def expr(self: Any, item: Item | None) -> bool:
        return holds(_operand(self.lhs, item), _operand(self.rhs, item))

    operator.expr = expr  # type: ignore[attr-defined]


def _equal(left: Typed | None, right: Typed | None) -> bool:
    return left is not None and left == right


def _in_order(left: Typed | None, right: Typed | None) -> bool:
    return left is not None and right is not None and left[0] == right[0] and left[0] in _ORDERED


def _at_most(left: Any, right: Any) -> bool:
    return _in_order(left, right) and left[1] <= right[1]


def _between(self: comparisons.FuncBetween, item: Item | None) -> bool:
    value = _operand(self.attr, item)
    return _at_most(_operand(self.start, item), value) and _at_most(value, _operand(self.end, item))


def _in(self: comparisons.FuncIn, item: Item | None) -> bool:
    value = _operand(self.attr, item)
    return any(_equal(value, _operand(possible, item)) for possible in self.possible_values)


def _begins_with(self: comparisons.FuncBeginsWith, item: Item | None) -> bool:
    value, start = _operand(self.attr, item), _operand(self.substr, item)
    if value is None or start is None or value[0] != start[0] or value[0] not in ("S", "B"):
        return False
    return bool(value[1].startswith(start[1]))


def _contains(self: comparisons.FuncContains, item: Item | None) -> bool:
    value, part = _operand(self.attr, item), _operand(self.operand, item)
    if value is None or part is None:
        return False
    match value[0]:
        case "S" | "B":
            return value[0] == part[0] and part[1] in value[1]
        case "SS" | "NS" | "BS":
            return value[0][0] == part[0] and part[1] in value[1]
        case "L":
            return part in value[1]
        case _:
            return False


def _arithmetic(operation: Callable[[Decimal, Decimal], Decimal]) -> Callable[[DynamoType, DynamoType], DynamoType]:
    def compute(left: DynamoType, right: DynamoType) -> DynamoType:
        if not (left.is_number() and right.is_number()):
            raise IncorrectDataType
        result = operation(Decimal(left.value), Decimal(right.value))
        return DynamoType({"N": f"{result.normalize(_DIGITS):f}"})

    return compute


def _bytes(content: str | bytes) -> bytes:
    return content if isinstance(content, bytes) else base64.b64decode(content)
