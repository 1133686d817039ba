"""Starts the program as a user's harness would: `run`, one JSON line, and it ends with us."""

import contextlib
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from waxseal_localstack import kernel

COMMAND = [sys.executable, "-P", "-m", "waxseal_localstack"]


@dataclass(frozen=True)
class Running:
    endpoint: str
    port: int
    process: "subprocess.Popen[str]"
    log: str

    @property
    def pids(self) -> list[int]:
        """The supervisor, LocalStack, and every function."""
        return [self.process.pid, *kernel.descendants(self.process.pid)]

    @property
    def host_pid(self) -> int:
        (host,) = kernel.children(self.process.pid)
        return host


def begin(environment: dict[str, str] | None = None) -> Running:
    process = subprocess.Popen(
        [*COMMAND, "run", "--port", "0"],
        env={**os.environ, **(environment or {})},
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout
    line = process.stdout.readline()
    assert line, f"it ended with {process.wait()} before it was ready"
    ready = json.loads(line)
    return Running(ready["endpoint"], ready["port"], process, ready["log"])


@contextlib.contextmanager
def run(environment: dict[str, str] | None = None) -> Iterator[Running]:
    running = begin(environment)
    try:
        yield running
    finally:
        running.process.terminate()
        assert running.process.wait(30) in (0, 1)
        assert kernel.is_free(running.port)


def eventually[T](what: str, look: Callable[[], T], limit_s: float = 20.0) -> T:
    """The first truthy value of `look`; fails with the last one otherwise."""
    end = time.monotonic() + limit_s
    while not (found := look()):
        assert time.monotonic() < end, f"not within {limit_s} s: {what}; at last: {found!r}"
        time.sleep(0.05)
    return found
