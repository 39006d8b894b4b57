"""Reading what a newer text did to the passages of its source, and to the claims that rest on them."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, and_, bindparam, func, or_, select
from sqlalchemy.orm import aliased

from claims_api.models.changes import Change
from claims_api.models.claims import Claim
from claims_api.models.evidence import Evidence
from claims_api.models.passages import Passage
from claims_api.models.sources import SourceVersion
from claims_api.models.speakers import Speaker
from claims_api.models.words import LOST
from claims_api.queries.rows import AnyRow, AnySelect


def passages(connection: Connection, source_id: str, number: int) -> Sequence[AnyRow]:
    """Read how re-anchoring placed the passages of a source in a version, from the ledger, in reading order.

    A row has the passage's ``state`` right after that, whatever people have decided since.
    """
    return connection.execute(_PASSAGES, {"source_id": source_id, "number": number}).all()


def links(connection: Connection, source_id: str, number: int) -> Sequence[AnyRow]:
    """Read all links of the claims that rest on, or first appeared in, passages that a version has lost.

    They are as at present: ``is_lost`` says whether a link's passage is changed and unconfirmed, or orphaned. A claim
    without links has a row of its own.
    """
    return connection.execute(_LINKS, {"source_id": source_id, "number": number}).all()


def _found(passage: type[Passage], *columns: Any) -> AnySelect:
    """Select a source's passages with the change that first names a version, which is that of re-anchoring."""
    other = aliased(Change)
    first = select(func.min(other.seq)).where(
        other.entity_id == passage.id, other.state["now_version"].as_integer() == bindparam("number")
    )
    found = select(passage.id, *columns).select_from(passage)
    told = found.join(Change, Change.seq == first.correlate(passage).scalar_subquery())
    return told.where(passage.source_id == bindparam("source_id"))


def _passages() -> AnySelect:
    rows = _found(Passage, Change.state, SourceVersion.number.label("version"))
    with_versions = rows.outerjoin(SourceVersion, SourceVersion.id == Passage.source_version_id)
    return with_versions.order_by(func.coalesce(Passage.start, -1), Passage.id)


def _links() -> AnySelect:
    lost = _found(aliased(Passage)).where(Change.state["anchor_state"].as_string().in_([str(each) for each in LOST]))
    link, cited = aliased(Evidence), aliased(Evidence)
    resting = select(cited.claim_id).where(cited.passage_id.in_(lost), cited.deleted_at.is_(None))
    is_lost = and_(Passage.anchor_state.in_(LOST), Passage.confirmed_at.is_(None))
    columns = (
        Claim.id.label("claim_id"),
        Claim.text,
        Claim.first_appearance_id,
        Speaker.name.label("speaker_name"),
        link.passage_id,
        link.stance,
        link.basis,
        is_lost.label("is_lost"),
    )
    return (
        select(*columns)
        .outerjoin(Speaker, Speaker.id == Claim.speaker_id)
        .outerjoin(link, and_(link.claim_id == Claim.id, link.deleted_at.is_(None)))
        .outerjoin(Passage, Passage.id == link.passage_id)
        .where(Claim.deleted_at.is_(None), or_(Claim.id.in_(resting), Claim.first_appearance_id.in_(lost)))
        .order_by(Claim.created_at, Claim.id, link.created_at, link.id)
    )


_PASSAGES = _passages()
_LINKS = _links()
