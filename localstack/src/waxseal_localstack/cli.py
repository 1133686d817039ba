"""The commands: start, stop, status, env, aws, run."""

import argparse
import json
import os
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Callable

from waxseal_localstack import instance, kernel, mends, settings, supervisor
from waxseal_localstack.instance import Folder, Instance

STOP_LIMIT_S = 20.0
NOT_RUNNING = 3


def main(arguments: list[str] | None = None) -> int:
    if sys.platform != "linux":
        return _fail("this needs Linux; elsewhere use `docker compose -f localstack/compose.yaml up`")
    typed = _parser().parse_args(arguments)
    try:
        return typed.command(typed)
    except (supervisor.StartFailed, mends.UnknownMend) as failed:
        return _fail(str(failed))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="waxseal-localstack", description="LocalStack on 127.0.0.1 without Docker.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for name, command, about in (
        ("start", start, "start in the background and wait until it is ready"),
        ("stop", stop, "end it, its Lambda functions too, and wait until the port is free"),
        ("status", status, f"say whether it runs (exit 0, else {NOT_RUNNING})"),
        ("env", env, "print the variables for AWS clients, to be evaluated by a shell"),
        ("aws", aws, "the AWS command line against it"),
        ("run", run, "run in the foreground, for test harnesses: one JSON line on stdout when ready"),
    ):
        sub = commands.add_parser(name, help=about, description=about)
        sub.set_defaults(command=command)
        sub.add_argument(
            "--port",
            type=_port,
            default=os.environ.get("PORT") or "4566",  # a string: argparse checks it as if it were typed
            help="default: $PORT or 4566" + ("; 0 is any free one" if name in ("start", "run") else ""),
        )
        if command is aws:
            sub.add_argument("words", nargs=argparse.REMAINDER, metavar="...", help="what follows `aws`")
    return parser


def start(typed: argparse.Namespace) -> int:
    """Starts `run` as a process of its own and waits for its JSON line."""
    if taken := _taken(typed.port):
        return _fail(taken)
    print(f"localstack: starting on port {typed.port or '(any free one)'} …", file=sys.stderr)
    began = time.monotonic()
    background = subprocess.Popen(
        [sys.executable, "-P", "-m", "waxseal_localstack", "run", "--port", str(typed.port)],
        env={**os.environ, _DETACHED: "1"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
        text=True,
    )
    assert background.stdout and background.stderr
    try:
        line = background.stdout.readline()
    except KeyboardInterrupt:
        background.send_signal(signal.SIGTERM)
        background.wait()
        return 130
    if not line:
        sys.stderr.write(background.stderr.read())
        return background.wait() or 1
    found = Folder(json.loads(line)["port"]).running()
    if found is None:
        return _fail("LocalStack ended right after it was ready")
    print(f"localstack: ready after {time.monotonic() - began:.1f} s", file=sys.stderr)
    _describe(found)
    return 0


def run(typed: argparse.Namespace) -> int:
    mends.left_out()  # a mistyped name is reported here, not in a log
    try:
        listener = kernel.listen(typed.port)
    except OSError as error:
        return _fail(_taken(typed.port) or f"port {typed.port} of 127.0.0.1 cannot be used: {error}")
    detached = os.environ.pop(_DETACHED, None) is not None

    def ready(found: Instance) -> None:
        # Those who read it may go away: the line is the last thing that is written to them.
        print(
            json.dumps({"endpoint": found.endpoint, "pid": found.pid, "port": found.port, "log": found.log}), flush=True
        )
        if detached:
            null = os.open(os.devnull, os.O_RDWR)
            for stream in (1, 2):
                os.dup2(null, stream)

    return supervisor.supervise(listener, None if detached else os.getppid(), ready)


def stop(typed: argparse.Namespace) -> int:
    found = Folder(typed.port).running()
    if found is None:
        print(f"localstack: nothing to stop on port {typed.port}")
        return 0
    os.kill(found.pid, signal.SIGTERM)
    if not _wait(lambda: not found.alive, STOP_LIMIT_S):
        # The kernel then kills LocalStack and its functions with it.
        os.kill(found.pid, signal.SIGKILL)
        _wait(lambda: not found.alive, 5.0)
        Folder(found.port).clear()
    if not _wait(lambda: kernel.is_free(found.port), 5.0):
        return _fail(f"LocalStack ended, but port {found.port} is still taken by another process")
    print(f"localstack: stopped; port {found.port} is free")
    return 0


def status(typed: argparse.Namespace) -> int:
    if found := Folder(typed.port).running():
        _describe(found)
        return 0
    print(f"localstack: not running on port {typed.port}")
    for other in instance.all_running():
        print(f"localstack: but on port {other.port}")
    return NOT_RUNNING


def env(typed: argparse.Namespace) -> int:
    for name, value in settings.client_environment(f"http://127.0.0.1:{typed.port}").items():
        print(f"export {name}={shlex.quote(value)}")
    return 0


def aws(typed: argparse.Namespace) -> int:
    """The installed awscli is of version 1, which sends `sqs` to its historical host unless told by `--endpoint-url`."""
    endpoint = f"http://127.0.0.1:{typed.port}"
    os.environ.update(settings.client_environment(endpoint))
    program = os.path.join(os.path.dirname(sys.executable), "aws")
    os.execv(program, [program, "--endpoint-url", endpoint, *typed.words])


# Set for the `run` that `start` makes: it outlives its parent.
_DETACHED = "WAXSEAL_LOCALSTACK_DETACHED"


def _describe(found: Instance) -> None:
    print(f"endpoint  {found.endpoint}")
    print(f"pid       {found.pid}")
    print(f"pid file  {Folder(found.port).pid_file}")
    print(f"log       {found.log}")


def _taken(port: int) -> str | None:
    if port == 0 or kernel.is_free(port):
        return None
    whose = "LocalStack runs there already" if Folder(port).running() else "by another program"
    return f"port {port} of 127.0.0.1 is taken ({whose}): stop it, or choose another with --port or PORT"


def _port(text: str) -> int:
    if text.isdigit() and int(text) < 65536:
        return int(text)
    raise argparse.ArgumentTypeError(f"not a port: {text!r}")


def _wait(condition: Callable[[], bool], limit_s: float) -> bool:
    end = time.monotonic() + limit_s
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(0.05)
    return False


def _fail(words: str) -> int:
    print(f"localstack: {words}", file=sys.stderr)
    return 1
