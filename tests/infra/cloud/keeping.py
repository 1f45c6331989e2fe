"""What keeps things: secrets, images, logs, and the values that a stack makes up."""

from __future__ import annotations

import base64
import secrets
import string

from tests.infra.cloud.account import Account, Kind, Made, Outputs
from tests.infra.cloud.shapes import SECRET, SIGNATURE, Props, tag_list


def _hidden(value: str) -> dict[str, str]:
    return {SIGNATURE: SECRET, "value": value}


def _password(_account: Account, _name: str, props: Props) -> Made:
    letters = string.ascii_letters + string.digits
    if props("special", True):
        letters += "!@#$%&*()-_=+[]{}<>:?"
    made = "".join(secrets.choice(letters) for _ in range(int(props("length"))))
    return "none", {"result": _hidden(made)}


def _bytes(_account: Account, _name: str, props: Props) -> Made:
    made = secrets.token_bytes(int(props("length")))
    text = base64.b64encode(made).decode()
    return text[:8], {"base64": _hidden(text), "hex": _hidden(made.hex())}


def _forget(_account: Account, _id: str, _outputs: Outputs) -> None:
    """Such a value is in the stack's state alone."""


def _secret(account: Account, name: str, props: Props) -> Made:
    days = props("recoveryWindowInDays", 30)
    if days and not 7 <= days <= 30:
        raise ValueError("recovery window: 7 to 30 days, or 0")
    made = account.call(
        "secretsmanager",
        "create_secret",
        Name=props("name") or name,
        Description=props("description"),
        KmsKeyId=props("kmsKeyId"),
        Tags=tag_list(props("tags")),
    )
    return made["ARN"], {"arn": made["ARN"], "name": made["Name"]}


def _drop_secret(account: Account, id_: str, outputs: Outputs) -> None:
    days = int(outputs["recoveryWindowInDays"])
    account.call("secretsmanager", "delete_secret", SecretId=id_, RecoveryWindowInDays=days)


def _version(account: Account, _name: str, props: Props) -> Made:
    made = account.call("secretsmanager", "put_secret_value", **props.rest())
    return f"{made['ARN']}|{made['VersionId']}", {"arn": made["ARN"], "versionId": made["VersionId"]}


def _log_group(account: Account, name: str, props: Props) -> Made:
    name = props("name") or name
    account.call("logs", "create_log_group", logGroupName=name, tags=props("tags"))
    if days := props("retentionInDays"):
        account.call("logs", "put_retention_policy", logGroupName=name, retentionInDays=days)
    found = account.call("logs", "describe_log_groups", logGroupNamePrefix=name)["logGroups"][0]
    return name, {"name": name, "arn": found["arn"].removesuffix(":*")}


def _change_log_group(account: Account, id_: str, _old: Outputs, props: Props) -> Outputs:
    props("name"), props("tags")
    account.call("logs", "put_retention_policy", logGroupName=id_, retentionInDays=props("retentionInDays"))
    return {}


def _drop_log_group(account: Account, id_: str, _outputs: Outputs) -> None:
    account.call("logs", "delete_log_group", logGroupName=id_)


def _repository(account: Account, name: str, props: Props) -> Made:
    props("forceDelete")  # used when it is removed
    encryption = props("encryptionConfigurations")
    made = account.call(
        "ecr",
        "create_repository",
        repositoryName=props("name") or name,
        imageTagMutability=props("imageTagMutability"),
        imageScanningConfiguration=props("imageScanningConfiguration"),
        encryptionConfiguration=encryption[0] if encryption else None,
        tags=tag_list(props("tags")),
    )["repository"]
    return made["repositoryName"], {
        "name": made["repositoryName"],
        "arn": made["repositoryArn"],
        "repositoryUrl": made["repositoryUri"],
        "registryId": made["registryId"],
    }


def _drop_repository(account: Account, id_: str, outputs: Outputs) -> None:
    account.call("ecr", "delete_repository", repositoryName=id_, force=outputs.get("forceDelete", False))


def _lifecycle(account: Account, _name: str, props: Props) -> Made:
    repository = props("repository")
    account.call(
        "ecr", "put_lifecycle_policy", repositoryName=repository, lifecyclePolicyText=props("policy")
    )
    return repository, {}


def _drop_lifecycle(account: Account, id_: str, _outputs: Outputs) -> None:
    account.call("ecr", "delete_lifecycle_policy", repositoryName=id_)


KINDS = {
    "random:index/randomPassword:RandomPassword": Kind(_password, _forget),
    "random:index/randomBytes:RandomBytes": Kind(_bytes, _forget),
    "aws:secretsmanager/secret:Secret": Kind(_secret, _drop_secret),
    # the last version goes with the secret, AWS removes it no other way
    "aws:secretsmanager/secretVersion:SecretVersion": Kind(_version, _forget),
    "aws:cloudwatch/logGroup:LogGroup": Kind(
        _log_group, _drop_log_group, frozenset({"retentionInDays"}), _change_log_group
    ),
    "aws:ecr/repository:Repository": Kind(_repository, _drop_repository),
    "aws:ecr/lifecyclePolicy:LifecyclePolicy": Kind(_lifecycle, _drop_lifecycle),
}
