"""What requests are known again by: nothing that could be guessed without the key, through a change of keys too."""

from __future__ import annotations

import hmac
from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tolstoy.core.app_keys import AppKey
from tolstoy.core.crypto import NoKeyError, UnknownKeyError, UnreadableSecretError
from tolstoy.core.fingerprints import Fingerprints

OLD = AppKey("2025", b"o" * 32)
NEW = AppKey("2026", b"n" * 32)
SENT = b'POST /credentials\0{"password":"hunter2"}'
# HKDF by RFC 5869, written out: extract with no salt, expand to one block
DERIVED = hmac.digest(hmac.digest(bytes(32), NEW.key, sha256), b"tolstoy fingerprints\x01", sha256)


@given(st.binary(max_size=500), st.binary(max_size=500))
def test_a_message_is_known_again_and_no_other(one: bytes, other: bytes) -> None:
    prints = Fingerprints([NEW])
    assert prints.same(prints.of(one), one)
    assert prints.same(prints.of(one), other) == (one == other)


def test_it_is_an_hmac_under_a_key_made_of_the_apps() -> None:
    assert Fingerprints([NEW]).of(SENT) == b"\x01\x042026" + hmac.digest(DERIVED, SENT, sha256)


def test_who_has_not_the_key_cannot_guess() -> None:
    """Neither a plain hash nor an HMAC under another key is in it."""
    kept = Fingerprints([NEW]).of(SENT)
    for guess in (
        sha256(SENT).digest(),
        hmac.digest(NEW.key, SENT, sha256),
        Fingerprints([OLD]).of(SENT)[-32:],
    ):
        assert guess not in kept


def test_the_first_key_makes_them_and_all_know_them_again() -> None:
    before = Fingerprints([OLD]).of(SENT)
    both = Fingerprints([NEW, OLD])
    assert both.same(before, SENT) and not both.same(before, SENT + b" ")
    assert Fingerprints([OLD, NEW]).same(both.of(SENT), SENT)
    assert both.of(SENT) == Fingerprints([NEW]).of(SENT)


def test_a_missing_key_is_named() -> None:
    """Else a repetition would be told that it is another request."""
    with pytest.raises(UnknownKeyError, match="earlier request is recorded under the key '2025'") as caught:
        Fingerprints([NEW]).same(Fingerprints([OLD]).of(SENT), SENT)
    assert caught.value.status == 503


def test_another_key_of_the_same_id_knows_nothing() -> None:
    kept = Fingerprints([OLD]).of(SENT)
    assert not Fingerprints([AppKey("2025", b"x" * 32)]).same(kept, SENT)


def test_without_a_key_none_are_made() -> None:
    with pytest.raises(NoKeyError):
        Fingerprints().of(SENT)


def test_those_from_before_there_was_a_key_are_known() -> None:
    kept = sha256(SENT).digest()
    assert Fingerprints([NEW]).same(kept, SENT)
    assert not Fingerprints([NEW]).same(kept, SENT + b" ")


@pytest.mark.parametrize("kept", [b"", b"\x01", b"\x02\x042026" + bytes(32), b"\x01\xff2026"])
def test_what_is_none_is_said_to_be(kept: bytes) -> None:
    with pytest.raises(UnreadableSecretError):
        Fingerprints([NEW]).same(kept, SENT)


def test_cut_short_it_is_no_other_messages() -> None:
    prints = Fingerprints([NEW])
    for length in range(7, len(prints.of(SENT))):
        if length != 32:
            assert not prints.same(prints.of(SENT)[:length], SENT)
