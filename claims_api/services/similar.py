"""Find claims that say nearly the same as a text, by their words alone; no outside service is asked."""

from collections.abc import Iterable
from typing import NamedTuple

from sqlalchemy import Connection

from claims_api import db
from claims_api.models.base import table_of
from claims_api.models.search import ClaimEntry
from claims_api.queries import similar as queries
from claims_api.queries.rows import AnyRow
from claims_api.services.likeness import MOST_WORDS, likeness, telling
from claims_api.terms import words

_POOL, _ENTRIES = 100, 1000
# What another speaker says is as like as it can be without being the same.
_OTHER_SPEAKER = 0.9
# From here on a new claim's answer names it, and so many at most.
_NEAR = 0.8
_MOST_NEAR = 5
# Of 100,000 claims of 15 words, reworded down to 0.8, 95 % are found by their 6 rarest words, in at most 500 entries.
_WORDS_OF_NEAR, _ENTRIES_OF_NEAR = 6, 500
_POOL_OF_NEAR = 20
# Near texts of three words or more share two of their rarest; those that share only one mostly do so by chance.
_SHARED_OF_NEAR = 2


class Similar(NamedTuple):
    """A claim, and how similar it is to a text, from 0 to 1."""

    claim: AnyRow
    score: float


def find(
    connection: Connection, text: str, *, speaker_id: str | None = None, but: str | None = None, limit: int
) -> list[Similar]:
    """Return the claims that are most similar to a text, the best first; ``but`` is the id of one to leave out.

    With a speaker, the scores of others' claims are lowered by a tenth.
    """
    asked = words(text)
    pool = _pool(connection, asked, most=_POOL, room=_ENTRIES)
    rows = queries.claims(connection, pool) if pool else ()
    return _ranked(Similar(row, _score(asked, row, speaker_id)) for row in rows if row.id != but)[:limit]


def near(connection: Connection, text: str) -> list[Similar]:
    """Return the claims, five at most, that say nearly what a new one is to say, whoever says it: from 0.8 on."""
    asked = words(text)
    pool = _pool(
        connection,
        asked,
        most=_POOL_OF_NEAR,
        room=_ENTRIES_OF_NEAR,
        most_words=_WORDS_OF_NEAR,
        shared=_SHARED_OF_NEAR if len(set(asked)) > _SHARED_OF_NEAR else 1,
    )
    rows = queries.claims(connection, pool) if pool else ()
    alike = (Similar(row, likeness(asked, words(row.text), least=_NEAR)) for row in rows)
    return _ranked(each for each in alike if each.score >= _NEAR)[:_MOST_NEAR]


def _pool(
    connection: Connection, asked: list[str], *, most: int, room: int, most_words: int = MOST_WORDS, shared: int = 1
) -> list[int]:
    """Return the entries that are worth a look: those with the most of the rarest words, which have ``room`` in all."""
    entries = table_of(ClaimEntry)
    weights = telling(db.frequencies(connection, entries, dict.fromkeys(asked)), asked, room=room, most=most_words)
    # Mostly they are few: then all of them are worth it, and need not be ranked.
    few = db.sharing_two(connection, entries, list(weights), most=most) if shared == _SHARED_OF_NEAR else None
    if few is not None:
        return few
    return [entry_id for entry_id, _ in db.nearest(connection, entries, weights, limit=most, least=shared)]


def _ranked(found: Iterable[Similar]) -> list[Similar]:
    return sorted(found, key=lambda each: (-each.score, each.claim.id))


def _score(asked: list[str], row: AnyRow, speaker_id: str | None) -> float:
    score = likeness(asked, words(row.text))
    return score if speaker_id in {None, row.speaker_id} else round(score * _OTHER_SPEAKER, 4)
