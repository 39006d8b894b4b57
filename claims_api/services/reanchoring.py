"""Re-anchoring: where the passages of a source stand in its newest text.

A passage stays tied to the version that it was quoted from. In a newer one its words stand at the same place
(``exact``), elsewhere (``moved``), much as they were (``changed``, until a person confirms it), or nowhere that can be
told (``orphaned``). They are looked for from where they stood last for certain: its *footing*.
"""

import heapq
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from claims_api import clock, db
from claims_api.errors import NotChanged, QuoteAmbiguous, QuoteNotFound
from claims_api.models.passages import Passage
from claims_api.models.sources import Source, SourceVersion
from claims_api.models.words import STANDING, AnchorState, Match, OrphanedBecause
from claims_api.services import anchoring, ledger, records, versions
from claims_api.services.anchoring import Quote
from claims_api.services.texts import offsets, placing
from claims_api.services.texts.placing import Placed
from claims_api.services.texts.resembling import similarity
from claims_api.services.versions import NewVersion

# So many versions are aligned with the newest; passages that stood last in an older one are searched by their words.
_MOST_VERSIONS = 5
# How alike words must be where no alignment tells where they stood.
_LEAST = 0.85


@dataclass(frozen=True)
class _Footing:
    """Where a passage stood last for certain: the number of a version, and the span there."""

    version: int
    start: int
    end: int


def revise(
    session: Session, source_id: str, new: NewVersion, *, identity: str | None = None
) -> tuple[SourceVersion, bool]:
    """Keep a newer text of a source, and re-anchor its passages in it; the text that it has already makes no version.

    Returns the newest version, and whether it was made now. Raises ``NotFound`` for an unknown source.
    """
    db.lock_name(session, versions.passages_lock(source_id))
    source = records.live(session, Source, source_id)
    newest = versions.newest(session, source)
    if newest is not None and newest.text == new.text:
        return newest, False
    source.current_version = (source.current_version or 0) + 1
    version = versions.keep(session, source, new, identity=identity)
    _reanchor(session, version)
    return version, True


def bring_up(session: Session, passage: Passage) -> None:
    """Look for a passage in the newest text, which may have come while the passage was deleted."""
    newest = versions.newest(session, session.get_one(Source, passage.source_id))
    if newest is not None and newest.number != passage.now_version and newest.id != passage.source_version_id:
        _look_for(session, [passage], newest)


def confirm(session: Session, passage_id: str) -> Passage:
    """Confirm that the changed words are what was quoted; a passage that needs no confirming stays as it is.

    Raises ``NotFound`` for an unknown passage, and ``NotChanged`` where it stands nowhere that could be confirmed.
    """
    passage = lock(session, passage_id)
    if passage.anchor_state in {AnchorState.ORPHANED, AnchorState.UNVERIFIED}:
        raise NotChanged(f"What is `{passage.anchor_state}` stands nowhere that could be confirmed.")
    if passage.anchor_state is AnchorState.CHANGED and passage.confirmed_at is None:
        passage.confirmed_at, passage.confirmed_by = clock.utcnow(), ledger.actor(session)
    return passage


def reattach(session: Session, passage_id: str, quote: Quote) -> Passage:
    """Set by hand where in the newest text a passage stands, which confirms it.

    Raises ``NotFound`` for an unknown passage, ``NotChanged`` where there is no newer text than the one quoted, and
    what ``anchoring.anchor`` raises (``QuoteNotFound``, ``QuoteAmbiguous``, ``QuoteMismatch``, ``Invalid``).
    """
    passage = lock(session, passage_id)
    newest = versions.newest(session, records.shared(session, Source, passage.source_id))
    if newest is None or newest.id == passage.source_version_id:
        raise NotChanged("There is no newer text than the one that it was quoted from: make another passage instead.")
    place = anchoring.anchor(newest.text, quote)
    stood = _footing(passage, _numbers(session, passage.source_id))
    is_same = stood is not None and (stood.start, stood.end) == (place.start, place.end)
    state = AnchorState.EXACT if is_same else AnchorState.MOVED
    _settle(passage, newest, Placed(state, place.start, place.end))
    passage.confirmed_at, passage.confirmed_by = clock.utcnow(), ledger.actor(session)
    return passage


def lock(session: Session, passage_id: str) -> Passage:
    """Lock a live passage for a change, and the passages of its source before it, as everywhere.

    Raises ``NotFound`` where there is none.
    """
    source_id = records.parent(session, Passage.source_id, Passage, passage_id)
    db.lock_name(session, versions.passages_lock(source_id))
    return records.live(session, Passage, passage_id)


def _reanchor(session: Session, newest: SourceVersion) -> None:
    known = select(Passage).where(Passage.source_id == newest.source_id, Passage.deleted_at.is_(None))
    passages = session.scalars(db.for_update(known.order_by(Passage.id))).all()
    _look_for(session, passages, newest)
    session.flush()


