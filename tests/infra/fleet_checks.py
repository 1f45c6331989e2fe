"""What is true of a fleet."""

from __future__ import annotations

import base64
import io
import re
import tarfile
from typing import Any

import yaml

from tests.infra.checks import open_doors
from tests.infra.deployed import Deployed
from tests.infra.service_checks import alarms, dimensions
from tests.infra.stacks import IMAGE

NAME = "tolstoy.example.com"


def balancer(deployed: Deployed) -> dict[str, Any]:
    (found,) = (
        one
        for one in deployed.account.call("elbv2", "describe_load_balancers")["LoadBalancers"]
        if one["DNSName"] == deployed.outputs["address"]
    )
    return dict(found)


def group(deployed: Deployed, role: str) -> dict[str, Any]:
    name = deployed.outputs["groups"][role]
    found = deployed.account.call("autoscaling", "describe_auto_scaling_groups", AutoScalingGroupNames=[name])
    return dict(found["AutoScalingGroups"][0])


def template(deployed: Deployed, role: str) -> dict[str, Any]:
    """What machines of that group are made from; it is the newest version."""
    chosen = group(deployed, role)["LaunchTemplate"]
    found = deployed.account.call(
        "ec2", "describe_launch_template_versions", LaunchTemplateId=chosen["LaunchTemplateId"]
    )["LaunchTemplateVersions"]
    newest = max(found, key=lambda one: one["VersionNumber"])
    assert chosen["Version"] == str(newest["VersionNumber"])
    return dict(newest["LaunchTemplateData"])


def on_the_machine(deployed: Deployed, role: str) -> dict[str, str]:
    """The files that a machine of that group gets at its first boot, by path."""
    text = base64.b64decode(template(deployed, role)["UserData"]).decode()
    found: dict[str, str] = {}
    for one in yaml.safe_load(text)["write_files"]:
        if one.get("encoding") != "b64":
            found[one["path"]] = one["content"]
            continue
        packed = io.BytesIO(base64.b64decode(one["content"]))
        with tarfile.open(fileobj=packed, mode="r:bz2") as archive:
            for entry in archive:
                content = archive.extractfile(entry)
                assert content is not None
                found[f"/{entry.name}"] = content.read().decode()
    return found


def seconds(deployed: Deployed, directive: str) -> int:
    """Of Nginx's, on the API's machines; for event streams it is another, in another file."""
    files = on_the_machine(deployed, "api")
    text = files["/etc/nginx/tolstoy/settings.conf"] + files["/etc/nginx/sites-available/tolstoy"]
    (found,) = re.findall(rf"\b{directive} (\d+)s;", text)
    return int(found)


def check_balancer(deployed: Deployed) -> None:
    """TLS 1.2 and up with the domain's certificate; plain requests are sent there; ill-formed ones are dropped."""
    arn = balancer(deployed)["LoadBalancerArn"]
    found = deployed.account.call("elbv2", "describe_listeners", LoadBalancerArn=arn)["Listeners"]
    secure, plain = sorted(found, key=lambda one: -one["Port"])
    assert (secure["Port"], secure["Protocol"]) == (443, "HTTPS")
    assert secure["SslPolicy"] == "ELBSecurityPolicy-TLS13-1-2-2021-06"
    certificate = deployed.account.call(
        "acm", "describe_certificate", CertificateArn=secure["Certificates"][0]["CertificateArn"]
    )
    assert certificate["Certificate"]["DomainName"] == NAME
    assert (plain["Port"], plain["Protocol"]) == (80, "HTTP")
    (action,) = plain["DefaultActions"]
    assert (action["Type"], action["RedirectConfig"]["Protocol"]) == ("redirect", "HTTPS")
    found = deployed.account.call("elbv2", "describe_load_balancer_attributes", LoadBalancerArn=arn)
    attributes = {one["Key"]: one["Value"] for one in found["Attributes"]}
    assert attributes["routing.http.drop_invalid_header_fields.enabled"] == "true"
    assert attributes["routing.http.desync_mitigation_mode"] == "strictest"
    idle = int(attributes["idle_timeout.timeout_seconds"])
    waits, kept = (seconds(deployed, name) for name in ("proxy_read_timeout", "keepalive_timeout"))
    assert waits < idle, "who is asked says better why it is late"
    assert idle < kept, (
        "a connection that Nginx just closes is taken for the next request, which is then a 502"
    )


