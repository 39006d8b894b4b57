"""Take what only bundles bring, and check it: versions of texts, and places of passages; see ``take_changes``."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict
from itertools import chain
from types import SimpleNamespace
from typing import Any, cast

from sqlalchemy import func, select, update
from sqlalchemy.orm import aliased

from claims_api import db
from claims_api.errors import Failure, Invalid
from claims_api.models.base import table_of
from claims_api.models.changes import Change
from claims_api.models.claims import Claim
from claims_api.models.sources import Source, SourceVersion
from claims_api.models.words import Match
from claims_api.queries.assessments import ASSESSED
from claims_api.queries.claims import COUNTS
from claims_api.queries.rows import AnyRow
from claims_api.services import checking, citations, versions
from claims_api.services.citations import KeptText
from claims_api.services.imports.incoming import Incoming, KeptPassage, KeptVersion, Kind, LeftOut
from claims_api.services.imports.takers import Columns, EntityTaker, Fresh, ImportRun, is_deleted
from claims_api.services.texts import contexts

# A version of a source: its id and number.
Numbered = tuple[str, int]
_AT_ONCE = 500
_HERE_BEFORE = "Its source was here before, without this text: give it by POST /v1/sources/{id}/versions."


class Versions(EntityTaker):
    """Texts of sources; those of sources that were there before stay as they are."""

    kind, model = Kind.VERSIONS, SourceVersion

    def prepare(self, records: Sequence[Incoming]) -> None:
        """Look up the sources, and which of these versions they have."""
        kept = [cast("KeptVersion", each.new) for each in records]
        self.run.references.look_up(Kind.SOURCES, [each.source for each in kept])
        self._newest = _newest(self.run, [each.source for each in kept])
        self._numbered = self._there((str(each.source), each.number) for each in kept)

    def columns(self, fresh: Fresh) -> Columns | None:
        """Return the columns of a version; ``Invalid`` for an unknown source, another SHA-256, or a wrong number."""
        kept = cast("KeptVersion", fresh.record.new)
        source = self.run.references.found(Kind.SOURCES, kept.source)
        if versions.sha256(kept.new.text) != kept.sha256:
            raise Invalid("This is not the SHA-256 of the text.", path=("sha256",))
        self._refuse_misnumbered(fresh, (source.id, kept.number))
        return {
            "source_id": source.id,
            "number": kept.number,
            **versions.columns(kept.new, kept.created_at),
            "created_by": kept.created_by,
        }

    def _columns(self, fresh: Fresh) -> Columns | None:
        """Return None for versions of sources that were there before, which stay as they are."""
        source = cast("KeptVersion", fresh.record.new).source
        if source not in self._newest or self.run.references.found(Kind.SOURCES, source).is_new:
            return super()._columns(fresh)
        self.run.leave_out(LeftOut(_HERE_BEFORE, fresh.record.line, fresh.record.key))
        return None

    def _refuse_misnumbered(self, fresh: Fresh, numbered: Numbered) -> None:
        source_id, number = numbered
        if number > (self._newest[source_id] or 0):
            raise Invalid("Its source names an older text as its newest, or none.", path=("number",))
        if self._numbered.setdefault(numbered, fresh.id) != fresh.id:
            raise Invalid("Its source has another text of this number.", path=("number",))

    def _there(self, numbered: Iterable[Numbered]) -> dict[Numbered, str]:
        place = SourceVersion.source_id, SourceVersion.number
        rows = select(SourceVersion.id, *place).where(db.among_rows(place, numbered))
        return {(row.source_id, row.number): row.id for row in self.run.connection.execute(rows).all()}

    def keep(self, made: Sequence[tuple[Fresh, Columns]]) -> None:
        """Write the texts."""
        self.run.report.created[self.kind] += len(made)
        self.run.bulk.insert(table_of(SourceVersion), [{"id": each.id, **columns} for each, columns in made])


def refuse_unlike_ledger(run: ImportRun) -> None:
    """Raise ``Invalid`` where the restored entities differ from the last states in the restored ledger."""
    _recount_deleted(run)
    for finding in checking.of_ledger(run.connection):
        if finding.wrong:
            named = ", ".join(finding.wrong[:5])
            raise Invalid(f"The bundle contradicts itself: it is not so that {finding.what} ({named}).")


def _recount_deleted(run: ImportRun) -> None:
    """Set the counts of deleted claims from the ledger: their links were deleted with them, so none can be counted."""
    last_change = aliased(Change)
    newest = select(func.max(last_change.seq)).where(last_change.entity_id == Claim.id).scalar_subquery()
    deleted = select(Claim.id, Change.state).join(Change, Change.seq == newest).where(Claim.deleted_at.is_not(None))
    table, last = table_of(Claim), ""
    while rows := run.connection.execute(_behind(deleted, last)).all():
        for row in rows:
            counts = {name: row.state[name] for name in (*COUNTS, *ASSESSED.values()) if name in row.state}
            kept = {**counts, "updated_at": table.c.updated_at}
            run.connection.execute(update(table).where(table.c.id == row.id).values(kept))
        last = rows[-1].id


def _behind(statement: Any, last: str) -> Any:
    return (statement.where(Claim.id > last) if last else statement).order_by(Claim.id).limit(_AT_ONCE)


def verified(run: ImportRun, records: Sequence[Incoming]) -> dict[int, Columns | Failure]:
    """Return, by ``id(record.new)``, a passage's columns, or the ``Failure`` where a text contradicts it."""
    found: dict[int, Columns | Failure] = {}
    placed: list[tuple[Incoming, str]] = []
    for record in records:
        try:
            source = run.references.found(Kind.SOURCES, cast("KeptPassage", record.new).source)
            placed.append((record, source.id))
        except Failure as failure:
            found[id(record.new)] = failure
    newest = _newest(run, [source_id for _, source_id in placed])
    lacking = set(run.connection.scalars(versions.lacking().where(db.among(Source.id, set(newest)))))
    found |= {id(record.new): _no_text() for record, source_id in placed if source_id in lacking}
    placed = [(record, source_id) for record, source_id in placed if source_id not in lacking]
    needed = {numbered for record, source_id in placed for numbered in _needed(record, source_id, newest)}
    for texts in _texts(run, newest, needed):
        for record, source_id in placed:
            if source_id in texts:
                found[id(record.new)] = _checked(
                    record, source_id, _latest(record, newest[source_id]), texts[source_id]
                )
    return found


