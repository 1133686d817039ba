"""One thread that starts every bootstrap, because the kernel's "parent died" signal follows the thread that forked.

Started from the gateway's pool threads, a function would be killed whenever its pool thread retires. This thread lives
as long as the process.
"""

import queue
import subprocess
import threading
from concurrent.futures import Future
from pathlib import Path

from waxseal_localstack import kernel

_Order = tuple[list[str], Path, dict[str, str], "Future[subprocess.Popen[bytes]]"]

_orders: "queue.SimpleQueue[_Order]" = queue.SimpleQueue()
_lock = threading.Lock()
_thread: threading.Thread | None = None


def spawn(command: list[str], cwd: Path, env: dict[str, str]) -> "subprocess.Popen[bytes]":
    """Starts `command` so that it dies with this process. OSError when it cannot be executed."""
    global _thread
    with _lock:
        if _thread is None:
            _thread = threading.Thread(target=_serve, daemon=True, name="bootstrap-spawner")
            _thread.start()
    started: Future[subprocess.Popen[bytes]] = Future()
    _orders.put((command, cwd, env, started))
    return started.result()


def _serve() -> None:
    while True:
        command, cwd, env, started = _orders.get()
        try:
            started.set_result(
                subprocess.Popen(
                    command,
                    cwd=cwd,
                    env=env,
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.PIPE,
                    stderr=subprocess.STDOUT,
                    # A group of its own: what the function starts is ended with it.
                    start_new_session=True,
                    # After the fork only one call that was bound before: safe although there are threads.
                    preexec_fn=kernel.die_with_parent,
                )
            )
        except BaseException as error:  # any error belongs to the thread that gave the order
            started.set_exception(error)
