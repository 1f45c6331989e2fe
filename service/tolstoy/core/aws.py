"""How AWS is asked, and why it gave no answer."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Literal, NamedTuple

from tolstoy.core.settings import Settings

if TYPE_CHECKING:
    from boto3.session import Session
    from botocore.config import Config
    from botocore.exceptions import BotoCoreError, ClientError

Cause = Literal["credentials", "denied", "unreachable", "other"]

_BY_CODE: dict[str, Cause] = {
    "AccessDenied": "denied",
    "AccessDeniedException": "denied",
    "ExpiredToken": "credentials",
    "ExpiredTokenException": "credentials",
    "IncompleteSignature": "credentials",
    "InvalidClientTokenId": "credentials",
    "InvalidSignatureException": "credentials",
    "MissingAuthenticationToken": "credentials",
    "SignatureDoesNotMatch": "credentials",
    "UnrecognizedClientException": "credentials",
    "InternalServiceError": "unreachable",
    "RequestLimitExceeded": "unreachable",
    "Throttling": "unreachable",
    "ThrottlingException": "unreachable",
    "TooManyRequestsException": "unreachable",
}


class Failure(NamedTuple):
    """Why, and the code that AWS gave or the name of what hindered asking."""

    cause: Cause
    code: str


# boto3 is imported where it is needed: it costs 25 MB and 0.3 s, which a process that never asks AWS shall not pay


def session(settings: Settings) -> Session:
    import boto3

    # at debug botocore writes whole answers into the log, and what is asked for here are secrets
    logging.getLogger("botocore").setLevel(logging.INFO)
    return boto3.session.Session(
        aws_access_key_id=settings.aws_access_key_id,
        aws_secret_access_key=settings.aws_secret_access_key,
        aws_session_token=settings.aws_session_token,
        region_name=settings.aws_region,
    )


def config(attempts: int) -> Config:
    from botocore.config import Config

    # "standard" repeats on throttling, 5xx and network errors, with exponential backoff and full jitter
    return Config(
        connect_timeout=3, read_timeout=4, retries={"mode": "standard", "total_max_attempts": attempts}
    )


def failure(error: ClientError | BotoCoreError) -> Failure:
    from botocore.exceptions import ClientError

    return _refused(error) if isinstance(error, ClientError) else _unasked(error)


def _refused(error: ClientError) -> Failure:
    code = error.response.get("Error", {}).get("Code", "no error code")
    status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    cause = _BY_CODE.get(code)
    if cause is None:
        # a code nobody has heard of may come from something in between; its status still says what it means
        cause = "denied" if status in (401, 403) else "other"
        cause = "unreachable" if status >= 500 or status == 429 else cause
    return Failure(cause, code)


def _unasked(error: BotoCoreError) -> Failure:
    from botocore import exceptions

    cause: Cause = "other"
    if isinstance(error, (exceptions.ConnectionError, exceptions.HTTPClientError)):
        cause = "unreachable"
    elif isinstance(
        error,
        (
            exceptions.NoCredentialsError,
            exceptions.PartialCredentialsError,
            exceptions.CredentialRetrievalError,
            exceptions.TokenRetrievalError,
            exceptions.SSOError,
            exceptions.ProfileNotFound,
        ),
    ):
        cause = "credentials"
    return Failure(cause, type(error).__name__)
