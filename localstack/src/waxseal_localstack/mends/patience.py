"""A function is created twice on a busy machine, and its stack fails with "Function already exist".

LocalStack calls itself with clients that give up after 60 seconds and ask again. Functions are created one at a time,
under a lock, so the last of many waits longer than that, and meets itself.
"""

from botocore.config import Config
from localstack.aws.connect import connect_to

# As long as the longest invocation: no call that LocalStack makes to itself takes longer.
PATIENCE_S = 900


def apply() -> None:
    connect_to._config = connect_to._config.merge(Config(read_timeout=PATIENCE_S))
