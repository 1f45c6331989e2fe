"""The secrets of credentials, one type for each way to prove oneself, with the rules and what may be told of each."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Final, Literal, TypeAlias

from msgspec import Meta, Struct

from tolstoy.core.errors import Finding
from tolstoy.domain import url
from tolstoy.domain.request_parts import is_reserved

_TOLD: Final = 4
_LONG: Final = 16  # of a shorter secret the end would tell too much

Visible = Annotated[
    str,
    Meta(
        pattern="^[!-~]{1,4000}$(?!\n)",
        description="a text of up to 4000 visible ASCII characters, without spaces",
        extra={"secret": True},
    ),
]
Password = Annotated[
    str,
    Meta(
        pattern="^[^\\x00-\\x1f\\x7f]{0,1000}$(?!\n)",
        description="a text of one line",
        extra={"secret": True},
    ),
]
Username = Annotated[
    str,
    Meta(
        pattern="^[^\\x00-\\x1f\\x7f:]{0,500}$(?!\n)",
        description="a text of one line without a colon",
        extra={"secret": True},
    ),
]
Scope = Annotated[
    str,
    Meta(
        pattern="^[!#-\\[\\]-~]{1,200}$(?!\n)", description="a scope, without spaces, quotes or backslashes"
    ),
]


class Bearer(Struct, frozen=True, rename="camel", forbid_unknown_fields=True):
    """Sent as `Authorization: Bearer …` (RFC 6750)."""

    token: Visible

    @property
    def details(self) -> dict[str, Any]:
        return {}

    @property
    def hint(self) -> str:
        return masked(self.token)

    def findings(self, auth_config: Mapping[str, Any] | None) -> list[Finding]:
        return []


class Basic(Struct, frozen=True, rename="camel", forbid_unknown_fields=True):
    """Sent as `Authorization: Basic …` (RFC 7617), in UTF-8."""

    username: Username
    password: Password

    @property
    def details(self) -> dict[str, Any]:
        return {"username": self.username}

    @property
    def hint(self) -> str:
        return "***"  # people choose passwords, and the end of a word gives the word away

    def findings(self, auth_config: Mapping[str, Any] | None) -> list[Finding]:
        return []


class ApiKeySecret(Struct, frozen=True, rename="camel", forbid_unknown_fields=True):
    """Sent in the header or the query parameter that the tool's authConfig names."""

    key: Visible

    @property
    def details(self) -> dict[str, Any]:
        return {}

    @property
    def hint(self) -> str:
        return masked(self.key)

    def findings(self, auth_config: Mapping[str, Any] | None) -> list[Finding]:
        if auth_config and auth_config["location"] == "header" and is_reserved(auth_config["name"]):
            detail = (
                f"the tool's authConfig names the header {auth_config['name']}, which is the client's own"
            )
            return [Finding("not_applicable", detail, "/apiKey")]
        return []


class OAuth2(Struct, kw_only=True, frozen=True, rename="camel", forbid_unknown_fields=True):
    """Exchanged for an access token at `tokenUrl` by the client credentials grant (RFC 6749, 4.4)."""

    token_url: Annotated[str, Meta(max_length=2000, description="an http or https URL")]
    client_id: Visible
    client_secret: Visible
    scopes: Annotated[list[Scope], Meta(max_length=50, description="an array of scopes")] = []
    audience: Annotated[str, Meta(max_length=500)] | None = None
    client_authentication: Annotated[
        Literal["basic", "body"],
        Meta(
            description="basic or body, whether the client's id and secret go into a header or into the form"
        ),
    ] = "basic"

    @property
    def details(self) -> dict[str, Any]:
        return {
            "tokenUrl": self.token_url,
            "clientId": self.client_id,
            "scopes": self.scopes,
            "audience": self.audience,
            "clientAuthentication": self.client_authentication,
        }

    @property
    def hint(self) -> str:
        return masked(self.client_secret)

    def findings(self, auth_config: Mapping[str, Any] | None) -> list[Finding]:
        try:
            url.split(self.token_url)
        except url.UrlError as exc:
            return [Finding("invalid_url", str(exc), "/oauth2/tokenUrl")]
        return []


Secret: TypeAlias = Bearer | Basic | ApiKeySecret | OAuth2


def masked(secret: str) -> str:
    return f"***{secret[-_TOLD:]}" if len(secret) >= _LONG else "***"