def check_targets(deployed: Deployed) -> None:
    """The API's machines, asked whether they live: a database that is away is no reason to replace them."""
    (target,) = deployed.account.call(
        "elbv2", "describe_target_groups", LoadBalancerArn=balancer(deployed)["LoadBalancerArn"]
    )["TargetGroups"]
    assert (target["Port"], target["Protocol"], target["HealthCheckPath"]) == (80, "HTTP", "/health")
    found = deployed.account.call(
        "elbv2", "describe_target_group_attributes", TargetGroupArn=target["TargetGroupArn"]
    )
    delay = {one["Key"]: one["Value"] for one in found["Attributes"]}["deregistration_delay.timeout_seconds"]
    assert int(delay) >= seconds(deployed, "proxy_read_timeout"), "the longest answer is cut off by a release"
    api, worker = group(deployed, "api"), group(deployed, "worker")
    assert api["TargetGroupARNs"] == [target["TargetGroupArn"]]
    assert api["HealthCheckType"] == "ELB"
    assert (worker.get("TargetGroupARNs", []), worker["HealthCheckType"]) == ([], "EC2")
    health = deployed.account.call(
        "elbv2", "describe_target_health", TargetGroupArn=target["TargetGroupArn"]
    )["TargetHealthDescriptions"]
    machines = {one["InstanceId"] for one in api["Instances"]}
    assert {one["Target"]["Id"] for one in health} == machines and len(machines) == 2


def check_fleet_doors(deployed: Deployed) -> None:
    """The load balancer is open to all, the API's machines to it alone, workers to nobody."""
    front = balancer(deployed)["SecurityGroups"]
    assert open_doors(deployed, front) == {(80, "0.0.0.0/0"), (443, "0.0.0.0/0")}
    assert open_doors(deployed, template(deployed, "api")["SecurityGroupIds"]) == {(80, front[0])}
    assert open_doors(deployed, template(deployed, "worker")["SecurityGroupIds"]) == set()


def check_fleet_machines(deployed: Deployed) -> None:
    profile = deployed.inputs("aws:iam/instanceProfile:InstanceProfile")
    for role in ("api", "worker"):
        made = template(deployed, role)
        assert made["MetadataOptions"]["HttpTokens"] == "required"
        assert made["MetadataOptions"]["HttpPutResponseHopLimit"] == 2
        (disk,) = made["BlockDeviceMappings"]
        assert (disk["Ebs"]["Encrypted"], disk["Ebs"]["VolumeType"]) == (True, "gp3")
        name = made["IamInstanceProfile"]["Name"]
        found = deployed.account.call("iam", "get_instance_profile", InstanceProfileName=name)
        assert [one["RoleName"] for one in found["InstanceProfile"]["Roles"]] == [profile["role"]]


def check_fleet_first_boot(deployed: Deployed) -> None:
    """Each machine is told what it is, and which image it runs: there is no release behind its back."""
    for role in ("api", "worker"):
        files = on_the_machine(deployed, role)
        assert f"ROLE={role}" in files["/etc/tolstoy/host.env"].splitlines()
        assert f"IMAGE={IMAGE}" in files["/etc/tolstoy/host.env"].splitlines()
        assert f"AWS_SECRET_NAME={deployed.outputs['secretArn']}" in files["/etc/tolstoy/tolstoy.env"]


