import datetime as dt
import hashlib
import re
import zlib
from collections.abc import Callable

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from claims_api import clock
from claims_api.errors import Forbidden, Unauthorized
from claims_api.models.keys import ApiKey
from claims_api.models.words import Scope
from claims_api.services import keys, ledger
from tests.keys import ALPHABET, UNKNOWN, checked


def is_checked(shown: str) -> bool:
    """Tell, as a secret scanner would, whether the last six digits are the CRC-32 of the rest in base 62."""
    value = 0
    for digit in shown[-6:]:
        value = value * 62 + ALPHABET.index(digit)
    return value == zlib.crc32(shown[:-6].encode())


def refused(session: Session, shown: str, scope: Scope = Scope.READ) -> str:
    with pytest.raises(Unauthorized) as caught:
        keys.authorize(session.connection(), shown, scope)
    return caught.value.detail


class TestCreate:
    def test_shows_a_key_of_one_shape(self, session: Session) -> None:
        key, shown = keys.create(session, name="desk", scope=Scope.WRITE)
        assert re.fullmatch(r"ct_[A-Za-z0-9]{8}_[A-Za-z0-9]{49}", shown)
        assert shown.startswith(f"ct_{key.prefix}_")

    def test_notes_who_made_it(self, session: Session) -> None:
        assert keys.create(session, name="desk", scope=Scope.WRITE)[0].created_by == "claims-api"
        ledger.act_as(session, "owner")
        assert keys.create(session, name="desk", scope=Scope.WRITE)[0].created_by == "owner"

    def test_ends_the_key_with_its_checksum(self, session: Session) -> None:
        assert is_checked(keys.create(session, name="desk", scope=Scope.WRITE)[1])

    def test_gives_a_key_that_no_change_of_a_character_leaves_whole(self, session: Session) -> None:
        _, shown = keys.create(session, name="desk", scope=Scope.WRITE)
        for place, character in enumerate(shown[3:], start=3):
            other = "_" if character != "_" and place < len(shown) - 6 else "0" if character != "0" else "1"
            assert not is_checked(shown[:place] + other + shown[place + 1 :])

    def test_never_makes_one_key_twice(self, session: Session) -> None:
        made = {keys.create(session, name="desk", scope=Scope.WRITE)[1] for _ in range(20)}
        assert len({shown[:11] for shown in made}) == len({shown[12:] for shown in made}) == 20

    def test_keeps_nothing_but_prefix_and_hash(self, session: Session) -> None:
        key, shown = keys.create(session, name="desk", scope=Scope.WRITE)
        kept = session.execute(select(ApiKey.__table__).where(ApiKey.id == key.id)).one()
        assert kept.sha256 == hashlib.sha256(shown.encode()).hexdigest()
        assert shown[12:] not in repr(kept)

    @pytest.mark.parametrize(
        ("scope", "included"), [("read", ["read"]), ("write", ["read", "write"]), ("admin", ["read", "write", "admin"])]
    )
    def test_includes_the_lower_scopes(self, session: Session, scope: str, included: list[str]) -> None:
        key, _ = keys.create(session, name="desk", scope=Scope(scope))
        assert key.scopes == included


class TestAuthorize:
    @pytest.mark.parametrize("scope", [Scope.READ, Scope.WRITE])
    def test_names_the_owner(self, session: Session, scope: Scope) -> None:
        _, shown = keys.create(session, name="fact desk", scope=Scope.WRITE)
        assert keys.authorize(session.connection(), shown, scope) == "fact desk"

    def test_refuses_a_scope_beyond_the_keys_own_naming_both(self, session: Session) -> None:
        _, shown = keys.create(session, name="desk", scope=Scope.WRITE)
        with pytest.raises(Forbidden, match="lacks the scope `admin`; it has: read, write") as caught:
            keys.authorize(session.connection(), shown, Scope.ADMIN)
        assert caught.value.extra == {"scope": Scope.ADMIN}

    def test_refuses_unknown_expired_and_revoked_keys_in_the_same_words(self, session: Session) -> None:
        _, expired = keys.create(session, name="old", scope=Scope.WRITE, expires_at=clock.utcnow())
        key, revoked = keys.create(session, name="lost", scope=Scope.WRITE)
        keys.revoke(session, key.prefix)
        session.flush()
        assert len({refused(session, shown, Scope.ADMIN) for shown in (UNKNOWN, expired, revoked)}) == 1

    def test_takes_a_key_until_it_expires(self, session: Session) -> None:
        tomorrow = clock.utcnow() + dt.timedelta(days=1)
        key, shown = keys.create(session, name="desk", scope=Scope.WRITE, expires_at=tomorrow)
        assert keys.authorize(session.connection(), shown, Scope.WRITE) == "desk"
        a_second_ago = clock.utcnow() - dt.timedelta(seconds=1)
        session.execute(update(ApiKey).where(ApiKey.id == key.id).values(expires_at=a_second_ago))
        refused(session, shown, Scope.WRITE)

    def test_refuses_a_key_that_is_wrong_in_any_one_character(self, session: Session) -> None:
        _, shown = keys.create(session, name="desk", scope=Scope.WRITE)
        for place, character in enumerate(shown):
            wrong = f"{shown[:place]}{'x' if character != 'x' else 'y'}{shown[place + 1 :]}"
            refused(session, wrong)
            if place < len(shown) - 6:
                refused(session, checked(wrong))

    @pytest.mark.parametrize(
        "change",
        [lambda key: key + "0", lambda key: key[:-1], str.swapcase, lambda key: f" {key}", lambda key: key[3:]],
        ids=["longer", "shorter", "other case", "space before", "without ct_"],
    )
    def test_refuses_what_is_nearly_a_key(self, session: Session, change: Callable[[str], str]) -> None:
        _, shown = keys.create(session, name="desk", scope=Scope.WRITE)
        refused(session, change(shown))

    @pytest.mark.parametrize(
        "shown",
        ["", "ct_", "ct_ключключ_ключ", "ct_éééééééé_x", "ct_\x00_", "ct_\ud800_", "😀" * 60, "%s'--;", "x" * 9999],
        ids=["empty", "only ct_", "Cyrillic", "Latin-1", "NUL", "lone surrogate", "emoji", "SQL", "very long"],
    )
    def test_refuses_whatever_text_is_no_key(self, session: Session, shown: str) -> None:
        assert "unknown" in refused(session, shown)

    def test_refuses_another_text_behind_a_known_prefix(self, session: Session) -> None:
        key, _ = keys.create(session, name="desk", scope=Scope.WRITE)
        assert refused(session, f"ct_{key.prefix}_ключ😀") == refused(session, UNKNOWN)


class TestRevoke:
    def test_ends_the_key(self, session: Session) -> None:
        key, shown = keys.create(session, name="desk", scope=Scope.WRITE)
        assert keys.revoke(session, key.prefix)
        session.flush()
        refused(session, shown)

    def test_leaves_other_keys_alone(self, session: Session) -> None:
        _, kept = keys.create(session, name="desk", scope=Scope.WRITE)
        lost, _ = keys.create(session, name="desk", scope=Scope.WRITE)
        keys.revoke(session, lost.prefix)
        session.flush()
        assert keys.authorize(session.connection(), kept, Scope.WRITE) == "desk"

    def test_tells_that_there_is_no_such_key_or_no_more(self, session: Session) -> None:
        key, _ = keys.create(session, name="desk", scope=Scope.WRITE)
        assert [keys.revoke(session, key.prefix), keys.revoke(session, key.prefix)] == [True, False]
        assert not keys.revoke(session, "unknown0")
