"""In a rule's `wildcard` filter `*` stands for any number of characters, none too; LocalStack wants at least one."""

import re
from typing import Any

from localstack.services.events.event_rule_engine import EventRuleEngine


def apply() -> None:
    EventRuleEngine._evaluate_wildcard = staticmethod(matches)


def matches(pattern: str, value: Any) -> bool:
    return (
        isinstance(value, str) and re.fullmatch(re.escape(pattern).replace(r"\*", ".*"), value, re.DOTALL) is not None
    )
