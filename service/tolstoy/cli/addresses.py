"""Where the database is: in the settings, in AWS Secrets Manager, or embedded in this very process."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec

from tolstoy.core import app_keys, aws_kms, aws_secrets
from tolstoy.core.settings import Settings, with_urls
from tolstoy.db import embedded

# On the embedded server everyone on the socket is trusted; the socket's folder is this user's alone.
EMBEDDED_OWNER = "postgres"
EMBEDDED_SERVICE = "tolstoy_service"


def embedded_folder(settings: Settings) -> Path:
    return settings.data_dir / "postgres"


@contextmanager
def resolved(settings: Settings) -> Iterator[Settings]:
    """The settings with both database URLs, and what else a secret holds.

    An embedded server, where one is needed, lives as long as this.
    """
    if settings.use_aws_secrets:
        yield aws_secrets.filled(settings)
    elif settings.database_url is not None:
        yield with_urls(settings, settings.database_url, settings.direct_url or settings.database_url)
    else:
        with embedded.leased(embedded_folder(settings)) as server:
            yield with_urls(settings, server.url(user=EMBEDDED_SERVICE), server.url(user=EMBEDDED_OWNER))


def with_keys(settings: Settings) -> Settings:
    """The same settings with keys to encrypt with, those that KMS has to open among them.

    Development makes one for itself, once for its DATA_DIR. Asks AWS, and waits for it.
    """
    if settings.production or settings.written_keys:
        return aws_kms.opened(settings)
    return msgspec.structs.replace(settings, app_key=app_keys.kept_in(settings.data_dir))