def check_sizes(deployed: Deployed) -> None:
    api, worker = group(deployed, "api"), group(deployed, "worker")
    assert (api["MinSize"], api["MaxSize"]) == (2, 6)
    assert (worker["MinSize"], worker["MaxSize"]) == (1, 6)
    for role in ("api", "worker"):
        given = deployed.inputs("aws:autoscaling/group:Group", f"tolstoy-{role}")
        preferences = given["instanceRefresh"]["preferences"]
        assert preferences["minHealthyPercentage"] == 100, "a release would take machines away"
        assert preferences["autoRollback"] is True
        boot = given["healthCheckGracePeriod"]
        assert given["defaultInstanceWarmup"] >= boot >= 600, "the next goes before this one is known to work"


def check_growth(deployed: Deployed) -> None:
    """The API grows by its load, the workers by how long jobs wait."""
    policies = deployed.account.call("autoscaling", "describe_policies")["ScalingPolicies"]
    of = {
        role: [one for one in policies if one["AutoScalingGroupName"] == deployed.outputs["groups"][role]]
        for role in ("api", "worker")
    }
    assert len(of["api"]) == 1
    (cpu,) = of["api"]
    tracked = cpu["TargetTrackingConfiguration"]["PredefinedMetricSpecification"]["PredefinedMetricType"]
    assert (cpu["PolicyType"], tracked) == ("TargetTrackingScaling", "ASGAverageCPUUtilization")
    steps = {
        tuple(step["ScalingAdjustment"] for step in one["StepAdjustments"]): one["PolicyARN"]
        for one in of["worker"]
    }
    found = alarms(deployed)
    more, fewer = found["workers-more"], found["workers-fewer"]
    space = f"Tolstoy/{deployed.outputs['logGroup'].rpartition('/')[2]}"
    for alarm in (more, fewer):
        assert (alarm["Namespace"], alarm["MetricName"]) == (space, "QueueOldestSeconds")
    assert (more["ComparisonOperator"], more["Threshold"]) == ("GreaterThanThreshold", 30)
    assert more["AlarmActions"] == [steps.get((1, 2))]
    assert (fewer["ComparisonOperator"], fewer["Threshold"]) == ("LessThanOrEqualToThreshold", 1)
    assert fewer["AlarmActions"] == [steps.get((-1,))]


def check_fleet_alarms(deployed: Deployed) -> None:
    found = alarms(deployed)
    assert set(found) == {
        "server-errors",
        "queue-age",
        "unanswered",
        "unhealthy",
        "workers-more",
        "workers-fewer",
    }
    about = dimensions(found["unanswered"])["LoadBalancer"]
    assert balancer(deployed)["LoadBalancerArn"].endswith(f":loadbalancer/{about}")
    topic = deployed.outputs["topicArn"]
    assert found["unanswered"]["AlarmActions"] == found["unhealthy"]["AlarmActions"] == [topic]


def check_fleet_agent(deployed: Deployed) -> None:
    """On the machines of this stack, also on those to come, and on nobody else's."""
    given = deployed.inputs("aws:ssm/association:Association", "tolstoy-agent")
    (target,) = given["targets"]
    assert target["key"] == "tag:Name"
    for role in ("api", "worker"):
        specified = template(deployed, role)["TagSpecifications"]
        (tags,) = (one["Tags"] for one in specified if one["ResourceType"] == "instance")
        names = [tag["Value"] for tag in tags if tag["Key"] == "Name"]
        assert len(names) == 1 and names[0] in target["values"]
        assert deployed.outputs["logGroup"].rpartition("/")[2] in names[0]
    assert len(target["values"]) == 2


def check_fleet_name(deployed: Deployed) -> None:
    zone = deployed.inputs("aws:route53/record:Record", "tolstoy")["zoneId"]
    sets = deployed.account.call("route53", "list_resource_record_sets", HostedZoneId=zone)[
        "ResourceRecordSets"
    ]
    (alias,) = (one["AliasTarget"] for one in sets if one["Type"] == "A")
    assert alias["DNSName"].rstrip(".") == deployed.outputs["address"]
    assert deployed.outputs["url"] == f"https://{NAME}"
    assert f"Values={deployed.outputs['groups']['api']} " in deployed.outputs["shell"]
