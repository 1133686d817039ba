"""ClientRequestToken: a transaction that was done is done, for ten minutes."""

import json
import time
from dataclasses import dataclass, field
from typing import Any

WINDOW_S = 600.0

Owner = tuple[str, str]


@dataclass
class Tokens:
    """Remembers only what succeeded: a cancelled transaction is tried anew under its old token."""

    _done: dict[tuple[Owner, str], tuple[str, float]] = field(default_factory=dict)

    def is_repeat(self, owner: Owner, token: str, request: dict[str, Any]) -> bool | None:
        """True: done already. False: another request under a known token. None: not known."""
        known = self._done.get((owner, token))
        if known is None or time.time() - known[1] >= WINDOW_S:
            return None
        return known[0] == _digest(request)

    def remember(self, owner: Owner, token: str, request: dict[str, Any]) -> None:
        now = time.time()
        for key in [key for key, (_, when) in self._done.items() if now - when >= WINDOW_S]:
            del self._done[key]
        self._done[owner, token] = (_digest(request), now)


def _digest(request: dict[str, Any]) -> str:
    """Of the actions alone: to ask for consumed capacity the second time is no other request."""
    return json.dumps(request["TransactItems"], sort_keys=True)
