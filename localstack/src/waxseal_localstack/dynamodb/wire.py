"""Items between moto, which keeps binary values as Base64 text, and LocalStack's serializer, which encodes bytes."""

import base64
from typing import Any

Attribute = dict[str, Any]
Attributes = dict[str, Attribute]


def to_bytes(attributes: Attributes) -> Attributes:
    return {name: _value(value) for name, value in attributes.items()}


def _value(value: Attribute) -> Attribute:
    ((kind, content),) = value.items()
    match kind:
        case "B":
            return {kind: _decode(content)}
        case "BS":
            return {kind: [_decode(element) for element in content]}
        case "L":
            return {kind: [_value(element) for element in content]}
        case "M":
            return {kind: to_bytes(content)}
        case _:
            return value


def _decode(content: str | bytes) -> bytes:
    return content if isinstance(content, bytes) else base64.b64decode(content)
