"""One instance's folder: target/localstack/<port>/ with instance.json, pid, localstack.log and data/."""

import json
import os
import shutil
import time
from dataclasses import asdict, dataclass
from pathlib import Path

from waxseal_localstack import kernel

KEEP_LOGS_S = 24 * 3600


def home() -> Path:
    if configured := os.environ.get("WAXSEAL_LOCALSTACK_HOME"):
        return Path(configured).resolve()
    return Path(__file__).resolve().parents[3] / "target" / "localstack"


@dataclass(frozen=True)
class Instance:
    """A running instance, as instance.json tells it. `pid` is the supervisor's, `host_pid` LocalStack's own."""

    endpoint: str
    port: int
    pid: int
    started_at: int
    host_pid: int
    log: str
    data: str

    @property
    def alive(self) -> bool:
        return kernel.started_at(self.pid) == self.started_at


@dataclass(frozen=True)
class Folder:
    port: int

    @property
    def path(self) -> Path:
        return home() / str(self.port)

    @property
    def log(self) -> Path:
        return self.path / "localstack.log"

    @property
    def data(self) -> Path:
        return self.path / "data"

    @property
    def pid_file(self) -> Path:
        return self.path / "pid"

    @property
    def description(self) -> Path:
        return self.path / "instance.json"

    def prepare(self) -> None:
        """An instance starts empty: there is no reset, and what an earlier one left would only be half a state."""
        shutil.rmtree(self.data, ignore_errors=True)
        for folder in (self.data / "tmp", self.data / "volume"):
            folder.mkdir(parents=True)
        self.log.write_text("")

    def write(self, instance: Instance) -> None:
        draft = self.description.with_suffix(".new")
        draft.write_text(json.dumps(asdict(instance), indent=2) + "\n")
        draft.replace(self.description)
        self.pid_file.write_text(f"{instance.pid}\n")

    def clear(self) -> None:
        """Leaves the log, which is what one wants to read after the end."""
        self.description.unlink(missing_ok=True)
        self.pid_file.unlink(missing_ok=True)
        shutil.rmtree(self.data, ignore_errors=True)

    def running(self) -> Instance | None:
        try:
            found = Instance(**json.loads(self.description.read_text()))
        except (OSError, ValueError, TypeError):
            return None
        return found if found.alive else None


def all_running() -> list[Instance]:
    return [found for folder in _folders() if (found := folder.running())]


def sweep() -> None:
    """Removes the folders of instances that ended more than a day ago: each `--port 0` leaves one, with its log."""
    for folder in _folders():
        old = folder.log.exists() and time.time() - folder.log.stat().st_mtime > KEEP_LOGS_S
        if old and folder.running() is None:
            shutil.rmtree(folder.path, ignore_errors=True)


def _folders() -> list[Folder]:
    if not home().is_dir():
        return []
    return [Folder(port) for port in sorted(int(entry.name) for entry in home().iterdir() if entry.name.isdigit())]
