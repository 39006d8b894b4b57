"""Check whether passages still stand in their texts, byte for byte; computed each time, never stored.

A passage is compared with the text that it was quoted from, and with the newest one of its source. What was kept may
contradict itself, which no publisher can cause (a *fault*); or the newest text may have other words (a *remark*).
"""

from collections.abc import Generator, Iterator
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any

from sqlalchemy import Connection

from claims_api.models.words import STANDING, AnchorState
from claims_api.queries import citations as queries
from claims_api.queries.rows import AnyRow
from claims_api.services import versions
from claims_api.services.texts.offsets import Offsets, Ruler

_WHY_LOST = {
    "gone": "has these words no more.",
    "ambiguous": "has such words in several places, or in fewer than it had: nobody can tell which were quoted.",
}


@dataclass(frozen=True)
class KeptText:
    """A version as it is stored; what is computed for many passages is computed once."""

    number: int
    text: str
    sha256: str

    @cached_property
    def is_as_given(self) -> bool:
        """Whether it is the text that its SHA-256 was taken of."""
        return versions.sha256(self.text) == self.sha256

    @cached_property
    def ruler(self) -> Ruler:
        """The converter of its offsets to UTF-16 code units and UTF-8 bytes."""
        return Ruler(self.text)


@dataclass(frozen=True)
class Standing:
    """How a passage's row agrees with one text; ``start`` and ``end`` are code points, None where no place is noted.

    ``hash``: the text is the one that was given. ``offsets``: they lie inside, and name one place in all units;
    ``exact``: the quoted words stand there; ``as_noted``: the words that are noted do. These three are None without a
    place.
    """

    version: int
    sha256: str
    hash: bool
    start: int | None = None
    end: int | None = None
    offsets: bool | None = None
    exact: bool | None = None
    as_noted: bool | None = None

    @property
    def holds(self) -> bool:
        """Whether the quoted words are there, in the very text that was given."""
        return bool(self.hash and self.offsets and self.exact)


@dataclass(frozen=True)
class Citation:
    """The result of checking a passage: against the text it was ``quoted`` from, and the ``newest`` one of its source.

    ``quoted`` is None where there is no such text, ``newest`` too, or where it is the quoted one. ``faults`` are what
    contradicts itself, ``remarks`` what a publisher may have caused, as sentences.
    """

    passage_id: str
    anchor_state: AnchorState
    quoted: Standing | None
    newest: Standing | None
    faults: list[str]
    remarks: list[str]

    @property
    def stands(self) -> bool:
        """Whether its words stand in the newest text as they were quoted, and nothing kept of it contradicts itself."""
        found = [each for each in (self.quoted, self.newest) if each is not None]
        return bool(found) and all(each.holds for each in found) and not self.faults


def check(connection: Connection, passage_id: str) -> Citation:
    """Check one live passage against its texts; ``NotFound`` where there is none."""
    row = queries.one(connection, passage_id)
    found = queries.texts(connection, {row.own_id, row.newest_id})
    kept = {each.id: KeptText(each.number, each.text, each.sha256) for each in found}
    return examine(row, kept.get(row.own_id), kept.get(row.newest_id))


def check_all(connection: Connection) -> Generator[Citation]:
    """Check all passages against their texts, deleted ones only against the version that they were quoted from."""

    # Passages come sorted by source: two cached texts, the newest and the quoted one, are enough.
    @lru_cache(maxsize=2)
    def kept(version_id: str | None) -> KeptText | None:
        found = queries.texts(connection, [version_id])
        return KeptText(found[0].number, found[0].text, found[0].sha256) if found else None

    with queries.every(connection) as rows:
        for row in rows:
            yield examine(row, kept(row.own_id), kept(row.newest_id) if row.deleted_at is None else None)


def examine(row: AnyRow, own: KeptText | None, newest: KeptText | None) -> Citation:
    """Compare a passage's row (of ``queries.citations``) with the text it was quoted from and with the newest one."""
    quoted = None if own is None else _quoted(row, own)
    latest = None if newest is None or newest is own else _latest(row, newest)
    faults = [*_missing(row, own, newest), *_faults(quoted), *_faults(latest), *_contradictions(row, latest)]
    return Citation(row.id, row.anchor_state, quoted, latest, faults, list(_remarks(row, quoted, latest)))


