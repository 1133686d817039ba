"""CloudFormation stacks, as `aws cloudformation deploy` makes them: by change sets."""

import json
from typing import Any

from aws import Aws, unique
from running import eventually


def deploy(aws: Aws, resources: dict[str, Any], name: str | None = None) -> str:
    """Creates a stack, or updates the one of this name."""
    name, change = name or unique("stack"), unique("change")
    kind = "UPDATE" if _exists(aws, name) else "CREATE"
    template = json.dumps({"Resources": resources})
    aws.cloudformation.create_change_set(
        StackName=name, ChangeSetName=change, ChangeSetType=kind, TemplateBody=template, Capabilities=["CAPABILITY_IAM"]
    )

    def ready() -> bool:
        status = aws.cloudformation.describe_change_set(StackName=name, ChangeSetName=change)["Status"]
        return bool(status == "CREATE_COMPLETE")

    eventually("the change set is ready", ready)
    aws.cloudformation.execute_change_set(StackName=name, ChangeSetName=change)
    eventually(f"stack {name} is complete", lambda: _status(aws, name) == f"{kind}_COMPLETE", limit_s=40)
    return name


def _exists(aws: Aws, name: str) -> bool:
    return _status(aws, name) not in (None, "DELETE_COMPLETE")


def _status(aws: Aws, name: str) -> str | None:
    """None for a stack that never was; LocalStack goes on listing those that were deleted."""
    stacks = {stack["StackName"]: stack for stack in aws.cloudformation.describe_stacks()["Stacks"]}
    if name not in stacks:
        return None
    status: str = stacks[name]["StackStatus"]
    assert "FAILED" not in status and "ROLLBACK" not in status, stacks[name].get("StackStatusReason")
    return status


def destroy(aws: Aws, stack: str) -> None:
    aws.cloudformation.delete_stack(StackName=stack)
    eventually(f"stack {stack} is gone", lambda: not _exists(aws, stack), limit_s=40)
