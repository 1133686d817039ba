"""AWS::Lambda::Function: ReservedConcurrentExecutions is ignored, so a kill switch set to 0 stops nothing."""

from collections.abc import Callable
from typing import Any

from localstack.services.cloudformation.resource_provider import OperationStatus
from localstack.services.lambda_.resource_providers.aws_lambda_function import LambdaFunctionProvider
from localstack.utils.patch import patch

PROPERTY = "ReservedConcurrentExecutions"


def apply() -> None:
    @patch(LambdaFunctionProvider.create)
    def create(stock: Callable[..., Any], self: LambdaFunctionProvider, request: Any) -> Any:
        return _reserved(stock(self, request), request)

    @patch(LambdaFunctionProvider.update)
    def update(stock: Callable[..., Any], self: LambdaFunctionProvider, request: Any) -> Any:
        return _reserved(stock(self, request), request)


def _reserved(event: Any, request: Any) -> Any:
    """Creation is asked again until the function is active: only then the event says success."""
    if event.status != OperationStatus.SUCCESS:
        return event
    lambda_, name = request.aws_client_factory.lambda_, event.resource_model["FunctionName"]
    wanted = request.desired_state.get(PROPERTY)
    if wanted is not None:
        lambda_.put_function_concurrency(FunctionName=name, ReservedConcurrentExecutions=int(wanted))
    elif (request.previous_state or {}).get(PROPERTY) is not None:
        lambda_.delete_function_concurrency(FunctionName=name)
    return event
