"""Reading claims."""

import datetime as dt
from collections.abc import Callable, Collection, Mapping, Sequence
from functools import partial
from typing import Any

from sqlalchemy import Boolean, ColumnElement, Connection, Text, and_, bindparam, case, func, literal_column, select

from claims_api import db
from claims_api.models.claims import Claim
from claims_api.models.words import VERDICTS, Basis, Stance
from claims_api.queries import assessments, evidence, paging, queues
from claims_api.queries.assessments import ASSESSED, NOUGHT, assessed
from claims_api.queries.moments import InTime, Tables
from claims_api.queries.paging import Listing, Page, Window
from claims_api.queries.relations import group_of
from claims_api.queries.rows import AnyRow, AnySelect
from claims_api.queries.speakers import ids_named
from claims_api.text import name_key

COUNTED = (*Stance, "passages", "sources", "origins")
# The columns of a claim that count its evidence.
COUNTS = tuple(f"{basis}_{counted}" for basis in Basis for counted in COUNTED)

# Behind every date. 2025-10 may mean any day up to 2025-10-99, which sorts behind every real one.
OPEN = "9999-99-99"


def shown(tables: Tables) -> AnySelect:
    """Select claims as every answer shows them, with their assessments."""
    return rows(tables).add_columns(assessments.of_claim(tables).label("assessments"))


def whole(tables: Tables) -> AnySelect:
    """Select claims with their assessments and all their evidence."""
    return shown(tables).add_columns(evidence.of_claim(tables).label("evidence"))


def rows(tables: Tables) -> AnySelect:
    """Select claims, each with its own columns, its speaker and the names of its topics."""
    claim, speaker = tables.claim, tables.speaker
    return select(
        claim.id,
        claim.text,
        claim.claim_date,
        claim.claim_type,
        claim.language,
        claim.location,
        claim.status,
        claim.first_appearance_id,
        speaker.id.label("speaker_id"),
        speaker.name.label("speaker_name"),
        speaker.kind.label("speaker_kind"),
        _topics(tables).label("topics"),
        *(getattr(claim, count) for count in (*COUNTS, *ASSESSED.values())),
        claim.created_at,
        claim.updated_at,
        claim.created_by,
        claim.version,
        claim.deleted_at,
    ).outerjoin(speaker, speaker.id == claim.speaker_id)


def one(
    connection: Connection, claim_id: str, *, as_of: dt.datetime | None = None, include_deleted: bool = False
) -> AnyRow:
    """Read one claim with its evidence, as it is or as it was at a moment; ``NotFound`` where there is none."""
    return _WHOLE.at(as_of).one(connection, "claim", claim_id, include_deleted=include_deleted, as_of=as_of)


def require(
    connection: Connection, claim_id: str, *, as_of: dt.datetime | None = None, include_deleted: bool = False
) -> AnyRow:
    """Read one claim without its evidence, as ``one`` does; ``NotFound`` where there is none."""
    return _LISTING.at(as_of).one(connection, "claim", claim_id, include_deleted=include_deleted, as_of=as_of)


def page(
    connection: Connection,
    *,
    window: Window,
    as_of: dt.datetime | None = None,
    include_deleted: bool = False,
    has_evidence: bool = False,
    **filters: Any,
) -> Page:
    """Read a page of claims, with their evidence or without, as they are or as they were at a moment.

    Raises ``Malformed`` for a cursor of another listing.
    """
    listing = (_WHOLE if has_evidence else _LISTING).at(as_of)
    return listing.page(connection, window, asked(filters), include_deleted=include_deleted, as_of=as_of)


