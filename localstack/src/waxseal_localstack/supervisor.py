"""Owns LocalStack's process and everything below it, so that the end is the end.

    caller ── supervisor (adopts orphans) ── host (LocalStack) ── bootstrap, bootstrap, …

- LocalStack ends, or is killed: its orphans come to the supervisor, which kills them.
- The supervisor is told to stop: LocalStack gets a moment to end by itself, then SIGKILL (SIGTERM alone can hang).
- The supervisor is SIGKILLed: the kernel kills the host, and with it the bootstraps (`kernel.die_with_parent`).
- The caller of `run` ends, however: seen through a pidfd. Not PR_SET_PDEATHSIG, which follows the *thread* that
  forked: a test harness starts us from a test's thread and goes on when that has ended.
"""

import os
import selectors
import signal
import socket
import subprocess
import sys
from collections.abc import Callable
from typing import Self

from waxseal_localstack import host, kernel, settings
from waxseal_localstack.instance import Folder, Instance, sweep

GRACE_S = 4.0
START_LIMIT_S = 90.0


class StartFailed(Exception):
    """LocalStack ended, or did not get ready."""


def supervise(listener: socket.socket, parent: int | None, on_ready: Callable[[Instance], None]) -> int:
    """Runs LocalStack on `listener` until it, the `parent` process or a signal ends it. Returns the exit code."""
    port = listener.getsockname()[1]
    folder = Folder(port)
    sweep()
    folder.prepare()
    kernel.adopt_orphans()
    with _Events() as events:
        events.watch_signals()
        if parent is not None:
            events.watch_process(parent, "parent")
        ready, ready_writer = os.pipe()
        process = _start_host(folder, listener, ready_writer)
        # Only the host holds the socket from here on, so the port is free as soon as the host is gone.
        listener.close()
        os.close(ready_writer)
        events.watch(ready, "ready")
        events.watch_process(process.pid, "host")
        try:
            return _until_the_end(events, folder, process, on_ready)
        finally:
            _end(process)
            folder.clear()


def _until_the_end(
    events: "_Events", folder: Folder, process: "subprocess.Popen[bytes]", on_ready: Callable[[Instance], None]
) -> int:
    what = events.next(START_LIMIT_S)
    if what in ("signal", "parent"):
        return 0
    if what != "ready" or not events.ready_was_said():
        why = "did not get ready in time" if what is None else "ended while starting"
        end_of_log = "".join(f"\n  {line}" for line in folder.log.read_text().splitlines()[-5:])
        raise StartFailed(f"LocalStack {why}; its log: {folder.log}{end_of_log}")
    instance = Instance(
        endpoint=f"http://127.0.0.1:{folder.port}",
        port=folder.port,
        pid=os.getpid(),
        started_at=kernel.started_at(os.getpid()) or 0,
        host_pid=process.pid,
        log=str(folder.log),
        data=str(folder.data),
    )
    folder.write(instance)
    on_ready(instance)
    if events.next(None) == "host":
        print(f"localstack: LocalStack ended by itself ({process.wait()}); its log: {folder.log}", file=sys.stderr)
        return 1
    return 0


def _start_host(folder: Folder, listener: socket.socket, ready: int) -> "subprocess.Popen[bytes]":
    environment = settings.host_environment(folder.port, folder.data)
    environment[host.LISTEN_FD] = str(listener.fileno())
    environment[host.READY_FD] = str(ready)
    with folder.log.open("ab") as log:
        return subprocess.Popen(
            [sys.executable, "-P", "-m", "waxseal_localstack.host"],
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            cwd=folder.data,
            pass_fds=[listener.fileno(), ready],
            # Its own session: Ctrl-C in a terminal reaches the supervisor, which then ends it in order.
            start_new_session=True,
            preexec_fn=kernel.die_with_parent,
        )


def _end(process: "subprocess.Popen[bytes]") -> None:
    if process.poll() is None:
        process.terminate()
        try:
            process.wait(GRACE_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
    for pid in kernel.kill_children():
        print(f"localstack: process {pid} could not be ended", file=sys.stderr)


class _Events:
    """The events that the supervisor waits for, as file descriptors in one selector."""

    def __init__(self) -> None:
        self._selector = selectors.DefaultSelector()
        self._files: list[int] = []
        self._ready = -1

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        signal.set_wakeup_fd(-1)
        self._selector.close()
        for file in self._files:
            os.close(file)

    def watch(self, file: int, name: str) -> None:
        self._files.append(file)
        self._selector.register(file, selectors.EVENT_READ, name)
        if name == "ready":
            self._ready = file

    def watch_process(self, pid: int, name: str) -> None:
        self.watch(os.pidfd_open(pid), name)

    def watch_signals(self) -> None:
        read, write = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        signal.set_wakeup_fd(write, warn_on_full_buffer=False)
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(number, lambda *_: None)
        self._files.append(write)
        self.watch(read, "signal")

    def next(self, timeout: float | None) -> str | None:
        """The next event's name, the gravest first; None when there was none in time."""
        found = {key.data for key, _ in self._selector.select(timeout)}
        return next((name for name in ("signal", "parent", "ready", "host") if name in found), None)

    def ready_was_said(self) -> bool:
        """Reads the ready pipe: a byte is the word, an end without one means that the host has gone."""
        said = os.read(self._ready, 1)
        self._selector.unregister(self._ready)
        return said != b""
