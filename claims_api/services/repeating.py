"""What comes twice under one key in one file: the same again, or something else, and nobody knows which is meant."""

import hashlib
from collections.abc import Iterable, Sequence
from typing import NamedTuple

import orjson
from sqlalchemy import select

from claims_api import db
from claims_api.db import staging
from claims_api.errors import Invalid
from claims_api.services.bulk import Bulk
from claims_api.services.incoming import Incoming, Kind, identity_of


class Said(NamedTuple):
    """What a key was said to be, and where."""

    id: str
    content: int
    line: int | None


class Keys:
    """The keys of one file, with what each was first said to be."""

    def __init__(self, bulk: Bulk, collection: str) -> None:
        self.bulk, self.collection = bulk, collection

    def contradictions(self, kind: Kind, records: Sequence[Incoming]) -> list[Invalid | None]:
        """Return of each record what is wrong where its key was something else before."""
        said = [None if each.shared else self._said(kind, each) for each in records]
        known = self._known(each.id for each in said if each is not None)
        new: dict[str, Said] = {}
        found = [each and _contradiction(known.get(each.id) or new.setdefault(each.id, each), each) for each in said]
        self.bulk.put_aside(staging.keys, [each._asdict() for each in new.values()])
        return found

    def _said(self, kind: Kind, record: Incoming) -> Said:
        # Not by its place, which is something that it says.
        content = orjson.dumps((record.new, record.of, record.stamp))
        digest = hashlib.blake2b(content, digest_size=8).digest()
        identity = identity_of(self.collection, kind, record.key)
        return Said(identity, int.from_bytes(digest, signed=True), record.line)

    def _known(self, ids: Iterable[str]) -> dict[str, Said]:
        rows = self.bulk.connection.execute(select(staging.keys).where(db.among(staging.keys.c.id, ids))).all()
        return {row.id: Said(*row) for row in rows}


def _contradiction(first: Said, said: Said) -> Invalid | None:
    if first.content == said.content:
        return None
    where = "in this file" if first.line is None else f"at line {first.line}"
    return Invalid(f"This key was used {where} already, for something else: which of the two is meant?", path=())
