"""A new password for the pool, where the addresses come from a secret that may be rotated."""

from __future__ import annotations

from tolstoy.core import aws_secrets, log
from tolstoy.core.database_urls import ConnectOptions, parse
from tolstoy.core.settings import Settings
from tolstoy.db.database import Renew


def renewal(settings: Settings) -> Renew | None:
    if not settings.use_aws_secrets:
        return None
    source = aws_secrets.SecretSource(settings)

    async def renew(refused: ConnectOptions) -> ConnectOptions | None:
        log.get().warning(
            "the database refused the password; reading the secret again", action="renew_secret"
        )
        try:
            urls = await source.refreshed(refused.password)
        except aws_secrets.SecretError as exc:
            log.get().error(str(exc), action="secret_unreadable")
            return None
        return parse(urls.database_url)

    return renew
