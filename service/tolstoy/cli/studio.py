"""`tolstoy db studio`: harlequin, a data browser in the terminal, on our database."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from urllib.parse import quote, urlencode

from tolstoy.core.database_urls import ConnectOptions
from tolstoy.db.migrate import MigrationError


def browse(direct: ConnectOptions) -> int:
    """Run harlequin to its end; its exit code. Raises MigrationError where it is not installed."""
    beside = Path(sys.executable).with_name("harlequin")
    program = str(beside) if beside.exists() else shutil.which("harlequin")
    if program is None:
        raise MigrationError(
            "The studio is not installed: run `pip install 'tolstoy[studio]'`, in a checkout"
            " `.venv/bin/pip install 'harlequin>=2' 'harlequin-postgres>=1.2'`; or open the database with psql,"
            " DBeaver or whatever you know."
        )
    return subprocess.run(
        [program, "--adapter", "postgres", address(direct)], env=environment(direct), check=False
    ).returncode


def address(direct: ConnectOptions) -> str:
    """As libpq reads it, without the password: anyone on the machine can read a command line."""
    query = {"host": direct.host, "port": direct.port, "sslmode": direct.sslmode}
    if direct.is_socket:
        del query["sslmode"]
    if direct.ssl_root_cert is not None:
        query["sslrootcert"] = direct.ssl_root_cert
    user, database = quote(direct.user, safe=""), quote(direct.database, safe="")
    return f"postgresql://{user}@/{database}?{urlencode(query, quote_via=quote)}"


def environment(direct: ConnectOptions) -> dict[str, str]:
    return {**os.environ, **({} if direct.password is None else {"PGPASSWORD": direct.password})}
