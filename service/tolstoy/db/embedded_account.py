"""Whom Postgres's programs run as, and how that account gets at the data: Postgres refuses to be root."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

with suppress(ImportError):  # on Windows, where no server is started
    import pwd


class EmbeddedUnavailable(Exception):
    """The embedded Postgres cannot run here."""


@dataclass(frozen=True)
class Account:
    """Whom Postgres's programs run as: ourselves, unless we are root."""

    uid: int
    gid: int

    def run(self, *command: str, fds: tuple[int, ...] = (), log: BinaryIO | None = None) -> bool:
        """Run a program out of reach of the terminal's Ctrl-C, without the secrets of our environment."""
        ended = subprocess.run(
            command,
            user=self.uid,
            group=self.gid,
            extra_groups=[] if os.geteuid() == 0 else None,
            pass_fds=fds,
            stdin=subprocess.DEVNULL,
            stdout=log or subprocess.DEVNULL,
            stderr=subprocess.STDOUT,
            cwd="/",
            env={"PATH": os.defpath, "LC_ALL": "C"},
            start_new_session=True,
        )
        return ended.returncode == 0

    def may(self, script: str, path: str, *fds: int) -> bool:
        """Whether the shell script succeeds with the path as $1: the kernel knows rights better than we."""
        return self.run("/bin/sh", "-c", script, "sh", path, fds=fds)


def account_of(cluster: Path) -> Account:
    """Postgres refuses root: root runs it as the cluster's owner; a new cluster's is TOLSTOY_PG_USER."""
    if os.geteuid() != 0:
        return Account(os.geteuid(), os.getegid())
    name = os.environ.get("TOLSTOY_PG_USER", "nobody")
    with suppress(KeyError):
        uid, gid = cluster.stat()[4:6] if cluster.exists() else pwd.getpwnam(name)[2:4]
        if uid != 0:
            return Account(uid, gid)
    raise EmbeddedUnavailable(
        "Postgres refuses to run as root: set TOLSTOY_PG_USER to a user that exists and is not root"
        + (f", and chown -R {cluster} to it." if cluster.exists() else ".")
    )


@contextmanager
def entrance(directory: Path, account: Account) -> Iterator[tuple[str, int]]:
    """A path by which the account gets in, and the descriptor to pass on.

    Into root's home, say, only an inherited descriptor leads (on Linux). So the data stays where the user
    wants it, and nobody's folders are opened to others.
    """
    fd = os.open(directory, os.O_RDONLY)
    try:
        for path in (str(directory), f"/proc/self/fd/{fd}"):
            if account.may('cd "$1"', path, fd):
                yield path, fd
                return
        raise EmbeddedUnavailable(
            f"You are root, so Postgres runs as uid {account.uid}, who cannot enter {directory.parent}: "
            "choose a folder that is not below a private one, or set TOLSTOY_PG_USER."
        )
    finally:
        os.close(fd)
