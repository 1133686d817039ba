"""The parts that LocalStack finds through entry points. Imports late: it loads every plugin's module to learn its name."""

import os
from typing import Any

from localstack.runtime import hooks
from localstack.services.lambda_.invocation.plugins import RuntimeExecutorPlugin
from localstack.services.plugins import Service, aws_provider


class ProcessExecutorPlugin(RuntimeExecutorPlugin):
    name = "process"

    def load(self, *args: Any, **kwargs: Any) -> type:
        from waxseal_localstack.executor.executor import ProcessExecutor

        return ProcessExecutor


@aws_provider(api="dynamodb", name="waxseal")
def dynamodb() -> Service:
    from waxseal_localstack.dynamodb.provider import make_service

    return make_service()


@aws_provider(api="dynamodbstreams", name="waxseal")
def dynamodbstreams() -> Service:
    from waxseal_localstack.dynamodb.streams import make_service

    return make_service()


@aws_provider(api="kinesis", name="waxseal")
def kinesis() -> Service:
    from waxseal_localstack.kinesis import make_service

    return make_service()


@hooks.on_infra_start()
def mend() -> None:
    from waxseal_localstack import mends

    mends.apply()


@hooks.on_infra_ready()
def announce_ready() -> None:
    from waxseal_localstack.host import READY_FD

    if fd := os.environ.pop(READY_FD, None):
        os.write(int(fd), b"1")
        os.close(int(fd))