def _look_for(session: Session, passages: Sequence[Passage], newest: SourceVersion) -> None:
    numbers = _numbers(session, newest.source_id)
    placed = _placed(session, newest, {passage: _footing(passage, numbers) for passage in passages})
    # Confirmed other words may be gone because the quoted words are back.
    gone = [passage for passage, place in placed.items() if place.start is None and _stands_in_other_words(passage)]
    for passage in gone:
        passage.confirmed_at = passage.confirmed_by = None
    placed |= _placed(session, newest, {passage: _origin(passage, numbers) for passage in gone})
    for passage, place in placed.items():
        _settle(passage, newest, place)


def _placed(
    session: Session, newest: SourceVersion, footings: Mapping[Passage, _Footing | None]
) -> dict[Passage, Placed]:
    """Place passages, aligning each version in which some stood last with the newest, once."""
    together: dict[int, dict[Passage, tuple[int, int]]] = defaultdict(dict)
    for passage, footing in footings.items():
        if footing is not None:
            together[footing.version][passage] = footing.start, footing.end
    found: dict[Passage, Placed] = {}
    for number in heapq.nlargest(_MOST_VERSIONS, together):
        spans = together[number]
        text = session.scalars(_TEXT, {"source_id": newest.source_id, "number": number}).one()
        found |= zip(spans, placing.place_all(text, newest.text, list(spans.values())), strict=True)
    return {passage: found.get(passage) or _by_words(passage, newest) for passage in footings}


def _by_words(passage: Passage, newest: SourceVersion) -> Placed:
    """Search a passage that never stood in a text, or long ago, as a new quote is searched."""
    try:
        place = anchoring.anchor(newest.text, Quote(passage.exact, passage.prefix, passage.suffix))
    except QuoteAmbiguous:
        return Placed(AnchorState.ORPHANED, reason=OrphanedBecause.AMBIGUOUS)
    except QuoteNotFound as failure:
        nearest = failure.extra["nearest"] or {"score": 0.0}
        if nearest["score"] < _LEAST:
            return placing.GONE
        return Placed(AnchorState.CHANGED, nearest["start"], nearest["end"])
    is_same = place.match is Match.EXACT and (passage.start is None or passage.start == place.start)
    state = AnchorState.EXACT if is_same else AnchorState.MOVED
    return Placed(state, place.start, place.end)


def _numbers(session: Session, source_id: str) -> Mapping[str | None, int]:
    numbered = select(SourceVersion.id, SourceVersion.number).where(SourceVersion.source_id == source_id)
    return {row.id: row.number for row in session.execute(numbered)}


def _footing(passage: Passage, numbers: Mapping[str | None, int]) -> _Footing | None:
    """Return where a passage stood last for certain, or None where it was never found in a text."""
    now = passage.now
    if now is not None and (passage.anchor_state in STANDING or passage.confirmed_at is not None):
        return _Footing(now["version"], now["start"], now["end"])
    return _origin(passage, numbers)


def _origin(passage: Passage, numbers: Mapping[str | None, int]) -> _Footing | None:
    if passage.start is None or passage.end is None:
        return None
    return _Footing(numbers[passage.source_version_id], passage.start, passage.end)


def _stands_in_other_words(passage: Passage) -> bool:
    return passage.confirmed_at is not None and passage.now is not None and passage.now["exact"] != passage.exact


def _settle(passage: Passage, newest: SourceVersion, placed: Placed) -> None:
    """Write down where a passage stands now; a confirmation lasts while the confirmed words stand."""
    stood = {passage.start, passage.now["start"]} if passage.now and _stands_in_other_words(passage) else None
    if not (passage.confirmed_at is not None and passage.now is not None and placed.state in STANDING):
        passage.confirmed_at = passage.confirmed_by = None
    passage.now_version, passage.orphaned_because = newest.number, placed.reason
    if placed.start is None or placed.end is None:
        passage.anchor_state, passage.now = AnchorState.ORPHANED, None
        return
    passage.now = _now(passage, newest, placed.start, placed.end)
    passage.anchor_state = _state(placed, is_quoted=passage.now["exact"] == passage.exact, stood=stood)


def _state(placed: Placed, *, is_quoted: bool, stood: Collection[int | None] | None) -> AnchorState:
    """Return the state of a passage that was placed: other words than the quoted ones are never ``exact`` or ``moved``.

    The very words in a place that only resembles theirs are to be confirmed, too; but where others had been confirmed,
    they are back.
    """
    if not is_quoted:
        return AnchorState.CHANGED
    if placed.state in STANDING:
        return placed.state
    if stood is None:
        return AnchorState.CHANGED
    return AnchorState.EXACT if placed.start in stood else AnchorState.MOVED


def _now(passage: Passage, newest: SourceVersion, start: int, end: int) -> dict[str, Any]:
    text, exact = newest.text, newest.text[start:end]
    utf16, utf8 = offsets.in_utf16(text, start, end), offsets.in_utf8(text, start, end)
    return {
        "version": newest.number,
        "start": start,
        "end": end,
        "exact": exact,
        "utf16": {"start": utf16.start, "end": utf16.end},
        "utf8": {"start": utf8.start, "end": utf8.end},
        "similarity": 1.0 if exact == passage.exact else similarity(passage.exact, exact),
    }


_TEXT = select(SourceVersion.text).where(
    SourceVersion.source_id == bindparam("source_id"), SourceVersion.number == bindparam("number")
)
