"""A database URL taken apart: what cannot be honoured is refused, and no message holds the password."""

from __future__ import annotations

import re
import ssl
from dataclasses import dataclass, field, replace
from ipaddress import AddressValueError, IPv6Address
from typing import Any, Literal, cast, get_args
from urllib.parse import quote, unquote

SslMode = Literal["disable", "allow", "prefer", "require", "verify-ca", "verify-full"]

_EXAMPLE = "postgresql://user:password@host:5432/database"
_ESCAPES = "in a user name or password write %40 for @, %2F for /, %3F for ?, %23 for # and %25 for %"
_PARAMETERS = (
    "application_name",
    "channel_binding",
    "connect_timeout",
    "host",
    "port",
    "sslmode",
    "sslrootcert",
)

# Not urllib: its errors quote the text they could not read, password included. An @ behind the host can only
# be the end of a password with an unescaped / or ?, so none is taken there.
_URL = re.compile(
    r"postgres(?:ql)?://"
    r"(?:(?P<user>[^:@/?#]*)(?::(?P<password>[^@/?#]*))?@)?"
    r"(?:\[(?P<ipv6>[^\]@/?#]*)\]|(?P<host>[^:@/?#\[\]]*))(?::(?P<port>[^:@/?#]*))?"
    r"(?:/(?P<database>[^@/?#]*))?"
    r"(?:\?(?P<query>[^@?#]*))?"
)


class UrlError(ValueError):
    """The database URL cannot be used; the message says what to write and never holds the password."""


@dataclass(frozen=True, slots=True)
class ConnectOptions:
    """Where and how to connect. A host that begins with a slash is the folder of a Unix socket."""

    host: str
    port: int
    user: str
    password: str | None = field(repr=False)
    database: str
    sslmode: SslMode
    ssl_root_cert: str | None
    connect_timeout: int | None
    application_name: str | None

    @property
    def is_socket(self) -> bool:
        return self.host.startswith("/")

    @property
    def looks_pooled(self) -> bool:
        """Whether the host is Neon's pooler, behind which LISTEN and session locks do not work."""
        return "-pooler" in self.host

    @property
    def redacted(self) -> str:
        """The URL without its password, for people to read."""
        password = "" if self.password is None else ":***"
        database = quote(self.database, safe="")
        if self.is_socket:
            return f"postgresql://{quote(self.user)}{password}@/{database}?host={self.host}&port={self.port}"
        host = f"[{self.host}]" if ":" in self.host else self.host
        return (
            f"postgresql://{quote(self.user)}{password}@{host}:{self.port}/{database}?sslmode={self.sslmode}"
        )

    def at(self, other: ConnectOptions) -> ConnectOptions:
        """The same user, where `other` leads."""
        return replace(other, user=self.user, password=self.password)

    def asyncpg_kwargs(self) -> dict[str, Any]:
        """What `asyncpg.connect` and `create_pool` take. Reads the CA file, so it may raise UrlError."""
        kwargs = self._common()
        if self.application_name is not None:
            kwargs["server_settings"] = {"application_name": self.application_name}
        return kwargs

    def tortoise_credentials(self) -> dict[str, Any]:
        """The `credentials` of a Tortoise connection; it hands keys it does not know to `create_pool`."""
        kwargs = self._common()
        if self.application_name is not None:
            kwargs["application_name"] = self.application_name
        return kwargs

    def _common(self) -> dict[str, Any]:
        kwargs: dict[str, Any] = {
            "host": self.host,
            "port": self.port,
            "user": self.user,
            # for None asyncpg would look into PGPASSWORD and ~/.pgpass behind our back
            "password": self.password or "",
            "database": self.database,
            "ssl": self._ssl(),
        }
        if self.connect_timeout is not None:
            kwargs["timeout"] = self.connect_timeout
        return kwargs

    def _ssl(self) -> ssl.SSLContext | str | bool:
        # Never None: asyncpg would take PGSSLMODE. It knows the modes by name, but a CA file only from a DSN.
        if self.is_socket or self.sslmode == "disable":
            return False
        if self.ssl_root_cert is None:
            return self.sslmode
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = self.sslmode == "verify-full"
        try:
            if self.ssl_root_cert == "system":
                context.load_default_certs()
            else:
                context.load_verify_locations(cafile=self.ssl_root_cert)
        except OSError as error:
            problem = (
                f"has sslrootcert={self.ssl_root_cert}, which cannot be read; name a file of PEM certificates"
            )
            raise UrlError(problem) from error
        return context


