"""Settings that a stack could have, and the program on them."""

from __future__ import annotations

from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from tests.infra.cloud.account import Account
from tests.infra.cloud.provider import provider
from tests.infra.engine.stack import Stack

ROOT = Path(__file__).parents[2]
DATABASE_PASSWORD = "correct-horse-battery-staple"
DATABASE_URL = f"postgresql://service:{DATABASE_PASSWORD}@db-pooler.example.com:5432/tolstoy?sslmode=require"
DIRECT_URL = f"postgresql://tolstoy:{DATABASE_PASSWORD}@db.example.com:5432/tolstoy?sslmode=require"
IMAGE = "123456789012.dkr.ecr.us-east-1.amazonaws.com/tolstoy:1.0.0"
NEXT_IMAGE = "123456789012.dkr.ecr.us-east-1.amazonaws.com/tolstoy:1.1.0"
SICK_IMAGE = "123456789012.dkr.ecr.us-east-1.amazonaws.com/tolstoy:1.1.0-sick"
SECRETS = ("tolstoy:databaseUrl", "tolstoy:directUrl")
REGION = "us-east-1"


def config(**more: str) -> dict[str, str]:
    """The least a stack needs, and an image."""
    own = {"databaseUrl": DATABASE_URL, "directUrl": DIRECT_URL, "image": IMAGE, **more}
    return {"aws:region": REGION, **{f"tolstoy:{key}": value for key, value in own.items()}}


def stack(account: Account, **more: str) -> Stack:
    return stack_at(ROOT, account, **more)


def stack_at(root: Path, account: Account, **more: str) -> Stack:
    """The same of a changed copy of the program."""
    return Stack(root, provider(account), name="prod", config=config(**more), secrets=SECRETS)


def public_key() -> str:
    """As ssh-keygen writes it."""
    made = Ed25519PrivateKey.generate().public_key()
    return made.public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH).decode() + " ops@example.com"
