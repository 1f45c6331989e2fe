"""Runs a Pulumi program in a process of its own, told where to register: what the CLI's language host does.

usage: run_program.py MONITOR ENGINE PROJECT STACK DRY_RUN ROOT PROGRAM_FOLDER
Configuration arrives in PULUMI_CONFIG and PULUMI_CONFIG_SECRET_KEYS.
"""

from __future__ import annotations

import asyncio
import logging
import os
import runpy
import sys
import traceback

import pulumi
from pulumi import runtime


def main(monitor: str, engine: str, project: str, stack: str, dry_run: str, root: str, program: str) -> int:
    runtime.set_all_config(runtime.get_config_env(), runtime.get_config_secret_keys_env())
    runtime.configure(
        runtime.Settings(
            monitor=monitor,
            engine=engine,
            project=project,
            stack=stack,
            parallel=16,
            dry_run=dry_run == "true",
            organization="organization",
            root_directory=root,
        )
    )
    os.chdir(program)
    sys.argv = ["."]
    logging.getLogger("asyncio").setLevel(logging.CRITICAL)
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    try:
        loop.run_until_complete(
            runtime.run_in_stack(lambda: runpy.run_path(".", run_name="__main__") and None)
        )
    except pulumi.RunError as error:
        pulumi.log.error(str(error))
        return 1
    except Exception:  # as the CLI's own runner: whatever it is, it is said and the program has failed
        pulumi.log.error("Program failed with an unhandled exception:\n" + traceback.format_exc())
        return 32
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
