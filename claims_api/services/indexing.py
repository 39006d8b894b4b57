"""Keep the search index up to date, in the transaction that changes what is indexed.

It listens to the session's flushes, so that no service can forget it.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import (
    Connection,
    Select,
    delete,
    event,
    insert,
    inspect,
    select,
)
from sqlalchemy.orm import Session, UOWTransaction

from claims_api import db
from claims_api.db.inserting import insert_many
from claims_api.models.base import Base, table_of
from claims_api.models.claims import Claim
from claims_api.models.passages import Passage
from claims_api.models.search import (
    KINDS,
    ClaimEntry,
    Entry,
    Filling,
    PassageEntry,
    SectionEntry,
    SourceEntry,
)
from claims_api.models.sources import Source, SourceVersion
from claims_api.models.speakers import Speaker
from claims_api.services.texts.sections import Section, sections
from claims_api.terms import BREAK, terms, words

# The version of the rules: raise it when terms or sections change, and all entries are rebuilt (``refill``).
RULES = "terms/5"
# So many words of a phrase may reach into the next section.
_ACROSS = 20

# The kinds of entries that entities have.
INDEXED: dict[type[Any], tuple[type[Entry], ...]] = {
    Claim: (ClaimEntry,),
    Passage: (PassageEntry,),
    Source: (SourceEntry, SectionEntry),
}
Row = dict[str, Any]
# New rows of entries, in their order.
Made = Mapping[type[Entry], Sequence[Row]]

# The fields that an entry is made of; other changes do not touch it.
_MADE_OF = {
    Claim: ("text", "speaker_id", "deleted_at"),
    Passage: ("exact", "deleted_at"),
    Source: ("title", "publisher", "authors", "current_version", "deleted_at"),
    Speaker: ("name", "aliases"),
}


def is_current(connection: Connection) -> bool:
    """Tell whether all entries were made by the present rules."""
    return connection.execute(select(Filling.made_by)).scalar() == RULES


def refill(session: Session, *, anyway: bool = False) -> bool:
    """Rebuild the whole index, if it was made by other rules, or never, or ``anyway``; tell whether that was done."""
    if is_current(session.connection()) and not anyway:
        return False
    # Waits for another process that does the same, and keeps out writers, whose entries would be made twice.
    db.lock_tables(session, [table_of(kind) for kind in KINDS])
    if is_current(session.connection()) and not anyway:
        return False
    for kind in KINDS:
        db.empty(session.connection(), table_of(kind))
    for entity in INDEXED:
        # All ids at once: an open cursor would not survive the writing.
        ids = session.scalars(select(entity.id).where(entity.deleted_at.is_(None)).order_by(entity.id)).all()
        for batch in db.batches(ids):
            write_new(session.connection(), entity, batch)
    session.execute(delete(Filling))
    session.execute(insert(Filling).values(made_by=RULES))
    db.count_words(session, [table_of(kind) for kind in KINDS])
    return True


def write_new(connection: Connection, kind: type[Any], ids: Sequence[str]) -> None:
    """Insert the entries of entities that have none yet: of as many as one statement takes, and as fit into memory."""
    for entries, rows in _MAKERS[kind](connection, ids).items():
        _insert(connection, entries, rows)


def made(connection: Connection, kind: type[Any], ids: Sequence[str]) -> Made:
    """Make the entries of live entities of a kind, without writing them: of as many as ``write_new`` takes."""
    return _MAKERS[kind](connection, ids)


def note_made(session: Session, entity: Any) -> None:
    """Index an entity that was inserted past the session (``services.prepared_entities``)."""
    if type(entity) in INDEXED:
        write_new(session.connection(), type(entity), [entity.id])


def note_changed(session: Session, entity: Any, names: Iterable[str]) -> None:
    """Index an entity anew, if one of these fields, which were changed past the session, is indexed."""
    if not set(names).isdisjoint(_MADE_OF.get(type(entity), ())):
        kind, ids = _concerned(session, entity)
        _write_anew(session.connection(), kind, sorted(ids))


@event.listens_for(Session, "after_flush")
def _follow(session: Session, _context: UOWTransaction) -> None:
    new, old = _touched(session)
    for entity in INDEXED:
        _write_anew(session.connection(), entity, sorted(old[entity]))
        for batch in db.batches(sorted(new[entity] - old[entity])):
            write_new(session.connection(), entity, batch)


def _write_anew(connection: Connection, entity: type[Any], ids: Sequence[str]) -> None:
    for batch in db.batches(ids):
        _forget(connection, entity, batch)
        write_new(connection, entity, batch)


def _touched(session: Session) -> tuple[dict[type[Any], set[str]], dict[type[Any], set[str]]]:
    """Return, by kind, the ids of new entities, and of those whose indexed fields were changed."""
    new: dict[type[Any], set[str]] = defaultdict(set)
    old: dict[type[Any], set[str]] = defaultdict(set)
    for entity in session.new:
        if isinstance(entity, SourceVersion):
            old[Source].add(entity.source_id)
        elif isinstance(entity, Source) and entity.current_version is not None:
            continue  # indexed when its version is flushed
        elif type(entity) in INDEXED:
            new[type(entity)].add(entity.id)
    for entity in session.dirty:
        if type(entity) in _MADE_OF and _is_another(entity):
            kind, ids = _concerned(session, entity)
            old[kind] |= ids
    return new, old


def found_by_name_of(speaker_id: str) -> Select[str]:
    """Select the ids of the live claims whose entries hold a speaker's names.

    They are locked before the speaker, as in every change of a claim: the later of two transactions that rewrite one
    entry must see what the earlier wrote.
    """
    return select(Claim.id).where(Claim.speaker_id == speaker_id, Claim.deleted_at.is_(None)).order_by(Claim.id)


def _is_another(entity: Base) -> bool:
    attributes = inspect(entity).attrs
    return any(attributes[name].history.has_changes() for name in _MADE_OF[type(entity)])


def _concerned(session: Session, entity: Any) -> tuple[type[Any], set[str]]:
    if not isinstance(entity, Speaker):
        return type(entity), {entity.id}
    return Claim, set(session.connection().scalars(db.for_update(found_by_name_of(entity.id))))


def _forget(connection: Connection, entity: type[Any], ids: Sequence[str]) -> None:
    for kind in INDEXED[entity]:
        _FORGETTING[kind].run(connection, {"ids": ids})


def _claims(connection: Connection, ids: Sequence[str]) -> Made:
    return {ClaimEntry: [_claim(row) for row in _CLAIMS.rows(connection, ids)]}


def _claim(row: Any) -> Row:
    names = [] if row.name is None else [row.name, *row.aliases]
    return {"entity_id": row.id, "words": _parted([*names, row.text])}


def _passages(connection: Connection, ids: Sequence[str]) -> Made:
    rows = _PASSAGES.rows(connection, ids)
    return {PassageEntry: [{"entity_id": row.id, "words": words(row.exact)} for row in rows]}


def _sources(connection: Connection, ids: Sequence[str]) -> Made:
    whole, parts = list[Row](), list[Row]()
    for row in connection.execute(_SOURCES, {"ids": ids}):
        head = _parted([row.title, row.publisher or "", *row.authors])
        text = row.text or ""
        found = terms(text)
        once = list(dict.fromkeys([*head, *(term.word for term in found)]))
        whole.append({"entity_id": row.id, "words": once})
        parts.append({"entity_id": row.id, "words": head, "start": None, "end": None})
        parts += [{"entity_id": row.id, **section._asdict()} for section in _overlapping(list(sections(text, found)))]
    return {SourceEntry: whole, SectionEntry: parts}


def _overlapping(found: Sequence[Section]) -> list[Section]:
    """Add to each section the first words of the next, so that phrases are found across its end."""
    whole, behind = list[Section](), list[str]()
    for section in reversed(found):
        words_here = section.words + behind
        whole.append(section._replace(words=words_here))
        behind = words_here[:_ACROSS]
    return whole[::-1]


def _insert(connection: Connection, kind: type[Entry], rows: Sequence[Row]) -> None:
    if len(rows) == 1:
        _ADDING[kind].run(connection, rows[0])
    else:
        insert_many(connection, table_of(kind), rows)


def _parted(texts: Iterable[str]) -> list[str]:
    """Return the words of several texts, with a break between them that no phrase crosses."""
    return [word for text in texts for word in (BREAK, *words(text))][1:]


def _these(kind: type[Any]) -> Any:
    return db.among(kind.id, parameter="ids") & kind.deleted_at.is_(None)


_CLAIMS = db.ByIds(
    select(Claim.id, Claim.text, Speaker.name, Speaker.aliases)
    .outerjoin(Speaker, Speaker.id == Claim.speaker_id)
    .where(Claim.deleted_at.is_(None)),
    Claim.id,
)
_PASSAGES = db.ByIds(select(Passage.id, Passage.exact).where(Passage.deleted_at.is_(None)), Passage.id)
_SOURCES = (
    select(Source.id, Source.title, Source.publisher, Source.authors, SourceVersion.text)
    .outerjoin(SourceVersion, (SourceVersion.source_id == Source.id) & (SourceVersion.number == Source.current_version))
    .where(_these(Source))
)
_ADDING = {
    kind: db.Prepared(insert(kind).inline(), names=[name for name in table_of(kind).columns.keys() if name != "id"])  # noqa: SIM118
    for kind in KINDS
}
_FORGETTING = {kind: db.Prepared(delete(kind).where(db.among(kind.entity_id, parameter="ids"))) for kind in KINDS}
_MAKERS: dict[type[Any], Callable[[Connection, Sequence[str]], Made]] = {
    Claim: _claims,
    Passage: _passages,
    Source: _sources,
}
