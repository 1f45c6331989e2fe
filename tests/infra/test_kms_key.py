"""Keys that only KMS opens: what a stack may be told of them, and what its machine makes of it."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator

import pytest

from tests.infra import key_checks
from tests.infra.accounts import empty_account
from tests.infra.deployed import Deployed, deploy
from tests.infra.hosts import environment_file, host
from tests.infra.key_checks import KEY_ARN, MORE_SECRETS, OPENED_BY_KMS, SETTINGS, held
from tests.infra.stacks import DATABASE_URL, DIRECT_URL, REGION, ROOT, config
from tolstoy.core import app_keys, aws_kms, aws_secrets
from tolstoy.core.app_keys import AppKey
from tolstoy.core.settings import load
from tolstoy_infra.settings import SettingsError, parse

CHECKS = [one for name, one in sorted(vars(key_checks).items()) if name.startswith("check_")]
IN_CLEAR = "old:" + base64.b64encode(bytes(32)).decode()


def refused(**more: str) -> str:
    given = {"databaseUrl": DATABASE_URL, "directUrl": DIRECT_URL, **more}
    with pytest.raises(SettingsError) as caught:
        parse("prod", REGION, given, {"databaseUrl", "directUrl", "appKeys"})
    return str(caught.value)


@pytest.fixture(scope="module")
def deployed() -> Iterator[Deployed]:
    with empty_account() as account:
        yield deploy(account, ROOT, config(**SETTINGS), MORE_SECRETS)


@pytest.mark.parametrize("check", CHECKS, ids=[check.__name__ for check in CHECKS])
def test_what_is_there(deployed: Deployed, check: Callable[[Deployed], None]) -> None:
    check(deployed)


def test_the_key_in_clear_beside_it_is_the_one_that_is_told(deployed: Deployed) -> None:
    """While all is encrypted anew; the one that was made up is written down where it is still needed."""
    both = f"{IN_CLEAR},{OPENED_BY_KMS}"
    more = config(**{**SETTINGS, "appKeys": both})
    made = deploy(deployed.account, ROOT, more, MORE_SECRETS, stack="both")
    assert held(made)["APP_KEYS"] == both
    assert "APP_KEY" not in held(made)
    assert IN_CLEAR not in made.clear_text()


def test_the_service_opens_what_the_program_has_stored(deployed: Deployed) -> None:
    """From the key of KMS to the key that encrypts, by the settings that the machine gets."""
    account = deployed.account
    arn = account.call("kms", "create_key")["KeyMetadata"]["Arn"]
    new = aws_kms.made(load({"AWS_REGION": REGION}, dotenv=None), arn, "2026")
    more = config(kmsKeyArn=arn, appKeys=new)
    made = deploy(account, ROOT, more, MORE_SECRETS, stack="opened")
    machine = host(region=REGION, secret_arn=made.outputs["secretArn"])
    lines = environment_file(machine, "/etc/tolstoy/tolstoy.env").splitlines()
    settings = load(dict(line.split("=", 1) for line in lines), dotenv=None)
    (key,) = aws_kms.opened(aws_secrets.filled(settings)).keys
    assert isinstance(key, AppKey)
    assert (key.id, len(key.key)) == ("2026", app_keys.KEY_BYTES)


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"appKeys": OPENED_BY_KMS}, "kmsKeyArn is missing: appKeys has a key that only KMS opens"),
        ({"appKeys": f"{IN_CLEAR}, {OPENED_BY_KMS}"}, "kmsKeyArn is missing"),
        ({"kmsKeyArn": KEY_ARN}, "kmsKeyArn is of no use without a key in appKeys that only KMS opens"),
        ({"kmsKeyArn": KEY_ARN, "appKeys": IN_CLEAR}, "kmsKeyArn is of no use without a key in appKeys"),
        (
            {**SETTINGS, "kmsKeyArn": KEY_ARN.replace(REGION, "eu-west-1")},
            f"kmsKeyArn: is of another region, while KMS is asked in {REGION}",
        ),
        (
            {**SETTINGS, "kmsKeyArn": f"arn:aws:kms:{REGION}:123456789012:alias/tolstoy"},
            "is not the ARN of a key in KMS; write that of the key itself, since rights are given by no alias",
        ),
        ({**SETTINGS, "kmsKeyArn": KEY_ARN[-36:]}, "is not the ARN of a key in KMS"),
    ],
)
def test_what_is_refused(more: dict[str, str], said: str) -> None:
    text = refused(**more)
    assert said in text
    assert len(text.splitlines()) == 2, "and nothing that follows from it"


def test_a_key_of_several_regions() -> None:
    arn = f"arn:aws:kms:{REGION}:123456789012:key/mrk-{'0' * 32}"
    given = {"databaseUrl": DATABASE_URL, "directUrl": DIRECT_URL, **SETTINGS, "kmsKeyArn": arn}
    settings = parse("prod", REGION, given, {"databaseUrl", "directUrl", "appKeys"})
    assert settings.kms_key_arn == arn
