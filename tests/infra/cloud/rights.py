"""IAM: roles, their policies, profiles, and identity providers."""

from __future__ import annotations

from typing import Any

from tests.infra.cloud.account import Account, Kind, Made, Outputs
from tests.infra.cloud.shapes import Props, tag_list


def _role(account: Account, name: str, props: Props) -> Made:
    made = account.call(
        "iam",
        "create_role",
        RoleName=props("name") or name,
        AssumeRolePolicyDocument=props("assumeRolePolicy"),
        Description=props("description"),
        MaxSessionDuration=props("maxSessionDuration"),
        Tags=tag_list(props("tags")),
    )["Role"]
    return made["RoleName"], {"name": made["RoleName"], "arn": made["Arn"], "uniqueId": made["RoleId"]}


def _change_role(account: Account, id_: str, _old: Outputs, props: Props) -> Outputs:
    document = props("assumeRolePolicy")
    account.call("iam", "update_assume_role_policy", RoleName=id_, PolicyDocument=document)
    props.rest()
    return {}


def _drop_role(account: Account, id_: str, _outputs: Outputs) -> None:
    account.call("iam", "delete_role", RoleName=id_)


def _role_policy(account: Account, name: str, props: Props) -> Made:
    name, role = props("name") or name, props("role")
    account.call("iam", "put_role_policy", RoleName=role, PolicyName=name, PolicyDocument=props("policy"))
    return f"{role}:{name}", {"name": name}


def _change_role_policy(account: Account, id_: str, _old: Outputs, props: Props) -> Outputs:
    role, _, name = id_.partition(":")
    props("role"), props("name")
    account.call("iam", "put_role_policy", RoleName=role, PolicyName=name, PolicyDocument=props("policy"))
    return {}


def _drop_role_policy(account: Account, id_: str, _outputs: Outputs) -> None:
    role, _, name = id_.partition(":")
    account.call("iam", "delete_role_policy", RoleName=role, PolicyName=name)


def _attachment(account: Account, _name: str, props: Props) -> Made:
    role, arn = props("role"), props("policyArn")
    account.call("iam", "attach_role_policy", RoleName=role, PolicyArn=arn)
    return f"{role}/{arn}", {}


def _detach(account: Account, _id: str, outputs: Outputs) -> None:
    account.call("iam", "detach_role_policy", RoleName=outputs["role"], PolicyArn=outputs["policyArn"])


def _profile(account: Account, name: str, props: Props) -> Made:
    made: dict[str, Any] = account.call(
        "iam",
        "create_instance_profile",
        InstanceProfileName=props("name") or name,
        Tags=tag_list(props("tags")),
    )["InstanceProfile"]
    name = made["InstanceProfileName"]
    if role := props("role"):
        account.call("iam", "add_role_to_instance_profile", InstanceProfileName=name, RoleName=role)
    return name, {"name": name, "arn": made["Arn"]}


def _drop_profile(account: Account, id_: str, outputs: Outputs) -> None:
    if role := outputs.get("role"):
        account.call("iam", "remove_role_from_instance_profile", InstanceProfileName=id_, RoleName=role)
    account.call("iam", "delete_instance_profile", InstanceProfileName=id_)


def _identity_provider(account: Account, _name: str, props: Props) -> Made:
    made = account.call(
        "iam",
        "create_open_id_connect_provider",
        Url=props("url"),
        ClientIDList=props("clientIdLists"),
        ThumbprintList=props("thumbprintLists") or ["0" * 40],  # AWS fetches it where none is given
        Tags=tag_list(props("tags")),
    )
    return made["OpenIDConnectProviderArn"], {"arn": made["OpenIDConnectProviderArn"]}


def _drop_identity_provider(account: Account, id_: str, _outputs: Outputs) -> None:
    account.call("iam", "delete_open_id_connect_provider", OpenIDConnectProviderArn=id_)


KINDS = {
    "aws:iam/role:Role": Kind(_role, _drop_role, frozenset({"assumeRolePolicy", "tags"}), _change_role),
    "aws:iam/rolePolicy:RolePolicy": Kind(
        _role_policy, _drop_role_policy, frozenset({"policy"}), _change_role_policy
    ),
    "aws:iam/rolePolicyAttachment:RolePolicyAttachment": Kind(_attachment, _detach),
    "aws:iam/instanceProfile:InstanceProfile": Kind(_profile, _drop_profile),
    "aws:iam/openIdConnectProvider:OpenIdConnectProvider": Kind(_identity_provider, _drop_identity_provider),
}
