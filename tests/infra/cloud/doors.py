"""Load balancers, certificates, and names in Route 53."""

from __future__ import annotations

from typing import Any

from tests.infra.cloud.account import Account, Kind, Made, Outputs
from tests.infra.cloud.shapes import Props, ProviderError, tag_list

POLICIES = frozenset({"ELBSecurityPolicy-TLS13-1-2-2021-06", "ELBSecurityPolicy-TLS13-1-2-Res-2021-06"})
ATTRIBUTES = {
    "idleTimeout": "idle_timeout.timeout_seconds",
    "dropInvalidHeaderFields": "routing.http.drop_invalid_header_fields.enabled",
    "desyncMitigationMode": "routing.http.desync_mitigation_mode",
}


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return str(int(value)) if isinstance(value, float | int) else str(value)


def _balancer(account: Account, name: str, props: Props) -> Made:
    attributes = [
        {"Key": key, "Value": _text(value)}
        for given, key in ATTRIBUTES.items()
        if (value := props(given)) is not None
    ]
    made = account.call(
        "elbv2",
        "create_load_balancer",
        Name=name,
        Type=props("loadBalancerType"),
        SecurityGroups=props("securityGroups"),
        Subnets=props("subnets"),
        Tags=tag_list(props("tags")),
    )["LoadBalancers"][0]
    arn = made["LoadBalancerArn"]
    account.call("elbv2", "modify_load_balancer_attributes", LoadBalancerArn=arn, Attributes=attributes)
    return arn, {
        "arn": arn,
        "arnSuffix": arn.partition(":loadbalancer/")[2],
        "dnsName": made["DNSName"],
        "zoneId": made["CanonicalHostedZoneId"],
    }


def _drop_balancer(account: Account, id_: str, _outputs: Outputs) -> None:
    account.call("elbv2", "delete_load_balancer", LoadBalancerArn=id_)


def _target_group(account: Account, name: str, props: Props) -> Made:
    check = props("healthCheck") or {}
    matcher = check.pop("matcher", None)
    delay = props("deregistrationDelay")
    made = account.call(
        "elbv2",
        "create_target_group",
        Name=name,
        Protocol=props("protocol"),
        Port=props("port"),
        VpcId=props("vpcId"),
        HealthCheckPath=check.pop("path", None),
        HealthCheckIntervalSeconds=check.pop("interval", None),
        HealthCheckTimeoutSeconds=check.pop("timeout", None),
        HealthyThresholdCount=check.pop("healthyThreshold", None),
        UnhealthyThresholdCount=check.pop("unhealthyThreshold", None),
        Matcher={"HttpCode": matcher} if matcher else None,
        Tags=tag_list(props("tags")),
    )["TargetGroups"][0]
    if check:
        raise ProviderError(f"health check: no place for {sorted(check)}")
    arn = made["TargetGroupArn"]
    attributes = [{"Key": "deregistration_delay.timeout_seconds", "Value": _text(delay)}]
    account.call("elbv2", "modify_target_group_attributes", TargetGroupArn=arn, Attributes=attributes)
    return arn, {"arn": arn, "arnSuffix": arn.rpartition(":")[2], "name": name}


def _drop_target_group(account: Account, id_: str, _outputs: Outputs) -> None:
    account.call("elbv2", "delete_target_group", TargetGroupArn=id_)


def _listener(account: Account, _name: str, props: Props) -> Made:
    policy, certificate = props("sslPolicy"), props("certificateArn")
    if policy and policy not in POLICIES:
        raise ProviderError(f"{policy} is no policy of AWS that this program may use")
    actions = [
        {("redirectConfig" if key == "redirect" else key): value for key, value in action.items()}
        for action in props("defaultActions")
    ]
    made = account.call(
        "elbv2",
        "create_listener",
        DefaultActions=actions,
        LoadBalancerArn=props("loadBalancerArn"),
        Port=props("port"),
        Protocol=props("protocol"),
        SslPolicy=policy,
        Certificates=[{"certificateArn": certificate}] if certificate else None,
        Tags=tag_list(props("tags")),
    )["Listeners"][0]
    return made["ListenerArn"], {"arn": made["ListenerArn"]}


def _drop_listener(account: Account, id_: str, _outputs: Outputs) -> None:
    account.call("elbv2", "delete_listener", ListenerArn=id_)


