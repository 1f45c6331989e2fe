"""What each setting by itself does not show: which of them do not go together."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from tolstoy_infra.readers import opened_by_kms


def contradictions(values: Mapping[str, Any]) -> list[str]:
    """Sentences about the values given; one that is wrong by itself is None here, and given all the same."""
    return [
        text
        for wrong, text in (
            *_of_database(values),
            *_of_keys(values),
            *_of_domain(values),
            *_of_machines(values),
        )
        if wrong
    ]


def _of_database(values: Mapping[str, Any]) -> list[tuple[bool, str]]:
    return [
        (
            "databaseUrl" in values and "directUrl" not in values,
            "directUrl is missing: migrations need the owner of the tables, past any pooler;"
            " write pulumi config set --secret directUrl postgresql://…",
        ),
        (
            _user(values, "databaseUrl") is not None
            and _user(values, "databaseUrl") == _user(values, "directUrl"),
            "databaseUrl: has the user of directUrl, who owns the tables: no row would be kept from him;"
            " write another one with a password of your own, whom the first release makes",
        ),
        (
            "-pooler." in (values.get("directUrl") or ""),
            "directUrl goes through a pooler; write the address without -pooler",
        ),
    ]


def _user(values: Mapping[str, Any], name: str) -> str | None:
    address = values.get(name)
    return urlsplit(address).username if address else None


def _of_keys(values: Mapping[str, Any]) -> list[tuple[bool, str]]:
    keys, arn, region = values.get("appKeys"), values.get("kmsKeyArn"), values.get("region")
    kms = keys is not None and opened_by_kms(keys)
    return [
        (
            kms and "kmsKeyArn" not in values,
            "kmsKeyArn is missing: appKeys has a key that only KMS opens, and the machine may not ask it;"
            " write pulumi config set kmsKeyArn arn:aws:kms:…",
        ),
        (
            "kmsKeyArn" in values and ("appKeys" not in values or (keys is not None and not kms)),
            "kmsKeyArn is of no use without a key in appKeys that only KMS opens, as"
            " `tolstoy admin new-key --kms` makes it; set both, or remove it",
        ),
        (
            arn is not None and region is not None and arn.split(":")[3] != region,
            f"kmsKeyArn: is of another region, while KMS is asked in {region}; write a key of that one",
        ),
    ]


def _of_domain(values: Mapping[str, Any]) -> list[tuple[bool, str]]:
    fleet, domain = values.get("topology") == "fleet", "domain" in values
    return [
        (
            not fleet and domain and "email" not in values,
            "email is missing: who issues the certificate wants one beside domain;"
            " write pulumi config set email ops@example.com",
        ),
        (
            fleet and domain and not {"zoneId", "certificateArn"} & set(values),
            "zoneId is missing: the load balancer's certificate is proved there;"
            " set it, or certificateArn to a certificate that is valid already",
        ),
        *(
            (not domain and name in values, f"{name} is of no use without domain; set both, or remove it")
            for name in ("email", "zoneId", "certificateArn")
        ),
    ]


def _of_machines(values: Mapping[str, Any]) -> list[tuple[bool, str]]:
    subnets = values.get("subnetIds", ())
    return [
        (
            bool(values.get("sshCidrs")) and "publicKey" not in values,
            "publicKey is missing: sshCidrs opens a port for which nobody has a key; set it, or remove sshCidrs"
            " and use the command that is printed as shell",
        ),
        (
            subnets is not None and bool(subnets) != ("vpcId" in values),
            "vpcId and subnetIds belong together; set both, or none",
        ),
        (
            values.get("topology") == "fleet" and len(subnets or ()) == 1,
            "subnetIds: a load balancer wants two or more, in different availability zones",
        ),
        *(
            (
                (values.get(f"{kind}Min") or 0) > (values.get(f"{kind}Max") or 100),
                f"{kind}Max is below {kind}Min",
            )
            for kind in ("api", "worker")
        ),
        *(
            (
                name in values and "githubRepository" not in values,
                f"{name} is of no use without githubRepository; set both, or remove it",
            )
            for name in ("githubProviderArn", "stateBucket")
        ),
    ]
