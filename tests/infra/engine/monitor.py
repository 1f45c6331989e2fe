"""The two services that a program talks to while it runs: where it registers its resources, and where it logs."""

from __future__ import annotations

import hashlib
import threading
import uuid
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NoReturn

import grpc
from google.protobuf import empty_pb2, json_format, struct_pb2
from pulumi.runtime.proto import engine_pb2, engine_pb2_grpc, resource_pb2, resource_pb2_grpc

from tests.infra.cloud.shapes import SECRET, SIGNATURE, InitFailedError, is_secret
from tests.infra.engine.state import Op, Resource, Step, Update, unknown_in

if TYPE_CHECKING:
    from tests.infra.engine.stack import Stack

FEATURES = ("secrets", "aliasSpecs", "deletedWith")


def struct(values: dict[str, Any]) -> struct_pb2.Struct:
    return json_format.ParseDict(values, struct_pb2.Struct())


def physical(name: str) -> str:
    """The engine's automatic name for what is made: the logical one, and seven digits that tell it from the next."""
    return f"{name}-{hashlib.sha1(uuid.uuid4().bytes, usedforsecurity=False).hexdigest()[:7]}"


class Listener(engine_pb2_grpc.EngineServicer):
    def __init__(self, update: Update) -> None:
        self._update, self._root = update, ""

    def Log(self, request: Any, context: Any) -> Any:
        if request.severity >= engine_pb2.INFO:
            self._update.log.append(request.message)
        return empty_pb2.Empty()

    def GetRootResource(self, request: Any, context: Any) -> Any:
        return engine_pb2.GetRootResourceResponse(urn=self._root)

    def SetRootResource(self, request: Any, context: Any) -> Any:
        self._root = request.urn
        return engine_pb2.SetRootResourceResponse()


