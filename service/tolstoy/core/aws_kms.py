"""Keys that AWS KMS has encrypted: opened once at the start, so that no setting and no file holds them in clear.

`APP_KEY=kms:…` is the ciphertext of a data key (envelope encryption: the key that encrypts it never leaves KMS), bound
to the encryption context {"service": "tolstoy"}.
"""

from __future__ import annotations

from inspect import cleandoc
from typing import TYPE_CHECKING, Final

import msgspec

from tolstoy.core import app_keys, aws
from tolstoy.core.app_keys import KEY_BYTES, AppKey, WrappedKey
from tolstoy.core.settings import Settings, SettingsError

if TYPE_CHECKING:
    from botocore.exceptions import BotoCoreError, ClientError
    from mypy_boto3_kms import KMSClient

CONTEXT: Final = {"service": "tolstoy"}
_ATTEMPTS: Final = 4


class KmsError(Exception):
    """KMS in {region} did not do {operation} for {what} ({detail}); check AWS_REGION and the key there."""

    def __init__(self, what: str, region: str, detail: str, operation: str) -> None:
        super().__init__(what, region, detail, operation)
        self.what = what
        self.region = region
        self.detail = detail
        self.operation = operation

    def __str__(self) -> str:
        return cleandoc(type(self).__doc__ or "").format(**vars(self)).replace("\n", " ")


class KmsCredentialsNotFound(KmsError):
    """No credentials that AWS takes were found to ask KMS in {region} for {what} ({detail}); give the machine an
    IAM role, or set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY."""


class KmsAccessDenied(KmsError):
    """These AWS credentials may not have KMS in {region} do {operation} for {what} ({detail}); allow kms:{operation}
    on its key, for the encryption context service=tolstoy, and see that the key is in that region."""


class KmsKeyUnusable(KmsError):
    """In {region} is no KMS key for {what} that can be used ({detail}); where it is disabled or waits for its
    deletion, bring it back: what it encrypted opens with it only. Where it is elsewhere, correct AWS_REGION."""


class KmsUnreachable(KmsError):
    """KMS in {region} gave no answer about {what} ({detail}); check that AWS_REGION is a region and that this
    machine can reach it."""


class WrongCiphertext(KmsError):
    """What follows kms: in {what} is no key that KMS in {region} encrypted for Tolstoy ({detail}); write the whole
    of what `tolstoy admin new-key --kms` printed, or encrypt it anew for the context service=tolstoy."""


_BY_CAUSE: dict[aws.Cause, type[KmsError]] = {
    "credentials": KmsCredentialsNotFound,
    "denied": KmsAccessDenied,
    "unreachable": KmsUnreachable,
    "other": KmsError,
}
_BY_CODE: dict[str, type[KmsError]] = {
    "DisabledException": KmsKeyUnusable,
    "InvalidKeyUsageException": KmsKeyUnusable,
    "KMSInvalidStateException": KmsKeyUnusable,
    "NotFoundException": KmsKeyUnusable,
    "IncorrectKeyException": WrongCiphertext,
    "InvalidCiphertextException": WrongCiphertext,
}


def opened(settings: Settings, *, _attempts: int = _ATTEMPTS) -> Settings:
    """The settings with the keys themselves, blocking for up to half a minute each where the network is down.

    Raises KmsError, and SettingsError where two that were opened have one id.
    """
    if not any(isinstance(key, WrappedKey) for key in settings.written_keys):
        return settings
    client = _client(settings, _attempts)

    def key_of(written: AppKey | WrappedKey, name: str) -> AppKey:
        return _opened(settings, client, written, name) if isinstance(written, WrappedKey) else written

    found = msgspec.structs.replace(
        settings,
        app_keys=tuple(key_of(each, "APP_KEYS") for each in settings.app_keys),
        app_key=None if settings.app_key is None else key_of(settings.app_key, "APP_KEY"),
    )
    try:
        found.keys  # noqa: B018 - it is looked at as `load` does: an id may be known only now
    except ValueError as error:
        raise SettingsError(f"APP_KEY: {error}") from error
    return found


def made(settings: Settings, key: str, id_: str | None, *, _attempts: int = _ATTEMPTS) -> str:
    """A new key as APP_KEY takes it, encrypted under the KMS key of that id, ARN or alias. Raises KmsError.

    It is in clear nowhere: KMS is not asked for it, and whoever makes it needs not be allowed to decrypt.
    """
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        answer = _client(settings, _attempts).generate_data_key_without_plaintext(
            KeyId=key, KeySpec="AES_256", EncryptionContext=CONTEXT
        )
    except (ClientError, BotoCoreError) as error:
        raise _failed(settings, error, repr(key), "GenerateDataKeyWithoutPlaintext") from error
    return app_keys.written(answer["CiphertextBlob"], id_, wrapped=True)


def _opened(settings: Settings, client: KMSClient, key: WrappedKey, name: str) -> AppKey:
    from botocore.exceptions import BotoCoreError, ClientError

    what = f"{name}, {key.id!r}" if key.id else name
    try:
        answer = client.decrypt(CiphertextBlob=key.ciphertext, EncryptionContext=CONTEXT)
    except (ClientError, BotoCoreError) as error:
        raise _failed(settings, error, what, "Decrypt") from error
    plain = answer["Plaintext"]
    if len(plain) != KEY_BYTES:
        raise WrongCiphertext(
            what, settings.aws_region, f"it holds {len(plain)} bytes, not {KEY_BYTES}", "Decrypt"
        )
    return AppKey(key.id or app_keys.derived_id(plain), plain)


def _client(settings: Settings, attempts: int) -> KMSClient:
    return aws.session(settings).client(
        "kms", endpoint_url=settings.aws_endpoint_url, config=aws.config(attempts)
    )


def _failed(settings: Settings, error: ClientError | BotoCoreError, what: str, operation: str) -> KmsError:
    cause, code = aws.failure(error)
    return _BY_CODE.get(code, _BY_CAUSE[cause])(what, settings.aws_region, code, operation)
