"""The program in this process, each of its resources made on moto: quick, for what does not need an engine."""

from __future__ import annotations

import asyncio
import runpy
import sys
import threading
from collections.abc import Iterable, Mapping
from concurrent import futures
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from unittest import mock

import pulumi
from pulumi import runtime

from tests.infra.cloud.account import Account, Provider
from tests.infra.cloud.provider import provider
from tests.infra.cloud.shapes import is_secret, unwrap
from tests.infra.engine.monitor import physical
from tests.infra.engine.state import masked


@dataclass(frozen=True)
class Registered:
    type: str
    name: str
    inputs: dict[str, Any]
    outputs: dict[str, Any]


@dataclass
class Deployed(runtime.Mocks):
    """What the program registered, and the account it is in."""

    account: Account
    provider: Provider
    registered: list[Registered] = field(default_factory=list)
    outputs: dict[str, Any] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _loops: set[asyncio.AbstractEventLoop] = field(default_factory=set)

    def new_resource(self, args: runtime.MockResourceArgs) -> tuple[str | None, dict[Any, Any]]:
        self._remember_loop()
        inputs = dict(args.inputs)
        if not args.custom:
            return args.name, inputs
        id_, outputs = self.provider.create(args.typ, physical(args.name), inputs)
        with self._lock:
            self.registered.append(Registered(args.typ, args.name, inputs, outputs))
        return id_, outputs

    def call(self, args: runtime.MockCallArgs) -> Any:
        self._remember_loop()
        return self.provider.invoke(args.token, dict(args.args))

    def _remember_loop(self) -> None:
        """The SDK makes one for each of its threads and closes none."""
        with self._lock:
            self._loops.add(asyncio.get_event_loop())

    def close(self) -> None:
        for loop in self._loops:
            loop.close()

    def inputs(self, type_: str, name: str | None = None) -> dict[str, Any]:
        """Of the one resource of that type, or of that name among them; secrets bare."""
        found = [one for one in self.registered if one.type == type_ and name in (None, one.name)]
        assert len(found) == 1, f"{len(found)} of {type_} {name or ''}: {[one.name for one in found]}"
        bare: dict[str, Any] = unwrap(found[0].inputs)
        return bare

    def clear_text(self) -> str:
        """All that a state's file or an output would show."""
        return repr([masked([one.inputs, one.outputs]) for one in self.registered]) + repr(self.outputs)

    def secrets(self, type_: str) -> set[str]:
        """The inputs of that type that are secret."""
        return {
            key
            for one in self.registered
            if one.type == type_
            for key, value in one.inputs.items()
            if is_secret(value)
        }


def deploy(
    account: Account, root: Path, config: Mapping[str, str], secrets: Iterable[str], *, stack: str = "prod"
) -> Deployed:
    """Run the program at `root`; whatever it or the provider objects to is raised."""
    made = Deployed(account, provider(account))
    # a thread of its own has no event loop of pytest's to be mistaken for the SDK's
    with futures.ThreadPoolExecutor(max_workers=1) as thread:
        thread.submit(_run, made, root / "infra", stack, dict(config), list(secrets)).result()
    return made


def _run(made: Deployed, folder: Path, stack: str, config: dict[str, str], secrets: list[str]) -> None:
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    known = _loaded()
    for name in known:
        del sys.modules[name]
    sys.path.insert(0, str(folder))
    exported: dict[str, Any] = {}

    def program() -> pulumi.Output[None]:
        runpy.run_path(str(folder / "__main__.py"), run_name="__main__")
        return pulumi.Output.all(**exported).apply(made.outputs.update)

    try:
        runtime.set_mocks(made, project="tolstoy", stack=stack, preview=False)
        runtime.set_all_config(config, secrets)
        with mock.patch.object(pulumi, "export", exported.__setitem__):
            run: Any = runtime.test
            run(program)()
    finally:
        sys.path.remove(str(folder))
        for name in _loaded():
            del sys.modules[name]
        sys.modules.update(known)
        loop.close()
        made.close()


def _loaded() -> dict[str, Any]:
    return {name: one for name, one in sys.modules.items() if name.partition(".")[0] == "tolstoy_infra"}
