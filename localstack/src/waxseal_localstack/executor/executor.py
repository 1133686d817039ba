"""LocalStack's runtime executor: one object for each execution environment, which may outlive several processes."""

import logging
import threading
import time
from concurrent.futures import TimeoutError as TooLate
from pathlib import Path
from typing import Any

from localstack import config
from localstack.services.lambda_.invocation.executor_endpoint import StatusErrorException
from localstack.services.lambda_.invocation.lambda_models import FunctionVersion, InvocationResult
from localstack.services.lambda_.invocation.runtime_executor import RuntimeExecutor

from waxseal_localstack.executor import report
from waxseal_localstack.executor.report import Outcome, Run
from waxseal_localstack.executor.runtime_api import Delivery
from waxseal_localstack.executor.sandbox import Sandbox

LOG = logging.getLogger(__name__)

# Lambda's limit for the init phase, which does not count as time of the invocation.
INIT_LIMIT_S = 10.0
# Between SIGTERM and SIGKILL when an environment is given up. Lambda gives none to a function without extensions; this
# lets a Rust runtime leave its loop, so that its last log lines are whole.
SHUTDOWN_GRACE_S = 0.3

# Set by LocalStack for its own init binary, or for an X-Ray daemon that is not there.
_FOREIGN = ("LOCALSTACK_", "_AWS_XRAY", "AWS_XRAY", "EDGE_PORT")


class ProcessExecutor(RuntimeExecutor):
    def __init__(self, id: str, function_version: FunctionVersion) -> None:
        super().__init__(id=id, function_version=function_version)
        self._environment: dict[str, str] = {}
        self._sandbox: Sandbox | None = None
        self._init_told: Sandbox | None = None
        self._stopped = False
        # `stop` comes from another thread, also while an invocation is running.
        self._lock = threading.Lock()

    def start(self, env_vars: dict[str, Any]) -> None:
        """Starts the process without waiting for it: an init error belongs to the first invocation, with its id.

        Except with provisioned concurrency, where there is no invocation that could tell.
        """
        own = self.function_version.config.environment or {}
        self._environment = {
            name: str(value) for name, value in env_vars.items() if name in own or not name.startswith(_FOREIGN)
        }
        failure = self._renew("")
        if env_vars.get("AWS_LAMBDA_INITIALIZATION_TYPE") == "provisioned-concurrency":
            failure = failure or self._await_init("")
            if failure is not None:
                self._give_up()
                raise StatusErrorException("Environment startup failed", payload=failure.payload)

    def stop(self) -> None:
        with self._lock:
            self._stopped = True
        self._give_up(SHUTDOWN_GRACE_S)

    def invoke(self, payload: dict[str, str]) -> InvocationResult:
        request_id = payload["invoke-id"]
        outcome, late = None, False
        if self._sandbox is None or not self._sandbox.alive:
            # Never started, crashed or timed out: a new process in the same environment, as on Lambda.
            outcome = self._renew(request_id)
        outcome = outcome or self._await_init(request_id)
        began = time.perf_counter()
        if outcome is None:
            outcome, late = self._deliver(request_id, payload)
        return self._result(request_id, outcome, late, (time.perf_counter() - began) * 1000)

    def get_logs(self) -> str:
        return self._sandbox.take_output() if self._sandbox else ""

    def get_address(self) -> str:
        return "127.0.0.1"

    def get_endpoint_from_executor(self) -> str:
        return "127.0.0.1"

    def get_runtime_endpoint(self) -> str:
        return f"http://127.0.0.1:{config.GATEWAY_LISTEN[0].port}/_localstack_lambda/{self.id}"

    @classmethod
    def prepare_version(cls, function_version: FunctionVersion) -> None:
        """Unpacks the code. Raising here makes the function's state `Failed`, with these words as its reason."""
        runtime = function_version.config.runtime or "none"
        if not runtime.startswith("provided"):
            raise ValueError(f"runtime {runtime} is not run here: only a bootstrap (provided.al2023)")
        function_version.config.code.prepare_for_execution()

    @classmethod
    def cleanup_version(cls, function_version: FunctionVersion) -> None:
        """The unpacked code belongs to LocalStack's code store, which removes it."""

    # --- steps of an invocation: each gives an outcome when it is the last one

    def _renew(self, request_id: str) -> Outcome | None:
        self._give_up()
        code = self.function_version.config.code
        code.prepare_for_execution()
        with self._lock:
            if self._stopped:
                return report.exited(request_id, 0)
            try:
                self._sandbox = Sandbox(Path(code.get_unzipped_code_location()), self._environment)
            except OSError as error:
                self._sandbox = None
                return report.no_entrypoint(request_id, error)
        return None

    def _await_init(self, request_id: str) -> Outcome | None:
        assert self._sandbox is not None
        # Lambda stops init after 10 s and starts it again inside the invocation; one longer wait is the same to a caller.
        limit = INIT_LIMIT_S + self.function_version.config.timeout
        try:
            outcome = self._sandbox.await_init(request_id, limit)
        except TooLate:
            outcome = report.timed_out(request_id, limit)
        if outcome is not None:
            self._sandbox.close()
        return outcome

    def _deliver(self, request_id: str, payload: dict[str, str]) -> tuple[Outcome, bool]:
        """Hands the event over and waits for the answer; the second value is whether it came too late."""
        assert self._sandbox is not None
        timeout = self.function_version.config.timeout
        deadline = time.time() + timeout
        answer = self._sandbox.invoke(
            request_id,
            Delivery(
                payload["payload"].encode(),
                {
                    "Lambda-Runtime-Aws-Request-Id": request_id,
                    "Lambda-Runtime-Deadline-Ms": str(int(deadline * 1000)),
                    "Lambda-Runtime-Invoked-Function-Arn": payload["invoked-function-arn"],
                    "Lambda-Runtime-Trace-Id": payload.get("trace-id") or "",
                },
            ),
        )
        try:
            return answer.result(max(0.0, deadline - time.time())), False
        except TooLate:
            self._sandbox.close()
            return report.timed_out(request_id, timeout), True

    def _result(self, request_id: str, outcome: Outcome, late: bool, duration_ms: float) -> InvocationResult:
        settings = self.function_version.config
        sandbox = self._sandbox
        first = sandbox is not None and sandbox is not self._init_told
        self._init_told = sandbox
        output = sandbox.take_output() if sandbox else ""
        name = self.function_version.id.function_name
        for line in output.splitlines():
            LOG.info("[%s %s] %s", name, request_id[:8], line)
        if outcome.is_error:
            LOG.warning("[%s %s] %s", name, request_id[:8], outcome.payload.decode("utf-8", "replace")[:2000])
        run = Run(
            request_id=request_id,
            version=self.function_version.id.qualifier,
            duration_ms=duration_ms,
            memory_mb=settings.memory_size,
            used_mb=sandbox.peak_memory_mb() if sandbox else 0,
            init_ms=sandbox.init_ms if sandbox and first else None,
            timed_out_after=settings.timeout if late else None,
            failed=outcome.is_error,
        )
        as_json = (settings.logging_config or {}).get("LogFormat") == "JSON"
        logs = report.log(run, output, as_json)
        return InvocationResult(request_id, outcome.payload, is_error=outcome.is_error, logs=logs)

    def _give_up(self, grace_s: float = 0.0) -> None:
        if self._sandbox is not None:
            self._sandbox.close(grace_s)
