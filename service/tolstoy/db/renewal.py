"""New passwords, where the addresses come from a secret that may be rotated."""

from __future__ import annotations

from collections.abc import Callable

from tolstoy.core import aws_secrets, log
from tolstoy.core.aws_secrets import DatabaseUrls
from tolstoy.core.database_urls import ConnectOptions, parse
from tolstoy.core.settings import Settings
from tolstoy.db.database import Connector, Renew


def service(urls: DatabaseUrls) -> ConnectOptions:
    return parse(urls.database_url)


def direct(urls: DatabaseUrls) -> ConnectOptions:
    """Past any pooler, as the tables' owner."""
    return parse(urls.direct_url)


def service_at_direct(urls: DatabaseUrls) -> ConnectOptions:
    """Past any pooler, with no more rights than the service has."""
    return service(urls).at(direct(urls))


def connector(settings: Settings, way: Callable[[DatabaseUrls], ConnectOptions]) -> Connector:
    """Connects that way, by the settings' addresses or those that a rotated secret has by then."""
    if settings.database_url is None or settings.direct_url is None:
        raise RuntimeError("the command that connects knows the database's addresses")
    return Connector(way(DatabaseUrls(settings.database_url, settings.direct_url)), renewal(settings, way))


def renewal(settings: Settings, way: Callable[[DatabaseUrls], ConnectOptions] = service) -> Renew | None:
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
        return way(urls)

    return renew