def parse(url: str) -> ConnectOptions:
    """Take a `postgresql://` or `postgres://` URL apart; touches no file and no network. Raises UrlError."""
    parts = _URL.fullmatch(url)
    if parts is None or not url.isprintable() or " " in url:
        raise UrlError(f"is not a Postgres URL; write {_EXAMPLE}; {_ESCAPES}")
    query = _query(parts["query"] or "")
    host, port = _address(parts, query)
    user, database = _decoded(parts["user"] or ""), _decoded(parts["database"] or "")
    if not user or not database:
        raise UrlError(f"names no {'database' if user else 'user'}; write {_EXAMPLE}")
    timeout = query.get("connect_timeout")
    return ConnectOptions(
        host=host,
        port=port,
        user=user,
        password=None if parts["password"] is None else _decoded(parts["password"]),
        database=database,
        sslmode=_sslmode(query, socket=host.startswith("/")),
        ssl_root_cert=query.get("sslrootcert"),
        connect_timeout=None if timeout is None else _number("connect_timeout", timeout, 300),
        application_name=query.get("application_name"),
    )


def _decoded(text: str) -> str:
    if re.search(r"%(?![0-9A-Fa-f]{2})", text):
        raise UrlError(f"has a % that begins no escape; {_ESCAPES}")
    decoded = unquote(text)
    if "\ufffd" in decoded or "\0" in decoded:
        raise UrlError("has an escape that is not UTF-8 text; escape the bytes of the text's UTF-8 form")
    return decoded


def _query(text: str) -> dict[str, str]:
    values: dict[str, str] = {}
    for pair in filter(None, text.split("&")):
        name, _, value = (_decoded(part) for part in pair.partition("="))
        if name not in _PARAMETERS:
            raise UrlError(f"has an unknown parameter {name!r}; known are {', '.join(_PARAMETERS)}")
        if name in values:
            raise UrlError(f"has {name} twice; write it once")
        if not value:
            raise UrlError(f"has {name} without a value; write {name}=… or leave it out")
        values[name] = value
    return values


def _address(parts: re.Match[str], query: dict[str, str]) -> tuple[str, int]:
    host = _decoded(parts["host"]) if parts["ipv6"] is None else _ipv6(_decoded(parts["ipv6"]))
    if (host and "host" in query) or (parts["port"] and "port" in query):
        raise UrlError("has its host or port twice; write them either before the database or as parameters")
    host = host or query.get("host", "")
    if not host:
        raise UrlError(f"names no host; write {_EXAMPLE}, or ?host=/folder for a Unix socket")
    if "," in host:
        raise UrlError("names several hosts; write the one to connect to")
    return host, _number("port", parts["port"] or query.get("port", "5432"), 65535)


def _ipv6(text: str) -> str:
    try:
        return str(IPv6Address(text))
    except AddressValueError as error:
        raise UrlError("has no IPv6 address between the brackets; write one such as [2001:db8::1]") from error


def _number(name: str, text: str, most: int) -> int:
    # the text is not repeated: it may be the beginning of a password with an unescaped slash
    if not re.fullmatch(r"[0-9]{1,9}", text) or not 1 <= int(text) <= most:
        raise UrlError(f"has a wrong {name}; write a number from 1 to {most}; {_ESCAPES}")
    return int(text)


def _sslmode(query: dict[str, str], *, socket: bool) -> SslMode:
    """The mode to use, raised where another parameter promises more than the mode written (or left out)."""
    mode, root_cert = query.get("sslmode", "prefer"), query.get("sslrootcert")
    if mode not in get_args(SslMode):
        raise UrlError(f"has sslmode={mode}; write one of {', '.join(get_args(SslMode))}")
    if query.get("channel_binding", "prefer") not in ("require", "prefer", "disable"):
        raise UrlError("has an unknown channel_binding; write require, prefer or disable")
    if query.get("channel_binding") == "require":
        # asyncpg cannot bind the channel; what is kept of the promise is that nothing goes in plain text
        if socket or mode == "disable":
            raise UrlError("has channel_binding=require without TLS; write sslmode=require as well")
        mode = "require" if mode in ("allow", "prefer") else mode
    if root_cert is None and mode.startswith("verify-"):
        raise UrlError(f"has sslmode={mode} without sslrootcert; write sslrootcert=system, or a CA file")
    if root_cert is not None and mode in ("disable", "allow", "prefer"):
        raise UrlError("has sslrootcert without a mode that checks it; write sslmode=verify-full")
    if root_cert == "system" and mode != "verify-full":
        # any public certificate would do for a weaker mode, so libpq refuses it too
        raise UrlError("has sslrootcert=system, which needs the host name checked; write sslmode=verify-full")
    return cast(SslMode, mode)
