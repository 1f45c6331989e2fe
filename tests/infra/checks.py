"""What is true of a stack of one machine, each asserted on the account through calls that describe it.

The mutations are tried on the same checks: what none of them notices is not proven.
"""

from __future__ import annotations

import base64
import json
from typing import Any

import yaml
from botocore.exceptions import ClientError

from tests.infra.accounts import as_role, enforced, other_secret
from tests.infra.cloud.account import ACCOUNT_ID, Account
from tests.infra.deployed import Deployed
from tests.infra.stacks import DATABASE_PASSWORD, DATABASE_URL, DIRECT_URL, IMAGE, REGION

INSTANCE = "aws:ec2/instance:Instance"
ROLE = "aws:iam/role:Role"
SECRET_VERSION = "aws:secretsmanager/secretVersion:SecretVersion"


def machine(deployed: Deployed) -> dict[str, Any]:
    id_ = deployed.outputs["instanceId"]
    found = deployed.account.call("ec2", "describe_instances", InstanceIds=[id_])
    instance: dict[str, Any] = found["Reservations"][0]["Instances"][0]
    return instance


def role_name(deployed: Deployed) -> str:
    profile = machine(deployed)["IamInstanceProfile"]["Arn"].rpartition("/")[2]
    found = deployed.account.call("iam", "get_instance_profile", InstanceProfileName=profile)
    (role,) = found["InstanceProfile"]["Roles"]
    return str(role["RoleName"])


def first_boot(deployed: Deployed) -> str:
    found = deployed.account.call(
        "ec2",
        "describe_instance_attribute",
        InstanceId=deployed.outputs["instanceId"],
        Attribute="userData",
    )
    return base64.b64decode(found["UserData"]["Value"]).decode()


def role_statements(deployed: Deployed, role: str) -> list[dict[str, Any]]:
    names = deployed.account.call("iam", "list_role_policies", RoleName=role)["PolicyNames"]
    found = [
        deployed.account.call("iam", "get_role_policy", RoleName=role, PolicyName=name) for name in names
    ]
    return [statement for one in found for statement in one["PolicyDocument"]["Statement"]]


def check_machine(deployed: Deployed) -> None:
    """Metadata only with a session, reachable from a container; the disk encrypted; of the type asked for."""
    found = machine(deployed)
    assert found["InstanceType"] == "t3.medium"
    assert found["MetadataOptions"]["HttpTokens"] == "required"
    assert found["MetadataOptions"]["HttpPutResponseHopLimit"] == 2
    assert found["MetadataOptions"]["HttpEndpoint"] == "enabled"
    assert found["Monitoring"]["State"] == "enabled"
    image = deployed.account.call("ec2", "describe_images", ImageIds=[found["ImageId"]])["Images"][0]
    assert image["OwnerId"] == "099720109477", "not an image of Canonical's"
    assert image["Architecture"] == "x86_64"
    (disk,) = found["BlockDeviceMappings"]
    volume = deployed.account.call("ec2", "describe_volumes", VolumeIds=[disk["Ebs"]["VolumeId"]])["Volumes"][
        0
    ]
    assert (volume["Encrypted"], volume["VolumeType"], volume["Size"]) == (True, "gp3", 30)
    tags = {tag["Key"]: tag["Value"] for tag in found["Tags"]}
    stack = tags["Stack"]
    assert tags == {"Name": f"tolstoy-{stack}-machine", "Project": "tolstoy", "Stack": stack}


def check_doors(deployed: Deployed) -> None:
    """In: 80 and 443. Out: everything."""
    groups = [group["GroupId"] for group in machine(deployed)["SecurityGroups"]]
    assert open_doors(deployed, groups) == {(80, "0.0.0.0/0"), (443, "0.0.0.0/0")}


def open_doors(deployed: Deployed, groups: list[str]) -> set[tuple[int, str]]:
    """Ports with whom they are open to, an address range or another group. What goes out is asserted here."""
    found = deployed.account.call("ec2", "describe_security_groups", GroupIds=groups)["SecurityGroups"]
    doors: set[tuple[int, str]] = set()
    for group in found:
        (out,) = group["IpPermissionsEgress"]
        assert (out["IpProtocol"], out["IpRanges"][0]["CidrIp"]) == ("-1", "0.0.0.0/0")
        for rule in group["IpPermissions"]:
            assert rule["IpProtocol"] == "tcp" and rule["FromPort"] == rule["ToPort"]
            doors |= {(rule["FromPort"], one["CidrIp"]) for one in rule["IpRanges"]}
            doors |= {(rule["FromPort"], one["GroupId"]) for one in rule["UserIdGroupPairs"]}
    return doors


