"""A function runs as a child process and is reported on as Lambda reports."""

import base64
import os
import re
import signal
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from aws import Answer, Aws, archive, bootstrap, journal_entries
from running import Running, eventually

from waxseal_localstack import kernel


def test_a_function_sees_what_lambda_gives_it(aws: Aws, localstack: Running) -> None:
    function = aws.function(timeout=7, environment={"TABLE": "orders", "AWS_XRAY_MINE": "kept"}, MemorySize=256)
    answer = aws.invoke(function, {"order": 1})
    assert answer.error is None
    assert answer.payload["event"] == {"order": 1}
    environment = answer.payload["environment"]
    expected = {
        "TABLE": "orders",
        "AWS_XRAY_MINE": "kept",
        "AWS_LAMBDA_FUNCTION_NAME": function,
        "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "256",
        "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
        "AWS_LAMBDA_LOG_GROUP_NAME": f"/aws/lambda/{function}",
        "AWS_REGION": "us-east-1",
        "AWS_ENDPOINT_URL": localstack.endpoint,
        "_HANDLER": "bootstrap",
    }
    assert {name: environment.get(name) for name in expected} == expected
    assert all(environment[name] for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"))
    assert Path(environment["LAMBDA_TASK_ROOT"], "bootstrap").is_file()
    assert Path(environment["TMPDIR"]).is_dir()
    assert [name for name in environment if name.startswith(("LOCALSTACK_", "WAXSEAL_"))] == []
    headers = answer.payload["headers"]
    assert 5 < int(headers["lambda-runtime-deadline-ms"]) / 1000 - answer.payload["now"] <= 7
    assert re.match("Root=1-[0-9a-f]{8}-[0-9a-f]{24};Parent=", headers["lambda-runtime-trace-id"])
    assert headers["lambda-runtime-invoked-function-arn"].endswith(f":function:{function}")


def test_the_second_invocation_is_warm(aws: Aws) -> None:
    function = aws.function()
    first, second = aws.invoke(function), aws.invoke(function)
    assert second.payload["pid"] == first.payload["pid"]
    assert (first.payload["count"], second.payload["count"]) == (1, 2)
    assert "Init Duration" in _tail(first) and "Init Duration" not in _tail(second)


def test_ten_at_once_get_ten_processes_and_then_share_them(aws: Aws) -> None:
    function = aws.function()
    with ThreadPoolExecutor(10) as pool:
        began = time.monotonic()
        answers = list(pool.map(lambda _: aws.invoke(function, {"do": "sleep", "seconds": 2}), range(10)))
        took = time.monotonic() - began
    pids = {answer.payload["pid"] for answer in answers}
    assert [answer.error for answer in answers] == [None] * 10
    assert len(pids) == 10
    assert took < 10, "one after another it would be 20 s"
    assert aws.invoke(function).payload["pid"] in pids


def test_a_time_out_kills_the_process_and_says_so(aws: Aws) -> None:
    function = aws.function(timeout=1)
    warm = aws.invoke(function)
    late = aws.invoke(function, {"do": "sleep", "seconds": 60})
    assert late.error == "Unhandled"
    assert late.payload["errorType"] == "Sandbox.Timedout"
    assert re.fullmatch(
        r"RequestId: [0-9a-f-]{36} Error: Task timed out after 1\.00 seconds", late.payload["errorMessage"]
    )
    assert "Task timed out after 1.00 seconds" in _tail(late) and "sleeping" in _tail(late)
    assert kernel.started_at(warm.payload["pid"]) is None, "the process that was too late still runs"
    after = aws.invoke(function)
    assert after.error is None and after.payload["pid"] != warm.payload["pid"]


@pytest.mark.parametrize(
    ("event", "words"),
    [
        ({"do": "kill"}, "Runtime exited with error: signal: killed"),
        ({"do": "exit", "code": 3}, "Runtime exited with error: exit status 3"),
        ({"do": "exit", "code": 0}, "Runtime exited without providing a reason"),
    ],
    ids=["killed", "exit 3", "exit 0"],
)
def test_a_crash_is_an_exit_error_and_the_next_invocation_starts_afresh(aws: Aws, event: object, words: str) -> None:
    function = aws.function()
    warm = aws.invoke(function)
    crashed = aws.invoke(function, event)
    assert crashed.error == "Unhandled"
    assert crashed.payload["errorType"] == "Runtime.ExitError"
    assert re.fullmatch(rf"RequestId: [0-9a-f-]{{36}} Error: {re.escape(words)}", crashed.payload["errorMessage"])
    after = aws.invoke(function)
    assert after.error is None and after.payload["pid"] != warm.payload["pid"]


def test_a_function_killed_from_outside_while_idle_is_replaced_unnoticed(aws: Aws) -> None:
    function = aws.function()
    pid = aws.invoke(function).payload["pid"]
    os.kill(pid, signal.SIGKILL)
    eventually("the process is gone", lambda: kernel.started_at(pid) is None)
    answer = aws.invoke(function)
    assert answer.error is None and answer.payload["pid"] != pid


def test_an_error_of_the_handler_is_passed_on_and_the_process_lives(aws: Aws) -> None:
    function = aws.function()
    warm = aws.invoke(function)
    failed = aws.invoke(function, {"do": "raise"})
    assert failed.error == "Unhandled"
    assert failed.payload == {"errorType": "ValueError", "errorMessage": "no such order"}
    assert aws.invoke(function).payload["pid"] == warm.payload["pid"]


def test_an_exit_in_init_is_reported_with_the_request(aws: Aws) -> None:
    failed = aws.invoke(aws.function(environment={"INIT": "exit"}))
    assert failed.payload["errorType"] == "Runtime.ExitError"
    assert re.fullmatch(
        "RequestId: [0-9a-f-]{36} Error: Runtime exited with error: exit status 7", failed.payload["errorMessage"]
    )
    assert "cannot start" in _tail(failed)


def test_an_init_error_is_passed_on_and_init_is_tried_again(aws: Aws, journal: Path) -> None:
    function = aws.function(environment={"INIT": "error", "JOURNAL": str(journal)})
    for _ in range(2):
        failed = aws.invoke(function)
        assert failed.error == "Unhandled"
        assert failed.payload == {"errorType": "Setup.Missing", "errorMessage": "no table"}
    assert len({entry["pid"] for entry in journal_entries(journal)}) >= 2


@pytest.mark.parametrize(
    ("code", "words"),
    [
        (archive({"main": "#!/bin/sh\n"}), "Couldn't find valid bootstrap(s): [/var/task/bootstrap /opt/bootstrap]"),
        (bootstrap("\x7fELF of another machine"), "fork/exec /var/task/bootstrap: exec format error"),
    ],
    ids=["missing", "not executable here"],
)
def test_code_that_cannot_run_is_an_invalid_entrypoint(aws: Aws, code: bytes, words: str) -> None:
    failed = aws.invoke(aws.function(code=code))
    assert failed.error == "Unhandled"
    assert failed.payload["errorType"] == "Runtime.InvalidEntrypoint"
    assert failed.payload["errorMessage"].endswith(f"Error: {words}")


def test_an_answer_over_six_megabytes_is_refused(aws: Aws) -> None:
    function = aws.function()
    assert aws.invoke(function, {"do": "large", "bytes": 6 * 1024 * 1024 - 2}).error is None
    refused = aws.invoke(function, {"do": "large", "bytes": 6 * 1024 * 1024 + 200})
    assert refused.payload["errorType"] == "Function.ResponseSizeTooLarge"


def test_output_reaches_cloudwatch_and_the_log_file(aws: Aws, localstack: Running) -> None:
    function = aws.function()
    aws.invoke(function, {"do": "say", "words": "sealed 42"})

    def messages() -> list[str]:
        try:
            events = aws.logs.filter_log_events(logGroupName=f"/aws/lambda/{function}")["events"]
        except aws.logs.exceptions.ResourceNotFoundException:
            return []
        return [event["message"].rstrip() for event in events]

    lines = eventually("log events", messages)
    assert re.match(r"START RequestId: [0-9a-f-]{36} Version: \$LATEST", lines[0])
    assert lines[1] == "sealed 42"
    assert re.match(r"END RequestId: ", lines[2])
    assert re.match(
        r"REPORT RequestId: \S+\tDuration: [\d.]+ ms\tBilled Duration: \d+ ms\tMemory Size: 128 MB\t"
        r"Max Memory Used: [1-9]\d* MB\tInit Duration: [\d.]+ ms",
        lines[3],
    )
    assert f"[{function} " in Path(localstack.log).read_text()
    assert "sealed 42" in Path(localstack.log).read_text()


def test_with_json_logging_the_platform_speaks_json(aws: Aws) -> None:
    function = aws.function(LoggingConfig={"LogFormat": "JSON"})
    start, report = _tail(aws.invoke(function)).splitlines()
    assert '"type": "platform.start"' in start
    assert '"type": "platform.report"' in report and '"status": "success"' in report


def test_deleting_a_function_ends_its_processes_and_their_children(aws: Aws) -> None:
    function = aws.function()
    pids = aws.invoke(function, {"do": "grandchild"}).payload
    task = Path(f"/proc/{pids['pid']}/environ").read_text()
    tmp = next(pair.partition("=")[2] for pair in task.split("\0") if pair.startswith("TMPDIR="))
    aws.lambda_.delete_function(FunctionName=function)
    eventually("the function's processes end", lambda: not any(kernel.started_at(pid) for pid in pids.values()))
    eventually("its folder goes", lambda: not Path(tmp).exists())


def test_another_runtime_is_refused_in_words(aws: Aws) -> None:
    name = "python-" + aws.function()[-6:]
    aws.lambda_.create_function(
        FunctionName=name, Runtime="python3.13", Handler="a.b", Role="arn:aws:iam::000000000000:role/test",
        Code={"ZipFile": bootstrap()},
    )  # fmt: skip
    failed = eventually(
        "the function fails",
        lambda: (got := aws.lambda_.get_function(FunctionName=name)["Configuration"])["State"] == "Failed" and got,
    )
    assert "only a bootstrap (provided.al2023)" in failed["StateReason"]


def _tail(answer: Answer) -> str:
    return base64.b64decode(answer.log).decode()
