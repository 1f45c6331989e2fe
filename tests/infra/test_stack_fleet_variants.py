"""Fleets that differ from the usual one."""

from __future__ import annotations

import pytest

from tests.infra import fleet_checks
from tests.infra.accounts import empty_account, hosted_zone
from tests.infra.deployed import deploy
from tests.infra.stacks import ROOT, SECRETS, config


def test_without_an_image_there_are_no_machines_yet() -> None:
    with empty_account() as account:
        given = config(topology="fleet")
        del given["tolstoy:image"]
        deployed = deploy(account, ROOT, given, SECRETS)
        assert "groups" not in deployed.outputs
        assert account.call("autoscaling", "describe_auto_scaling_groups")["AutoScalingGroups"] == []
        assert deployed.outputs["url"] == f"http://{deployed.outputs['address']}"


def test_without_a_domain_it_serves_in_clear() -> None:
    with empty_account() as account:
        deployed = deploy(account, ROOT, config(topology="fleet"), SECRETS)
        arn = fleet_checks.balancer(deployed)["LoadBalancerArn"]
        (plain,) = account.call("elbv2", "describe_listeners", LoadBalancerArn=arn)["Listeners"]
        assert (plain["Port"], plain["DefaultActions"][0]["Type"]) == (80, "forward")
        fleet_checks.check_fleet_doors(deployed)


def test_a_certificate_that_is_there_already() -> None:
    with empty_account() as account:
        made = account.call("acm", "request_certificate", DomainName=fleet_checks.NAME)["CertificateArn"]
        more = {"topology": "fleet", "domain": fleet_checks.NAME, "certificateArn": made}
        deployed = deploy(account, ROOT, config(**more), SECRETS)
        fleet_checks.check_balancer(deployed)
        assert not [one for one in deployed.registered if one.type == "aws:route53/record:Record"]


def test_a_certificate_that_nothing_proves() -> None:
    """The account's stand-in notices it: the real one would wait for an hour."""
    with empty_account() as account:
        zone = hosted_zone(account)
        deployed = deploy(
            account, ROOT, config(topology="fleet", domain=fleet_checks.NAME, zoneId=zone), SECRETS
        )
        (proof,) = (
            one.inputs
            for one in deployed.registered
            if one.name == "tolstoy-certificate" and one.type == "aws:route53/record:Record"
        )
        deployed.provider.delete("aws:route53/record:Record", "proof", proof)
        wanted = deployed.inputs("aws:acm/certificateValidation:CertificateValidation")
        with pytest.raises(Exception, match=r"nothing proves tolstoy\.example\.com"):
            deployed.provider.create("aws:acm/certificateValidation:CertificateValidation", "x", wanted)
