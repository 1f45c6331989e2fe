"""CloudWatch's alarms and metric filters, and who is told."""

from __future__ import annotations

from tests.infra.cloud.account import Account, Kind, Made, Outputs
from tests.infra.cloud.shapes import Props, ProviderError, tag_list

TREATMENTS = ("breaching", "notBreaching", "missing", "ignore")


def _put_alarm(account: Account, name: str, props: Props) -> None:
    dimensions = [{"Name": key, "Value": value} for key, value in (props("dimensions") or {}).items()]
    treatment = props("treatMissingData")
    if treatment not in (None, *TREATMENTS):
        raise ProviderError(f"alarm: {treatment!r} is no way to treat missing data")
    props("name")
    account.call(
        "cloudwatch",
        "put_metric_alarm",
        AlarmName=name,
        Dimensions=dimensions,
        TreatMissingData=treatment,
        Tags=tag_list(props("tags")),
        **props.rest(),
    )


def _alarm(account: Account, name: str, props: Props) -> Made:
    _put_alarm(account, name, props)
    return name, {"name": name, "arn": account.arn("cloudwatch", f"alarm:{name}")}


def _change_alarm(account: Account, id_: str, _old: Outputs, props: Props) -> Outputs:
    _put_alarm(account, id_, props)
    return {}


def _drop_alarm(account: Account, id_: str, _outputs: Outputs) -> None:
    account.call("cloudwatch", "delete_alarms", AlarmNames=[id_])


def _filter(account: Account, name: str, props: Props) -> Made:
    change = props("metricTransformation")
    to = {
        "metricName": change.pop("name"),
        "metricNamespace": change.pop("namespace"),
        "metricValue": change.pop("value"),
    }
    if (nothing := change.pop("defaultValue", None)) is not None:
        to["defaultValue"] = float(nothing)
    if change:
        raise ProviderError(f"metric filter: no place for {sorted(change)}")
    account.call(
        "logs",
        "put_metric_filter",
        logGroupName=props("logGroupName"),
        filterName=name,
        filterPattern=props("pattern"),
        metricTransformations=[to],
    )
    return name, {"name": name}


def _drop_filter(account: Account, id_: str, outputs: Outputs) -> None:
    account.call("logs", "delete_metric_filter", logGroupName=outputs["logGroupName"], filterName=id_)


def _topic(account: Account, name: str, props: Props) -> Made:
    made = account.call("sns", "create_topic", Name=props("name") or name, Tags=tag_list(props("tags")))
    return made["TopicArn"], {"arn": made["TopicArn"], "name": name}


def _drop_topic(account: Account, id_: str, _outputs: Outputs) -> None:
    account.call("sns", "delete_topic", TopicArn=id_)


def _subscription(account: Account, _name: str, props: Props) -> Made:
    made = account.call(
        "sns",
        "subscribe",
        TopicArn=props("topic"),
        Protocol=props("protocol"),
        Endpoint=props("endpoint"),
        ReturnSubscriptionArn=True,
    )
    return made["SubscriptionArn"], {"arn": made["SubscriptionArn"]}


def _drop_subscription(account: Account, id_: str, _outputs: Outputs) -> None:
    account.call("sns", "unsubscribe", SubscriptionArn=id_)


KINDS = {
    "aws:cloudwatch/metricAlarm:MetricAlarm": Kind(
        _alarm,
        _drop_alarm,
        # all of them but its name
        frozenset(
            {
                "threshold",
                "dimensions",
                "alarmActions",
                "okActions",
                "evaluationPeriods",
                "period",
                "statistic",
            }
            | {"treatMissingData", "metricName", "namespace", "comparisonOperator", "alarmDescription"}
        ),
        _change_alarm,
    ),
    "aws:cloudwatch/logMetricFilter:LogMetricFilter": Kind(_filter, _drop_filter),
    "aws:sns/topic:Topic": Kind(_topic, _drop_topic),
    "aws:sns/topicSubscription:TopicSubscription": Kind(_subscription, _drop_subscription),
}
