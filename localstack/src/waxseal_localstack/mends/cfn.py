"""For CloudFormation resource types that the community edition lacks: it skips them and says CREATE_COMPLETE."""

import logging
from typing import Any, ClassVar

from botocore.exceptions import ClientError
from localstack.services.cloudformation.resource_provider import (
    CloudFormationResourceProviderPlugin,
    OperationStatus,
    ProgressEvent,
    ResourceProvider,
    ResourceRequest,
)

from waxseal_localstack import mends

LOG = logging.getLogger(__name__)

Properties = dict[str, Any]


class Resource(ResourceProvider[Properties]):
    """A resource that one call puts and one removes."""

    SCHEMA: ClassVar[dict[str, Any]] = {}
    # The property that names it; made from the stack's name when the template gives none.
    NAME: str

    def put(self, aws: Any, properties: Properties, new: bool) -> None:
        """Creates or changes it; may add read-only properties."""
        raise NotImplementedError

    def remove(self, aws: Any, properties: Properties) -> None:
        raise NotImplementedError

    def create(self, request: ResourceRequest[Properties]) -> ProgressEvent[Properties]:
        properties = dict(request.desired_state)
        properties.setdefault(self.NAME, f"{request.stack_name}-{request.logical_resource_id}"[:48])
        self.put(request.aws_client_factory, properties, True)
        return _done(properties)

    def update(self, request: ResourceRequest[Properties]) -> ProgressEvent[Properties]:
        known = request.previous_state or {}
        # The template lacks the properties that only we know: the made-up name and read-only ones.
        kept = {name: known[name] for name in (self.NAME, "Arn") if name in known}
        properties = {**kept, **request.desired_state}
        self.put(request.aws_client_factory, properties, False)
        return _done(properties)

    def delete(self, request: ResourceRequest[Properties]) -> ProgressEvent[Properties]:
        try:
            self.remove(request.aws_client_factory, request.desired_state)
        except ClientError as error:
            if "NotFound" not in error.response["Error"]["Code"]:
                raise
        return _done(request.desired_state)

    def read(self, request: ResourceRequest[Properties]) -> ProgressEvent[Properties]:
        return _done(request.desired_state)


def schema(type_name: str, identifier: list[str], read_only: list[str] | None = None) -> dict[str, Any]:
    return {
        "typeName": type_name,
        "primaryIdentifier": [f"/properties/{name}" for name in identifier],
        "readOnlyProperties": [f"/properties/{name}" for name in read_only or []],
        "properties": {},
    }


class Plugin(CloudFormationResourceProviderPlugin):
    """Named by its class's type; absent when its mend is left out."""

    mend: str
    resource: type[Resource]

    def __init__(self) -> None:
        self.factory: type[Resource] | None = None

    def should_load(self) -> bool:
        return self.mend not in mends.left_out()

    def load(self) -> None:
        self.factory = self.resource


def _done(properties: Properties) -> ProgressEvent[Properties]:
    return ProgressEvent(status=OperationStatus.SUCCESS, resource_model=properties)
