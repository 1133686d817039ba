"""AWS::Events::Rule: a change of pattern or targets is dropped in silence, and a rule on a custom bus stays after delete."""

from collections.abc import Callable
from typing import Any

from localstack.services.cloudformation.resource_provider import OperationStatus, ProgressEvent
from localstack.services.events.resource_providers.aws_events_rule import EventsRuleProvider, extract_rule_name
from localstack.utils.patch import patch


def apply() -> None:
    @patch(EventsRuleProvider.update)
    def update(stock: Callable[..., Any], self: EventsRuleProvider, request: Any) -> Any:
        wanted, known = request.desired_state, request.previous_state
        # Not in the template when CloudFormation made it up.
        wanted["Name"] = extract_rule_name(known["Id"])
        stale = _ids(known) - _ids(wanted)
        if stale:
            request.aws_client_factory.events.remove_targets(Rule=wanted["Name"], Ids=sorted(stale), **_bus(wanted))
        # PutRule and PutTargets replace a rule or target of the same name, so from here on it is a creation.
        return self.create(request)

    @patch(EventsRuleProvider.delete)
    def delete(stock: Callable[..., Any], self: EventsRuleProvider, request: Any) -> Any:
        events, known = request.aws_client_factory.events, request.desired_state
        rule = {"Rule": extract_rule_name(known["Id"]), **_bus(known)}
        targets = events.list_targets_by_rule(**rule)["Targets"]
        if targets:
            events.remove_targets(Ids=[target["Id"] for target in targets], Force=True, **rule)
        events.delete_rule(Name=rule["Rule"], **_bus(known))
        return ProgressEvent(status=OperationStatus.SUCCESS, resource_model=known)


def _ids(state: dict[str, Any]) -> set[str]:
    return {target["Id"] for target in state.get("Targets") or []}


def _bus(state: dict[str, Any]) -> dict[str, str]:
    return {"EventBusName": state["EventBusName"]} if state.get("EventBusName") else {}
