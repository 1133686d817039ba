"""The faults of LocalStack 4.14.0, one file each: the fault, why it matters here, and the mend.

A mend has `apply()`, or is a CloudFormation resource type that the community edition lacks (loaded by entry point, see
`cfn`). `WAXSEAL_LOCALSTACK_WITHOUT=replay,target_dlq` (or `all`) leaves some out: the tests show with it that each is
still needed.
"""

import importlib
import logging
import os

LOG = logging.getLogger(__name__)

WITHOUT = "WAXSEAL_LOCALSTACK_WITHOUT"

NAMES = (
    "cfn_archive",
    "cfn_concurrency",
    "cfn_dashboard",
    "cfn_log_group",
    "cfn_metric_filter",
    "cfn_put_again",
    "cfn_rule",
    "environments",
    "patience",
    "replay",
    "s3_events",
    "scheduler",
    "stream_identity",
    "target_dlq",
    "wildcard",
)


class UnknownMend(ValueError):
    """Left out by a name that no mend has."""


def left_out() -> set[str]:
    names = {name.strip() for name in os.environ.get(WITHOUT, "").split(",")} - {""}
    if names == {"all"}:
        return set(NAMES)
    if unknown := names - set(NAMES):
        known, wrong = ", ".join(NAMES), ", ".join(sorted(unknown))
        raise UnknownMend(f"{WITHOUT} names what is no mend: {wrong}; there are: {known}")
    return names


def apply() -> None:
    without = left_out()
    for name in NAMES:
        if name in without:
            LOG.warning("without the mend %s", name)
            continue
        mend = importlib.import_module(f"{__name__}.{name}")
        if hasattr(mend, "apply"):
            mend.apply()
