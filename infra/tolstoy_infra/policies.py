"""What the machine may do, as IAM policy documents. Pure: every ARN is given."""

from __future__ import annotations

import re
from typing import Any

ECR_IMAGE = re.compile(
    r"(?P<account>\d{12})\.dkr\.ecr\.(?P<region>[a-z0-9-]+)\.[a-z.]+/(?P<name>[^:@]+)[:@].+"
)

Statement = dict[str, Any]


def document(*statements: Statement) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": list(statements)}


def allow(
    actions: list[str], resource: str | list[str], condition: dict[str, Any] | None = None
) -> Statement:
    made: Statement = {"Effect": "Allow", "Action": actions, "Resource": resource}
    return {**made, "Condition": condition} if condition else made


def trust(service: str) -> dict[str, Any]:
    return document({"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"})


def read_secret(arn: str) -> Statement:
    return allow(["secretsmanager:GetSecretValue", "secretsmanager:DescribeSecret"], arn)


def decrypt(key_arn: str) -> Statement:
    """With that one key of KMS, what was encrypted for the service: the key may be used for more than Tolstoy."""
    return allow(["kms:Decrypt"], key_arn, {"StringEquals": {"kms:EncryptionContext:service": "tolstoy"}})


def write_logs(log_group_arn: str) -> Statement:
    return allow(
        ["logs:CreateLogStream", "logs:PutLogEvents", "logs:DescribeLogStreams"], f"{log_group_arn}:*"
    )


def put_metrics(namespace: str) -> Statement:
    # the action knows no resource; the namespace is what can be told apart
    return allow(["cloudwatch:PutMetricData"], "*", {"StringEquals": {"cloudwatch:namespace": namespace}})


def pull_images(repository_arn: str, image: str | None, partition: str) -> list[Statement]:
    """From the stack's own repository, and from the image's where that is another one of ECR."""
    arns = [repository_arn]
    found = ECR_IMAGE.fullmatch(image or "")
    if found:
        arns.append(f"arn:{partition}:ecr:{found['region']}:{found['account']}:repository/{found['name']}")
    pull = ["ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"]
    return [allow(["ecr:GetAuthorizationToken"], "*"), allow(pull, sorted(set(arns)))]


def prove_domain(zone_id: str, domain: str, partition: str) -> list[Statement]:
    """What certbot's DNS-01 needs, of that zone the one record: it could otherwise move the whole domain."""
    return [
        allow(["route53:ListHostedZones", "route53:GetChange"], "*"),
        allow(
            ["route53:ChangeResourceRecordSets"],
            f"arn:{partition}:route53:::hostedzone/{zone_id}",
            {
                "ForAllValues:StringEquals": {
                    "route53:ChangeResourceRecordSetsNormalizedRecordNames": [f"_acme-challenge.{domain}"],
                    "route53:ChangeResourceRecordSetsRecordTypes": ["TXT"],
                }
            },
        ),
    ]