def _no_text() -> Invalid:
    return Invalid("A text of its source did not come, or was refused.", path=("source_id",))


def _newest(run: ImportRun, source_ids: Sequence[str]) -> Mapping[str, int | None]:
    rows = select(Source.id, Source.current_version).where(db.among(Source.id, set(source_ids)))
    return {row.id: row.current_version for row in run.connection.execute(rows)}


def _needed(record: Incoming, source_id: str, newest: Mapping[str, int | None]) -> list[Numbered]:
    numbers = {cast("KeptPassage", record.new).version, _latest(record, newest[source_id])}
    return [(source_id, number) for number in numbers if number is not None]


def _latest(record: Incoming, newest: int | None) -> int | None:
    """Return the newest version that a passage was compared with; deleted ones were with none that came later."""
    kept = cast("KeptPassage", record.new)
    return (kept.now_version or kept.version) if is_deleted(record) else newest


def _texts(
    run: ImportRun, source_ids: Iterable[str], needed: set[Numbered]
) -> Iterator[Mapping[str, Mapping[int, tuple[str, KeptText]]]]:
    """Yield the needed texts with their ids, by source and number, those of a few sources at a time."""
    place = SourceVersion.source_id, SourceVersion.number
    length = func.sum(SourceVersion.length).label("length")
    lengths = select(SourceVersion.source_id.label("id"), length).where(db.among_rows(place, needed))
    texts = select(SourceVersion.id, *place, SourceVersion.text, SourceVersion.sha256)
    there = run.connection.execute(lengths.group_by(SourceVersion.source_id)).all()
    yield {each: {} for each in set(source_ids) - {row.id for row in there}}
    for part in db.by_length(there):
        found: dict[str, dict[int, tuple[str, KeptText]]] = {source_id: {} for source_id in part}
        these = [each for each in needed if each[0] in found]
        for row in run.connection.execute(texts.where(db.among_rows(place, these))):
            found[row.source_id][row.number] = row.id, KeptText(row.number, row.text, row.sha256)
        yield found


def _checked(
    record: Incoming, source_id: str, newest: int | None, texts: Mapping[int, tuple[str, KeptText]]
) -> Columns | Failure:
    kept = cast("KeptPassage", record.new)
    own_id, own = texts.get(kept.version or 0, (None, None))
    newest_id, latest = texts.get(newest or 0, (None, None))
    columns = {**asdict(kept), "source_id": source_id, "source_version_id": own_id}
    del columns["source"], columns["version"]
    row = SimpleNamespace(
        id="",
        own_id=own_id,
        newest_id=newest_id,
        current_version=newest,
        deleted_at=None,
        **columns,
    )
    # First that its members fit each other: only then can they be compared with texts.
    fault = next(chain(_misfits(kept, own), citations.examine(cast("AnyRow", row), own, latest).faults), None)
    return columns if fault is None else Invalid(fault, path=("exact",))


def _misfits(kept: KeptPassage, own: KeptText | None) -> Iterator[str]:
    offsets = kept.start, kept.end, kept.utf16_start, kept.utf16_end, kept.utf8_start, kept.utf8_end
    has_place = None not in offsets
    if not has_place and any(each is not None for each in offsets):
        yield "A passage has all of its offsets, in code points, UTF-16 units and bytes, or none."
    elif (own is None) == has_place or (own is None) != (kept.version is None):
        yield "A passage has offsets where it has a version, which must be there."
    elif (own is None) != (kept.match is Match.UNVERIFIED):
        yield "Only what stands in no text is unverified."
    elif (kept.confirmed_at is None) != (kept.confirmed_by is None):
        yield "What is confirmed was confirmed by somebody, at some moment."
    elif (
        own is not None
        and has_place
        and contexts.context(own.text, cast("int", kept.start), cast("int", kept.end)) != (kept.prefix, kept.suffix)
    ):
        yield "The text has other words around that place."
