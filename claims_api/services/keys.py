"""API keys: made once, shown once, stored as a hash.

A key reads ``ct_<prefix>_<secret><checksum>``: eight letters by which it is found, 256 random bits, and a CRC-32
that lets a secret scanner tell a key from a chance string without asking anybody.
"""

import datetime as dt
import hashlib
import hmac
import re
import secrets
import string
import zlib
from collections.abc import Sequence
from typing import Any, NamedTuple

from sqlalchemy import Connection, bindparam, or_, select, update
from sqlalchemy.orm import Session

from claims_api import clock, db
from claims_api.errors import Forbidden, Invalid, KeyEnded, NotFound, Unauthorized
from claims_api.models.keys import ApiKey, Secret
from claims_api.models.words import Scope
from claims_api.services import ledger
from claims_api.text import name_key

_ALPHABET = string.digits + string.ascii_letters
_SECRET_DIGITS = 43  # 62 ** 43 is just above 2 ** 256
_CHECK_DIGITS = 6  # 62 ** 6 is just above 2 ** 32
_SHAPE = re.compile(rf"ct_[0-9A-Za-z]{{8}}_[0-9A-Za-z]{{{_SECRET_DIGITS + _CHECK_DIGITS}}}")
LONGEST_GRACE = 7 * 24 * 60 * 60  # seconds
NOTED_EVERY = dt.timedelta(minutes=1)
_SHOWN = db.Prepared(
    select(ApiKey.name, ApiKey.scopes, ApiKey.sha256, ApiKey.expires_at, ApiKey.revoked_at).where(
        ApiKey.prefix == bindparam("prefix")
    )
)
_UNKNOWN = "This key is unknown, expired or revoked."
_INCLUDED = {scope: list(Scope)[: position + 1] for position, scope in enumerate(Scope)}


class Shown(NamedTuple):
    """A key that came with a request: its prefix, and the SHA-256 of the whole, in hexadecimal."""

    prefix: str
    sha256: str


class Identity(NamedTuple):
    """The name of a key's owner, and its scopes, each of which includes the ones before it."""

    name: str
    scopes: Sequence[str]


def create(session: Session, *, name: str, scope: Scope, expires_at: dt.datetime | None = None) -> tuple[ApiKey, str]:
    """Make a key, and return it with its text, which is shown this once and kept nowhere.

    Raises ``Invalid`` for the names by which the command line signs: ``claims-api``, and with a command behind it.
    """
    if f"{name_key(name)} ".startswith(f"{ledger.NOBODY} "):
        raise Invalid(f"`{ledger.NOBODY}` is what the command line signs with: take another name.", path=("name",))
    return _issued(session, name=name, scopes=_INCLUDED[scope], expires_at=expires_at)


def parsed(shown: str) -> Shown:
    """Parse a key; ``Unauthorized`` for what has not its shape or checksum, without a look at the database.

    What is no key may hold characters that no database takes.
    """
    if not _SHAPE.fullmatch(shown) or _checksum(shown[:-_CHECK_DIGITS]) != shown[-_CHECK_DIGITS:]:
        raise Unauthorized(_UNKNOWN)
    return Shown(shown[3:11], _hash(shown))


def identified(connection: Connection, shown: Shown) -> Identity:
    """Return whose key this is; ``Unauthorized`` where it is unknown, expired or revoked, all in the same words."""
    key = _SHOWN.first(connection, prefix=shown.prefix)
    if (
        key is None
        or not hmac.compare_digest(key.sha256.encode(), shown.sha256.encode())
        or has_ended(key.revoked_at, key.expires_at)
    ):
        raise Unauthorized(_UNKNOWN)
    return Identity(key.name, key.scopes)


def permit(owner: Identity, scope: Scope) -> None:
    """Raise ``Forbidden`` where a key lacks the scope."""
    if scope not in owner.scopes:
        raise Forbidden(f"This key lacks the scope `{scope}`; it has: {', '.join(owner.scopes)}.", scope=scope)


def authorize(connection: Connection, shown: str, scope: Scope) -> str:
    """Return the name of a key's owner.

    Raises ``Unauthorized`` for what is no key, or not a valid one, and ``Forbidden`` where it lacks the scope.
    """
    owner = identified(connection, parsed(shown))
    permit(owner, scope)
    return owner.name