def _certificate(account: Account, _name: str, props: Props) -> Made:
    made = account.call(
        "acm",
        "request_certificate",
        DomainName=props("domainName"),
        ValidationMethod=props("validationMethod"),
        Tags=tag_list(props("tags")),
    )
    arn = made["CertificateArn"]
    options = _describe(account, arn)["DomainValidationOptions"]
    return arn, {
        "arn": arn,
        "domainValidationOptions": [
            {
                "domainName": option["DomainName"],
                "resourceRecordName": option["ResourceRecord"]["Name"],
                "resourceRecordType": option["ResourceRecord"]["Type"],
                "resourceRecordValue": option["ResourceRecord"]["Value"],
            }
            for option in options
        ],
    }


def _describe(account: Account, arn: str) -> dict[str, Any]:
    found: dict[str, Any] = account.call("acm", "describe_certificate", CertificateArn=arn)["Certificate"]
    return found


def _drop_certificate(account: Account, id_: str, _outputs: Outputs) -> None:
    account.call("acm", "delete_certificate", CertificateArn=id_)


def _validation(account: Account, _name: str, props: Props) -> Made:
    """moto issues certificates by itself: what the real one would wait for is looked for here."""
    arn, names = props("certificateArn"), props("validationRecordFqdns")
    for option in _describe(account, arn)["DomainValidationOptions"]:
        wanted = option["ResourceRecord"]
        if wanted["Name"] not in names or wanted["Value"] not in _values(account, wanted):
            raise ProviderError(f"nothing proves {option['DomainName']}: there is no {wanted['Name']}")
    return arn, {"certificateArn": arn}


def _values(account: Account, wanted: dict[str, str]) -> list[str]:
    found = []
    for zone in account.call("route53", "list_hosted_zones")["HostedZones"]:
        sets = account.call("route53", "list_resource_record_sets", HostedZoneId=zone["Id"])
        for one in sets["ResourceRecordSets"]:
            if (one["Name"].rstrip("."), one["Type"]) == (wanted["Name"].rstrip("."), wanted["Type"]):
                found += [record["Value"] for record in one.get("ResourceRecords", [])]
    return found


def _nothing(_account: Account, _id: str, _outputs: Outputs) -> None:
    """Waiting leaves nothing behind."""


def _record_set(props: Props) -> tuple[str, dict[str, Any]]:
    props("allowOverwrite")
    body: dict[str, Any] = {"Name": props("name"), "Type": props("type")}
    if values := props("records"):
        body |= {"TTL": int(props("ttl")), "ResourceRecords": [{"Value": value} for value in values]}
    for alias in props("aliases") or []:
        target = {"DNSName": alias["name"], "HostedZoneId": alias["zoneId"]}
        body["AliasTarget"] = {**target, "EvaluateTargetHealth": alias["evaluateTargetHealth"]}
    return props("zoneId"), body


def _change(account: Account, action: str, zone: str, body: dict[str, Any]) -> None:
    changes = [{"Action": action, "ResourceRecordSet": body}]
    account.call(
        "route53", "change_resource_record_sets", HostedZoneId=zone, ChangeBatch={"Changes": changes}
    )


def _record(account: Account, _name: str, props: Props) -> Made:
    zone, body = _record_set(props)
    _change(account, "UPSERT", zone, body)
    return f"{zone}_{body['Name']}_{body['Type']}", {"fqdn": body["Name"]}


def _change_record(account: Account, _id: str, _old: Outputs, props: Props) -> Outputs:
    zone, body = _record_set(props)
    _change(account, "UPSERT", zone, body)
    return {}


def _drop_record(account: Account, _id: str, outputs: Outputs) -> None:
    keys = ("zoneId", "name", "type", "records", "ttl", "aliases")
    zone, body = _record_set(Props("record", {key: outputs[key] for key in keys if key in outputs}))
    _change(account, "DELETE", zone, body)


KINDS = {
    "aws:lb/loadBalancer:LoadBalancer": Kind(_balancer, _drop_balancer),
    "aws:lb/targetGroup:TargetGroup": Kind(_target_group, _drop_target_group),
    "aws:lb/listener:Listener": Kind(_listener, _drop_listener),
    "aws:acm/certificate:Certificate": Kind(_certificate, _drop_certificate),
    "aws:acm/certificateValidation:CertificateValidation": Kind(_validation, _nothing),
    "aws:route53/record:Record": Kind(
        _record, _drop_record, frozenset({"records", "ttl", "aliases"}), _change_record
    ),
}
