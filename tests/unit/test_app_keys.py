"""APP_KEY and APP_KEYS, and the key that development makes for itself."""

from __future__ import annotations

import base64
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tolstoy.cli.addresses import with_keys
from tolstoy.core import app_keys
from tolstoy.core.app_keys import AppKey, UnreadableKeyError, WrappedKey
from tolstoy.core.settings import Settings, SettingsError, load

ONE, TWO = (base64.b64encode(bytes([number]) * 32).decode() for number in (1, 2))
WRAPPED = base64.b64encode(b"c" * 184).decode()
PRODUCTION = {
    "APP_ENV": "production",
    "AUTH_MODE": "gateway",
    "GATEWAY_SECRET": "s" * 32,
    "DATABASE_URL": "postgresql://tolstoy:secret@db:5432/tolstoy",
}


def read(**variables: str) -> Settings:
    return load(variables, dotenv=None)


def test_a_key_alone_gets_an_id_that_follows_from_it() -> None:
    (key,) = read(APP_KEY=ONE).keys
    assert key.key == b"\x01" * 32
    assert key.id == app_keys.derived_id(key.key)
    assert key.id != app_keys.derived_id(b"\x02" * 32)


def test_several_keys_are_named_and_the_first_comes_first() -> None:
    assert read(APP_KEYS=f"2026:{TWO}, 2025:{ONE}").keys == (
        AppKey("2026", b"\x02" * 32),
        AppKey("2025", b"\x01" * 32),
    )


def test_the_single_key_stays_behind_those_that_replace_it() -> None:
    """So APP_KEY is left as it is while it is being replaced."""
    keys = read(APP_KEYS=f"2026:{TWO}", APP_KEY=ONE).keys
    assert [key.id for key in keys] == ["2026", app_keys.derived_id(b"\x01" * 32)]
    assert len(read(APP_KEYS=f"2025:{ONE}", APP_KEY=f"2025:{ONE}").keys) == 1


def test_what_kms_has_encrypted_is_read_as_such() -> None:
    """Its key, and the id of one without, are known when KMS has opened it."""
    settings = read(APP_KEY=f"kms:{WRAPPED}", APP_KEYS=f"2026:kms:{WRAPPED},2025:{ONE}")
    assert settings.written_keys == (
        WrappedKey("2026", b"c" * 184),
        AppKey("2025", b"\x01" * 32),
        WrappedKey(None, b"c" * 184),
    )
    assert WRAPPED not in repr(settings) and "cccc" not in repr(settings)
    assert load(PRODUCTION | {"APP_KEY": f"kms:{WRAPPED}"}, dotenv=None).written_keys


@pytest.mark.parametrize(("id_", "wrapped"), [(None, False), ("2026", False), (None, True), ("2026", True)])
def test_what_is_written_is_read_back(id_: str | None, wrapped: bool) -> None:
    key = b"c" * (184 if wrapped else 32)
    read_back = app_keys.read(app_keys.written(key, id_, wrapped=wrapped))
    if wrapped:
        assert read_back == WrappedKey(id_, key)
    else:
        assert read_back == AppKey(id_ or app_keys.derived_id(key), key)


def test_a_key_may_be_in_a_file(tmp_path: Path) -> None:
    (tmp_path / "key").write_text(ONE + "\n")
    assert read(APP_KEY_FILE=str(tmp_path / "key")).keys == read(APP_KEY=ONE).keys


@pytest.mark.parametrize(
    ("variables", "told"),
    [
        ({"APP_KEY": "no base64!"}, "APP_KEY: is not base64; write base64 of 32 random bytes"),
        ({"APP_KEY": ONE[:40]}, "APP_KEY: has 30 bytes; write base64 of 32"),
        ({"APP_KEY": f"an id:{ONE}"}, "APP_KEY: has an id that is none"),
        ({"APP_KEY": f":{ONE}"}, "APP_KEY: has an id that is none"),
        ({"APP_KEY": f":kms:{WRAPPED}"}, "APP_KEY: has an id that is none"),
        ({"APP_KEY": f"kms:kms:{WRAPPED}"}, "APP_KEY: has an id that is none"),
        ({"APP_KEY": f"kms:{ONE}"}, "APP_KEY: has 32 bytes after kms:, which KMS never made"),
        ({"APP_KEY": "kms:no base64!"}, "APP_KEY: is not base64"),
        ({"APP_KEYS": f"a:{ONE},a:kms:{WRAPPED}"}, "APP_KEYS: has two keys of one id"),
        ({"APP_KEYS": f"a:kms:{WRAPPED}", "APP_KEY": f"a:{TWO}"}, "APP_KEY: has the id 'a', which another"),
        ({"APP_KEYS": f"a:{ONE},a:{TWO}"}, "APP_KEYS: has two keys of one id"),
        ({"APP_KEYS": f"a:{ONE}", "APP_KEY": f"a:{TWO}"}, "APP_KEY: has the id 'a', which another key"),
        (PRODUCTION, "APP_KEY: is missing; write base64 of 32 random bytes"),
    ],
)
def test_what_is_wrong_stops_the_start_and_is_not_repeated(variables: dict[str, str], told: str) -> None:
    with pytest.raises(SettingsError) as caught:
        load(variables, dotenv=None)
    assert told in str(caught.value)
    assert ONE[:40] not in str(caught.value) and TWO not in str(caught.value)


def test_keys_are_not_shown() -> None:
    shown = repr(read(APP_KEY=ONE, APP_KEYS=f"2026:{TWO}"))
    assert "app_key='***'" in shown and "app_keys='***'" in shown
    assert ONE not in shown and "x01" not in shown


def test_development_makes_a_key_once_for_its_folder(tmp_path: Path) -> None:
    settings = read(DATA_DIR=str(tmp_path / "data"))
    first = with_keys(settings)
    assert with_keys(settings).keys == first.keys
    assert len(first.keys) == 1 and len(first.keys[0].key) == 32
    path = tmp_path / "data" / "app.key"
    assert path.stat().st_mode & 0o777 == 0o600
    assert [entry.name for entry in path.parent.iterdir()] == ["app.key"], "nothing else is left"
    assert with_keys(read(DATA_DIR=str(tmp_path / "other"))).keys != first.keys
    assert with_keys(read(DATA_DIR=str(tmp_path / "data"), APP_KEY=ONE)).keys == read(APP_KEY=ONE).keys


def test_of_those_that_start_at_once_one_makes_the_key(tmp_path: Path) -> None:
    with ThreadPoolExecutor(16) as pool:
        keys = set(pool.map(lambda _: app_keys.kept_in(tmp_path), range(64)))
    assert len(keys) == 1


def test_a_file_that_is_no_key_is_not_replaced(tmp_path: Path) -> None:
    path = tmp_path / "app.key"
    path.write_text("half of a key")
    with pytest.raises(UnreadableKeyError, match="Bring back the one that was there"):
        app_keys.kept_in(tmp_path)
    assert path.read_text() == "half of a key"


def test_where_none_can_be_kept_is_said_with_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(UnreadableKeyError, match="set APP_KEY"):
        app_keys.kept_in(tmp_path / "file" / "data")


def test_production_makes_none(tmp_path: Path) -> None:
    settings = read(**PRODUCTION, APP_KEY=ONE, DATA_DIR=str(tmp_path))
    assert with_keys(settings) is settings
    assert list(tmp_path.iterdir()) == []
