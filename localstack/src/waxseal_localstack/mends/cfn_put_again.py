"""Changes to an alarm, a topic's policy or a bus's policy are dropped while the stack says UPDATE_COMPLETE.

A call that replaces the resource creates each of these, so the update is that call again under the known name.
"""

from collections.abc import Callable
from typing import Any

from localstack.services.cloudwatch.resource_providers.aws_cloudwatch_alarm import CloudWatchAlarmProvider
from localstack.services.events.resource_providers.aws_events_eventbuspolicy import EventsEventBusPolicyProvider
from localstack.services.sns.resource_providers.aws_sns_topicpolicy import SNSTopicPolicyProvider
from localstack.utils.patch import patch


def apply() -> None:
    for provider in (CloudWatchAlarmProvider, EventsEventBusPolicyProvider, SNSTopicPolicyProvider):
        _mend(provider)


def _mend(provider: Any) -> None:
    @patch(provider.update)
    def update(stock: Callable[..., Any], self: Any, request: Any) -> Any:
        known = request.previous_state
        if "AlarmName" in known:
            # Not in the template when CloudFormation made it up.
            request.desired_state["AlarmName"] = known["AlarmName"]
        event = self.create(request)
        # The physical id stays; creation makes a new one.
        event.resource_model["Id"] = known["Id"]
        return event
