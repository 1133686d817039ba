"""AWS::CloudWatch::Dashboard: skipped, so a mistake in its body would first be seen on AWS."""

from typing import Any

from waxseal_localstack.mends import cfn


class Dashboard(cfn.Resource):
    TYPE = "AWS::CloudWatch::Dashboard"
    NAME = "DashboardName"
    SCHEMA = cfn.schema(TYPE, ["DashboardName"])

    def put(self, aws: Any, properties: cfn.Properties, new: bool) -> None:
        aws.cloudwatch.put_dashboard(
            DashboardName=properties["DashboardName"], DashboardBody=properties["DashboardBody"]
        )

    def remove(self, aws: Any, properties: cfn.Properties) -> None:
        aws.cloudwatch.delete_dashboards(DashboardNames=[properties["DashboardName"]])


class DashboardPlugin(cfn.Plugin):
    name, mend, resource = Dashboard.TYPE, "cfn_dashboard", Dashboard
