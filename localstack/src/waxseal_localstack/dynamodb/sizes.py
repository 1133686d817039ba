"""How many bytes an item has, by DynamoDB's published rules, and the limits that follow.

moto counts a binary value by its Base64 text and allows 405,000 bytes.
"""

from moto.dynamodb.models.dynamo_type import DynamoType, Item

ITEM_LIMIT = 400 * 1024
TRANSACTION_LIMIT = 4 * 1024 * 1024
PAGE_LIMIT = 1024 * 1024


def of_item(item: Item) -> int:
    return sum(len(name.encode()) + of_value(value) for name, value in item.attrs.items())


def of_value(value: DynamoType) -> int:
    match value.type:
        case "S":
            return len(value.value.encode())
        case "B":
            return _binary(value.value)
        case "N":
            return _number(value.value)
        case "SS":
            return sum(len(element.encode()) for element in value.value)
        case "NS":
            return sum(_number(element) for element in value.value)
        case "BS":
            return sum(_binary(element) for element in value.value)
        case "L":
            return 3 + sum(1 + of_value(element) for element in value.value)
        case "M":
            return 3 + sum(1 + len(name.encode()) + of_value(element) for name, element in value.value.items())
        case _:  # NULL, BOOL
            return 1


def _number(text: str) -> int:
    """Two significant digits to a byte, and one more for the exponent; a sign takes another."""
    digits = text.lstrip("-").lower().split("e")[0].replace(".", "").strip("0")
    return (len(digits) + 1) // 2 + 1 + text.startswith("-")


def _binary(value: str | bytes) -> int:
    if isinstance(value, bytes):
        return len(value)
    return len(value) * 3 // 4 - value[-2:].count("=")
