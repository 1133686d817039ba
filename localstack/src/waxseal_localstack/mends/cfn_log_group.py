"""AWS::Logs::LogGroup: RetentionInDays is ignored, when the group is created and when it changes."""

from collections.abc import Callable
from typing import Any

from localstack.services.cloudformation.resource_provider import OperationStatus, ProgressEvent
from localstack.services.logs.resource_providers.aws_logs_loggroup import LogsLogGroupProvider
from localstack.utils.patch import patch

PROPERTY = "RetentionInDays"


def apply() -> None:
    @patch(LogsLogGroupProvider.create)
    def create(stock: Callable[..., Any], self: LogsLogGroupProvider, request: Any) -> Any:
        return _retained(stock(self, request), request)

    @patch(LogsLogGroupProvider.update)
    def update(stock: Callable[..., Any], self: LogsLogGroupProvider, request: Any) -> Any:
        model = {**request.previous_state, **request.desired_state}
        return _retained(ProgressEvent(status=OperationStatus.SUCCESS, resource_model=model), request)


def _retained(event: Any, request: Any) -> Any:
    logs, name = request.aws_client_factory.logs, event.resource_model["LogGroupName"]
    days = request.desired_state.get(PROPERTY)
    if days is not None:
        logs.put_retention_policy(logGroupName=name, retentionInDays=int(days))
    elif (request.previous_state or {}).get(PROPERTY) is not None:
        logs.delete_retention_policy(logGroupName=name)
        event.resource_model.pop(PROPERTY, None)
    return event
