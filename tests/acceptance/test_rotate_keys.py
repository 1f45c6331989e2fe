"""`tolstoy admin rotate-keys` beside a service that goes on, from the first key to its end."""

from __future__ import annotations

import asyncio
import base64
import os
import sys
from pathlib import Path

import httpx

from tests.api.factories import make_credential, make_tool
from tests.conftest import Databases, founded
from tests.processes import serving

OLD, NEW = (base64.b64encode(letter * 32).decode() for letter in (b"o", b"n"))


async def _tolstoy(folder: Path, settings: dict[str, str], *arguments: str) -> tuple[int | None, str]:
    environment = {"PATH": os.environ["PATH"], "LOG_LEVEL": "error", **settings}
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tolstoy", "admin", "rotate-keys", *arguments,
        env=environment, cwd=folder, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
    )  # fmt: skip
    said, _ = await process.communicate()
    return process.returncode, said.decode()


async def test_a_key_is_replaced_in_four_steps(module_database: Databases, tmp_path: Path) -> None:
    base = {
        "DATABASE_URL": module_database.database_url,
        "DIRECT_URL": module_database.direct_url,
        "RUN_WORKER": "false",
    }
    with serving(tmp_path, base | {"APP_KEYS": f"old:{OLD}"}) as served:
        async with httpx.AsyncClient(base_url=served.url, timeout=20) as http:
            alice = await founded(http, "alice@example.com")
            tool = await make_tool(http, alice, authType="bearer")
            await make_credential(http, alice, tool)
    with serving(tmp_path, base | {"APP_KEYS": f"new:{NEW},old:{OLD}"}) as served:
        async with httpx.AsyncClient(base_url=served.url, timeout=20) as http:
            await make_credential(http, alice, tool)
        both = base | {"APP_KEYS": f"new:{NEW},old:{OLD}"}
        code, said = await _tolstoy(tmp_path, both, "--status")
        assert code == 0
        assert [line.split() for line in said.splitlines()] == [["new", "1", "(encrypts)"], ["old", "1"]]
        alone = base | {"APP_KEYS": f"new:{NEW}"}
        code, said = await _tolstoy(tmp_path, alone)
        assert (code, "under the key 'old'" in said) == (1, True)
        code, said = await _tolstoy(tmp_path, alone, "--status")
        assert (code, "old" in said, "MISSING" in said) == (1, True, True)
        code, said = await _tolstoy(tmp_path, both)
        assert (code, said) == (0, "1 encrypted anew under the key 'new'.\n")
        code, said = await _tolstoy(tmp_path, alone, "--status")
        assert [line.split() for line in said.splitlines()] == [["new", "2", "(encrypts)"]]
        assert code == 0
        assert OLD not in said and NEW not in said