def note_use(connection: Connection, prefix: str) -> None:
    """Note that a key is used now: once a minute at most, and not while another transaction has locked its row."""
    now = clock.utcnow()
    is_due = or_(ApiKey.last_used_at.is_(None), ApiKey.last_used_at <= now - NOTED_EVERY)
    due = select(ApiKey.id).where(ApiKey.prefix == prefix, is_due).with_for_update(skip_locked=True)
    connection.execute(update(ApiKey).where(ApiKey.id == due.scalar_subquery()).values(last_used_at=now))


def found(session: Session, key_id: str) -> ApiKey:
    """Fetch a key, ended or not, locked for a change; ``NotFound`` where there is none."""
    key = session.scalar(select(ApiKey).where(ApiKey.id == key_id).with_for_update())
    if key is None:
        raise NotFound("There is no such key.")
    return key


def known_by(session: Session, prefix: str) -> ApiKey | None:
    """Fetch the key with this prefix, ended or not, locked for a change; None where there is none."""
    return session.scalar(select(ApiKey).where(ApiKey.prefix == prefix).with_for_update())


def revoke(session: Session, prefix: str) -> bool:
    """End a key at once; tell whether there was one that had not been revoked."""
    key = known_by(session, prefix)
    if key is None or key.revoked_at is not None:
        return False
    end(session, key)
    return True


def end(session: Session, key: ApiKey) -> None:
    """Revoke a key, from the next request on; one that was revoked before stays as it is."""
    if key.revoked_at is None:
        key.revoked_at = clock.utcnow()
    session.flush()


def rotate(session: Session, key: ApiKey, *, grace: dt.timedelta = dt.timedelta(0)) -> tuple[ApiKey, str]:
    """Make a key of the same name, scopes and expiry in place of another, and return it as ``create`` does.

    The other one ends at once, or expires after ``grace`` (and never later than it would have). Raises ``KeyEnded`` for
    one that has ended, or was replaced before: it may be in its time of grace, which is not to be handed on.
    """
    if has_ended(key.revoked_at, key.expires_at) or key.replaced_by_id is not None:
        raise KeyEnded("This key has expired, was revoked, or was replaced before.")
    fields = {"name": key.name, "scopes": key.scopes, "expires_at": key.expires_at}
    new, shown = _issued(session, **fields)
    key.replaced_by_id = new.id
    if grace:
        last = clock.utcnow() + grace
        key.expires_at = last if key.expires_at is None else min(key.expires_at, last)
    else:
        end(session, key)
    session.flush()
    return new, shown


def shared_secret(connection: Connection, name: str) -> str:
    """Return the secret of this name, which the migrations made for this installation."""
    return connection.execute(select(Secret.value).where(Secret.name == name)).scalar_one()


def has_ended(revoked_at: dt.datetime | None, expires_at: dt.datetime | None) -> bool:
    """Tell whether a key has ended: it was revoked (no matter when), or has expired."""
    return revoked_at is not None or (expires_at is not None and expires_at <= clock.utcnow())


def _issued(session: Session, **fields: Any) -> tuple[ApiKey, str]:
    prefix = "".join(secrets.choice(_ALPHABET) for _ in range(8))
    unchecked = f"ct_{prefix}_{_digits(secrets.randbits(256), _SECRET_DIGITS)}"
    shown = unchecked + _checksum(unchecked)
    key = ApiKey(prefix=prefix, sha256=_hash(shown), created_by=ledger.actor(session), **fields)
    session.add(key)
    session.flush()
    return key, shown


def _hash(shown: str) -> str:
    return hashlib.sha256(shown.encode("utf-8", "surrogatepass")).hexdigest()


def _checksum(unchecked: str) -> str:
    return _digits(zlib.crc32(unchecked.encode()), _CHECK_DIGITS)


def _digits(number: int, count: int) -> str:
    digits = []
    for _ in range(count):
        number, digit = divmod(number, len(_ALPHABET))
        digits.append(_ALPHABET[digit])
    return "".join(reversed(digits))
