"""The commands that a person types, and the output that other programs parse."""

import json
import os
import re
import socket
import subprocess
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from running import COMMAND

from waxseal_localstack import kernel
from waxseal_localstack.instance import Folder


def call(*words: str, **environment: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [*COMMAND, *words], env={**os.environ, **environment}, check=False, capture_output=True, text=True, timeout=100
    )


@pytest.fixture(scope="module")
def started() -> Iterator[dict[str, str]]:
    """One instance in the background, by what `start` printed."""
    done = call("start", "--port", "0")
    assert done.returncode == 0, done.stderr
    told = dict(re.split(r"  +", line, maxsplit=1) for line in done.stdout.splitlines())
    told["port"] = told["endpoint"].rpartition(":")[2]
    yield told
    assert call("stop", "--port", told["port"]).returncode == 0


def test_start_tells_endpoint_pid_and_log_and_outlives_its_caller(started: dict[str, str]) -> None:
    assert set(started) == {"endpoint", "pid", "pid file", "log", "port"}
    assert Path(started["pid file"]).read_text().strip() == started["pid"]
    assert Path(started["log"]).name == "localstack.log"
    assert os.getpgid(int(started["pid"])) != os.getpgid(0)
    with urllib.request.urlopen(started["endpoint"] + "/_localstack/health") as health:
        assert json.load(health)["version"] == "4.14.0"


def test_status_tells_the_same(started: dict[str, str]) -> None:
    done = call("status", PORT=started["port"])
    assert done.returncode == 0
    assert started["endpoint"] in done.stdout and started["pid"] in done.stdout


def test_start_on_its_port_is_refused(started: dict[str, str]) -> None:
    done = call("start", "--port", started["port"])
    assert done.returncode == 1 and done.stdout == ""
    assert f"port {started['port']} of 127.0.0.1 is taken (LocalStack runs there already)" in done.stderr


@pytest.mark.parametrize("command", ["start", "run"])
def test_a_port_of_another_program_is_refused(command: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = str(other.getsockname()[1])
        done = call(command, "--port", port)
    assert done.returncode == 1
    assert f"port {port} of 127.0.0.1 is taken (by another program)" in done.stderr


def test_env_is_for_a_shell(started: dict[str, str]) -> None:
    script = f'eval "$({" ".join(COMMAND)} env --port {started["port"]})"; echo "$AWS_ENDPOINT_URL $AWS_REGION"'
    done = subprocess.run(["bash", "-c", script], check=False, capture_output=True, text=True)
    assert done.stdout == f"{started['endpoint']} us-east-1\n"


def test_aws_reaches_sqs_here(started: dict[str, str]) -> None:
    done = call("aws", "--port", started["port"], "sqs", "create-queue", "--queue-name", "typed")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["QueueUrl"].startswith(started["endpoint"])


def test_awscli_by_itself_needs_the_endpoint_for_sqs(started: dict[str, str]) -> None:
    """Why there is a command `aws`: version 1 replaces the host of `sqs` before it looks at AWS_ENDPOINT_URL."""
    from awscli.customizations import overridesslcommonname

    assert overridesslcommonname.SSL_COMMON_NAMES["sqs"]["us-east-1"] == "queue.amazonaws.com"


def test_stop_frees_the_port_and_is_content_when_nothing_runs() -> None:
    done = call("start", "--port", "0")
    port = done.stdout.splitlines()[0].rpartition(":")[2]
    pids = [int(done.stdout.splitlines()[1].split()[1])]
    pids += kernel.descendants(pids[0])
    assert len(pids) >= 2
    stopped = call("stop", "--port", port)
    assert (stopped.returncode, stopped.stdout) == (0, f"localstack: stopped; port {port} is free\n")
    assert [pid for pid in pids if kernel.started_at(pid)] == []
    assert kernel.is_free(int(port))
    folder = Folder(int(port))
    assert folder.log.exists() and not folder.data.exists() and not folder.pid_file.exists()
    again = call("stop", "--port", port)
    assert (again.returncode, again.stdout) == (0, f"localstack: nothing to stop on port {port}\n")
    assert call("status", "--port", port).returncode == 3


def test_a_pid_file_of_a_process_that_has_gone_is_not_believed(tmp_path: Path) -> None:
    """The pid lives (it is this test's), but it is another process than the one that was written down."""
    folder = tmp_path / "4566"
    folder.mkdir()
    described = {
        "endpoint": "",
        "port": 4566,
        "pid": os.getpid(),
        "started_at": 1,
        "host_pid": 1,
        "log": "",
        "data": "",
    }
    (folder / "instance.json").write_text(json.dumps(described))
    done = call("status", "--port", "4566", WAXSEAL_LOCALSTACK_HOME=str(tmp_path))
    assert (done.returncode, done.stdout) == (3, "localstack: not running on port 4566\n")


def test_a_failed_start_shows_the_end_of_the_log() -> None:
    done = call("start", "--port", "0", LAMBDA_KEEPALIVE_MS="soon")
    assert done.returncode == 1 and done.stdout == ""
    assert "LocalStack ended while starting; its log: " in done.stderr
    assert "ValueError: invalid literal for int() with base 10: 'soon'" in done.stderr


def test_a_mistyped_mend_is_told_and_nothing_is_left() -> None:
    done = call("run", "--port", "0", WAXSEAL_LOCALSTACK_WITHOUT="replays")
    assert done.returncode == 1 and done.stdout == ""
    assert "names what is no mend: replays" in done.stderr


def test_a_port_that_is_none_is_told() -> None:
    done = call("start", "--port", "many")
    assert done.returncode == 2 and "not a port: 'many'" in done.stderr


@pytest.mark.parametrize("found", ["#!/bin/sh\nexit 127\n", None], ids=["a shim that fails", "none"])
def test_without_python_313_one_line_says_what_to_install(tmp_path: Path, found: str | None) -> None:
    programs = tmp_path / "bin"
    programs.mkdir()
    for tool in ("bash", "dirname", "sha256sum", "cut", "cat", "mkdir", "flock", "sed"):
        (programs / tool).symlink_to(Path("/usr/bin") / tool)
    if found:
        (programs / "python3.13").write_text(found)
        (programs / "python3.13").chmod(0o755)
    entry = Path(__file__).parents[1] / "waxseal-localstack"
    environment = {"PATH": str(programs), "HOME": str(tmp_path), "WAXSEAL_LOCALSTACK_HOME": str(tmp_path / "home")}
    done = subprocess.run(
        ["/usr/bin/bash", entry, "status"], env=environment, check=False, capture_output=True, text=True
    )
    assert done.returncode == 1
    assert re.fullmatch(r"localstack: Python 3\.13 is needed.* install it, for example .*\n", done.stderr)
