"""What is true of a stack beside its machine: logs, alarms, images, releases."""

from __future__ import annotations

import json
from typing import Any

from tests.infra.deployed import Deployed
from tests.infra.stacks import IMAGE

AUTOMATE = "arn:aws:automate:us-east-1:ec2"
ASSOCIATION = "aws:ssm/association:Association"


def alarms(deployed: Deployed) -> dict[str, dict[str, Any]]:
    """Of this stack, by what they are about."""
    made = {
        one.outputs["name"]: one.name.removeprefix("tolstoy-")
        for one in deployed.registered
        if one.type == "aws:cloudwatch/metricAlarm:MetricAlarm"
    }
    found = deployed.account.call("cloudwatch", "describe_alarms", AlarmNames=list(made))["MetricAlarms"]
    return {made[one["AlarmName"]]: one for one in found}


def dimensions(alarm: dict[str, Any]) -> dict[str, str]:
    return {one["Name"]: one["Value"] for one in alarm["Dimensions"]}


def check_logs(deployed: Deployed) -> None:
    """Kept for a month; failed requests and the queue's age are read out of them."""
    name = deployed.outputs["logGroup"]
    assert name.startswith("/tolstoy/")
    found = deployed.account.call("logs", "describe_log_groups", logGroupNamePrefix=name)["logGroups"]
    assert [one.get("retentionInDays") for one in found if one["logGroupName"] == name] == [30]
    filters = deployed.account.call("logs", "describe_metric_filters", logGroupName=name)["metricFilters"]
    found = {one["metricTransformations"][0]["metricName"]: one for one in filters}
    errors, age = found["ServerErrors"], found["QueueOldestSeconds"]
    assert errors["filterPattern"] == '{ ($.action = "proxied") && ($.status >= 500) }'
    assert errors["metricTransformations"][0]["metricValue"] == "1"
    assert errors["metricTransformations"][0]["defaultValue"] == 0
    assert age["filterPattern"] == '{ $.action = "queue" }'
    assert age["metricTransformations"][0]["metricValue"] == "$.oldest_seconds"
    assert "defaultValue" not in age["metricTransformations"][0]


def check_alarms(deployed: Deployed) -> None:
    """Everybody on the topic is told when it begins and when it ends; EC2 moves and restarts what does not answer."""
    machine, topic = {"InstanceId": deployed.outputs["instanceId"]}, deployed.outputs["topicArn"]
    space = f"Tolstoy/{deployed.outputs['logGroup'].rpartition('/')[2]}"
    found = alarms(deployed)
    wanted: dict[str, tuple[str, str, dict[str, str], float, list[str]]] = {
        "hardware": ("AWS/EC2", "StatusCheckFailed_System", machine, 0, [f"{AUTOMATE}:recover"]),
        "machine": ("AWS/EC2", "StatusCheckFailed_Instance", machine, 0, [f"{AUTOMATE}:reboot"]),
        "disk": ("CWAgent", "disk_used_percent", machine, 85, []),
        "memory": ("CWAgent", "mem_used_percent", machine, 90, []),
        "credits": ("AWS/EC2", "CPUSurplusCreditsCharged", machine, 0, []),
        "server-errors": (space, "ServerErrors", {}, 5, []),
        "queue-age": (space, "QueueOldestSeconds", {}, 30, []),
    }
    assert set(found) == set(wanted)
    for name, (namespace, metric, about, above, also) in wanted.items():
        alarm = found[name]
        assert (alarm["Namespace"], alarm["MetricName"], alarm["Threshold"]) == (namespace, metric, above), (
            name
        )
        assert dimensions(alarm) == about, name
        assert (alarm["AlarmActions"], alarm["OKActions"]) == ([topic, *also], [topic]), name
        assert alarm["ComparisonOperator"] == "GreaterThanThreshold"
        missing = "breaching" if name == "queue-age" else "notBreaching"
        assert alarm["TreatMissingData"] == missing, name
        # EC2 tells of credits every five minutes: asked every minute, four answers of five would be missing
        assert alarm["Period"] == (300 if name == "credits" else 60), name


def check_registry(deployed: Deployed) -> None:
    """Scanned when pushed, tags never moved, the last twenty kept."""
    name = deployed.outputs["repository"].partition("/")[2]
    (found,) = deployed.account.call("ecr", "describe_repositories", repositoryNames=[name])["repositories"]
    assert found["imageTagMutability"] == "IMMUTABLE"
    assert found["imageScanningConfiguration"] == {"scanOnPush": True}
    policy = deployed.account.call("ecr", "get_lifecycle_policy", repositoryName=name)
    (rule,) = json.loads(policy["lifecyclePolicyText"])["rules"]
    assert rule["selection"] == {
        "tagStatus": "any",
        "countType": "imageCountMoreThan",
        "countNumber": 20,
    }
    assert rule["action"] == {"type": "expire"}


def check_release(deployed: Deployed) -> None:
    """The image is released on the machine after its first boot, and waited for."""
    given = deployed.inputs(ASSOCIATION, "tolstoy-release")
    assert given["waitForSuccessTimeoutSeconds"] >= 900
    machine = deployed.outputs["instanceId"]
    (command,) = [command for at, command in deployed.account.releases if at == machine]
    assert command == f"cloud-init status --wait > /dev/null || true; tolstoy-deploy {IMAGE}"


def check_agent(deployed: Deployed) -> None:
    """CloudWatch's agent is installed when the first boot is over, and started with the machine's settings."""
    given = deployed.inputs(ASSOCIATION, "tolstoy-agent")
    assert [one["values"] for one in given["targets"]] == [[deployed.outputs["instanceId"]]]
    found = deployed.account.call("ssm", "get_document", Name=given["name"])
    wait, install, start = json.loads(found["Content"])["mainSteps"]
    assert "cloud-init status --wait" in wait["inputs"]["runCommand"][-1]
    assert install["inputs"] == {"name": "AmazonCloudWatchAgent", "action": "Install"}
    assert start["inputs"]["runCommand"][-1].endswith("-c file:/etc/tolstoy/cloudwatch-agent.json")