class Monitor(resource_pb2_grpc.ResourceMonitorServicer):
    def __init__(self, stack: Stack, update: Update, *, dry_run: bool) -> None:
        self._stack, self._update, self._dry_run = stack, update, dry_run
        self._lock = threading.Lock()
        self.seen: set[str] = set()
        self.done: list[str] = []
        self.replaced: list[Resource] = []

    def GetDeploymentInfo(self, request: Any, context: Any) -> Any:
        return resource_pb2.DeploymentInfo(
            supportedFeatures=[
                resource_pb2.RESOURCE_MONITOR_FEATURE_SECRETS,
                resource_pb2.RESOURCE_MONITOR_FEATURE_ALIAS_SPECS,
                resource_pb2.RESOURCE_MONITOR_FEATURE_DELETED_WITH,
            ]
        )

    def SupportsFeature(self, request: Any, context: Any) -> Any:
        return resource_pb2.SupportsFeatureResponse(hasSupport=request.id in FEATURES)

    def SignalAndWaitForShutdown(self, request: Any, context: Any) -> Any:
        return empty_pb2.Empty()

    def Invoke(self, request: Any, context: Any) -> Any:
        args = json_format.MessageToDict(request.args)
        result = self._asked(context, request.tok, self._stack.provider.invoke, request.tok, args)
        return resource_pb2.ResourceInvokeResponse(**{"return": struct(result)})

    def RegisterResource(self, request: Any, context: Any) -> Any:
        urn = self._urn(request)
        with self._lock:
            if urn in self.seen:
                self._refuse(context, f"Duplicate resource URN '{urn}'; try giving it a unique name")
            self.seen.add(urn)
        old = self._stack.resources.get(urn)
        inputs = _ignoring(request.ignoreChanges, json_format.MessageToDict(request.object), old)
        if not self._dry_run and unknown_in(inputs):
            self._refuse(context, f"{urn}: an unknown value in an update")
        new = Resource(
            urn=urn,
            type=request.type,
            name=request.name,
            custom=request.custom,
            parent=request.parent,
            protect=request.protect,
            inputs=inputs,
            outputs=dict(inputs),
            dependencies=sorted(request.dependencies),
        )
        op, changed = self._decide(old, new, list(request.replaceOnChanges))
        with self._lock:
            self._update.steps.append(Step(op, new.type, new.name, changed))
        failure = self._carry_out(context, op, old, new)
        for key in request.additionalSecretOutputs:
            if key in new.outputs and not is_secret(new.outputs[key]):
                new.outputs[key] = {SIGNATURE: SECRET, "value": new.outputs[key]}
        if not self._dry_run:
            with self._lock:
                if op == "replace" and old is not None:
                    self.replaced.append(old)
                self._stack.resources[urn] = new
                self.done.append(urn)
        if failure:
            self._refuse(context, f"{urn}: {failure}")
        return resource_pb2.RegisterResourceResponse(urn=urn, id=new.id, object=struct(new.outputs))

    def RegisterResourceOutputs(self, request: Any, context: Any) -> Any:
        outputs = json_format.MessageToDict(request.outputs)
        if "::pulumi:pulumi:Stack::" in request.urn:
            self._update.outputs = outputs
        if not self._dry_run:
            with self._lock:
                self._stack.resources[request.urn].outputs = outputs
        return empty_pb2.Empty()

    def _urn(self, request: Any) -> str:
        parents = request.parent.split("::")[2] if request.parent else ""
        kinds = "" if parents in ("", "pulumi:pulumi:Stack") else f"{parents}$"
        project = self._stack.project["name"]
        return f"urn:pulumi:{self._stack.name}::{project}::{kinds}{request.type}::{request.name}"

    def _decide(
        self, old: Resource | None, new: Resource, replacing: list[str]
    ) -> tuple[Op, tuple[str, ...]]:
        if old is None:
            return "create", ()
        keys = {*new.inputs, *old.inputs}
        changed = sorted(key for key in keys if new.inputs.get(key) != old.inputs.get(key))
        if not new.custom or not (changed or old.failed):
            return "same", ()
        everything = "*" in replacing
        if everything or any(self._replaces(new, key, replacing) for key in changed):
            return "replace", tuple(changed)
        return "update", tuple(changed)

    def _replaces(self, new: Resource, key: str, replacing: list[str]) -> bool:
        return key in replacing or self._stack.provider.replaces(new.type, key, new.inputs)

    def _carry_out(self, context: Any, op: Op, old: Resource | None, new: Resource) -> str:
        """Why it is there but not well, or nothing."""
        if not new.custom:
            return ""
        if old is not None and (op == "same" or (op == "update" and self._dry_run)):
            new.id, new.outputs = old.id, {**old.outputs, **new.inputs}
        elif self._dry_run:
            return ""
        elif new.type.startswith("pulumi:providers:"):
            new.id = str(uuid.uuid4())
        elif old is not None and op == "update":
            provider = self._stack.provider
            new.id = old.id
            new.outputs = self._asked(
                context, new.urn, provider.update, new.type, old.id, old.outputs, new.inputs
            )
        else:
            return self._create(context, new)
        return ""

    def _create(self, context: Any, new: Resource) -> str:
        provider = self._stack.provider
        try:
            new.id, new.outputs = self._asked(
                context, new.urn, provider.create, new.type, physical(new.name), new.inputs
            )
        except InitFailedError as exc:
            new.id, new.outputs, new.failed = exc.id, {**new.inputs, **exc.outputs}, exc.reason
        return new.failed

    def _asked(self, context: Any, what: str, ask: Callable[..., Any], *args: Any) -> Any:
        try:
            return ask(*args)
        except InitFailedError:
            raise
        except Exception as exc:  # whatever the provider stumbles over has to reach the program as its answer
            self._refuse(context, f"{what}: {type(exc).__name__}: {exc}")

    def _refuse(self, context: Any, why: str) -> NoReturn:
        self._update.log.append(why)
        self._update.ok = False
        context.abort(grpc.StatusCode.UNKNOWN, why)
        raise AssertionError("abort raises")


def _ignoring(keys: list[str], inputs: dict[str, Any], old: Resource | None) -> dict[str, Any]:
    if old is None:
        return inputs
    kept = {key: old.inputs[key] for key in keys if key in old.inputs}
    return {**{key: value for key, value in inputs.items() if key not in keys}, **kept}