def check_rights(deployed: Deployed) -> None:
    """No more than is needed: each statement names what it is about, where AWS lets it."""
    role = role_name(deployed)
    found = deployed.account.call("iam", "get_role", RoleName=role)["Role"]
    (trust,) = found["AssumeRolePolicyDocument"]["Statement"]
    assert trust["Principal"] == {"Service": "ec2.amazonaws.com"} and trust["Action"] == "sts:AssumeRole"
    attached = deployed.account.call("iam", "list_attached_role_policies", RoleName=role)["AttachedPolicies"]
    assert [one["PolicyArn"] for one in attached] == ["arn:aws:iam::aws:policy/AmazonSSMManagedInstanceCore"]
    statements = role_statements(deployed, role)
    everywhere = [one for one in statements if one["Resource"] == "*"]
    assert [one["Action"] for one in everywhere] == [
        ["cloudwatch:PutMetricData"],
        ["ecr:GetAuthorizationToken"],
    ]
    assert everywhere[0].get("Condition") == {"StringEquals": {"cloudwatch:namespace": "CWAgent"}}
    assert all("*" not in action for one in statements for action in one["Action"])
    secret, logs, pull = (one for one in statements if one["Resource"] != "*")
    assert secret["Action"] == ["secretsmanager:GetSecretValue", "secretsmanager:DescribeSecret"]
    assert secret["Resource"] == deployed.outputs["secretArn"]
    group = deployed.outputs["logGroup"]
    assert logs["Resource"] == f"arn:aws:logs:{REGION}:{ACCOUNT_ID}:log-group:{group}:*"
    assert {"logs:CreateLogStream", "logs:PutLogEvents"} <= set(logs["Action"])
    own = deployed.outputs["repository"].partition("/")[2]
    arns = {f"arn:aws:ecr:{REGION}:{ACCOUNT_ID}:repository/{name}" for name in (own, "tolstoy")}
    assert set(pull["Resource"]) == arns


def check_enforced(deployed: Deployed) -> None:
    """The machine reads its own secret; another's, and everything else, is refused."""
    role, own, other = role_name(deployed), deployed.outputs["secretArn"], other_secret(deployed.account)
    here = as_role(deployed.account, role)

    def ask() -> None:
        value = here.call("secretsmanager", "get_secret_value", SecretId=own)["SecretString"]
        assert json.loads(value)["DATABASE_URL"] == DATABASE_URL
        here.call("secretsmanager", "describe_secret", SecretId=own)
        for service, operation, given in (
            ("secretsmanager", "get_secret_value", {"SecretId": other}),
            ("secretsmanager", "put_secret_value", {"SecretId": own, "SecretString": "{}"}),
            ("secretsmanager", "delete_secret", {"SecretId": own}),
            ("secretsmanager", "list_secrets", {}),
            ("iam", "list_users", {}),
            ("ec2", "describe_instances", {}),
        ):
            assert _status(here, service, operation, given) == 403, f"the machine may {operation} {given}"

    try:
        enforced(ask)
    finally:
        deployed.account.call(
            "secretsmanager", "delete_secret", SecretId=other, ForceDeleteWithoutRecovery=True
        )


def _status(account: Account, service: str, operation: str, given: dict[str, Any]) -> int:
    try:
        account.call(service, operation, **given)
    except ClientError as refusal:
        return int(refusal.response["ResponseMetadata"]["HTTPStatusCode"])
    return 200


def check_secret(deployed: Deployed) -> None:
    """It holds what the service reads; what is generated is long, and not the same twice."""
    value = deployed.account.call(
        "secretsmanager", "get_secret_value", SecretId=deployed.outputs["secretArn"]
    )
    held = json.loads(value["SecretString"])
    assert (held["DATABASE_URL"], held["DIRECT_URL"]) == (DATABASE_URL, DIRECT_URL)
    for name in ("GATEWAY_SECRET", "PLATFORM_KEY"):
        assert len(held[name]) == 48 and held[name].isalnum()
    assert held["GATEWAY_SECRET"] != held["PLATFORM_KEY"]
    assert len(base64.b64decode(held["APP_KEY"], validate=True)) == 32
    assert set(held) == {"DATABASE_URL", "DIRECT_URL", "GATEWAY_SECRET", "PLATFORM_KEY", "APP_KEY"}


def held_by(secret_string: str) -> list[str]:
    """What must be seen nowhere else."""
    return [*json.loads(secret_string).values(), DATABASE_PASSWORD]


def check_nothing_in_clear(deployed: Deployed) -> None:
    """Neither in the state, nor in an output, nor in what the machine boots with."""
    clear = deployed.clear_text() + first_boot(deployed)
    for secret in held_by(deployed.inputs(SECRET_VERSION)["secretString"]):
        assert secret not in clear
    assert deployed.secrets(SECRET_VERSION) == {"secretString"}


def check_first_boot(deployed: Deployed) -> None:
    """cloud-config that says where secret and log are, and no image, or each release would be another machine."""
    text = first_boot(deployed)
    assert text.startswith("#cloud-config\n") and len(text.encode()) < 16_384
    files = {one["path"]: one["content"] for one in yaml.safe_load(text)["write_files"]}
    environment = dict(line.split("=", 1) for line in files["/etc/tolstoy/tolstoy.env"].splitlines())
    assert environment["AWS_SECRET_NAME"] == deployed.outputs["secretArn"]
    assert (environment["AWS_REGION"], environment["USE_AWS_SECRETS"]) == (REGION, "true")
    assert f"LOG_GROUP={deployed.outputs['logGroup']}" in files["/etc/tolstoy/host.env"]
    assert "ROLE=single" in files["/etc/tolstoy/host.env"]
    assert IMAGE not in text


def check_address(deployed: Deployed) -> None:
    (address,) = (
        one
        for one in deployed.account.call("ec2", "describe_addresses")["Addresses"]
        if one["PublicIp"] == deployed.outputs["address"]
    )
    assert address["InstanceId"] == deployed.outputs["instanceId"]
    assert deployed.outputs["url"] == f"http://{deployed.outputs['address']}"
    assert deployed.outputs["shell"] == (
        f"aws ssm start-session --region {REGION} --target {deployed.outputs['instanceId']}"
    )
