"""The files that are not code keep their promises."""

import functools
import re
import signal
import subprocess
import time
from pathlib import Path

import pytest
import yaml
from running import eventually

from waxseal_localstack import kernel, mends

HERE = Path(__file__).parents[1]


@pytest.mark.parametrize("lock", ["requirements.lock", "requirements-test.lock"])
def test_a_lock_names_one_version_and_its_hashes_and_no_address(lock: str) -> None:
    text = (HERE / lock).read_text()
    assert "://" not in text and "--index" not in text and "--find-links" not in text
    lines = [line for line in text.replace("\\\n", "").splitlines() if not line.startswith("#")]
    wrong = [line[:60] for line in lines if not re.fullmatch(r"\S+==\S+( +--hash=sha256:[0-9a-f]{64})+", line.strip())]
    assert len(lines) > 3 and wrong == []


def test_what_is_installed_is_what_is_locked() -> None:
    from importlib.metadata import version

    pins = re.findall(r"^(\S+)==(\S+)", (HERE / "requirements.lock").read_text(), re.M)
    assert ("localstack-core", "4.14.0") in pins
    assert [(name, pin, version(name)) for name, pin in pins if version(name) != pin] == []


def test_compose_is_the_stock_image_on_loopback_with_our_settings() -> None:
    from waxseal_localstack import settings

    service = yaml.safe_load((HERE / "compose.yaml").read_text())["services"]["localstack"]
    assert service["image"] == "localstack/localstack:4.14.0"
    assert [port.partition(":")[0] for port in service["ports"]] == ["127.0.0.1"]
    ours = {name: value for name, value in settings._defaults().items() if name != "DNS_ADDRESS"}
    assert {name: service["environment"].get(name) for name in ours} == ours


def test_the_readme_names_every_mend() -> None:
    text = (HERE / "README.md").read_text()
    assert [name for name in mends.NAMES if f"`{name}`" not in text] == []


def _ten_run_below(pid: int) -> bool:
    return len(kernel.descendants(pid)) >= 12


def test_an_interrupted_test_run_leaves_nothing() -> None:
    """`localstack/test` itself, interrupted in the middle of a test, and then killed without a word."""
    for number in (signal.SIGINT, signal.SIGKILL):
        run = subprocess.Popen(
            [HERE / "test", "-q", "tests/test_lambda.py", "-k", "ten_at_once"],
            env={**_environment(), "WAXSEAL_LOCALSTACK_TESTS": "inner"},
            stdout=subprocess.DEVNULL,
            start_new_session=True,
            # A shell starts what runs in its background with interrupts ignored, and children inherit that.
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
        )
        try:
            # A LocalStack starts within it. On a machine that builds beside it, that takes long.
            running = functools.partial(_ten_run_below, run.pid)
            eventually("LocalStack and ten functions run", running, limit_s=120)
            pids = kernel.descendants(run.pid)
            time.sleep(0.2)
            run.send_signal(number)
            assert run.wait(30) != 0
            eventually("all is gone", lambda: not [pid for pid in pids if kernel.started_at(pid)])  # noqa: B023
        finally:
            # It has a session of its own: an interrupt of this run does not reach it.
            run.kill()
            run.wait()


def _environment() -> dict[str, str]:
    import os

    # As a person calls it: not inside this run's own folder.
    return {name: value for name, value in os.environ.items() if name != "WAXSEAL_LOCALSTACK_HOME"}
