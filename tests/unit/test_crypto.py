"""Envelope encryption: what opens, what does not, and what is said of a key that is not there."""

from __future__ import annotations

import base64
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tolstoy.core.app_keys import AppKey
from tolstoy.core.crypto import (
    Keyring,
    NoKeyError,
    Place,
    UnknownKeyError,
    UnreadableSecretError,
    key_id_of,
)

OLD = AppKey("2025", b"o" * 32)
NEW = AppKey("2026", b"n" * 32)
PLACE = Place(UUID(int=1), "credentials", UUID(int=2), "secret")
SECRET = b"canary-of-the-credentials"


@given(st.binary(max_size=2000))
def test_what_is_sealed_opens_where_it_was_sealed(value: bytes) -> None:
    ring = Keyring([NEW])
    assert ring.open(ring.seal(value, PLACE), PLACE) == value


def test_a_sealed_value_tells_nothing_and_is_never_twice_the_same() -> None:
    ring = Keyring([NEW])
    sealed = {ring.seal(SECRET, PLACE) for _ in range(100)}
    assert len(sealed) == 100
    for one in sealed:
        assert SECRET not in one and base64.b64encode(SECRET)[:-4] not in one
        assert NEW.key not in one


def test_every_value_has_a_data_key_of_its_own() -> None:
    """Else the same wrapped key would stand in two of them."""
    ring = Keyring([NEW])
    first, second = (ring.seal(SECRET, PLACE) for _ in range(2))
    assert first[:6] == second[:6], "version, length and id"
    assert first[18:66] != second[18:66]


@pytest.mark.parametrize(
    "place",
    [
        PLACE._replace(org_id=uuid4()),
        PLACE._replace(table="hooks"),
        PLACE._replace(row=uuid4()),
        PLACE._replace(column="token"),
        PLACE._replace(table="credentials.secre", column="t"),
        PLACE._replace(org_id=PLACE.row, row=PLACE.org_id),
    ],
)
def test_moved_to_another_place_it_does_not_open(place: Place) -> None:
    ring = Keyring([NEW])
    with pytest.raises(UnreadableSecretError, match="altered or moved"):
        ring.open(ring.seal(SECRET, PLACE), place)


def test_not_one_bit_may_be_another() -> None:
    ring = Keyring([NEW])
    sealed = ring.seal(SECRET, PLACE)
    for index in range(len(sealed)):
        altered = bytearray(sealed)
        altered[index] ^= 1
        with pytest.raises(UnreadableSecretError):
            ring.open(bytes(altered), PLACE)
    for length in range(len(sealed)):
        with pytest.raises(UnreadableSecretError):
            ring.open(sealed[:length], PLACE)


def test_a_part_of_another_value_does_not_open() -> None:
    """The wrapped key of one with the text of another, at the very same place."""
    ring = Keyring([NEW])
    one, other = ring.seal(b"a" * 20, PLACE), ring.seal(b"b" * 20, PLACE)
    with pytest.raises(UnreadableSecretError):
        ring.open(one[:66] + other[66:], PLACE)


def test_the_first_key_encrypts_and_all_decrypt() -> None:
    before = Keyring([OLD]).seal(SECRET, PLACE)
    ring = Keyring([NEW, OLD])
    assert ring.open(before, PLACE) == SECRET
    assert key_id_of(before) == "2025"
    after = ring.seal(SECRET, PLACE)
    assert key_id_of(after) == "2026" == ring.newest


def test_a_missing_key_is_named_and_nothing_is_lost() -> None:
    sealed = Keyring([OLD]).seal(SECRET, PLACE)
    with pytest.raises(UnknownKeyError, match="'2025'") as caught:
        Keyring([NEW]).open(sealed, PLACE)
    assert (caught.value.key_id, caught.value.status, caught.value.code) == (
        "2025",
        503,
        "encryption-key-missing",
    )
    assert Keyring([NEW, OLD]).open(sealed, PLACE) == SECRET


def test_another_key_of_the_same_id_does_not_open() -> None:
    sealed = Keyring([OLD]).seal(SECRET, PLACE)
    with pytest.raises(UnreadableSecretError, match="'2025'"):
        Keyring([AppKey("2025", b"x" * 32)]).open(sealed, PLACE)


def test_without_a_key_nothing_is_stored_in_clear() -> None:
    with pytest.raises(NoKeyError, match="APP_KEY"):
        Keyring().seal(SECRET, PLACE)


def test_keys_are_not_shown() -> None:
    assert repr(Keyring([NEW, OLD])) == "Keyring(2026, 2025)"
    assert "nnnn" not in repr(NEW)
