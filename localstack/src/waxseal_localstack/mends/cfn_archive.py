"""AWS::Events::Archive: no events to replay after a deploy that looked complete."""

import json
from typing import Any

from waxseal_localstack.mends import cfn


class Archive(cfn.Resource):
    TYPE = "AWS::Events::Archive"
    NAME = "ArchiveName"
    SCHEMA = cfn.schema(TYPE, ["ArchiveName"], read_only=["Arn"])

    def put(self, aws: Any, properties: cfn.Properties, new: bool) -> None:
        arguments: dict[str, Any] = {"ArchiveName": properties["ArchiveName"]}
        if "Description" in properties:
            arguments["Description"] = properties["Description"]
        if pattern := properties.get("EventPattern"):
            arguments["EventPattern"] = pattern if isinstance(pattern, str) else json.dumps(pattern)
        if "RetentionDays" in properties:
            arguments["RetentionDays"] = int(properties["RetentionDays"])
        if new:
            created = aws.events.create_archive(EventSourceArn=properties["SourceArn"], **arguments)
            properties["Arn"] = created["ArchiveArn"]
        else:
            aws.events.update_archive(**arguments)

    def remove(self, aws: Any, properties: cfn.Properties) -> None:
        aws.events.delete_archive(ArchiveName=properties["ArchiveName"])


class ArchivePlugin(cfn.Plugin):
    name, mend, resource = Archive.TYPE, "cfn_archive", Archive
