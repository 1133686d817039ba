"""The DynamoDB service: moto's operations one at a time, transactions of our own, and injected throttling."""

import json
import logging
import random
from collections.abc import Callable
from typing import Any

from localstack import config
from localstack.aws.api import CommonServiceException, RequestContext, ServiceException, handler
from localstack.aws.api.dynamodb import (
    DynamodbApi,
    IdempotentParameterMismatchException,
    ProvisionedThroughputExceededException,
    TransactGetItemsOutput,
    TransactWriteItemsOutput,
)
from localstack.services.moto import MotoFallbackDispatcher
from localstack.services.plugins import Service, ServiceLifecycleHook
from localstack.state import StateVisitor
from moto.core.exceptions import JsonRESTError
from moto.dynamodb.models import DynamoDBBackend, dynamodb_backends

from waxseal_localstack.dynamodb import backend, transactions, ttl
from waxseal_localstack.dynamodb.lock import LOCK
from waxseal_localstack.dynamodb.tokens import Tokens

LOG = logging.getLogger(__name__)

READS = {"GetItem", "Query", "Scan", "BatchGetItem", "TransactGetItems"}
WRITES = {"PutItem", "UpdateItem", "DeleteItem", "BatchWriteItem", "TransactWriteItems"}

_Handler = Callable[[RequestContext, Any], Any]


class Provider(DynamodbApi, ServiceLifecycleHook):
    """Only what moto does not do well enough; for the rest the dispatcher falls back to moto."""

    def __init__(self) -> None:
        super().__init__()
        self._tokens = Tokens()

    def on_after_init(self) -> None:
        backend.install()
        if config.DYNAMODB_REMOVE_EXPIRED_ITEMS:
            ttl.start()

    def accept_state_visitor(self, visitor: StateVisitor) -> None:
        visitor.visit(dynamodb_backends)

    @handler("TransactWriteItems", expand=False)
    def transact_write_items(self, context: RequestContext, request: Any) -> TransactWriteItemsOutput:
        sent, owner = _sent(context), (context.account_id, context.region)
        token = sent.get("ClientRequestToken")
        if token:
            match self._tokens.is_repeat(owner, token, sent):
                case True:
                    return TransactWriteItemsOutput()
                case False:
                    raise IdempotentParameterMismatchException(
                        "The provided client token was used in an earlier request with other parameters"
                    )
        transactions.write(_backend(context), sent)
        if token:
            self._tokens.remember(owner, token, sent)
        return TransactWriteItemsOutput()

    @handler("TransactGetItems", expand=False)
    def transact_get_items(self, context: RequestContext, request: Any) -> TransactGetItemsOutput:
        return TransactGetItemsOutput(Responses=transactions.get(_backend(context), _sent(context)))


def make_service() -> Service:
    return Service.for_provider(Provider(), dispatch_table_factory=_one_at_a_time)


def _one_at_a_time(provider: object) -> dict[str, _Handler]:
    return {name: _guarded(name, serve) for name, serve in MotoFallbackDispatcher(provider).items()}


def _guarded(name: str, serve: _Handler) -> _Handler:
    def call(context: RequestContext, request: Any) -> Any:
        if random.random() < _throttle_probability(name):
            raise ProvisionedThroughputExceededException("The level of configured provisioned throughput was exceeded")
        with LOCK:
            try:
                return serve(context, request)
            except (ServiceException, NotImplementedError):
                raise
            except JsonRESTError as error:
                kind = str(error.error_type).rpartition("#")[2]
                raise CommonServiceException(kind, error.message) from error
            except Exception as error:
                # moto trips over some input that DynamoDB rejects; a 500 would have the SDK retry it for long.
                LOG.warning("moto failed on %s: %r", name, error, exc_info=True)
                raise CommonServiceException("ValidationException", f"{type(error).__name__}: {error}") from error

    return call


def _throttle_probability(name: str) -> float:
    """LocalStack's own settings, which its provider applies and which can be changed while it runs."""
    if name in WRITES:
        return max(config.DYNAMODB_ERROR_PROBABILITY, config.DYNAMODB_WRITE_ERROR_PROBABILITY)
    if name in READS:
        return max(config.DYNAMODB_ERROR_PROBABILITY, config.DYNAMODB_READ_ERROR_PROBABILITY)
    return 0.0


def _sent(context: RequestContext) -> dict[str, Any]:
    """The request as it was sent: LocalStack's parsed form has bytes where moto wants Base64 text."""
    return dict(json.loads(context.request.data))


def _backend(context: RequestContext) -> DynamoDBBackend:
    found: DynamoDBBackend = dynamodb_backends[context.account_id][context.region]
    return found
