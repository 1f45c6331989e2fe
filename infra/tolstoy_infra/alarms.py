"""Who is told when something is wrong, and what is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

import pulumi
import pulumi_aws as aws

from tolstoy_infra.logs import QUEUE_AGE, SERVER_ERRORS
from tolstoy_infra.naming import PREFIX, tags
from tolstoy_infra.settings import Settings

Missing = Literal["breaching", "notBreaching", "missing", "ignore"]


class Alarms(pulumi.ComponentResource):
    """A topic, and alarms that write to it when they begin and when they end."""

    topic_arn: pulumi.Output[str]

    def __init__(self, settings: Settings) -> None:
        super().__init__("tolstoy:infra:Alarms", PREFIX)
        self._here = pulumi.ResourceOptions(parent=self)
        self._stack = settings.stack
        topic = aws.sns.Topic(f"{PREFIX}-alarms", tags=tags("alarms"), opts=self._here)
        self.topic_arn = topic.arn
        if settings.alarm_email:
            aws.sns.TopicSubscription(
                f"{PREFIX}-alarms",
                topic=topic.arn,
                protocol="email",
                endpoint=settings.alarm_email,
                opts=self._here,
            )
        self.register_outputs({"topicArn": self.topic_arn})

    def add(
        self,
        name: str,
        description: str,
        *,
        namespace: str,
        metric: str,
        above: float,
        minutes: int,
        period: int = 60,
        statistic: Literal["Average", "Maximum", "Minimum", "Sum"] = "Average",
        dimensions: Mapping[str, pulumi.Input[str]] | None = None,
        missing: Missing = "notBreaching",
        also: tuple[str, ...] = (),
    ) -> None:
        """Alarm while the metric is above that for so many minutes, `period` seconds after `period` seconds.

        A period must not be shorter than the metric's own. `also` are further actions' ARNs.
        """
        aws.cloudwatch.MetricAlarm(
            f"{PREFIX}-{name}",
            alarm_description=f"Tolstoy, stack {self._stack}: {description}",
            namespace=namespace,
            metric_name=metric,
            dimensions=dimensions,
            statistic=statistic,
            comparison_operator="GreaterThanThreshold",
            threshold=above,
            period=period,
            evaluation_periods=minutes * 60 // period,
            treat_missing_data=missing,
            alarm_actions=[self.topic_arn, *also],
            ok_actions=[self.topic_arn],
            tags=tags(name),
            opts=self._here,
        )

    def of_service(self, settings: Settings, namespace: str) -> None:
        """What the service itself says in its log, wherever it runs."""
        self.add(
            "server-errors",
            "requests are answered with 5xx; look for their request ids in the log",
            namespace=namespace,
            metric=SERVER_ERRORS,
            statistic="Sum",
            above=5,
            minutes=2,
        )
        self.add(
            "queue-age",
            f"jobs wait for longer than {settings.queue_seconds} s, or no worker says how long they do",
            namespace=namespace,
            metric=QUEUE_AGE,
            statistic="Maximum",
            above=settings.queue_seconds,
            minutes=5,
            missing="breaching",
        )
