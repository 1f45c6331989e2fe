"""A stack of a project: previewed, brought up, destroyed, its program unmodified and in a process of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterable, Mapping
from concurrent import futures
from pathlib import Path
from typing import Any

import grpc
import yaml
from pulumi.runtime.proto import engine_pb2_grpc, resource_pb2_grpc

from tests.infra.engine.monitor import Listener, Monitor
from tests.infra.engine.state import Provider, Resource, Step, Update, kept_by_protection, masked

RUNNER = Path(__file__).with_name("run_program.py")
SECONDS = 90


class Stack:
    """Does what this program needs of an engine: creates, changes in place, replacements create-first, removals,
    secrets, protection, previews with unknown values, resources that were made and are not well. Not: refresh, import,
    aliases, transforms, hooks, delete-before-replace, remote components.
    """

    def __init__(
        self,
        root: Path,
        provider: Provider,
        *,
        name: str,
        config: Mapping[str, str],
        secrets: Iterable[str] = (),
    ) -> None:
        self.root, self.provider, self.name = root, provider, name
        self.config, self.secrets = dict(config), list(secrets)
        self.project: dict[str, Any] = yaml.safe_load((root / "Pulumi.yaml").read_text())
        self.resources: dict[str, Resource] = {}
        self.condemned: list[Resource] = []  # replaced, and not removed yet

    def preview(self) -> Update:
        return self._run(dry_run=True)

    def up(self) -> Update:
        self._sweep()
        return self._run(dry_run=False)

    def destroy(self, *, exclude_protected: bool = False) -> Update:
        kept = kept_by_protection(self.resources.values())
        if kept and not exclude_protected:
            protected = [one.urn for one in self.resources.values() if one.protect]
            return Update(
                ok=False, log=[f"{urn} cannot be deleted because it is protected" for urn in protected]
            )
        gone = [one for one in self.resources.values() if one.urn not in kept]
        update = Update(steps=[Step("delete", one.type, one.name, ()) for one in reversed(gone)])
        self._sweep()
        self._remove(gone)
        return update

    def state(self) -> str:
        """As its file would be, secrets encrypted."""
        return json.dumps(
            [{**vars(one), "inputs": masked(one.inputs), "outputs": masked(one.outputs)} for one in self]
        )

    def __iter__(self) -> Any:
        return iter(self.resources.values())

    def _run(self, *, dry_run: bool) -> Update:
        update = Update()
        monitor = Monitor(self, update, dry_run=dry_run)
        server = grpc.server(futures.ThreadPoolExecutor(max_workers=64))
        resource_pb2_grpc.add_ResourceMonitorServicer_to_server(monitor, server)
        engine_pb2_grpc.add_EngineServicer_to_server(Listener(update), server)
        address = f"127.0.0.1:{server.add_insecure_port('127.0.0.1:0')}"
        server.start()
        try:
            self._execute(address, update, dry_run=dry_run)
        finally:
            server.stop(grace=None)
        self.condemned += monitor.replaced
        if update.ok:
            self._finish(monitor, update, dry_run=dry_run)
        return update

    def _execute(self, address: str, update: Update, *, dry_run: bool) -> None:
        program = self.root / self.project.get("main", ".")
        arguments = [
            address,
            address,
            self.project["name"],
            self.name,
            str(dry_run).lower(),
            str(self.root),
            str(program),
        ]
        done = subprocess.run(
            [sys.executable, str(RUNNER), *arguments],
            env={
                **os.environ,
                "PULUMI_CONFIG": json.dumps(self.config),
                "PULUMI_CONFIG_SECRET_KEYS": json.dumps(self.secrets),
            },
            capture_output=True,
            text=True,
            timeout=SECONDS,
        )
        update.log += (done.stdout + done.stderr).splitlines()
        update.ok = update.ok and done.returncode == 0

    def _finish(self, monitor: Monitor, update: Update, *, dry_run: bool) -> None:
        gone = [one for urn, one in self.resources.items() if urn not in monitor.seen]
        if protected := [one.urn for one in gone if one.protect]:
            update.ok = False
            update.log += [f"{urn} cannot be deleted because it is protected" for urn in protected]
            return
        update.steps += [Step("delete", one.type, one.name, ()) for one in reversed(gone)]
        if not dry_run:
            self._sweep()
            self._remove(gone)
            # what depends on something comes behind it, also when it was there before
            self.resources = {urn: self.resources[urn] for urn in monitor.done}

    def _sweep(self) -> None:
        for one in reversed(self.condemned):
            self._delete(one)
        self.condemned = []

    def _remove(self, resources: list[Resource]) -> None:
        for one in reversed(resources):
            self._delete(one)
            del self.resources[one.urn]

    def _delete(self, one: Resource) -> None:
        if one.custom and not one.type.startswith("pulumi:"):
            self.provider.delete(one.type, one.id, one.outputs)
