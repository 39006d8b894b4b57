"""The peer's application."""

import hashlib
import os
from collections.abc import AsyncIterator
from typing import Annotated, Any

from fastapi import Depends, FastAPI, Header, HTTPException, Query, Response
from sqlalchemy import func, select, text
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker
from sqlalchemy.orm import joinedload, selectinload

from benchmarks.peer.connecting import connected
from benchmarks.peer.models import Claim, Evidence, Passage, Speaker
from benchmarks.peer.schemas import (
    ClaimDetail,
    ClaimIn,
    ClaimOut,
    ClaimPage,
    ClaimPatch,
    ClaimRow,
    Counts,
    EvidenceIn,
    EvidenceOut,
    Found,
    ImportIn,
    ImportOut,
)

engine = connected(os.environ["DATABASE_URL"])
Sessions = async_sessionmaker(engine, expire_on_commit=False)
app = FastAPI(title="Claims")

_SEARCH = {
    "sqlite": "SELECT c.id FROM claims_fts JOIN claims c ON c.rowid = claims_fts.rowid"
    " WHERE claims_fts MATCH :q ORDER BY claims_fts.rank LIMIT :limit",
    "postgresql": "SELECT c.id FROM claims c, plainto_tsquery('simple', :q) q"
    " WHERE c.tsv @@ q ORDER BY ts_rank(c.tsv, q) DESC LIMIT :limit",
}
_EVIDENCE = selectinload(Claim.evidence).joinedload(Evidence.passage).joinedload(Passage.source)


async def session() -> AsyncIterator[AsyncSession]:
    """Give each request a session of its own."""
    async with Sessions() as made:
        yield made


Db = Annotated[AsyncSession, Depends(session)]
Limit = Annotated[int, Query(ge=1, le=200)]


@app.get("/claims", response_model=ClaimPage)
async def list_claims(db: Db, speaker_id: str | None = None, limit: Limit = 50) -> Any:
    """List claims, newest first, with what their evidence counts."""
    wanted = select(Claim).options(joinedload(Claim.speaker))
    if speaker_id:
        wanted = wanted.where(Claim.speaker_id == speaker_id)
    claims = (await db.scalars(wanted.order_by(Claim.created_at.desc(), Claim.id.desc()).limit(limit))).all()
    counted = (
        select(Evidence.claim_id, Evidence.stance, func.count())
        .where(Evidence.claim_id.in_([claim.id for claim in claims]))
        .group_by(Evidence.claim_id, Evidence.stance)
    )
    counts: dict[str, dict[str, int]] = {claim.id: {} for claim in claims}
    for claim_id, stance, number in await db.execute(counted):
        counts[claim_id][stance] = number
    items = [
        ClaimRow(**ClaimOut.model_validate(claim).model_dump(), counts=Counts(**counts[claim.id])) for claim in claims
    ]
    return ClaimPage(items=items)


@app.post("/claims", response_model=ClaimOut, status_code=201)
async def create_claim(body: ClaimIn, db: Db) -> Any:
    """Keep a claim."""
    speaker = await db.get(Speaker, body.speaker_id)
    if speaker is None:
        raise HTTPException(422, "There is no such speaker.")
    claim = Claim(text=body.text, speaker=speaker, status=body.status)
    db.add(claim)
    await db.commit()
    return claim


@app.get("/claims/{claim_id}", response_model=ClaimDetail)
async def read_claim(
    claim_id: str, db: Db, response: Response, if_none_match: Annotated[str | None, Header()] = None
) -> Any:
    """Show a claim with its evidence."""
    claim = await db.get(Claim, claim_id, options=[joinedload(Claim.speaker), _EVIDENCE])
    if claim is None:
        raise HTTPException(404)
    shown = ClaimDetail.model_validate(claim)
    etag = f'"{hashlib.sha256(shown.model_dump_json().encode()).hexdigest()}"'
    if if_none_match == etag:
        return Response(status_code=304, headers={"ETag": etag})
    response.headers["ETag"] = etag
    return shown


@app.patch("/claims/{claim_id}", response_model=ClaimOut)
async def update_claim(claim_id: str, body: ClaimPatch, db: Db) -> Any:
    """Change a claim."""
    claim = await db.get(Claim, claim_id, options=[joinedload(Claim.speaker)])
    if claim is None:
        raise HTTPException(404)
    for name, value in body.model_dump(exclude_unset=True).items():
        setattr(claim, name, value)
    await db.commit()
    return claim


@app.post("/claims/{claim_id}/evidence", response_model=EvidenceOut, status_code=201)
async def create_evidence(claim_id: str, body: EvidenceIn, db: Db) -> Any:
    """Set a passage for or against a claim."""
    if await db.get(Claim, claim_id) is None:
        raise HTTPException(404)
    passage = await db.get(Passage, body.passage_id, options=[joinedload(Passage.source)])
    if passage is None:
        raise HTTPException(422, "There is no such passage.")
    link = Evidence(claim_id=claim_id, passage=passage, stance=body.stance, note=body.note)
    db.add(link)
    await db.commit()
    return link


@app.get("/search", response_model=Found)
async def search(q: str, db: Db, limit: Limit = 20) -> Any:
    """Search claims."""
    found = (await db.scalars(text(_SEARCH[engine.dialect.name]), {"q": q, "limit": limit})).all()
    rows = await db.scalars(select(Claim).options(joinedload(Claim.speaker)).where(Claim.id.in_(found)))
    claims = {claim.id: claim for claim in rows}
    return {"items": [claims[each] for each in found]}


@app.post("/import", response_model=ImportOut, status_code=201)
async def import_claims(body: ImportIn, db: Db) -> Any:
    """Keep many claims with their evidence."""
    for each in body.claims:
        links = [Evidence(**link.model_dump()) for link in each.evidence]
        db.add(Claim(**each.model_dump(exclude={"evidence"}), evidence=links))
    await db.commit()
    return {"claims": len(body.claims), "evidence": sum(len(each.evidence) for each in body.claims)}
