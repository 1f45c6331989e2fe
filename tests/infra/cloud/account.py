"""An account at AWS, and what has been asked of it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import boto3

from tests.infra.cloud.shapes import Props, ProviderError, fit, unwrap

ACCOUNT_ID = "123456789012"

Outputs = dict[str, Any]
Made = tuple[str, Outputs]


@dataclass(frozen=True)
class Kind:
    """How the provider makes one type of resource.

    `in_place` are the inputs that may change while the resource stays, as in the provider's documentation; `update`
    then changes them. `create` gives the id and what AWS adds to the inputs.
    """

    create: Callable[[Account, str, Props], Made]
    delete: Callable[[Account, str, Outputs], None]
    in_place: frozenset[str] = frozenset()
    update: Callable[[Account, str, Outputs, Props], Outputs] | None = None
    replaced_if: Mapping[str, str] = field(default_factory=dict)  # in place, unless that other input is true


@dataclass
class Account:
    region: str = "us-east-1"
    endpoint: str | None = None
    keys: tuple[str, str, str | None] = ("test", "test", None)  # key, its other half, session token
    calls: list[tuple[str, str]] = field(default_factory=list)
    associations: dict[str, dict[str, Any]] = field(default_factory=dict)
    releases: list[tuple[str, str]] = field(default_factory=list)  # instance and command, in order
    ubuntu_behind: int = 0  # how many images were published since the one that is called current

    def client(self, service: str) -> Any:
        return _client(service, self.region, self.endpoint, self.keys)

    def call(self, service: str, operation: str, **given: Any) -> dict[str, Any]:
        """One call, its parameters in Pulumi's or in AWS's spelling; what is None is left out."""
        self.calls.append((service, operation))
        client = self.client(service)
        name = client.meta.method_to_api_mapping[operation]
        shape = client.meta.service_model.operation_model(name).input_shape
        there = {key: value for key, value in given.items() if value is not None}
        parameters = fit(shape, there, f"{service}.{operation}") if shape else {}
        answer: dict[str, Any] = getattr(client, operation)(**parameters)
        return answer

    def arn(self, service: str, rest: str, *, region: str | None = None) -> str:
        return f"arn:aws:{service}:{self.region if region is None else region}:{ACCOUNT_ID}:{rest}"


@cache
def _client(service: str, region: str, endpoint: str | None, keys: tuple[str, str, str | None]) -> Any:
    """For all accounts of these keys: to make the dozen that a stack needs takes half a second."""
    key, other_half, token = keys
    make: Any = boto3.client  # typed by its stubs for services known beforehand alone
    return make(
        service,
        region_name=region,
        endpoint_url=endpoint,
        aws_access_key_id=key,
        aws_secret_access_key=other_half,
        aws_session_token=token,
    )


class Provider:
    """Makes, changes and removes resources of the kinds it knows, one at a time: moto takes no two at once."""

    def __init__(
        self,
        account: Account,
        kinds: Mapping[str, Kind],
        lookups: Mapping[str, Callable[[Account, dict[str, Any]], dict[str, Any]]],
    ) -> None:
        self.account, self._kinds, self._lookups = account, kinds, lookups
        self._turn = threading.Lock()

    def kind(self, type_: str) -> Kind:
        if type_ not in self._kinds:
            raise ProviderError(f"nobody here knows how {type_} is made")
        return self._kinds[type_]

    def create(self, type_: str, name: str, inputs: dict[str, Any]) -> Made:
        props = Props(type_, unwrap(inputs))
        with self._turn:
            id_, added = self.kind(type_).create(self.account, name, props)
        props.done()
        return id_, {**inputs, **added}

    def update(self, type_: str, id_: str, old: Outputs, inputs: dict[str, Any]) -> Outputs:
        update = self.kind(type_).update
        if update is None:
            raise ProviderError(f"{type_} cannot be changed in place")
        props = Props(type_, unwrap(inputs))
        with self._turn:
            added = update(self.account, id_, unwrap(old), props)
        props.done()
        return {**old, **inputs, **added}

    def delete(self, type_: str, id_: str, outputs: Outputs) -> None:
        with self._turn:
            self.kind(type_).delete(self.account, id_, unwrap(outputs))

    def replaces(self, type_: str, key: str, inputs: dict[str, Any]) -> bool:
        kind = self.kind(type_)
        return key not in kind.in_place or bool(inputs.get(kind.replaced_if.get(key, "")))

    def invoke(self, token: str, args: dict[str, Any]) -> dict[str, Any]:
        if token not in self._lookups:
            raise ProviderError(f"nobody here knows how to look up {token}")
        with self._turn:
            return self._lookups[token](self.account, unwrap(args))
