"""Passages: a quote becomes one only by being found in its source."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from sqlalchemy import Select, bindparam, literal_column, select
from sqlalchemy.orm import Session

from claims_api import db, metrics
from claims_api.errors import Duplicate, Failure, Invalid, NoText, QuoteAmbiguous, QuoteMismatch, QuoteNotFound
from claims_api.models.claims import Claim
from claims_api.models.evidence import Evidence
from claims_api.models.passages import Passage
from claims_api.models.sources import Source
from claims_api.models.words import AnchorState, Match
from claims_api.services import anchoring, ledger, prepared_entities, reanchoring, records, versions
from claims_api.services.anchoring import Quote
from claims_api.services.texts import contexts, offsets
from claims_api.services.texts.finding import Place
from claims_api.text import is_seen

_RESULTS: dict[type[Failure], str] = {
    QuoteNotFound: "not_found",
    QuoteAmbiguous: "ambiguous",
    QuoteMismatch: "mismatch",
}


@dataclass(frozen=True)
class NewPassage:
    """A passage as a dossier or an import states it without linking it; ``source`` is the key of its source there."""

    source: str
    quote: Quote


@dataclass(frozen=True)
class Found:
    """The id of a passage, whether it was made now, and whether its source has any from before the newest text."""

    id: str
    is_new: bool
    has_older: bool


def find_or_create(
    session: Session, *, source_id: str, quote: Quote, identity: str | None = None, is_last: bool = False
) -> Found:
    """Return the passage at the place of a quote in the newest text of its source; it is made where there is none.

    In a source without text nothing can be checked: the passage is ``unverified``. ``is_last`` says that the
    transaction will take no more locks. Raises what ``columns`` raises, and ``Invalid`` for an unknown source.
    """
    # Locked first, or a newer text could come in between. The lock also prevents duplicates: quotes of any length do
    # not fit into a unique index.
    db.lock_name(session, versions.passages_lock(source_id))
    records.referred(session, Source, source_id, path=("source_id",))
    newest = versions.current(session, source_id)
    found = _counted(source_id, newest, quote)
    existing, has_older = _existing(session, found), newest is not None and newest.has_older_passages
    if existing is not None:
        return Found(existing, False, has_older)
    if is_last:
        ledger.takes_no_more_locks(session)
    made = prepared_entities.make(session, Passage, identity=identity, **found)
    return Found(made.id, True, has_older)


def delete(session: Session, passage_id: str) -> None:
    """Delete a passage; ``NotFound`` for an unknown one, and ``InUse`` where evidence or a claim cites it."""
    passage = records.live(session, Passage, passage_id)
    records.refuse_if_cited(
        session,
        evidence=select(Evidence.id).where(Evidence.passage_id == passage_id, Evidence.deleted_at.is_(None)),
        claim=select(Claim.id).where(Claim.first_appearance_id == passage_id, Claim.deleted_at.is_(None)),
    )
    records.delete(passage)


def lock_kept(session: Session, passage_id: str) -> Passage:
    """Lock a passage, deleted or not, and the passages of its source before it, as everywhere.

    Raises ``NotFound`` where there never was one.
    """
    source_id = records.parent(session, Passage.source_id, Passage, passage_id)
    db.lock_name(session, versions.passages_lock(source_id))
    return records.kept(session, Passage, passage_id)


def standing_for(session: Session, passage_id: str) -> str:
    """Return the id of the live passage at the place of one that was deleted, or else its own id."""
    passage = session.get_one(Passage, passage_id)
    if passage.deleted_at is None:
        return passage_id
    db.lock_name(session, versions.passages_lock(passage.source_id))
    return _existing(session, _place_of(passage)) or passage_id


def restore(session: Session, passage_id: str) -> Passage:
    """Bring a passage back, and look for it in the newest text; one that is there already stays as it is.

    Raises ``NotFound`` where there never was one, ``CitesDeleted`` where its source is deleted, and ``Duplicate`` where
    another was made at its place.
    """
    passage = lock_kept(session, passage_id)
    if passage.deleted_at is None:
        return passage
    records.refuse_if_citing_deleted(session, (Source, [passage.source_id]))
    existing = _existing(session, _place_of(passage))
    if existing is not None:
        raise Duplicate("Another passage stands at its place by now.", existing={"id": existing})
    records.restore(passage)
    reanchoring.bring_up(session, passage)
    return passage


class Newest(Protocol):
    """The version of a source that a quote is looked for in."""

    @property
    def id(self) -> str:
        """The id of the version."""

    @property
    def text(self) -> str:
        """Its whole text, to whose code points offsets refer."""


def columns(source_id: str, newest: Newest | None, quote: Quote) -> dict[str, Any]:
    """Return the columns of a passage's row for the place of a quote in the newest text of its source, if that has one.

    Raises what ``anchoring.anchor`` raises (``QuoteNotFound``, ``QuoteAmbiguous``, ``QuoteMismatch``, ``Invalid``);
    without a text, ``Invalid`` for offsets and for a missing quote, and ``NoText`` for nothing but offsets as hints.
    """
    if newest is None:
        return {"source_id": source_id, **_unverified(quote)}
    placed = _placed(newest.text, anchoring.anchor(newest.text, quote))
    return {"source_id": source_id, "source_version_id": newest.id, **placed}


def result_of(found: Mapping[str, Any] | Failure) -> str | None:
    """Return what became of a quote, one of ``metrics.ANCHORINGS``; None for a failure of another kind."""
    return _RESULTS.get(type(found)) if isinstance(found, Failure) else str(found["match"])


def _counted(source_id: str, newest: Newest | None, quote: Quote) -> dict[str, Any]:
    try:
        found = columns(source_id, newest, quote)
    except (QuoteNotFound, QuoteAmbiguous, QuoteMismatch) as failure:
        metrics.count_anchoring(_RESULTS[type(failure)])
        raise
    metrics.count_anchoring(found["match"])
    return found


def _placed(text: str, place: Place) -> dict[str, Any]:
    start, end = place.start, place.end
    # Folding makes one space of many, so the span may be longer than the quote.
    anchoring.refuse_too_long(start, end, field="exact")
    prefix, suffix = contexts.context(text, start, end)
    utf16, utf8 = offsets.in_utf16(text, start, end), offsets.in_utf8(text, start, end)
    return {
        "start": start,
        "end": end,
        "utf16_start": utf16.start,
        "utf16_end": utf16.end,
        "utf8_start": utf8.start,
        "utf8_end": utf8.end,
        "exact": text[start:end],
        "prefix": prefix,
        "suffix": suffix,
        "match": place.match,
        "anchor_state": AnchorState.EXACT,
    }


def _unverified(quote: Quote) -> dict[str, Any]:
    if quote.hints:
        if not quote.exact:
            raise NoText("Only offsets say where it stands, in a source whose text is not kept.", path=("start",))
        quote = quote.without_offsets()
    if quote.start is not None or quote.end is not None:
        raise Invalid("This source has no stored text, so that offsets mean nothing in it.", path=("start",))
    if quote.occurrence is not None:
        raise Invalid("This source has no stored text to count occurrences in.", path=("occurrence",))
    if not quote.exact or not is_seen(quote.exact):
        raise Invalid("This source has no stored text: give the quote in `exact`.", path=("exact",))
    return {
        "exact": quote.exact,
        "prefix": (quote.prefix or "")[-contexts.CONTEXT :],
        "suffix": (quote.suffix or "")[: contexts.CONTEXT],
        "match": Match.UNVERIFIED,
        "anchor_state": AnchorState.UNVERIFIED,
    }


def _place_of(passage: Passage) -> dict[str, Any]:
    return {name: getattr(passage, name) for name in ("source_version_id", "start", "end", *_QUOTED)}


def _existing(session: Session, place: Mapping[str, Any]) -> str | None:
    session.flush()
    statement = _UNVERIFIED if place.get("source_version_id") is None else _ANCHORED
    found = statement.first(session.connection(), **place)
    return None if found is None else found.id


def _at(*names: str) -> Select[Any]:
    place = [getattr(Passage, name) == bindparam(name) for name in names]
    found = select(Passage.id).where(*place, Passage.deleted_at.is_(None))
    return db.for_share(found.limit(literal_column("1")))


_QUOTED = ("source_id", "exact", "prefix", "suffix")
_UNVERIFIED = db.Prepared(_at(*_QUOTED).where(Passage.source_version_id.is_(None)))
_ANCHORED = db.Prepared(_at("source_version_id", "start", "end"))
