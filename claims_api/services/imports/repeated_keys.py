"""Find keys that one file gives twice: for the same content, which is fine, or for another, which is refused."""

import hashlib
from collections.abc import Iterable, Sequence, Set
from typing import NamedTuple

import orjson
from sqlalchemy import select

from claims_api import db
from claims_api.db import staging
from claims_api.errors import Invalid
from claims_api.services.imports.bulk import Bulk
from claims_api.services.imports.incoming import ExistingId, Incoming, Kind, identity_of


class Said(NamedTuple):
    """The id of a record's key, with a digest of its content (BLAKE2b, 64 bits, signed), and the line it stood in."""

    id: str
    kind: Kind
    content: int
    line: int | None


class Keys:
    """The keys of one file, each with the first record that had it."""

    def __init__(self, bulk: Bulk, collection: str) -> None:
        self.bulk, self.collection = bulk, collection

    def contradictions(self, kind: Kind, records: Sequence[Incoming]) -> list[Invalid | None]:
        """Return for each record in turn the error where its key came with other content before, else None."""
        ids = [identity_of(self.collection, kind, each.key) for each in records]
        own = {identity for identity, each in zip(ids, records, strict=True) if isinstance(each.key, ExistingId)}
        others = self._of_other_kinds(kind, own)
        said = [
            None if each.shared or identity in others else _said(kind, each, identity)
            for each, identity in zip(records, ids, strict=True)
        ]
        known = self._known(each.id for each in said if each is not None)
        new: dict[str, Said] = {}
        found = [each and _contradiction(known.get(each.id) or new.setdefault(each.id, each), each) for each in said]
        self.bulk.insert(staging.keys, [each._asdict() for each in new.values()])
        shared = {each for each, record in zip(ids, records, strict=True) if record.shared}
        self._remember(kind, shared & own - others)
        return [of_another_kind() if each in others else wrong for each, wrong in zip(ids, found, strict=True)]

    def _of_other_kinds(self, kind: Kind, ids: Set[str]) -> set[str]:
        """Return those of these explicit ids that this file uses for another kind; derived ids differ by kind."""
        found = set[str]()
        for table in (staging.keys, staging.shared) if ids else ():
            statement = select(table.c.id).where(db.among(table.c.id, ids), table.c.kind != kind)
            found |= set(self.bulk.connection.scalars(statement))
        return found

    def _remember(self, kind: Kind, ids: Set[str]) -> None:
        table = staging.shared
        known = set(self.bulk.connection.scalars(select(table.c.id).where(db.among(table.c.id, ids)))) if ids else ids
        self.bulk.insert(table, [{"id": each, "kind": kind.value} for each in sorted(ids - known)])

    def _known(self, ids: Iterable[str]) -> dict[str, Said]:
        rows = self.bulk.connection.execute(select(staging.keys).where(db.among(staging.keys.c.id, ids))).all()
        return {row.id: Said(*row) for row in rows}


def _said(kind: Kind, record: Incoming, identity: str) -> Said:
    # Without ``record.place``, which only orders the links of a claim.
    content = orjson.dumps((record.new, record.of, record.stamp))
    digest = hashlib.blake2b(content, digest_size=8).digest()
    return Said(identity, kind, int.from_bytes(digest, signed=True), record.line)


def _contradiction(first: Said, said: Said) -> Invalid | None:
    if first.content == said.content:
        return None
    where = "in this file" if first.line is None else f"at line {first.line}"
    return Invalid(f"This key was used {where} already, for something else: which of the two is meant?", path=())


def of_another_kind() -> Invalid:
    """Return the error for an id that another kind has: the history finds entities by id alone."""
    return Invalid("This id is that of something of another kind already: give it one of its own.", path=())
