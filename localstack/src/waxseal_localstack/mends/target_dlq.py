"""A rule target's DeadLetterConfig is stored and never used: an event whose target is gone is lost.

Without EventBridge's retries in between: a target that fails once goes to its dead letter queue at once.
"""

import copy
import json
import logging
from collections.abc import Callable
from typing import Any

from botocore.exceptions import ClientError
from localstack.services.events.target import TargetSender
from localstack.utils.patch import patch

from waxseal_localstack.mends import delivery

LOG = logging.getLogger(__name__)


def apply() -> None:
    @patch(TargetSender.process_event)
    def process_event(stock: Callable[..., Any], self: TargetSender, event: Any, trace_header: Any) -> Any:
        # The stock function takes a field out of the event, and the dead letter is the event as it was.
        original = copy.deepcopy(event)
        try:
            return stock(self, event, trace_header)
        except Exception as error:
            queue = (self.target.get("DeadLetterConfig") or {}).get("Arn")
            if queue is None:
                raise
            LOG.info("rule %s: target failed (%s), event goes to %s", self.rule_arn, error, queue)
            delivery.to_dead_letters(
                queue,
                json.dumps(original, default=str),
                {
                    "RULE_ARN": self.rule_arn,
                    "TARGET_ARN": self.target["Arn"],
                    "ERROR_CODE": _code(error),
                    "ERROR_MESSAGE": str(error)[:512],
                    "EXHAUSTED_RETRY_CONDITION": "MaximumRetryAttempts",
                    "RETRY_ATTEMPTS": "0",
                },
            )


def _code(error: Exception) -> str:
    if not isinstance(error, ClientError):
        return "INTERNAL_ERROR"
    code = error.response.get("Error", {}).get("Code", "")
    return "NO_RESOURCE" if "NotFound" in code or "NonExistent" in code else "SDK_CLIENT_ERROR"
