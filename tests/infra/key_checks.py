"""What is true of a stack whose keys only KMS opens: the machine may ask it, and nothing else opens them."""

from __future__ import annotations

import base64
import json
from typing import Any

from tests.infra.checks import SECRET_VERSION, role_name, role_statements
from tests.infra.cloud.account import ACCOUNT_ID
from tests.infra.deployed import Deployed
from tests.infra.stacks import REGION, SECRETS
from tolstoy.core.aws_kms import CONTEXT

KEY_ARN = f"arn:aws:kms:{REGION}:{ACCOUNT_ID}:key/1234abcd-12ab-34cd-56ef-1234567890ab"
OPENED_BY_KMS = "2026:kms:" + base64.b64encode(bytes(range(184))).decode()
SETTINGS = {"kmsKeyArn": KEY_ARN, "appKeys": OPENED_BY_KMS}
MORE_SECRETS = (*SECRETS, "tolstoy:appKeys")


def held(deployed: Deployed) -> dict[str, str]:
    return dict(json.loads(deployed.inputs(SECRET_VERSION)["secretString"]))


def check_the_key_of_kms(deployed: Deployed) -> None:
    """That key alone, nothing but decrypting, and only what was encrypted for the service."""
    statements = role_statements(deployed, role_name(deployed))
    found: list[dict[str, Any]] = [one for one in statements if "kms" in json.dumps(one)]
    context = {f"kms:EncryptionContext:{name}": value for name, value in CONTEXT.items()}
    assert found == [
        {
            "Effect": "Allow",
            "Action": ["kms:Decrypt"],
            "Resource": KEY_ARN,
            "Condition": {"StringEquals": context},
        }
    ]


def check_no_other_key(deployed: Deployed) -> None:
    secret = held(deployed)
    assert secret["APP_KEYS"] == OPENED_BY_KMS
    assert "APP_KEY" not in secret, "one that lies there in clear"
