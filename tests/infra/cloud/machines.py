"""EC2: machines, their addresses, doors and keys."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.infra.cloud.account import Account, Kind, Made, Outputs
from tests.infra.cloud.shapes import Props, ProviderError, tag_specification

USER_DATA_BYTES = 16_384
EVERYTHING = {"IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}


def _group(account: Account, name: str, props: Props) -> Made:
    name = props("name") or name
    made = account.call(
        "ec2",
        "create_security_group",
        GroupName=name,
        Description=props("description", "Managed by Pulumi"),
        VpcId=props("vpcId"),
        TagSpecifications=tag_specification("security-group", props("tags")),
    )
    # the provider takes AWS's rule away that lets everything out
    account.call("ec2", "revoke_security_group_egress", GroupId=made["GroupId"], IpPermissions=[EVERYTHING])
    return made["GroupId"], {"name": name, "arn": account.arn("ec2", f"security-group/{made['GroupId']}")}


def _drop_group(account: Account, id_: str, _outputs: Outputs) -> None:
    account.call("ec2", "delete_security_group", GroupId=id_)


def _rule(direction: str) -> Kind:
    def make(account: Account, _name: str, props: Props) -> Made:
        text = props("description")
        described = {"Description": text} if text else {}
        permission: dict[str, Any] = {
            "IpProtocol": props("ipProtocol"),
            "FromPort": props("fromPort"),
            "ToPort": props("toPort"),
        }
        if cidr := props("cidrIpv4"):
            permission["IpRanges"] = [{"CidrIp": cidr, **described}]
        if group := props("referencedSecurityGroupId"):
            permission["UserIdGroupPairs"] = [{"GroupId": group, **described}]
        operation = f"authorize_security_group_{direction}"
        made = account.call("ec2", operation, GroupId=props("securityGroupId"), IpPermissions=[permission])
        rule = made["SecurityGroupRules"][0]["SecurityGroupRuleId"]
        return rule, {"securityGroupRuleId": rule}

    def drop(account: Account, id_: str, outputs: Outputs) -> None:
        operation = f"revoke_security_group_{direction}"
        account.call("ec2", operation, GroupId=outputs["securityGroupId"], SecurityGroupRuleIds=[id_])

    return Kind(make, drop)


def _key(account: Account, name: str, props: Props) -> Made:
    made = account.call(
        "ec2",
        "import_key_pair",
        KeyName=props("keyName") or name,
        PublicKeyMaterial=props("publicKey"),
        TagSpecifications=tag_specification("key-pair", props("tags")),
    )
    return made["KeyName"], {"keyName": made["KeyName"], "keyPairId": made["KeyPairId"]}


def _drop_key(account: Account, id_: str, _outputs: Outputs) -> None:
    account.call("ec2", "delete_key_pair", KeyName=id_)


def _instance(account: Account, _name: str, props: Props) -> Made:
    data = props("userData")
    if data is not None and len(data.encode()) > USER_DATA_BYTES:
        raise ProviderError(f"user data of {len(data.encode())} bytes, EC2 takes {USER_DATA_BYTES}")
    disk, profile = props("rootBlockDevice"), props("iamInstanceProfile")
    props("userDataReplaceOnChange")
    volume_tags = tag_specification("volume", props("volumeTags")) or []
    made = account.call(
        "ec2",
        "run_instances",
        MinCount=1,
        MaxCount=1,
        ImageId=props("ami"),
        InstanceType=props("instanceType"),
        IamInstanceProfile={"name": profile} if profile else None,
        SecurityGroupIds=props("vpcSecurityGroupIds"),
        SubnetId=props("subnetId"),
        KeyName=props("keyName"),
        UserData=data,
        MetadataOptions=props("metadataOptions"),
        Monitoring={"enabled": bool(props("monitoring"))},
        TagSpecifications=[*(tag_specification("instance", props("tags")) or []), *volume_tags],
        BlockDeviceMappings=[{"deviceName": "/dev/sda1", "ebs": disk}] if disk else None,
    )["Instances"][0]
    found = describe(account, made["InstanceId"])
    return found["InstanceId"], {
        "arn": account.arn("ec2", f"instance/{found['InstanceId']}"),
        "publicIp": found.get("PublicIpAddress", ""),
        "privateIp": found["PrivateIpAddress"],
        "instanceState": found["State"]["Name"],
    }


def describe(account: Account, id_: str) -> dict[str, Any]:
    found = account.call("ec2", "describe_instances", InstanceIds=[id_])
    instance: dict[str, Any] = found["Reservations"][0]["Instances"][0]
    return instance


def _resize(account: Account, id_: str, old: Outputs, props: Props) -> Outputs:
    """As the provider does: stopped, changed, started."""
    kind, data = props("instanceType"), props("userData")
    account.call("ec2", "stop_instances", InstanceIds=[id_])
    account.call("ec2", "modify_instance_attribute", InstanceId=id_, InstanceType={"Value": kind})
    if data != old["userData"]:
        account.call("ec2", "modify_instance_attribute", InstanceId=id_, UserData={"Value": data.encode()})
    account.call("ec2", "start_instances", InstanceIds=[id_])
    props.rest()
    return {}


def _terminate(account: Account, id_: str, _outputs: Outputs) -> None:
    account.call("ec2", "terminate_instances", InstanceIds=[id_])


def _address(account: Account, _name: str, props: Props) -> Made:
    tags = tag_specification("elastic-ip", props("tags"))
    made = account.call("ec2", "allocate_address", Domain=props("domain"), TagSpecifications=tags)
    return made["AllocationId"], {"allocationId": made["AllocationId"], "publicIp": made["PublicIp"]}


def _release_address(account: Account, id_: str, _outputs: Outputs) -> None:
    account.call("ec2", "release_address", AllocationId=id_)


def _associate(account: Account, _name: str, props: Props) -> Made:
    made = account.call("ec2", "associate_address", **props.rest())
    return made["AssociationId"], {}


def _disassociate(account: Account, id_: str, _outputs: Outputs) -> None:
    """What was moved on is not there any more, which the provider takes for done."""
    addresses = account.call("ec2", "describe_addresses")["Addresses"]
    if any(address.get("AssociationId") == id_ for address in addresses):
        account.call("ec2", "disassociate_address", AssociationId=id_)


def _vpc(account: Account, args: dict[str, Any]) -> dict[str, Any]:
    filters = [{"Name": "isDefault", "Values": ["true"]}] if args.get("default") else None
    found = account.call(
        "ec2", "describe_vpcs", Filters=filters, VpcIds=[args["id"]] if args.get("id") else None
    )
    if len(found["Vpcs"]) != 1:
        raise ProviderError(f"{len(found['Vpcs'])} VPCs match, not one")
    vpc = found["Vpcs"][0]
    return {"id": vpc["VpcId"], "cidrBlock": vpc["CidrBlock"], "default": vpc["IsDefault"]}


def _subnets(account: Account, args: dict[str, Any]) -> dict[str, Any]:
    filters = [{"Name": one["name"], "Values": one["values"]} for one in args["filters"]]
    found = account.call("ec2", "describe_subnets", Filters=filters)["Subnets"]
    return {"ids": [subnet["SubnetId"] for subnet in found]}


KINDS = {
    "aws:ec2/securityGroup:SecurityGroup": Kind(_group, _drop_group),
    "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule": _rule("ingress"),
    "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule": _rule("egress"),
    "aws:ec2/keyPair:KeyPair": Kind(_key, _drop_key),
    "aws:ec2/instance:Instance": Kind(
        _instance,
        _terminate,
        frozenset({"instanceType", "userData"}),
        _resize,
        replaced_if={"userData": "userDataReplaceOnChange"},
    ),
    "aws:ec2/eip:Eip": Kind(_address, _release_address),
    "aws:ec2/eipAssociation:EipAssociation": Kind(_associate, _disassociate),
}
LOOKUPS: dict[str, Callable[[Account, dict[str, Any]], dict[str, Any]]] = {
    "aws:ec2/getVpc:getVpc": _vpc,
    "aws:ec2/getSubnets:getSubnets": _subnets,
}
