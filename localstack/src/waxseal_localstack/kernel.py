"""The few Linux calls that make clean-up certain: who dies with whom, and who inherits orphans.

Linux only. A portable way (a pipe that everyone watches) needs every child's cooperation, and a Lambda function owes
us none.
"""

import ctypes
import os
import signal
import socket
import time
from pathlib import Path

_PR_SET_PDEATHSIG = 1
_PR_SET_CHILD_SUBREAPER = 36

# Bound at import: after a fork in a process with threads nothing may be loaded or looked up.
_prctl = ctypes.CDLL(None, use_errno=True).prctl


def die_with_parent() -> None:
    """Has the kernel SIGKILL the calling process when its parent ends. Meant for `preexec_fn`.

    The trap: "parent" is the *thread* that forked, so that thread has to live as long as the process.
    """
    _prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)


def adopt_orphans() -> None:
    """Makes every orphaned descendant a child of this process, instead of init's."""
    _prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def children(pid: int) -> list[int]:
    found: list[int] = []
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        try:
            found += [int(word) for word in task.read_text().split()]
        except OSError:
            continue
    return found


def descendants(pid: int) -> list[int]:
    found: list[int] = []
    for child in children(pid):
        found += [child, *descendants(child)]
    return found


def started_at(pid: int) -> int | None:
    """A process's start in clock ticks since boot, or None when there is none: with the pid, an identity that is not reused."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return None
    # The command stands in brackets and may hold spaces; state and the rest follow the last one.
    fields = stat[stat.rindex(")") + 2 :].split()
    return None if fields[0] == "Z" else int(fields[19])


def kill_children(deadline_s: float = 5.0) -> list[int]:
    """SIGKILLs all descendants until none is left, and returns those that stayed (none, short of a kernel fault).

    Again and again, because a process may fork between the list and the kill; only an `adopt_orphans` process sees all.
    """
    end = time.monotonic() + deadline_s
    while True:
        left = descendants(os.getpid())
        for pid in left:
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
        try:
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass
        except ChildProcessError:
            return []
        if time.monotonic() > end:
            return left
        time.sleep(0.01)


def listen(port: int) -> socket.socket:
    """A listening socket on 127.0.0.1; `port` 0 is any free one. OSError when it is taken."""
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(("127.0.0.1", port))
        listener.listen(1024)
    except OSError:
        listener.close()
        raise
    return listener


def is_free(port: int) -> bool:
    try:
        listen(port).close()
    except OSError:
        return False
    return True
