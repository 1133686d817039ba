"""One life of a `bootstrap` process: from its start to its end, with the Runtime API that it talks to.

A sandbox is used for one process only. After a crash or a time-out the executor makes a new one.
"""

import os
import queue
import select
import shutil
import signal
import subprocess
import tempfile
import threading
import time
from concurrent.futures import Future
from pathlib import Path

from waxseal_localstack.executor import report, spawner
from waxseal_localstack.executor.report import Outcome
from waxseal_localstack.executor.runtime_api import Delivery, RuntimeApi

# Lambda's limit for a synchronous answer, with its 100 bytes of allowance.
MAX_RESPONSE = 6 * 1024 * 1024 + 100
# Of one invocation's output; a function that writes without end must not fill the memory.
MAX_OUTPUT = 1024 * 1024


class Sandbox:
    def __init__(self, code: Path, environment: dict[str, str]) -> None:
        """Starts the process. OSError when `bootstrap` is missing or cannot be executed."""
        self._started = time.perf_counter()
        # The end of init: asked for its first invocation (None), reported an error (its body), or exited (its code).
        self._initialised: Future[bytes | int | None] = Future()
        self.init_ms = 0.0
        self._deliveries: queue.SimpleQueue[Delivery | None] = queue.SimpleQueue()
        self._lock = threading.Lock()
        self._current: tuple[str, Future[Outcome]] | None = None
        self._output = bytearray()
        self._output_lock = threading.Lock()
        self._closed = False
        self._tmp = tempfile.mkdtemp(prefix="lambda-tmp-")
        self._api = RuntimeApi(self)
        try:
            self._process = spawner.spawn(
                [str(code / "bootstrap")],
                code,
                {
                    "PATH": "/usr/local/bin:/usr/bin:/bin:/opt/bin",
                    "LANG": "en_US.UTF-8",
                    "TMPDIR": self._tmp,
                    **environment,
                    "AWS_LAMBDA_RUNTIME_API": self._api.address,
                    "LAMBDA_TASK_ROOT": str(code),
                    "LAMBDA_RUNTIME_DIR": str(code),
                },
            )
        except OSError:
            self._release()
            raise
        assert self._process.stdout
        self._pipe = self._process.stdout
        os.set_blocking(self._pipe.fileno(), False)
        threading.Thread(target=self._watch, daemon=True, name=f"bootstrap-{self._process.pid}").start()

    @property
    def alive(self) -> bool:
        return not self._closed and self._process.poll() is None

    def await_init(self, request_id: str, limit_s: float) -> Outcome | None:
        """None when the process is ready to be invoked. TimeoutError when it is not in time."""
        match self._initialised.result(limit_s):
            case None:
                return None
            case bytes(body):
                return Outcome(body, is_error=True)
            case int(code):
                return report.exited(request_id, code)

    def invoke(self, request_id: str, delivery: Delivery) -> "Future[Outcome]":
        outcome: Future[Outcome] = Future()
        with self._lock:
            self._current = (request_id, outcome)
        self._deliveries.put(delivery)
        if self._process.poll() is not None:
            # It died while it was idle; the watcher may have looked before there was anybody to tell.
            self._settle(report.exited(request_id, self._process.returncode))
        return outcome

    def take_output(self) -> str:
        """The output of the process since the last call."""
        self._drain()
        with self._output_lock:
            text = self._output.decode("utf-8", "replace")
            self._output.clear()
        return text

    def peak_memory_mb(self) -> int:
        try:
            status = Path(f"/proc/{self._process.pid}/status").read_text()
        except OSError:
            return 0
        peaks = [line.split()[1] for line in status.splitlines() if line.startswith("VmHWM")]
        return int(peaks[0]) // 1024 if peaks else 0

    def close(self, grace_s: float = 0.0) -> None:
        """Ends the process and its children, and frees the port and the folder. Idempotent."""
        with self._lock:
            if self._closed:
                return
            self._closed = True
        self._deliveries.put(None)
        if grace_s and self._process.poll() is None:
            self._signal(signal.SIGTERM)
            try:
                self._process.wait(grace_s)
            except subprocess.TimeoutExpired:
                pass
        # The group even when the leader has gone: its children may not have.
        self._signal(signal.SIGKILL)
        self._process.wait()
        self._release()

    # --- what the Runtime API tells (runtime_api.Sink)

    def next(self) -> Delivery | None:
        self._end_init(None)
        return self._deliveries.get()

    def answer(self, request_id: str, body: bytes, is_error: bool) -> bool:
        with self._lock:
            if self._current is None or self._current[0] != request_id:
                return False
        if not is_error and len(body) > MAX_RESPONSE:
            self._settle(report.too_large(MAX_RESPONSE, len(body)))
        else:
            self._settle(Outcome(body, is_error))
        return True

    def init_failed(self, body: bytes) -> None:
        self._end_init(body)

    # --- the process

    def _end_init(self, how: bytes | int | None) -> None:
        with self._lock:
            if self._initialised.done():
                return
            self.init_ms = (time.perf_counter() - self._started) * 1000
            self._initialised.set_result(how)

    def _settle(self, outcome: Outcome) -> None:
        with self._lock:
            current, self._current = self._current, None
        if current is not None:
            current[1].set_result(outcome)

    def _watch(self) -> None:
        """Collects output until the process has ended, then wakes the thread that waits for an answer."""
        poller = select.poll()
        poller.register(self._pipe.fileno(), select.POLLIN)
        while self._process.poll() is None:
            # A grandchild may hold the pipe open, and the process may close it: neither tells when it ends.
            if poller.poll(100) and not self._drain():
                break
        code = self._process.wait()
        # Its last words first: who waits for the answer takes them with it.
        self._drain()
        with self._output_lock:
            self._pipe.close()
        self._end_init(code)
        with self._lock:
            request_id = self._current[0] if self._current else ""
        self._settle(report.exited(request_id, code))

    def _drain(self) -> bool:
        """Reads what there is; False at the end of the output."""
        with self._output_lock:
            while not self._pipe.closed:
                try:
                    chunk = os.read(self._pipe.fileno(), 65536)
                except BlockingIOError:
                    return True
                except OSError:
                    return False
                if not chunk:
                    return False
                if len(self._output) < MAX_OUTPUT:
                    self._output += chunk
        return False

    def _signal(self, number: signal.Signals) -> None:
        try:
            os.killpg(self._process.pid, number)
        except (ProcessLookupError, PermissionError):
            pass

    def _release(self) -> None:
        self._api.close()
        shutil.rmtree(self._tmp, ignore_errors=True)
