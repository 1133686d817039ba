"""No process is left behind, whichever one is killed, and none listens where others can reach it."""

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

from aws import Aws
from running import COMMAND, Running, begin, eventually

from waxseal_localstack import kernel

LISTEN = "0A"


def listening(pids: list[int]) -> set[str]:
    """The addresses, in the kernel's hexadecimal, on which these processes listen."""
    sockets = set()
    for pid in pids:
        for entry in Path(f"/proc/{pid}/fd").iterdir():
            try:
                target = os.readlink(entry)
            except OSError:
                continue
            if target.startswith("socket:["):
                sockets.add(target[8:-1])
    found = set()
    for table in ("tcp", "tcp6", "udp", "udp6"):
        for line in Path(f"/proc/net/{table}").read_text().splitlines()[1:]:
            fields = line.split()
            bound = fields[3] == LISTEN if table.startswith("tcp") else fields[2].endswith(":0000")
            if fields[9] in sockets and bound:
                found.add(f"{table} {fields[1]}")
    return found


def test_every_socket_listens_on_loopback_only(aws: Aws, localstack: Running) -> None:
    aws.table(stream=True)
    _, arn = aws.queue()
    function = aws.function()
    aws.invoke(function)
    aws.lambda_.create_event_source_mapping(FunctionName=function, EventSourceArn=arn)
    aws.events.list_event_buses()
    aws.s3.list_buckets()
    found = listening(localstack.pids)
    assert f"tcp 0100007F:{localstack.port:04X}" in found, "the gateway itself was not seen"
    assert len(found) >= 2, "the function's Runtime API was not seen"
    assert [address for address in found if not address.startswith("tcp 0100007F:")] == []


def with_functions(running: Running) -> list[int]:
    """Two functions with a child each, one of them busy; returns all pids of the instance."""
    aws = Aws(running.endpoint)
    idle, busy = aws.function(), aws.function(timeout=60)
    aws.invoke(idle, {"do": "grandchild"})
    aws.invoke(busy, {"do": "grandchild"})
    aws.lambda_.invoke(FunctionName=busy, InvocationType="Event", Payload=b'{"do": "sleep", "seconds": 600}')
    pids = running.pids
    assert len(pids) == 6, "supervisor, LocalStack, two functions with a child each"
    return pids


def all_gone(running: Running, pids: list[int]) -> None:
    eventually("all its processes are gone", lambda: not [pid for pid in pids if kernel.started_at(pid)], limit_s=10)
    eventually("the port is free", lambda: kernel.is_free(running.port), limit_s=5)


def test_sigterm_ends_everything_soon_although_a_function_is_busy() -> None:
    running = begin()
    pids = with_functions(running)
    began = time.monotonic()
    running.process.terminate()
    assert running.process.wait(30) == 0
    assert time.monotonic() - began < 8
    all_gone(running, pids)


def test_when_localstack_is_killed_its_functions_die_with_it() -> None:
    running = begin()
    pids = with_functions(running)
    os.kill(running.host_pid, signal.SIGKILL)
    assert running.process.wait(10) == 1
    all_gone(running, pids)


def test_when_the_supervisor_is_killed_localstack_and_its_functions_die_with_it() -> None:
    running = begin()
    pids = with_functions(running)
    grandchildren = [pid for pid in pids if Path(f"/proc/{pid}/comm").read_text() == "sleep\n"]
    assert len(grandchildren) == 2
    running.process.kill()
    running.process.wait(10)
    try:
        all_gone(running, [pid for pid in pids if pid not in grandchildren])
    finally:
        # A process that a function started outlives only this: a kill of the supervisor, which would end it.
        for pid in grandchildren:
            os.kill(pid, signal.SIGKILL)


def test_run_ends_when_its_parent_is_killed() -> None:
    harness = f"import subprocess; subprocess.Popen({[*COMMAND, 'run', '--port', '0']!r}).wait()"
    parent = subprocess.Popen([sys.executable, "-c", harness], stdout=subprocess.PIPE, text=True)
    assert parent.stdout and '"endpoint"' in parent.stdout.readline()
    pids = kernel.descendants(parent.pid)
    assert len(pids) == 2
    parent.kill()
    parent.wait()
    eventually("the instance ends", lambda: not [pid for pid in pids if kernel.started_at(pid)], limit_s=10)


def test_run_goes_on_when_only_the_thread_that_started_it_ends() -> None:
    """A harness starts it from a test's thread: the kernel's own signal at a parent's death would end it there."""
    begun: list[Running] = []
    thread = threading.Thread(target=lambda: begun.append(begin()))
    thread.start()
    thread.join()
    (running,) = begun
    try:
        time.sleep(1)
        assert running.process.poll() is None
        function = Aws(running.endpoint).function()
        assert Aws(running.endpoint).invoke(function).error is None
    finally:
        running.process.terminate()
        running.process.wait(30)