def asked(filters: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values of filters, as a client gives them, by the names of ``FILTERS``.

    Names become their ``text.name_key``; ``disagrees_with_derived`` and ``needs`` become a filter for each of their
    values. The dates may be as coarse as a year: a claim of 2025-10 is from 2025-10-15 and to 2025-10-15 too.
    """
    values = dict(filters)
    for name in values.keys() & {"speaker", "topic"}:
        values[name] = name_key(values[name])
    if "claim_date_to" in values:
        values["claim_date_to"] += OPEN[len(values["claim_date_to"]) :]
    if "disagrees_with_derived" in values:
        values["is_disputed" if values.pop("disagrees_with_derived") else "is_undisputed"] = True
    if "needs" in values:
        values[f"needs_{values.pop('needs')}"] = True
    return values


def of_ids(
    connection: Connection, claim_ids: Collection[str], *, has_evidence: bool, as_of: dt.datetime | None = None
) -> Mapping[str, AnyRow]:
    """Read these claims in one statement, by id, whether they are deleted or not."""
    statement = (_WHOLE_OF_IDS if has_evidence else _OF_IDS).at(as_of)
    found = db.fetched(connection, statement, {"claim_ids": list(claim_ids), "as_of": as_of})
    return {row.id: row for row in found}


def _of_ids(read: Callable[[Tables], AnySelect], tables: Tables) -> AnySelect:
    return read(tables).where(db.among(tables.claim.id, parameter="claim_ids"))


def _topics(tables: Tables) -> Any:
    topic, filed = tables.topic, tables.claim_topic
    return (
        select(db.json_array_of(topic.name))
        .select_from(filed)
        .join(topic, topic.id == filed.topic_id)
        .where(filed.claim_id == tables.claim.id, topic.deleted_at.is_(None))
        .scalar_subquery()
    )


def _listing(read: Callable[[Tables], AnySelect], tables: Tables) -> Listing:
    claim, is_whole = tables.claim, read is whole
    return Listing(read(tables), _sorts(claim), _filters(tables), live=claim.deleted_at.is_(None), heavy=is_whole)


def _sorts(claim: type[Claim]) -> dict[str, paging.Sort]:
    return paging.sorts(
        claim.id,
        created_at=claim.created_at,
        updated_at=claim.updated_at,
        claim_date=_dated(claim),
    )


def _dated(claim: type[Claim]) -> ColumnElement[str]:
    """Return the date of a claim, or "", which sorts before every date; written as in the index."""
    return func.coalesce(claim.claim_date, literal_column("''"), type_=db.SortedText)


def _filters(tables: Tables) -> dict[str, ColumnElement[bool]]:
    claim = tables.claim
    first_day = bindparam("claim_date_from", type_=Text())
    last_day = claim.claim_date + func.substr(OPEN, func.length(claim.claim_date) + 1)
    links = {
        stance.value: getattr(claim, f"content_{stance}") + getattr(claim, f"attribution_{stance}") for stance in Stance
    }
    needs = {f"needs_{need}": condition for need, condition in queues.conditions(tables).items()}
    return {
        **needs,
        "speaker_id": claim.speaker_id == bindparam("speaker_id"),
        "speaker": claim.speaker_id.in_(ids_named(bindparam("speaker"), tables.speaker_name)),
        "topic": claim.id.in_(filed_under(tables)),
        "status": claim.status == bindparam("status"),
        "claim_type": claim.claim_type == bindparam("claim_type"),
        "language": db.lowered(claim.language) == db.lowered(bindparam("language")),
        "is_supported": (claim.content_supports > 0) == bindparam("is_supported", type_=Boolean()),
        "is_contradicted": (claim.content_contradicts > 0) == bindparam("is_contradicted", type_=Boolean()),
        "is_disputed": _is_disputed(claim),
        "is_undisputed": ~_is_disputed(claim),
        "stance": case(links, value=bindparam("stance")) > 0,
        "source_id": claim.id.in_(_citing(tables)),
        "same_as": claim.id.in_(group_of(tables, bindparam("same_as", type_=db.Id()))),
        # No date is coarser than its year.
        "claim_date_from": and_(_dated(claim) >= func.substr(first_day, 1, 4), first_day <= last_day),
        "claim_date_to": and_(_dated(claim) > literal_column("''"), _dated(claim) <= bindparam("claim_date_to")),
        "updated_since": claim.updated_at >= bindparam("updated_since"),
    }


def _is_disputed(claim: type[Claim]) -> ColumnElement[bool]:
    """Return the condition that a current assessment differs from the derived verdict."""
    all_of_them = assessed(claim)
    agreeing = case(*((_are_sides(claim, sides), getattr(claim, ASSESSED[of])) for sides, of in VERDICTS.items()))
    return and_(all_of_them > NOUGHT, agreeing < all_of_them)


def _are_sides(claim: type[Claim], sides: tuple[bool, bool]) -> ColumnElement[bool]:
    counts = claim.content_supports, claim.content_contradicts
    return and_(*(count > 0 if side else count == 0 for count, side in zip(counts, sides, strict=True)))


def meeting(conditions: Sequence[ColumnElement[bool]]) -> AnySelect:
    """Select the ids of the live claims that meet conditions, uncorrelated with the statement around it."""
    return select(Claim.id).where(Claim.deleted_at.is_(None), *conditions).correlate(None)


def filed_under(tables: Tables) -> AnySelect:
    """Select the ids of the claims that are filed under the topic whose ``text.name_key`` is given as ``topic``."""
    topic, filed = tables.topic, tables.claim_topic
    joined = select(filed.claim_id).join(topic, topic.id == filed.topic_id)
    return joined.where(topic.key == bindparam("topic"), topic.deleted_at.is_(None))


def _citing(tables: Tables) -> AnySelect:
    link, passage = tables.evidence, tables.passage
    joined = select(link.claim_id).join(passage, passage.id == link.passage_id)
    return joined.where(passage.source_id == bindparam("source_id"), link.deleted_at.is_(None))


_LISTING, _WHOLE = (InTime(partial(_listing, read)) for read in (shown, whole))
_OF_IDS, _WHOLE_OF_IDS = (InTime(partial(_of_ids, read)) for read in (shown, whole))
SORTS = _LISTING.now.orders
FILTERS = _LISTING.now.filters
