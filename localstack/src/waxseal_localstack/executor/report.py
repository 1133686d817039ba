"""Lambda's reports of an invocation: error payloads, and the platform's lines in the log."""

import json
import signal
from dataclasses import dataclass
from datetime import UTC, datetime


@dataclass(frozen=True)
class Outcome:
    """The answer to the caller of Invoke."""

    payload: bytes
    is_error: bool


def error(kind: str, message: str) -> Outcome:
    return Outcome(json.dumps({"errorType": kind, "errorMessage": message}).encode(), is_error=True)


def timed_out(request_id: str, seconds: float) -> Outcome:
    return error("Sandbox.Timedout", f"RequestId: {request_id} Error: {timeout_words(seconds)}")


def timeout_words(seconds: float) -> str:
    return f"Task timed out after {seconds:.2f} seconds"


def exited(request_id: str, code: int) -> Outcome:
    """The process went away while it owed an answer. `code` as in `Popen.returncode`."""
    return error("Runtime.ExitError", f"RequestId: {request_id} Error: {exit_words(code)}")


def exit_words(code: int) -> str:
    if code == 0:
        return "Runtime exited without providing a reason"
    if code > 0:
        return f"Runtime exited with error: exit status {code}"
    # "Killed" → "signal: killed", as Go's os package words it.
    name = signal.strsignal(-code) or f"signal {-code}"
    return f"Runtime exited with error: signal: {name.lower()}"


def no_entrypoint(request_id: str, cause: OSError) -> Outcome:
    if isinstance(cause, FileNotFoundError):
        words = "Couldn't find valid bootstrap(s): [/var/task/bootstrap /opt/bootstrap]"
    else:
        words = f"fork/exec /var/task/bootstrap: {(cause.strerror or str(cause)).lower()}"
    return error("Runtime.InvalidEntrypoint", f"RequestId: {request_id} Error: {words}")


def too_large(limit: int, size: int) -> Outcome:
    return error(
        "Function.ResponseSizeTooLarge",
        f"Response payload size exceeded maximum allowed payload size ({limit} bytes).",
    )


@dataclass(frozen=True)
class Run:
    """One invocation's figures for the log."""

    request_id: str
    version: str
    duration_ms: float
    memory_mb: int
    used_mb: int
    init_ms: float | None
    timed_out_after: float | None
    failed: bool


def log(run: Run, output: str, as_json: bool) -> str:
    """The invocation's whole log: START, what the function wrote, END and REPORT."""
    return _json_log(run, output) if as_json else _text_log(run, output)


def _text_log(run: Run, output: str) -> str:
    report = (
        f"REPORT RequestId: {run.request_id}\tDuration: {run.duration_ms:.2f} ms"
        f"\tBilled Duration: {int(run.duration_ms) + 1} ms\tMemory Size: {run.memory_mb} MB"
        f"\tMax Memory Used: {run.used_mb} MB"
    )
    if run.init_ms is not None:
        report += f"\tInit Duration: {run.init_ms:.2f} ms"
    lines = [f"START RequestId: {run.request_id} Version: {run.version}"]
    if output:
        lines.append(output.rstrip("\n"))
    if run.timed_out_after is not None:
        lines.append(f"{_now()} {run.request_id} {timeout_words(run.timed_out_after)}\n")
    return "\n".join([*lines, f"END RequestId: {run.request_id}", report]) + "\n"


def _json_log(run: Run, output: str) -> str:
    def event(kind: str, record: dict[str, object]) -> str:
        return json.dumps({"time": _now(), "type": kind, "record": {"requestId": run.request_id, **record}})

    status = "timeout" if run.timed_out_after is not None else "error" if run.failed else "success"
    metrics: dict[str, object] = {
        "durationMs": round(run.duration_ms, 3),
        "billedDurationMs": int(run.duration_ms) + 1,
        "memorySizeMB": run.memory_mb,
        "maxMemoryUsedMB": run.used_mb,
    }
    if run.init_ms is not None:
        metrics["initDurationMs"] = round(run.init_ms, 3)
    lines = [event("platform.start", {"version": run.version})]
    if output:
        lines.append(output.rstrip("\n"))
    return "\n".join([*lines, event("platform.report", {"metrics": metrics, "status": status})]) + "\n"


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
