"""Kinesis: moto's streams, one operation at a time.

LocalStack's own provider starts kinesis-mock, a program for Node or for Java that it fetches at run time. Moto is installed
anyway, and has all that a mapping and a producer need.
"""

from collections.abc import Callable
from typing import Any

from localstack.aws.api import RequestContext
from localstack.aws.api.kinesis import KinesisApi
from localstack.services.moto import MotoFallbackDispatcher
from localstack.services.plugins import Service, ServiceLifecycleHook
from localstack.state import StateVisitor
from moto.kinesis.models import kinesis_backends

from waxseal_localstack.dynamodb.lock import LOCK

_Handler = Callable[[RequestContext, Any], Any]


class Provider(KinesisApi, ServiceLifecycleHook):
    """Nothing of its own: the dispatcher falls back to moto."""

    def accept_state_visitor(self, visitor: StateVisitor) -> None:
        visitor.visit(kinesis_backends)


def make_service() -> Service:
    return Service.for_provider(Provider(), dispatch_table_factory=_one_at_a_time)


def _one_at_a_time(provider: object) -> dict[str, _Handler]:
    """Moto's shards are plain dictionaries: a read beside a write fails, and two writes may take one sequence number."""
    return {name: _guarded(serve) for name, serve in MotoFallbackDispatcher(provider).items()}


def _guarded(serve: _Handler) -> _Handler:
    def call(context: RequestContext, request: Any) -> Any:
        with LOCK:
            return serve(context, request)

    return call
