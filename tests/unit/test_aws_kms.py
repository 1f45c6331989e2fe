"""APP_KEY as KMS has encrypted it: opened at the start, and what is said where it does not open."""

from __future__ import annotations

import base64
import logging
import socket
import traceback
from collections.abc import Iterator
from http.server import HTTPServer

import boto3
import moto.settings
import msgspec
import pytest
from moto import mock_aws
from mypy_boto3_kms import KMSClient

from tests.unit.test_aws_secrets import (
    PASSING,
    at,
    replaced,
)
from tests.unit.test_aws_secrets import (
    no_credentials_of_this_machine as no_credentials_of_this_machine,  # the fixture
)
from tests.unit.test_aws_secrets import stand as stand  # the fixture
from tolstoy.cli.addresses import with_keys
from tolstoy.core import app_keys, aws_kms
from tolstoy.core.app_keys import AppKey, WrappedKey, derived_id
from tolstoy.core.aws_kms import CONTEXT, KmsError
from tolstoy.core.settings import Settings, SettingsError

ALIAS = "alias/tolstoy"
PLAIN = b"k" * 32
WRAPPED = WrappedKey("2026", b"c" * 100)
ENCODED = base64.b64encode(PLAIN).decode()
OPENS = (200, {"Plaintext": ENCODED})


@pytest.fixture
def kms() -> Iterator[KMSClient]:
    with mock_aws():
        client = boto3.client("kms", "eu-west-1", aws_access_key_id="k", aws_secret_access_key="k")
        key = client.create_key()["KeyMetadata"]["KeyId"]
        client.create_alias(AliasName=ALIAS, TargetKeyId=key)
        yield client


def wrapped(kms: KMSClient, plain: bytes = PLAIN, *, key: str = ALIAS, **context: str) -> WrappedKey:
    answer = kms.encrypt(KeyId=key, Plaintext=plain, EncryptionContext=context or CONTEXT)
    return WrappedKey(None, answer["CiphertextBlob"])


def failure(settings: Settings, key: WrappedKey = WRAPPED) -> KmsError:
    with pytest.raises(KmsError) as caught:
        aws_kms.opened(msgspec.structs.replace(settings, app_key=key), _attempts=1)
    told = str(caught.value)
    assert "APP_KEY" in told and settings.aws_region in told and "\n" not in told
    shown = "".join(traceback.format_exception(caught.value))
    assert ENCODED not in shown and base64.b64encode(key.ciphertext).decode() not in shown
    return caught.value


def test_it_is_opened_and_has_the_id_that_follows_from_it(kms: KMSClient) -> None:
    settings = aws_kms.opened(replaced(app_key=wrapped(kms)))
    assert settings.keys == (AppKey(derived_id(PLAIN), PLAIN),)
    assert ENCODED not in repr(settings)


def test_keys_of_both_kinds_are_a_ring(kms: KMSClient) -> None:
    """An installation comes to KMS, or leaves it, in the same four steps."""
    new = WrappedKey("2026", wrapped(kms, b"n" * 32).ciphertext)
    old = AppKey("2025", b"o" * 32)
    settings = with_keys(replaced(app_keys=(new, old), app_key=wrapped(kms)))
    assert [key.id for key in settings.keys] == ["2026", "2025", derived_id(PLAIN)]
    assert settings.keys[0].key == b"n" * 32


def test_the_key_stays_the_same_under_another_key_of_kms(kms: KMSClient) -> None:
    """So what is stored need not be encrypted anew."""
    before = wrapped(kms)
    other = kms.create_key()["KeyMetadata"]["KeyId"]
    moved = kms.re_encrypt(
        CiphertextBlob=before.ciphertext,
        SourceEncryptionContext=CONTEXT,
        DestinationKeyId=other,
        DestinationEncryptionContext=CONTEXT,
    )["CiphertextBlob"]
    assert moved != before.ciphertext
    keys = [aws_kms.opened(replaced(app_key=each)).keys for each in (before, WrappedKey(None, moved))]
    assert keys[0] == keys[1]


def test_one_is_made_that_nobody_has_seen(kms: KMSClient) -> None:
    text = aws_kms.made(replaced(), ALIAS, "2026")
    written = app_keys.read(text)
    assert isinstance(written, WrappedKey) and text.startswith("2026:kms:")
    (key,) = aws_kms.opened(replaced(app_key=written)).keys
    assert (key.id, len(key.key)) == ("2026", 32)
    assert key.key not in written.ciphertext
    assert aws_kms.made(replaced(), ALIAS, None).startswith("kms:")


def test_where_none_is_wrapped_nobody_is_asked(stand: HTTPServer) -> None:
    settings = replaced(app_key=AppKey("a", PLAIN), aws_endpoint_url="http://127.0.0.1:1")
    assert aws_kms.opened(settings, _attempts=1) is settings
    assert aws_kms.opened(replaced()).keys == ()


