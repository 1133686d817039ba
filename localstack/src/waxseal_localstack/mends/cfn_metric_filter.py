"""AWS::Logs::MetricFilter: skipped, so an alarm on a logged error never has data."""

from typing import Any

from waxseal_localstack.mends import cfn


class MetricFilter(cfn.Resource):
    TYPE = "AWS::Logs::MetricFilter"
    NAME = "FilterName"
    SCHEMA = cfn.schema(TYPE, ["LogGroupName", "FilterName"])

    def put(self, aws: Any, properties: cfn.Properties, new: bool) -> None:
        if not new:
            # The emulated PutMetricFilter adds a second one of the same name where AWS replaces it.
            self.remove(aws, properties)
        aws.logs.put_metric_filter(
            logGroupName=properties["LogGroupName"],
            filterName=properties["FilterName"],
            filterPattern=properties.get("FilterPattern", ""),
            metricTransformations=[_transformation(entry) for entry in properties["MetricTransformations"]],
        )

    def remove(self, aws: Any, properties: cfn.Properties) -> None:
        aws.logs.delete_metric_filter(logGroupName=properties["LogGroupName"], filterName=properties["FilterName"])


def _transformation(entry: dict[str, Any]) -> dict[str, Any]:
    """CloudFormation's names as the API's, which begin small; it has lists of pairs where the API has a map."""
    plain = {name[0].lower() + name[1:]: value for name, value in entry.items() if name != "Dimensions"}
    if "defaultValue" in plain:
        plain["defaultValue"] = float(plain["defaultValue"])
    if dimensions := entry.get("Dimensions"):
        plain["dimensions"] = {pair["Key"]: pair["Value"] for pair in dimensions}
    return plain


class MetricFilterPlugin(cfn.Plugin):
    name, mend, resource = MetricFilter.TYPE, "cfn_metric_filter", MetricFilter
