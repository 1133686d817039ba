"""A function is created twice on a busy machine, and its stack fails with "Function already exist".

LocalStack calls itself with clients that give up after 60 seconds and ask again. Functions are created one at a time,
under a lock, so the last of many waits longer than that, and meets itself.
"""

from typing import Any

from botocore.config import Config
from localstack.aws.connect import ClientFactory

# As long as the longest invocation: no call that LocalStack makes to itself takes longer.
PATIENCE_S = 900


def apply() -> None:
    original = ClientFactory.__call__

    # Every factory: CloudFormation's resources have one of their own.
    def patient(self: ClientFactory, *, config: Config | None = None, **rest: Any) -> Any:
        if self._config.read_timeout != PATIENCE_S:
            self._config = self._config.merge(Config(read_timeout=PATIENCE_S))
        return original(self, config=config, **rest)

    ClientFactory.__call__ = patient
