"""Systems Manager: parameters, documents, and commands that run on machines when an association is made."""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Callable
from typing import Any

import botocore.validate

from tests.infra.cloud.account import Account, Kind, Made, Outputs
from tests.infra.cloud.machines import describe
from tests.infra.cloud.shapes import InitFailedError, Props, ProviderError, fit, tag_list

CANONICAL = "099720109477"
SICK = "sick"  # an image with this in its tag never becomes healthy
_UBUNTU = re.compile(
    r"/aws/service/canonical/ubuntu/server/24\.04/stable/current/(amd64|arm64)/hvm/ebs-gp3/ami-id"
)
STEPS = frozenset({"aws:runShellScript", "aws:configurePackage"})


def _parameter(account: Account, args: dict[str, Any]) -> dict[str, Any]:
    name = args["name"]
    found = _UBUNTU.fullmatch(name)
    if found is None:
        raise ProviderError(f"there is no parameter {name}")
    return {"name": name, "value": _ubuntu(account, found[1]), "type": "String"}


def _ubuntu(account: Account, architecture: str) -> str:
    """moto has two images of Canonical's, both for amd64, and no parameters that name them."""
    if architecture == "arm64":
        given = {"Architecture": "arm64", "RootDeviceName": "/dev/sda1"}
        made = account.call("ec2", "register_image", Name=f"ubuntu-arm64-{uuid.uuid4()}", **given)
        return str(made["ImageId"])
    images = account.call("ec2", "describe_images", Owners=[CANONICAL])["Images"]
    newest = sorted(images, key=lambda image: str(image["Name"]), reverse=True)
    return str(newest[account.ubuntu_behind]["ImageId"])


def _document(account: Account, name: str, props: Props) -> Made:
    content = json.loads(props("content"))
    if unknown := {step["action"] for step in content["mainSteps"]} - STEPS:
        raise ProviderError(f"document: {unknown} is no action of a command on Linux")
    made = account.call(
        "ssm",
        "create_document",
        Name=props("name") or name,
        Content=json.dumps(content),
        DocumentType=props("documentType"),
        DocumentFormat=props("documentFormat"),
        Tags=tag_list(props("tags")),
    )["DocumentDescription"]
    return made["Name"], {"name": made["Name"]}


def _drop_document(account: Account, id_: str, _outputs: Outputs) -> None:
    account.call("ssm", "delete_document", Name=id_)


def _association(account: Account, name: str, props: Props) -> Made:
    """moto has none: checked against botocore's shape, kept, and for a shell script run as far as it goes here."""
    patience = props("waitForSuccessTimeoutSeconds")
    id_ = str(uuid.uuid4())
    outputs = {"associationId": id_, "arn": account.arn("ssm", f"association/{id_}")}
    account.associations[id_] = request = _checked(account, name, props)
    try:
        _run(account, request)
    except RuntimeError as exc:
        if patience:
            raise InitFailedError(id_, outputs, f"waiting for association {id_}: {exc}") from exc
    return id_, outputs


def _change_association(account: Account, id_: str, _old: Outputs, props: Props) -> Outputs:
    props("waitForSuccessTimeoutSeconds")
    account.associations[id_] = _checked(account, id_, props)
    try:
        _run(account, account.associations[id_])
    except RuntimeError:
        return {}  # nobody waits for a changed one
    return {}


def _checked(account: Account, name: str, props: Props) -> dict[str, Any]:
    shape = account.client("ssm").meta.service_model.operation_model("CreateAssociation").input_shape
    given = {
        "Name": props("name"),
        "AssociationName": props("associationName"),
        "Targets": props("targets"),
        "Parameters": {key: [value] for key, value in props("parameters", {}).items()} or None,
        "ScheduleExpression": props("scheduleExpression"),
        "Tags": tag_list(props("tags")),
    }
    request: dict[str, Any] = fit(shape, {k: v for k, v in given.items() if v is not None}, f"ssm {name}")
    botocore.validate.validate_parameters(request, shape)
    if not request["Name"].startswith("AWS-"):
        account.call("ssm", "describe_document", Name=request["Name"])
    return request


def _run(account: Account, request: dict[str, Any]) -> None:
    for target in request["Targets"]:
        if target["Key"] != "InstanceIds":
            continue
        for machine in target["Values"]:
            _reachable(account, machine)
            for command in request.get("Parameters", {}).get("commands", []):
                account.releases.append((machine, command))
                if SICK in command:
                    raise RuntimeError(f"{machine} ended with Failed: not healthy within 120 s")


def _reachable(account: Account, machine: str) -> None:
    """The agent on it registers only with the rights to do so."""
    found = describe(account, machine)
    profile = found.get("IamInstanceProfile", {}).get("Arn", "").rpartition("/")[2]
    if not profile:
        raise ProviderError(f"{machine} has no instance profile: Session Manager never sees it")
    roles = account.call("iam", "get_instance_profile", InstanceProfileName=profile)
    for role in roles["InstanceProfile"]["Roles"]:
        attached = account.call("iam", "list_attached_role_policies", RoleName=role["RoleName"])
        names = {policy["PolicyName"] for policy in attached["AttachedPolicies"]}
        if "AmazonSSMManagedInstanceCore" in names:
            return
    raise ProviderError(f"{machine} may not talk to Session Manager")


def _drop_association(account: Account, id_: str, _outputs: Outputs) -> None:
    del account.associations[id_]


KINDS = {
    "aws:ssm/document:Document": Kind(_document, _drop_document),
    "aws:ssm/association:Association": Kind(
        _association,
        _drop_association,
        frozenset({"parameters", "targets", "scheduleExpression", "waitForSuccessTimeoutSeconds", "tags"}),
        _change_association,
    ),
}
LOOKUPS: dict[str, Callable[[Account, dict[str, Any]], dict[str, Any]]] = {
    "aws:ssm/getParameter:getParameter": _parameter
}
