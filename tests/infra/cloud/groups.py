"""Groups of machines, made from a template, and what makes them grow."""

from __future__ import annotations

import base64
from typing import Any

from tests.infra.cloud.account import Account, Kind, Made, Outputs
from tests.infra.cloud.machines import USER_DATA_BYTES
from tests.infra.cloud.shapes import Props, ProviderError, tag_list


def _template_data(props: Props) -> dict[str, Any]:
    props("updateDefaultVersion"), props("name"), props("tags")
    disks = [
        {
            **disk,
            "ebs": {
                key: {"true": True, "false": False}.get(value, value) for key, value in disk["ebs"].items()
            },
        }
        for disk in props("blockDeviceMappings") or []
    ]
    groups = props("vpcSecurityGroupIds")
    data = props("userData")
    if data and len(base64.b64decode(data, validate=True)) > USER_DATA_BYTES:
        raise ProviderError("user data is too large")
    tagged = [
        {"resourceType": one["resourceType"], "tags": tag_list(one["tags"])}
        for one in props("tagSpecifications") or []
    ]
    return {
        "securityGroupIds": groups,
        "blockDeviceMappings": disks,
        "userData": data,
        "tagSpecifications": tagged,
        **props.rest(),
    }


def _template(account: Account, name: str, props: Props) -> Made:
    made = account.call(
        "ec2", "create_launch_template", LaunchTemplateName=name, LaunchTemplateData=_template_data(props)
    )["LaunchTemplate"]
    return made["LaunchTemplateId"], {"name": name, "latestVersion": made["LatestVersionNumber"]}


def _new_template(account: Account, id_: str, _old: Outputs, props: Props) -> Outputs:
    made = account.call(
        "ec2",
        "create_launch_template_version",
        LaunchTemplateId=id_,
        LaunchTemplateData=_template_data(props),
    )["LaunchTemplateVersion"]
    version = str(made["VersionNumber"])
    account.call("ec2", "modify_launch_template", LaunchTemplateId=id_, DefaultVersion=version)
    return {"latestVersion": made["VersionNumber"]}


def _drop_template(account: Account, id_: str, _outputs: Outputs) -> None:
    account.call("ec2", "delete_launch_template", LaunchTemplateId=id_)


def _group(account: Account, name: str, props: Props) -> Made:
    _patience(props)
    template = props("launchTemplate")
    tags = [{**tag, "resourceId": name, "resourceType": "auto-scaling-group"} for tag in props("tags") or []]
    account.call(
        "autoscaling",
        "create_auto_scaling_group",
        AutoScalingGroupName=name,
        VPCZoneIdentifier=",".join(props("vpcZoneIdentifiers")),
        LaunchTemplate={"launchTemplateId": template["id"], "version": template["version"]},
        Tags=tags,
        TargetGroupARNs=props("targetGroupArns"),
        **props.rest(),
    )
    return name, {"name": name, "arn": account.arn("autoscaling", f"autoScalingGroup:x:{name}")}


def _patience(props: Props) -> None:
    """What says how the provider waits, and how a later template rolls out."""
    props("waitForCapacityTimeout"), props("forceDelete")
    refresh = props("instanceRefresh")
    if refresh["strategy"] != "Rolling" or refresh["preferences"]["minHealthyPercentage"] > 100:
        raise ProviderError("instance refresh: not one that AWS has")


def _change_group(account: Account, id_: str, old: Outputs, props: Props) -> Outputs:
    _patience(props)
    template = props("launchTemplate")
    chosen = {"launchTemplateId": template["id"], "version": template["version"]}
    sizes = {"MinSize": props("minSize"), "MaxSize": props("maxSize")}
    account.call(
        "autoscaling", "update_auto_scaling_group", AutoScalingGroupName=id_, LaunchTemplate=chosen, **sizes
    )
    if template != old["launchTemplate"]:
        account.calls.append(("autoscaling", "start_instance_refresh"))  # which moto does not know
    props.rest()
    return {}


def _drop_group(account: Account, id_: str, _outputs: Outputs) -> None:
    account.call("autoscaling", "delete_auto_scaling_group", AutoScalingGroupName=id_, ForceDelete=True)


def _policy(account: Account, name: str, props: Props) -> Made:
    group = props("autoscalingGroupName")
    account.call(
        "autoscaling",
        "put_scaling_policy",
        PolicyName=name,
        AutoScalingGroupName=group,
        **props.rest(),
    )
    # moto's answer leaves the ARN out
    found = account.call("autoscaling", "describe_policies", AutoScalingGroupName=group, PolicyNames=[name])
    return name, {"arn": found["ScalingPolicies"][0]["PolicyARN"], "name": name}


def _drop_policy(account: Account, id_: str, outputs: Outputs) -> None:
    group = outputs["autoscalingGroupName"]
    account.call("autoscaling", "delete_policy", PolicyName=id_, AutoScalingGroupName=group)


KINDS = {
    "aws:ec2/launchTemplate:LaunchTemplate": Kind(
        _template,
        _drop_template,
        frozenset({"userData", "imageId", "instanceType", "metadataOptions", "blockDeviceMappings", "tags"}),
        _new_template,
    ),
    "aws:autoscaling/group:Group": Kind(
        _group,
        _drop_group,
        frozenset({"launchTemplate", "minSize", "maxSize", "instanceRefresh"}),
        _change_group,
    ),
    "aws:autoscaling/policy:Policy": Kind(_policy, _drop_policy),
}
