"""Is it tracked already? Claims that say nearly the same, by their words; nothing outside is asked."""

from typing import NamedTuple

from sqlalchemy import Connection

from claims_api import db
from claims_api.models.search import ClaimEntry, table_of
from claims_api.queries import similar as queries
from claims_api.queries.rows import AnyRow
from claims_api.services.likeness import likeness, telling
from claims_api.terms import words

_POOL = 100
# What another speaker says is as like as it can be without being the same.
_OTHER_SPEAKER = 0.9
# From here on a new claim's answer names it, and so many at most.
_NEAR = 0.8
_MOST_NEAR = 5
_POOL_OF_NEAR = 20


class Similar(NamedTuple):
    """A claim, and how like another it is, from 0 to 1."""

    claim: AnyRow
    score: float


def find(
    connection: Connection,
    text: str,
    *,
    speaker_id: str | None = None,
    but: str | None = None,
    limit: int,
    least: float = 0.0,
    pool: int = _POOL,
) -> list[Similar]:
    """Return the claims that are most like a text, most alike first; ``but`` is the one it was taken from.

    With a speaker, claims of others are a little less like it. ``least`` is the least score that counts; ``pool``, how
    many are looked at.
    """
    asked = words(text)
    entries = table_of(ClaimEntry)
    weights = telling(db.spread(connection, entries, dict.fromkeys(asked)), asked, wanted=pool)
    nearest = db.nearest(connection, entries, weights, limit=pool)
    rows = queries.claims(connection, [entry_id for entry_id, _ in nearest]) if nearest else ()
    scored = [Similar(row, _score(asked, row, speaker_id, least)) for row in rows if row.id != but]
    ranked = sorted(scored, key=lambda each: (-each.score, each.claim.id))
    return [each for each in ranked if each.score >= least][:limit]


def near(connection: Connection, text: str) -> list[Similar]:
    """Return the claims that say nearly what a new one is to say, whoever says it."""
    return find(connection, text, limit=_MOST_NEAR, least=_NEAR, pool=_POOL_OF_NEAR)


def _score(asked: list[str], row: AnyRow, speaker_id: str | None, least: float) -> float:
    score = likeness(asked, words(row.text), least=least)
    return score if speaker_id in {None, row.speaker_id} else round(score * _OTHER_SPEAKER, 4)
