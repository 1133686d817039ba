"""EventBridge Scheduler stores schedules and never runs them.

This runs them: at(…), rate(…) and cron(…), each in its time zone, between its start and end. A target that fails goes
to its dead letter queue at once. The flexible window is taken as closed.
"""

import json
import logging
import re
import threading
import time
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from crontab import CronTab
from moto.scheduler.models import Schedule, ScheduleGroup, scheduler_backends

from waxseal_localstack.mends import delivery

LOG = logging.getLogger(__name__)

EVERY_S = 0.25
_RATE = re.compile(r"rate\((\d+) (minute|hour|day)s?\)")


def apply() -> None:
    threading.Thread(target=_loop, daemon=True, name="scheduler").start()


def next_time(expression: str, zone: str, after: datetime) -> datetime | None:
    """When a schedule is due next; None when never again."""
    if rate := _RATE.fullmatch(expression):
        return after + timedelta(**{f"{rate[2]}s": int(rate[1])})
    where = ZoneInfo(zone)
    kind, _, content = expression.rstrip(")").partition("(")
    if kind == "at":
        moment = datetime.fromisoformat(content).replace(tzinfo=where)
        return moment if moment > after else None
    if kind == "cron":
        # CronTab counts in the clock time that it is given.
        local = after.astimezone(where)
        wait = CronTab(content).next(now=local.replace(tzinfo=None), default_utc=True)
        return None if wait is None else local + timedelta(seconds=wait)
    raise ValueError(f"not a schedule expression: {expression}")


class _Clock:
    """When each schedule is due. A changed schedule is a new one."""

    def __init__(self) -> None:
        self._due: dict[tuple[str, str, str, float], datetime | None] = {}

    def is_due(self, schedule: Schedule, now: datetime) -> bool:
        key = (schedule.arn, schedule.schedule_expression, schedule.state, schedule.last_modified_date)
        if key not in self._due:
            # A moment back: at(now) is for now.
            since = datetime.fromtimestamp(schedule.last_modified_date, UTC) - timedelta(seconds=1)
            self._due[key] = self._next(schedule, since)
        due = self._due[key]
        if due is None or due > now:
            return False
        self._due[key] = self._next(schedule, now)
        return schedule.state == "ENABLED" and _within(schedule, now)

    @staticmethod
    def _next(schedule: Schedule, after: datetime) -> datetime | None:
        try:
            return next_time(schedule.schedule_expression, schedule.schedule_expression_timezone, after)
        except (ValueError, KeyError) as error:
            LOG.warning("schedule %s will not run: %s", schedule.arn, error)
            return None


def _loop() -> None:
    clock = _Clock()
    while True:
        time.sleep(EVERY_S)
        try:
            for group in _groups():
                for schedule in list(group.schedules.values()):
                    if clock.is_due(schedule, datetime.now(UTC)):
                        _fire(schedule)
                        if schedule.schedule_expression.startswith("at(") and (
                            schedule.action_after_completion == "DELETE"
                        ):
                            group.schedules.pop(schedule.name, None)
        except Exception:
            LOG.exception("could not run the schedules")


def _groups() -> list[ScheduleGroup]:
    backends = [backend for regions in list(scheduler_backends.values()) for backend in list(regions.values())]
    return [group for backend in backends for group in list(backend.schedule_groups.values())]


def _fire(schedule: Schedule) -> None:
    target: dict[str, Any] = schedule.target
    try:
        delivery.to_target(target)
    except Exception as error:
        LOG.warning("schedule %s: target failed: %s", schedule.arn, error)
        queue = (target.get("DeadLetterConfig") or {}).get("Arn")
        if queue:
            attributes = {"SCHEDULE_ARN": schedule.arn, "TARGET_ARN": target["Arn"], "ERROR_MESSAGE": str(error)[:512]}
            delivery.to_dead_letters(queue, target.get("Input") or json.dumps({}), attributes)


def _within(schedule: Schedule, now: datetime) -> bool:
    start, end = _moment(schedule.start_date), _moment(schedule.end_date)
    return (start is None or start <= now) and (end is None or now < end)


def _moment(value: Any) -> datetime | None:
    """moto keeps these as they were sent: seconds, or text."""
    if value is None:
        return None
    if isinstance(value, str) and not value.replace(".", "").isdigit():
        moment = datetime.fromisoformat(value)
        return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return datetime.fromtimestamp(float(value), UTC)
