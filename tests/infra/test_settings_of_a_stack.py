"""What a stack may be told, and what is said when it is wrong."""

from __future__ import annotations

import pytest

from tests.infra.accounts import empty_account
from tests.infra.deployed import deploy
from tests.infra.stacks import DATABASE_PASSWORD, DATABASE_URL, DIRECT_URL, ROOT, SECRETS, config, public_key
from tolstoy_infra.settings import Machine, Settings, SettingsError, parse

KEPT_SECRET = {"databaseUrl", "directUrl"}
LEAST = {"databaseUrl": DATABASE_URL, "directUrl": DIRECT_URL}


def read(region: str | None = "eu-central-1", **more: str) -> Settings:
    return parse("prod", region, {**LEAST, **more}, KEPT_SECRET)


def mistakes(region: str | None = "eu-central-1", **more: str) -> str:
    with pytest.raises(SettingsError) as caught:
        read(region, **more)
    text = str(caught.value)
    assert DATABASE_PASSWORD not in text
    return text


def test_the_least_is_enough() -> None:
    settings = read()
    assert (settings.topology, settings.image, settings.domain, settings.github) == (
        "single",
        None,
        None,
        None,
    )
    assert settings.machine == Machine("t3.medium", 30, (), None, 1024, 768, 2, 100)
    assert (settings.log_retention_days, settings.queue_seconds) == (30, 30)
    assert (settings.region, settings.partition) == ("eu-central-1", "aws")


def test_secrets_are_not_shown() -> None:
    assert DATABASE_PASSWORD not in repr(read())


@pytest.mark.parametrize(
    ("key", "value", "said"),
    [
        ("topology", "cluster", "topology: 'cluster' is not known; write single or fleet"),
        ("image", "registry.example.com/tolstoy", "image: 'registry.example.com/tolstoy' has no tag; write"),
        ("image", "tolstoy:latest", "image: 'tolstoy:latest' moves, so no release would be seen"),
        (
            "image",
            "Tolstoy:1; rm -rf /",
            "image: 'Tolstoy:1; rm -rf /' is not an image; write it as host/name:tag",
        ),
        (
            "instanceType",
            "t3.mediun",
            "instanceType: 't3.mediun' is no instance type; write t3.medium, if that",
        ),
        ("diskGib", "8", "diskGib: '8' is not a number allowed here; write one from 16 to 16384"),
        ("diskGib", "30GB", "diskGib: '30GB' is not a number allowed here"),
        ("sshCidrs", '["10.0.0.0/33"]', "sshCidrs: '10.0.0.0/33' is not a range of IPv4 addresses"),
        ("sshCidrs", '["10.0.0.1/8"]', "sshCidrs: '10.0.0.1/8' is not a range of IPv4 addresses"),
        ("sshCidrs", '["0.0.0.0/0"]', "sshCidrs: '0.0.0.0/0' is everybody; write the range you connect from"),
        (
            "sshCidrs",
            "203.0.113.7/32",
            'sshCidrs: \'203.0.113.7/32\' is not a list; write it as ["one", "another"]',
        ),
        ("publicKey", "ssh-dss AAAA", "publicKey: 'ssh-dss AAAA' is not a public key that EC2 takes"),
        ("domain", "Tolstoy.Example.com", "domain: 'Tolstoy.Example.com' is not a name; write it as"),
        ("domain", "https://tolstoy.example.com", "is not a name; write it as tolstoy.example.com"),
        ("zoneId", "example.com", "zoneId: 'example.com' is not the id of a hosted zone"),
        ("email", "ops", "email: 'ops' is not an e-mail address; write it as ops@example.com"),
        ("alarmEmail", "a b@example.com", "alarmEmail: 'a b@example.com' is not an e-mail address"),
        ("certificateArn", "arn:aws:acm", "certificateArn: 'arn:aws:acm' is not the ARN of a certificate"),
        ("logRetentionDays", "31", "logRetentionDays: '31' is not kept by CloudWatch; write one of 1, 3, 5"),
        ("vpcId", "default", "vpcId: 'default' is not the id of a VPC"),
        ("subnetIds", '["a"]', "subnetIds: 'a' is not the id of one; write it as subnet-0123456789abcdef0"),
        ("workers", "0", "workers: '0' is not a number allowed here; write one from 1 to 512"),
        ("ratePerSecond", "0", "ratePerSecond: '0' is not a number allowed here; write one from 1 to 100000"),
        ("queueSeconds", "soon", "queueSeconds: 'soon' is not a number allowed here"),
        (
            "githubRepository",
            "tolstoy",
            "githubRepository: 'tolstoy' is not a repository; write it as owner/name",
        ),
        ("githubProviderArn", "x", "githubProviderArn: 'x' is not the ARN of GitHub's identity provider"),
        ("stateBucket", "My Bucket", "stateBucket: 'My Bucket' is not the name of a bucket"),
        (
            "databaseUrl",
            "mysql://a:b@c/d",
            "databaseUrl: is not the address of a Postgres; write postgresql://",
        ),
        ("databaseUrl", "postgresql://db.example.com", "databaseUrl: has no host, user or database"),
        ("databaseUrl", "postgresql://u:p@h:port/d", "databaseUrl: is not an address"),
        ("directUrl", DATABASE_URL, "directUrl goes through a pooler; write the address without -pooler"),
        ("instancetype", "t3.large", "instancetype is no setting; instanceType is, if that was meant"),
        ("colour", "red", "colour is no setting; pulumi config rm it"),
    ],
)
def test_a_wrong_value_is_refused_with_what_to_write(key: str, value: str, said: str) -> None:
    assert said in mistakes(**{key: value})


