"""StartReplay answers 500.

The archive keeps an event's time as text; the replay compares and re-sends it as a datetime.
"""

from datetime import datetime
from typing import Any

from localstack.services.events import replay
from localstack.services.events.archive import ArchiveService
from localstack.services.events.replay import ReplayService


def apply() -> None:
    def normalize(self: ArchiveService, time: datetime | str) -> datetime:
        return _parsed(time).replace(second=0, microsecond=0)

    def set_last_replayed(self: ReplayService, events: list[dict[str, Any]]) -> None:
        self.replay.event_last_replayed_time = max(_parsed(event["time"]) for event in events)

    stock = replay.re_format_event

    def re_format(event: dict[str, Any], bus: str) -> dict[str, Any]:
        entry: dict[str, Any] = stock(event, bus)
        return {**entry, "Time": _parsed(entry["Time"])}

    ArchiveService._normalize_datetime = normalize
    ReplayService._set_event_last_replayed_time = set_last_replayed
    replay.re_format_event = re_format


def _parsed(time: datetime | str) -> datetime:
    return datetime.fromisoformat(time) if isinstance(time, str) else time