def test_before_it_is_opened_nothing_takes_it_for_none() -> None:
    with pytest.raises(RuntimeError, match="KMS"):
        replaced(app_key=WRAPPED).keys  # noqa: B018 - it is what raises


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("UnrecognizedClientException", aws_kms.KmsCredentialsNotFound),
        ("AccessDeniedException", aws_kms.KmsAccessDenied),
        ("DisabledException", aws_kms.KmsKeyUnusable),
        ("KMSInvalidStateException", aws_kms.KmsKeyUnusable),
        ("NotFoundException", aws_kms.KmsKeyUnusable),
        ("InvalidCiphertextException", aws_kms.WrongCiphertext),
        ("IncorrectKeyException", aws_kms.WrongCiphertext),
        ("ValidationException", KmsError),
    ],
)
def test_refusals_in_the_words_of_aws_itself(stand: HTTPServer, code: str, kind: type[KmsError]) -> None:
    error = failure(at(stand, (400, {"__type": code})))
    assert type(error) is kind
    assert code in str(error) and "APP_KEY, '2026'" in str(error)


@pytest.mark.parametrize(("status", "code"), [*PASSING, (500, "KMSInternalException"), (503, "Unheard")])
def test_lasting_failures_of_aws_count_as_unreachable(stand: HTTPServer, status: int, code: str) -> None:
    assert type(failure(at(stand, (status, {"__type": code})))) is aws_kms.KmsUnreachable


@pytest.mark.parametrize(("status", "code"), PASSING)
def test_passing_failures_are_tried_again(
    stand: HTTPServer, status: int, code: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("botocore.endpoint.time.sleep", lambda _: None)
    settings = at(stand, *[(status, {"__type": code})] * 3, OPENS)
    assert aws_kms.opened(msgspec.structs.replace(settings, app_key=WRAPPED)).keys == (AppKey("2026", PLAIN),)


def test_no_credentials() -> None:
    error = failure(replaced(aws_access_key_id=None, aws_secret_access_key=None))
    assert type(error) is aws_kms.KmsCredentialsNotFound
    assert "IAM role" in str(error)


def test_no_way_to_aws() -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        error = failure(replaced(aws_endpoint_url=f"http://127.0.0.1:{closed.getsockname()[1]}"))
    assert type(error) is aws_kms.KmsUnreachable


def test_credentials_without_permission(kms: KMSClient, monkeypatch: pytest.MonkeyPatch) -> None:
    iam = boto3.client("iam", aws_access_key_id="k", aws_secret_access_key="k")
    iam.create_user(UserName="nobody")
    key = iam.create_access_key(UserName="nobody")["AccessKey"]
    ciphertext = wrapped(kms)
    monkeypatch.setattr(moto.settings, "INITIAL_NO_AUTH_ACTION_COUNT", 0)
    settings = replaced(aws_access_key_id=key["AccessKeyId"], aws_secret_access_key=key["SecretAccessKey"])
    error = failure(settings, ciphertext)
    assert type(error) is aws_kms.KmsAccessDenied
    assert "allow kms:Decrypt on its key" in str(error)
    with pytest.raises(aws_kms.KmsAccessDenied, match="allow kms:GenerateDataKeyWithoutPlaintext"):
        aws_kms.made(settings, ALIAS, None)


def test_a_key_of_another_region_does_not_open(kms: KMSClient) -> None:
    """AWS says of it that it may be anywhere, or not be allowed."""
    error = failure(replaced(aws_region="us-east-1"), wrapped(kms))
    assert type(error) is aws_kms.KmsAccessDenied
    assert "the key is in that region" in str(error)


def test_what_was_encrypted_for_something_else_does_not_open(kms: KMSClient) -> None:
    assert type(failure(replaced(), wrapped(kms, service="another"))) is aws_kms.WrongCiphertext
    altered = bytearray(wrapped(kms).ciphertext)
    altered[-1] ^= 1
    assert type(failure(replaced(), WrappedKey(None, bytes(altered)))) is aws_kms.WrongCiphertext


def test_what_opens_and_is_no_key_is_told_without_it(kms: KMSClient) -> None:
    error = failure(replaced(), wrapped(kms, PLAIN + b"more"))
    assert type(error) is aws_kms.WrongCiphertext
    assert "it holds 36 bytes, not 32" in str(error)


def test_no_key_is_made_under_one_that_is_not_there(kms: KMSClient) -> None:
    with pytest.raises(aws_kms.KmsKeyUnusable, match="no KMS key for 'alias/none' that can be used"):
        aws_kms.made(replaced(), "alias/none", None)


def test_an_id_that_only_now_stands_for_two_keys_stops_the_start(kms: KMSClient) -> None:
    taken = AppKey(derived_id(PLAIN), b"o" * 32)
    with pytest.raises(SettingsError, match=r"APP_KEY: has the id .*, which another key"):
        aws_kms.opened(replaced(app_keys=(taken,), app_key=wrapped(kms)))


def test_the_key_is_in_no_log_even_at_debug(stand: HTTPServer, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        aws_kms.opened(msgspec.structs.replace(at(stand, OPENS), app_key=WRAPPED))
    assert ENCODED not in caplog.text and str(PLAIN) not in caplog.text
