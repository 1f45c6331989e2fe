"""The secrets of credentials, one type for each way to prove oneself, with the rules and what may be told of each."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Annotated, Any, Final, Literal, TypeAlias
from urllib.parse import parse_qsl

from msgspec import Meta, Struct

from tolstoy.core.errors import Finding
from tolstoy.domain import url
from tolstoy.domain.request_parts import is_reserved

_TOLD: Final = 4
_LONG: Final = 16  # of a shorter secret the end would tell too much
# What a request for authorization has from here, or must not have: a provider may believe the second of two.
_WRITTEN: Final = frozenset(
    {
        "response_type", "response_mode", "client_id", "redirect_uri", "scope", "state", "audience",
        "code_challenge", "code_challenge_method", "request", "request_uri",
    }
)  # fmt: skip

Grant = Literal["clientCredentials", "authorizationCode"]

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
    """Exchanged for an access token at `tokenUrl`: by the client alone (RFC 6749, 4.4), or by what somebody allows it
    at `authorizationUrl` (4.1, with PKCE, RFC 7636).
    """

    grant: Annotated[
        Grant,
        Meta(
            description="clientCredentials, or authorizationCode where somebody has to allow it in a browser"
        ),
    ] = "clientCredentials"
    token_url: Annotated[str, Meta(max_length=2000, description="an http or https URL")]
    authorization_url: Annotated[str, Meta(max_length=2000, description="an http or https URL")] | None = None
    client_id: Visible
    client_secret: Visible | None = None
    scopes: Annotated[list[Scope], Meta(max_length=50, description="an array of scopes")] = []
    audience: Annotated[str, Meta(max_length=500)] | None = None
    issuer: (
        Annotated[
            str,
            Meta(
                max_length=2000,
                description="what the provider says of itself as iss (RFC 9207), which it has to say then",
            ),
        ]
        | None
    ) = None
    authorization_parameters: Annotated[
        dict[
            Annotated[str, Meta(pattern="^[A-Za-z0-9_.-]{1,100}$(?!\n)")],
            Annotated[str, Meta(max_length=500)],
        ],
        Meta(max_length=20, description="what authorizationUrl takes besides, such as prompt: consent"),
    ] = {}
    client_authentication: Annotated[
        Literal["basic", "body"],
        Meta(
            description="basic or body, whether the client's id and secret go into a header or into the form"
        ),
    ] = "basic"

    @property
    def details(self) -> dict[str, Any]:
        details: dict[str, Any] = {
            "grant": self.grant,
            "tokenUrl": self.token_url,
            "clientId": self.client_id,
            "scopes": self.scopes,
            "audience": self.audience,
            "clientAuthentication": self.client_authentication,
        }
        if self.grant == "authorizationCode":
            details |= {
                "authorizationUrl": self.authorization_url,
                "authorizationParameters": self.authorization_parameters,
                "issuer": self.issuer,
            }
        return details

    @property
    def hint(self) -> str:
        return "" if self.client_secret is None else masked(self.client_secret)

    def findings(self, auth_config: Mapping[str, Any] | None) -> list[Finding]:
        found = _wrong_url(self.token_url, "/oauth2/tokenUrl")
        if self.grant == "clientCredentials":
            if self.client_secret is None:
                found.append(Finding("required", "write it: it proves the client", "/oauth2/clientSecret"))
            return found + [
                Finding("not_applicable", "write it for the grant authorizationCode only", f"/oauth2/{name}")
                for name, value in (
                    ("authorizationUrl", self.authorization_url),
                    ("authorizationParameters", self.authorization_parameters),
                    ("issuer", self.issuer),
                )
                if value
            ]
        if self.authorization_url is None:
            return [*found, Finding("required", "write where it is allowed", "/oauth2/authorizationUrl")]
        found += _wrong_url(self.authorization_url, "/oauth2/authorizationUrl")
        if not found:
            query = {name for name, _ in parse_qsl(url.split(self.authorization_url).query, True)}
            found += _reserved(query, "/oauth2/authorizationUrl")
        return found + _reserved(self.authorization_parameters, "/oauth2/authorizationParameters")


Secret: TypeAlias = Bearer | Basic | ApiKeySecret | OAuth2


def _wrong_url(text: str, pointer: str) -> list[Finding]:
    try:
        url.split(text)
    except url.UrlError as exc:
        return [Finding("invalid_url", str(exc), pointer)]
    return []


def _reserved(names: Iterable[str], pointer: str) -> list[Finding]:
    return [
        Finding("not_applicable", f"{name} is written by Tolstoy: leave it out", pointer)
        for name in sorted(_WRITTEN.intersection(names))
    ]


def masked(secret: str) -> str:
    return f"***{secret[-_TOLD:]}" if len(secret) >= _LONG else "***"
