"""Clients of one instance, and the few steps that many tests need."""

import io
import json
import sys
import uuid
import zipfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config
from running import eventually

from waxseal_localstack import settings

ROLE = "arn:aws:iam::000000000000:role/test"
BOOTSTRAP = Path(__file__).with_name("bootstrap.py")


@dataclass
class Aws:
    endpoint: str
    _clients: dict[str, Any] = field(default_factory=dict)

    def client(self, service: str) -> Any:
        if service not in self._clients:
            # Without retries: what goes wrong once is to be seen. As many connections as racers.
            config = Config(
                retries={"total_max_attempts": 1},
                max_pool_connections=64,
                read_timeout=60,
                s3={"addressing_style": "path"},
            )
            self._clients[service] = boto3.client(
                service,
                endpoint_url=self.endpoint,
                region_name=settings.REGION,
                aws_access_key_id="test",
                aws_secret_access_key="test",
                config=config,
            )
        return self._clients[service]

    def __getattr__(self, service: str) -> Any:
        return self.client(service.rstrip("_"))

    def table(self, range_key: bool = False, stream: bool = False) -> str:
        name = unique("table")
        keys = [("pk", "HASH")] + ([("sk", "RANGE")] if range_key else [])
        self.dynamodb.create_table(
            TableName=name,
            KeySchema=[{"AttributeName": key, "KeyType": kind} for key, kind in keys],
            AttributeDefinitions=[{"AttributeName": key, "AttributeType": "S"} for key, _ in keys],
            BillingMode="PAY_PER_REQUEST",
            **(
                {"StreamSpecification": {"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"}}
                if stream
                else {}
            ),
        )
        return name

    def stream_arn(self, table: str) -> str:
        arn: str = self.dynamodb.describe_table(TableName=table)["Table"]["LatestStreamArn"]
        return arn

    def stream_records(self, table: str, start: str = "TRIM_HORIZON") -> list[dict[str, Any]]:
        arn, streams = self.stream_arn(table), self.dynamodbstreams
        (shard,) = streams.describe_stream(StreamArn=arn)["StreamDescription"]["Shards"]
        iterator = streams.get_shard_iterator(StreamArn=arn, ShardId=shard["ShardId"], ShardIteratorType=start)
        records: list[dict[str, Any]] = streams.get_records(ShardIterator=iterator["ShardIterator"])["Records"]
        return records

    def queue(self, **attributes: Any) -> tuple[str, str]:
        """URL and ARN."""
        url = self.sqs.create_queue(QueueName=unique("queue"), Attributes={k: str(v) for k, v in attributes.items()})
        arn = self.sqs.get_queue_attributes(QueueUrl=url["QueueUrl"], AttributeNames=["QueueArn"])
        return url["QueueUrl"], arn["Attributes"]["QueueArn"]

    def messages(self, url: str) -> list[dict[str, Any]]:
        found = self.sqs.receive_message(
            QueueUrl=url, MaxNumberOfMessages=10, MessageAttributeNames=["All"], AttributeNames=["All"]
        )
        messages: list[dict[str, Any]] = found.get("Messages", [])
        return messages

    def function(self, code: bytes | None = None, timeout: int = 10, **more: Any) -> str:
        name = unique("function")
        environment = more.pop("environment", {})
        self.lambda_.create_function(
            FunctionName=name,
            Runtime="provided.al2023",
            Handler="bootstrap",
            Role=ROLE,
            Code={"ZipFile": code or bootstrap()},
            Timeout=timeout,
            Environment={"Variables": environment},
            **more,
        )
        eventually(
            "the function is active",
            lambda: self.lambda_.get_function(FunctionName=name)["Configuration"]["State"] == "Active",
        )
        return name

    def invoke(self, function: str, event: Any = None) -> "Answer":
        got = self.lambda_.invoke(FunctionName=function, Payload=json.dumps(event or {}), LogType="Tail")
        return Answer(json.loads(got["Payload"].read() or b"null"), got.get("FunctionError"), got.get("LogResult", ""))


@dataclass(frozen=True)
class Answer:
    payload: Any
    error: str | None
    log: str


def bootstrap(source: str | None = None) -> bytes:
    """A zip with an executable `bootstrap`; by default the one that does what its event says."""
    text = source if source is not None else f"#!{sys.executable} -SE\n" + BOOTSTRAP.read_text()
    return archive({"bootstrap": text})


def archive(files: dict[str, str]) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as out:
        for name, text in files.items():
            entry = zipfile.ZipInfo(name)
            entry.external_attr = 0o755 << 16
            out.writestr(entry, text)
    return packed.getvalue()


def unique(kind: str) -> str:
    return f"{kind}-{uuid.uuid4().hex[:12]}"


def journal_entries(journal: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in journal.read_text().splitlines()] if journal.exists() else []
