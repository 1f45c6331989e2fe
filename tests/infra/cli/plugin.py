"""A provider plugin of the CLI's, for aws and for random: the protocol it speaks, the resources made on moto.

The engine starts it and reads the port from the first line of its output. MOTO_ENDPOINT names moto's server, and
MOTO_JOURNAL the file in which is kept what moto itself does not: associations, releases, and which calls were made.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
from collections.abc import Callable
from concurrent import futures
from importlib import resources
from pathlib import Path
from typing import Any, NoReturn

import grpc
from google.protobuf import any_pb2, empty_pb2, json_format
from google.rpc import status_pb2
from pulumi.runtime.proto import plugin_pb2, provider_pb2, provider_pb2_grpc

from tests.infra.cloud.account import Account
from tests.infra.cloud.provider import provider
from tests.infra.cloud.shapes import InitFailedError
from tests.infra.engine.monitor import physical, struct

REGION = "us-east-1"


class Journal:
    """What has to outlive one run of the CLI."""

    def __init__(self, file: Path) -> None:
        self._file = file

    def load(self, account: Account) -> None:
        if self._file.exists():
            kept = json.loads(self._file.read_text())
            account.associations = kept["associations"]
            account.releases = [(machine, command) for machine, command in kept["releases"]]
            account.calls = [(service, operation) for service, operation in kept["calls"]]

    def save(self, account: Account) -> None:
        kept = {name: getattr(account, name) for name in ("associations", "releases", "calls")}
        self._file.write_text(json.dumps(kept))


class Plugin(provider_pb2_grpc.ResourceProviderServicer):
    def __init__(self, account: Account, journal: Journal, version: str) -> None:
        self._account, self._journal, self._version = account, journal, version
        self._provider = provider(account)
        self._lock = threading.Lock()
        self.stopped = threading.Event()

    def GetPluginInfo(self, request: Any, context: Any) -> Any:
        return plugin_pb2.PluginInfo(version=self._version)

    def CheckConfig(self, request: Any, context: Any) -> Any:
        return provider_pb2.CheckResponse(inputs=request.news)

    def DiffConfig(self, request: Any, context: Any) -> Any:
        return provider_pb2.DiffResponse(changes=provider_pb2.DiffResponse.DIFF_NONE)

    def Configure(self, request: Any, context: Any) -> Any:
        return provider_pb2.ConfigureResponse(acceptSecrets=True, supportsPreview=True)

    def Check(self, request: Any, context: Any) -> Any:
        return provider_pb2.CheckResponse(inputs=request.news)

    def Diff(self, request: Any, context: Any) -> Any:
        type_, _ = _kind_and_name(request.urn)
        old, new = (json_format.MessageToDict(one) for one in (request.old_inputs, request.news))
        changed = sorted(key for key in {*old, *new} if old.get(key) != new.get(key))
        changed = [key for key in changed if key not in request.ignoreChanges]
        answer = provider_pb2.DiffResponse
        return answer(
            changes=answer.DIFF_SOME if changed else answer.DIFF_NONE,
            diffs=changed,
            replaces=[key for key in changed if self._provider.replaces(type_, key, new)],
        )

    def Create(self, request: Any, context: Any) -> Any:
        if request.preview:
            return provider_pb2.CreateResponse(properties=request.properties)
        type_, name = _kind_and_name(request.urn)
        inputs = json_format.MessageToDict(request.properties)
        id_, outputs = self._asked(context, self._provider.create, type_, physical(name), inputs)
        return provider_pb2.CreateResponse(id=id_, properties=struct(outputs))

    def Update(self, request: Any, context: Any) -> Any:
        type_, _ = _kind_and_name(request.urn)
        old, new = (json_format.MessageToDict(one) for one in (request.olds, request.news))
        if request.preview:
            return provider_pb2.UpdateResponse(properties=struct({**old, **new}))
        outputs = self._asked(context, self._provider.update, type_, request.id, old, new)
        return provider_pb2.UpdateResponse(properties=struct(outputs))

    def Delete(self, request: Any, context: Any) -> Any:
        type_, _ = _kind_and_name(request.urn)
        outputs = json_format.MessageToDict(request.properties)
        self._asked(context, self._provider.delete, type_, request.id, outputs)
        return empty_pb2.Empty()

    def Read(self, request: Any, context: Any) -> Any:
        return provider_pb2.ReadResponse(id=request.id, properties=request.properties, inputs=request.inputs)

    def Invoke(self, request: Any, context: Any) -> Any:
        found = self._asked(
            context, self._provider.invoke, request.tok, json_format.MessageToDict(request.args)
        )
        return provider_pb2.InvokeResponse(**{"return": struct(found)})

    def GetSchema(self, request: Any, context: Any) -> Any:
        return provider_pb2.GetSchemaResponse(schema="{}")

    def Cancel(self, request: Any, context: Any) -> Any:
        self.stopped.set()
        return empty_pb2.Empty()

    def Attach(self, request: Any, context: Any) -> Any:
        return empty_pb2.Empty()

    def _asked(self, context: Any, ask: Callable[..., Any], *args: Any) -> Any:
        try:
            return ask(*args)
        except InitFailedError as failure:
            _there_but_not_well(context, failure)
        except Exception as exc:  # whatever moto objects to has to reach the engine as its answer
            context.abort(grpc.StatusCode.UNKNOWN, f"{type(exc).__name__}: {exc}")
        finally:
            with self._lock:
                self._journal.save(self._account)


def _there_but_not_well(context: Any, failure: InitFailedError) -> NoReturn:
    detail = any_pb2.Any()
    detail.Pack(
        provider_pb2.ErrorResourceInitFailed(
            id=failure.id, properties=struct(failure.outputs), reasons=[failure.reason]
        )
    )
    status = status_pb2.Status(
        code=grpc.StatusCode.UNKNOWN.value[0], message=failure.reason, details=[detail]
    )
    context.set_trailing_metadata((("grpc-status-details-bin", status.SerializeToString()),))
    context.abort(grpc.StatusCode.UNKNOWN, failure.reason)
    raise AssertionError("abort raises")


def _kind_and_name(urn: str) -> tuple[str, str]:
    parts = urn.split("::")
    return parts[2].rpartition("$")[2], parts[3]


def version(package: str) -> str:
    """That the engine asks for: the one in the package that the program imports."""
    told = json.loads((resources.files(f"pulumi_{package}") / "pulumi-plugin.json").read_text())
    return str(told["version"])


def main() -> None:
    """usage: plugin.py PACKAGE …"""
    account = Account(region=REGION, endpoint=os.environ["MOTO_ENDPOINT"])
    journal = Journal(Path(os.environ["MOTO_JOURNAL"]))
    journal.load(account)
    plugin = Plugin(account, journal, version(sys.argv[1]))
    signal.signal(signal.SIGINT, lambda *_: plugin.stopped.set())
    server = grpc.server(futures.ThreadPoolExecutor(max_workers=32))
    provider_pb2_grpc.add_ResourceProviderServicer_to_server(plugin, server)
    print(server.add_insecure_port("127.0.0.1:0"), flush=True)
    server.start()
    plugin.stopped.wait()
    server.stop(grace=1).wait()


if __name__ == "__main__":
    main()