def _quoted(row: AnyRow, own: KeptText) -> Standing:
    utf16, utf8 = _offsets(row.utf16_start, row.utf16_end), _offsets(row.utf8_start, row.utf8_end)
    return _standing(own, row.exact, (_offsets(row.start, row.end), utf16, utf8), noted=row.exact)


def _latest(row: AnyRow, newest: KeptText) -> Standing:
    now = row.now
    if now is None:
        return Standing(newest.number, newest.sha256, newest.is_as_given)
    places = _noted(now), _noted(_member(now, "utf16")), _noted(_member(now, "utf8"))
    return _standing(newest, row.exact, places, noted=_member(now, "exact"))


def _noted(span: Any) -> Offsets:
    return _offsets(_member(span, "start"), _member(span, "end"))


def _offsets(start: Any, end: Any) -> Offsets:
    return Offsets(start, end) if type(start) is type(end) is int else Offsets(-1, -1)


def _member(noted: Any, name: str) -> Any:
    # The column may hold anything after tampering: that is to be reported, and must not raise.
    return noted.get(name) if isinstance(noted, dict) else None


def _standing(kept: KeptText, exact: str, places: tuple[Offsets, Offsets, Offsets], *, noted: Any) -> Standing:
    place, *units = places
    start, end = place.start, place.end
    is_inside = 0 <= start < end <= len(kept.text)
    return Standing(
        kept.number,
        kept.sha256,
        kept.is_as_given,
        start,
        end,
        offsets=is_inside and [kept.ruler.in_utf16(start, end), kept.ruler.in_utf8(start, end)] == units,
        exact=is_inside and kept.text[start:end] == exact,
        as_noted=is_inside and kept.text[start:end] == noted,
    )


def _missing(row: AnyRow, own: KeptText | None, newest: KeptText | None) -> Iterator[str]:
    if own is None and row.start is not None:
        yield "The version that it was quoted from is not there."
    if newest is None and row.current_version is not None and row.deleted_at is None:
        yield f"The newest text of its source, version {row.current_version}, is not there."


def _faults(standing: Standing | None) -> Iterator[str]:
    if standing is None:
        return
    if not standing.hash:
        yield f"The text of version {standing.version} is not the one that was given: its SHA-256 is another."
    if standing.start is not None and not standing.offsets:
        yield f"The offsets in version {standing.version} lie outside its text, or name more than one place."
    if standing.start is not None and not standing.as_noted:
        yield f"Version {standing.version} has other words at that place than those that are noted."


def _contradictions(row: AnyRow, latest: Standing | None) -> Iterator[str]:
    if latest is None:
        yield from _of_another_time(row)
        return
    state = row.anchor_state
    if (
        row.now_version != latest.version
        or _member(row.now or {"version": latest.version}, "version") != latest.version
    ):
        yield f"It was not looked for in the newest text, version {latest.version}."
    elif (row.now is None) != (state is AnchorState.ORPHANED) or (state in STANDING and not latest.exact):
        yield f"What is noted of its place in version {latest.version} is not what `{state}` means."
    elif state is AnchorState.UNVERIFIED or (row.orphaned_because and state is not AnchorState.ORPHANED):
        yield f"Where there is a newer text, version {latest.version}, nothing is `{state}` like that."
    elif row.confirmed_by is not None and row.now is None:
        yield "Somebody has confirmed a place that is not noted."


def _of_another_time(row: AnyRow) -> Iterator[str]:
    if row.deleted_at is not None:
        return
    expected = AnchorState.UNVERIFIED if row.start is None else AnchorState.EXACT
    if any(each is not None for each in (row.now_version, row.now, row.orphaned_because, row.confirmed_by)):
        yield "It says where it stands in a newer text than the one that it was quoted from, and there is none."
    elif row.anchor_state is not expected:
        yield f"It is `{row.anchor_state}`, and without a newer text it can only be `{expected}`."


def _remarks(row: AnyRow, quoted: Standing | None, latest: Standing | None) -> Iterator[str]:
    if quoted is latest is None:
        yield "Its source has no stored text, so that nothing can be checked."
    if latest is None:
        return
    if row.now is None:
        yield f"Version {latest.version}, the newest, {_WHY_LOST.get(row.orphaned_because, _WHY_LOST['gone'])}"
    elif not latest.exact:
        confirmed = f" {row.confirmed_by} takes them for the same." if row.confirmed_by else ""
        other = "other typography" if _member(row.now, "similarity") == 1 else "other words"
        yield f"Version {latest.version}, the newest, has {other} in their place.{confirmed}"
