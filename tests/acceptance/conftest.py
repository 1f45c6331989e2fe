"""A database that one start of the service has made, for the tests that begin where it ended."""

from __future__ import annotations

import shutil
import signal
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.acceptance.embedded_service import copied, kill_all, serving_in
from tolstoy.db.embedded import stop


@pytest.fixture(scope="session")
def made_data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("made")
    with serving_in(folder) as served:
        served.stop(signal.SIGTERM)
    return folder / ".tolstoy"


@pytest.fixture
def new_home(tmp_path: Path) -> Iterator[Path]:
    """Where the service has never been started."""
    home = tmp_path / "home"
    home.mkdir()
    yield home
    kill_all(home)


@pytest.fixture
def home(new_home: Path, made_data: Path) -> Path:
    """Where the service was started and stopped before."""
    copied(made_data, new_home)
    return new_home


@pytest.fixture
def data(tmp_path: Path) -> Iterator[Path]:
    """A folder below one that, for root, is closed to the user Postgres runs as."""
    yield tmp_path / "data"
    stop(tmp_path / "data")


@pytest.fixture
def short() -> Iterator[Path]:
    """A folder with a short path that everybody can enter."""
    folder = Path(tempfile.mkdtemp(prefix="t-"))
    folder.chmod(0o755)
    yield folder
    stop(folder / "data")
    shutil.rmtree(folder)
