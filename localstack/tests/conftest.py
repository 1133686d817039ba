"""Instances of LocalStack for the tests: each on a free port, ended with the run, however the run ends."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from aws import Aws
from running import Running, run

from waxseal_localstack import mends


@pytest.fixture(scope="session")
def localstack() -> Iterator[Running]:
    with run() as running:
        yield running


@pytest.fixture(scope="session")
def aws(localstack: Running) -> Aws:
    return Aws(localstack.endpoint)


@pytest.fixture(scope="session")
def stock_aws() -> Iterator[Aws]:
    """The same without any mend: LocalStack's own behaviour."""
    with run({mends.WITHOUT: "all"}) as running:
        yield Aws(running.endpoint)


@pytest.fixture(params=["mended", "stock"])
def either(request: pytest.FixtureRequest) -> tuple[Aws, bool]:
    """An instance, and whether it is mended."""
    mended = request.param == "mended"
    return request.getfixturevalue("aws" if mended else "stock_aws"), mended


@pytest.fixture
def journal(tmp_path: Path) -> Path:
    """A file that the functions under test append to (see bootstrap.py)."""
    return tmp_path / "journal.jsonl"
