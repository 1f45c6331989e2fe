"""What `pulumi` starts to run a Python program, where its own, pulumi-language-python, is not to be had.

It knows the packages of this program, and runs it as its tests' engine does.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from concurrent import futures
from typing import Any

import grpc
from google.protobuf import empty_pb2
from pulumi.runtime.proto import language_pb2, language_pb2_grpc, plugin_pb2

from tests.infra.cli.plugin import version
from tests.infra.engine.stack import RUNNER

PACKAGES = ("aws", "random")


class Host(language_pb2_grpc.LanguageRuntimeServicer):
    def __init__(self, engine: str) -> None:
        self._engine = engine
        self.stopped = threading.Event()

    def GetPluginInfo(self, request: Any, context: Any) -> Any:
        return plugin_pb2.PluginInfo(version="0.0.0")

    def GetRequiredPackages(self, request: Any, context: Any) -> Any:
        packages = [
            plugin_pb2.PackageDependency(name=name, kind="resource", version=f"v{version(name)}")
            for name in PACKAGES
        ]
        return language_pb2.GetRequiredPackagesResponse(packages=packages)

    def RuntimeOptionsPrompts(self, request: Any, context: Any) -> Any:
        return language_pb2.RuntimeOptionsResponse()

    def Run(self, request: Any, context: Any) -> Any:
        info = request.info
        arguments = [
            request.monitor_address,
            self._engine,
            request.project,
            request.stack,
            str(request.dryRun).lower(),
            info.root_directory,
            info.program_directory,
        ]
        done = subprocess.run(
            [sys.executable, str(RUNNER), *arguments],
            env={
                **os.environ,
                "PULUMI_CONFIG": json.dumps(dict(request.config)),
                "PULUMI_CONFIG_SECRET_KEYS": json.dumps(list(request.configSecretKeys)),
            },
            stdin=subprocess.DEVNULL,
            stdout=sys.stderr,
        )
        if done.returncode == 0:
            return language_pb2.RunResponse()
        return language_pb2.RunResponse(error="the program failed", bail=True)

    def Cancel(self, request: Any, context: Any) -> Any:
        self.stopped.set()
        return empty_pb2.Empty()


def main() -> None:
    host = Host(engine=sys.argv[-1])
    signal.signal(signal.SIGINT, lambda *_: host.stopped.set())  # what the CLI ends it with
    server = grpc.server(futures.ThreadPoolExecutor(max_workers=8))
    language_pb2_grpc.add_LanguageRuntimeServicer_to_server(host, server)
    print(server.add_insecure_port("127.0.0.1:0"), flush=True)
    server.start()
    host.stopped.wait()
    server.stop(grace=1).wait()


if __name__ == "__main__":
    main()
