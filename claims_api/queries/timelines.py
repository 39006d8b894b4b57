"""Reading a speaker's claims by date."""

import datetime as dt
from typing import Any

from sqlalchemy import Connection, bindparam, func, select

from claims_api import db
from claims_api.queries import claims, rows
from claims_api.queries.moments import InTime, Tables
from claims_api.queries.paging import Listing, Page, Sort, Window
from claims_api.queries.rows import AnySelect


def page(connection: Connection, speaker_id: str, *, window: Window, as_of: dt.datetime | None = None) -> Page:
    """Read a page of the claims of a speaker; those without a date sort as the latest, by when they were made.

    Raises ``NotFound`` for an unknown speaker.
    """
    rows.one(connection, _SPEAKER.at(as_of), "speaker", speaker_id=speaker_id, as_of=as_of)
    return _LISTING.at(as_of).page(connection, window, {"speaker_id": speaker_id}, as_of=as_of)


def _listing(tables: Tables) -> Listing:
    claim = tables.claim
    of_speaker = claim.speaker_id == bindparam("speaker_id")
    live = claim.deleted_at.is_(None)
    return Listing(claims.shown(tables), _sorts(claim), {"speaker_id": of_speaker}, live=live, heavy=True)


def _sorts(claim: Any) -> dict[str, Sort]:
    # Claims of equal dates are ordered by when they were made.
    date = func.coalesce(claim.claim_date, claims.OPEN) + " " + db.moment_text(claim.created_at)
    return {"date": Sort(date, claim.id), "-date": Sort(date, claim.id, descending=True)}


def _speaker(tables: Tables) -> AnySelect:
    speaker = tables.speaker
    return select(speaker.id).where(speaker.id == bindparam("speaker_id"), speaker.deleted_at.is_(None))


_LISTING = InTime(_listing)
_SPEAKER = InTime(_speaker)
SORTS = _LISTING.now.orders
