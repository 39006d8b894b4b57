"""Keys: made once, shown once, kept as a hash.

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
from typing import Any

from sqlalchemy import Connection, Row, select
from sqlalchemy.orm import Session

from claims_api import clock
from claims_api.errors import Forbidden, Unauthorized
from claims_api.models.keys import ApiKey, Secret
from claims_api.models.words import Scope

_ALPHABET = string.digits + string.ascii_letters
_SECRET_DIGITS = 43  # 62 ** 43 is just above 2 ** 256
_CHECK_DIGITS = 6  # 62 ** 6 is just above 2 ** 32
_SHAPE = re.compile(rf"ct_[0-9A-Za-z]{{8}}_[0-9A-Za-z]{{{_SECRET_DIGITS + _CHECK_DIGITS}}}")
_INCLUDED = {scope: list(Scope)[: position + 1] for position, scope in enumerate(Scope)}


def create(session: Session, *, name: str, scope: Scope, expires_at: dt.datetime | None = None) -> tuple[ApiKey, str]:
    """Make a key; its text is returned this once and kept nowhere."""
    prefix = "".join(secrets.choice(_ALPHABET) for _ in range(8))
    unchecked = f"ct_{prefix}_{_digits(secrets.randbits(256), _SECRET_DIGITS)}"
    shown = unchecked + _checksum(unchecked)
    key = ApiKey(name=name, prefix=prefix, sha256=_hash(shown), scopes=_INCLUDED[scope], expires_at=expires_at)
    session.add(key)
    session.flush()
    return key, shown


def authorize(connection: Connection, shown: str, scope: Scope) -> str:
    """Return the name of the key's owner.

    Raises ``Unauthorized`` for a key that is unknown, expired or revoked, all in the same words, and
    ``Forbidden`` for one that lacks the scope.
    """
    # What has not the shape of a key may hold characters that no database takes.
    known = select(ApiKey.__table__).where(ApiKey.prefix == shown[3:11])
    key = connection.execute(known).first() if _SHAPE.fullmatch(shown) else None
    if key is None or not hmac.compare_digest(key.sha256.encode(), _hash(shown).encode()) or _is_over(key):
        raise Unauthorized("This key is unknown, expired or revoked.")
    if scope not in key.scopes:
        raise Forbidden(f"This key lacks the scope `{scope}`; it has: {', '.join(key.scopes)}.", scope=scope)
    return str(key.name)


def revoke(session: Session, prefix: str) -> bool:
    """End a key at once; tell whether there was one."""
    key = session.scalar(select(ApiKey).where(ApiKey.prefix == prefix, ApiKey.revoked_at.is_(None)))
    if key is not None:
        key.revoked_at = clock.utcnow()
    return key is not None


def shared_secret(connection: Connection, name: str) -> str:
    """Return a secret of this installation, which the migrations made."""
    return connection.execute(select(Secret.value).where(Secret.name == name)).scalar_one()


def _is_over(key: Row[*tuple[Any, ...]]) -> bool:
    return key.revoked_at is not None or (key.expires_at is not None and key.expires_at <= clock.utcnow())


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
