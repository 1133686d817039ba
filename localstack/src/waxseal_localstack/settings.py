"""The environment that LocalStack is started with, each setting with its reason."""

import os
from pathlib import Path

REGION = "us-east-1"

# The variables of a client. LocalStack reads the account from the key id and takes any secret.
CREDENTIALS = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test"}


def client_environment(endpoint: str) -> dict[str, str]:
    """The variables that AWS SDKs and the AWS command line need to reach this instance."""
    return {"AWS_ENDPOINT_URL": endpoint, "AWS_REGION": REGION, "AWS_DEFAULT_REGION": REGION, **CREDENTIALS}


def host_environment(port: int, data: Path) -> dict[str, str]:
    inherited = {
        name: value
        for name, value in os.environ.items()
        # The caller's AWS profile or proxy must not leak into the emulator's own clients.
        if not name.upper().startswith(("AWS_", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "LOCALSTACK_"))
    }
    return {
        **_defaults(),
        # The caller's values win over the defaults above, e.g. DEBUG=1 or DYNAMODB_ERROR_PROBABILITY=0.1,
        **inherited,
        # but not over what makes this instance this instance.
        "GATEWAY_LISTEN": f"127.0.0.1:{port}",
        "LOCALSTACK_HOST": f"127.0.0.1:{port}",
        # Start-up removes $TMPDIR/localstack: instances that share it destroy each other.
        "TMPDIR": str(data / "tmp"),
        "LOCALSTACK_VOLUME_DIR": str(data / "volume"),
        "LAMBDA_RUNTIME_EXECUTOR": "process",
        "PROVIDER_OVERRIDE_DYNAMODB": "waxseal",
        "PROVIDER_OVERRIDE_DYNAMODBSTREAMS": "waxseal",
        "PROVIDER_OVERRIDE_KINESIS": "waxseal",
        "PYTHONUNBUFFERED": "1",
    }


def _defaults() -> dict[str, str]:
    return {
        # No name server: it would bind port 53.
        "DNS_ADDRESS": "0",
        # Nothing is fetched and nothing is reported.
        "SKIP_SSL_CERT_DOWNLOAD": "1",
        "DISABLE_EVENTS": "1",
        # Queue URLs as http://127.0.0.1:PORT/queue/…: the standard form puts a host name before the address.
        "SQS_ENDPOINT_STRATEGY": "path",
        # Polling: the defaults wait a second where AWS long-polls.
        "LAMBDA_EVENT_SOURCE_MAPPING_POLL_INTERVAL_SEC": "0.02",
        "LAMBDA_EVENT_SOURCE_MAPPING_MAX_BACKOFF_ON_EMPTY_POLL_SEC": "0.1",
        "DYNAMODB_REMOVE_EXPIRED_ITEMS": "1",
        # POST /_localstack/config sets e.g. DYNAMODB_ERROR_PROBABILITY while it runs: a test can throttle a table.
        "ENABLE_CONFIG_UPDATES": "1",
    }