@pytest.mark.parametrize(
    ("region", "said"),
    [
        (None, "aws:region is missing; write pulumi config set aws:region us-east-1"),
        (
            "eu-centrl-1",
            "aws:region: 'eu-centrl-1' is no region of AWS; write eu-central-1, if that was meant",
        ),
        ("Frankfurt", "aws:region: 'Frankfurt' is no region of AWS; write"),
    ],
)
def test_regions(region: str | None, said: str) -> None:
    assert said in mistakes(region)


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (
            {"domain": "tolstoy.example.com"},
            "email is missing: who issues the certificate wants one beside domain",
        ),
        ({"email": "ops@example.com"}, "email is of no use without domain; set both, or remove it"),
        ({"zoneId": "Z0123456789"}, "zoneId is of no use without domain"),
        (
            {"topology": "fleet", "domain": "tolstoy.example.com"},
            "zoneId is missing: the load balancer's certificate",
        ),
        (
            {"sshCidrs": '["203.0.113.7/32"]'},
            "publicKey is missing: sshCidrs opens a port for which nobody has a key",
        ),
        ({"vpcId": "vpc-0123456789abcdef0"}, "vpcId and subnetIds belong together; set both, or none"),
        (
            {"subnetIds": '["subnet-0123456789abcdef0"]'},
            "vpcId and subnetIds belong together; set both, or none",
        ),
        (
            {
                "topology": "fleet",
                "vpcId": "vpc-0123456789abcdef0",
                "subnetIds": '["subnet-0123456789abcdef0"]',
            },
            "subnetIds: a load balancer wants two or more, in different availability zones",
        ),
        ({"apiMin": "7"}, "apiMax is below apiMin"),
        ({"workerMin": "3", "workerMax": "2"}, "workerMax is below workerMin"),
        ({"stateBucket": "state"}, "stateBucket is of no use without githubRepository"),
    ],
)
def test_values_that_do_not_go_together(more: dict[str, str], said: str) -> None:
    assert said in mistakes(**more)


def test_one_address_is_not_enough() -> None:
    with pytest.raises(SettingsError, match="directUrl is missing: migrations need the owner of the tables"):
        parse("prod", "eu-central-1", {"databaseUrl": DATABASE_URL}, KEPT_SECRET)


def test_the_owner_does_not_serve() -> None:
    assert "databaseUrl: has the user of directUrl" in mistakes(databaseUrl=DIRECT_URL)


def test_without_a_database() -> None:
    with pytest.raises(
        SettingsError, match="databaseUrl is missing; write pulumi config set --secret databaseUrl"
    ):
        parse("prod", "eu-central-1", {}, set())


def test_a_secret_that_lies_in_clear() -> None:
    with pytest.raises(SettingsError) as caught:
        parse("prod", "eu-central-1", LEAST, {"directUrl"})
    assert "databaseUrl lies in clear in Pulumi.prod.yaml; choose another, then" in str(caught.value)
    assert "directUrl lies" not in str(caught.value)


def test_all_mistakes_are_said_at_once() -> None:
    """And what follows from one of them is not said beside it."""
    text = mistakes(
        None, topology="cluster", email="ops", image="tolstoy", subnetIds="x", domain="a.example.com"
    )
    lines = text.splitlines()[1:]
    keys = ["aws:region", "topology", "image", "email", "subnetIds"]
    assert [line.split(":")[0].split(" ")[0] for line in lines] == [key.split(":")[0] for key in keys]


@pytest.mark.parametrize(
    ("value", "kept"),
    [
        ("tolstoy:1.0", "tolstoy:1.0"),
        ("localhost:5000/tolstoy:1", "localhost:5000/tolstoy:1"),
        ("ghcr.io/owner/tolstoy@sha256:" + "a" * 64, None),
        ("123456789012.dkr.ecr.eu-central-1.amazonaws.com/tolstoy-1a2b3c4:8f3c2d1", None),
    ],
)
def test_images(value: str, kept: str | None) -> None:
    assert read(image=value).image == (kept or value)


def test_keys() -> None:
    key = public_key()
    assert read(publicKey=key, sshCidrs='["203.0.113.7/32"]').machine.public_key == key


@pytest.mark.parametrize(
    ("kind", "architecture"),
    [
        ("t3.medium", "amd64"),
        ("t4g.small", "arm64"),
        ("m7g.large", "arm64"),
        ("c6gn.xlarge", "arm64"),
        ("im4gn.large", "arm64"),
        ("a1.medium", "arm64"),
        ("g4dn.xlarge", "amd64"),
        ("m7i-flex.large", "amd64"),
        ("c5ad.large", "amd64"),
    ],
)
def test_architectures(kind: str, architecture: str) -> None:
    assert read(instanceType=kind).machine.architecture == architecture


@pytest.mark.parametrize(
    ("region", "partition"),
    [
        ("eu-west-1", "aws"),
        ("cn-north-1", "aws-cn"),
        ("us-gov-west-1", "aws-us-gov"),
        ("eusc-de-east-1", "aws-eusc"),
    ],
)
def test_partitions(region: str, partition: str) -> None:
    assert read(region).partition == partition


def test_nothing_is_made_of_wrong_settings() -> None:
    with empty_account() as account:
        with pytest.raises(Exception, match="image: 'tolstoy' has no tag"):
            deploy(account, ROOT, config(image="tolstoy"), SECRETS)
        assert account.calls == []
