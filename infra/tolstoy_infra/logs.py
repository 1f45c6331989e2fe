"""Where the containers write, and the numbers that CloudWatch reads out of it."""

from __future__ import annotations

import pulumi
import pulumi_aws as aws

from tolstoy_infra.naming import PREFIX, tags
from tolstoy_infra.settings import Settings

SERVER_ERRORS = "ServerErrors"
QUEUE_AGE = "QueueOldestSeconds"

# Nginx writes a line for each request, also for those that never reach the service; every worker, twice a minute, one
# that says how old the queue is
FAILED_REQUESTS = '{ ($.action = "proxied") && ($.status >= 500) }'
QUEUE_LINES = '{ $.action = "queue" }'
QUEUE_VALUE = "$.oldest_seconds"


class Logs(pulumi.ComponentResource):
    arn: pulumi.Output[str]
    name: pulumi.Output[str]

    def __init__(self, settings: Settings) -> None:
        super().__init__("tolstoy:infra:Logs", PREFIX)
        self.namespace = namespace(settings.stack)
        self._here = pulumi.ResourceOptions(parent=self)
        group = aws.cloudwatch.LogGroup(
            PREFIX,
            name=f"/tolstoy/{settings.stack}",
            retention_in_days=settings.log_retention_days,
            tags=tags("logs"),
            opts=self._here,
        )
        self.arn, self.name = group.arn, group.name
        self._metric("server-errors", FAILED_REQUESTS, SERVER_ERRORS, value="1", nothing="0")
        # without a worker there shall be no number, which is what the alarm takes for the worst
        self._metric("queue-age", QUEUE_LINES, QUEUE_AGE, value=QUEUE_VALUE, nothing=None)
        self.register_outputs({"name": self.name})

    def _metric(self, name: str, pattern: str, metric: str, *, value: str, nothing: str | None) -> None:
        aws.cloudwatch.LogMetricFilter(
            f"{PREFIX}-{name}",
            log_group_name=self.name,
            pattern=pattern,
            metric_transformation=aws.cloudwatch.LogMetricFilterMetricTransformationArgs(
                name=metric, namespace=self.namespace, value=value, default_value=nothing
            ),
            opts=self._here,
        )


def namespace(stack: str) -> str:
    """Of this stack's own metrics, its machines' too."""
    return f"Tolstoy/{stack}"
