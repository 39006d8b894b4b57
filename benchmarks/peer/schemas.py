"""What the peer takes and gives."""

import datetime as dt
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

Status = Literal["draft", "published", "archived"]
Stance = Literal["supports", "contradicts", "mentions"]


class _Out(BaseModel):
    model_config = ConfigDict(from_attributes=True)


class SpeakerOut(_Out):
    """A speaker."""

    id: str
    name: str


class SourceOut(_Out):
    """A source, without its text."""

    id: str
    title: str
    url: str
    publisher: str | None
    published_at: str | None


class PassageOut(_Out):
    """A passage with its source."""

    id: str
    start: int
    end: int
    exact: str
    source: SourceOut


class EvidenceOut(_Out):
    """A link with its passage."""

    id: str
    claim_id: str
    stance: Stance
    note: str | None
    passage: PassageOut


class ClaimOut(_Out):
    """A claim."""

    id: str
    text: str
    speaker: SpeakerOut
    status: Status
    created_at: dt.datetime
    updated_at: dt.datetime


class ClaimDetail(ClaimOut):
    """A claim with its evidence."""

    evidence: list[EvidenceOut]


class Counts(BaseModel):
    """Links by stance."""

    supports: int = 0
    contradicts: int = 0
    mentions: int = 0


class ClaimRow(ClaimOut):
    """A claim with what its evidence counts."""

    counts: Counts


class ClaimPage(BaseModel):
    """Claims."""

    items: list[ClaimRow]


class Found(BaseModel):
    """Claims that answer a question."""

    items: list[ClaimOut]


class EvidenceIn(BaseModel):
    """A new link."""

    passage_id: str
    stance: Stance
    note: str | None = Field(default=None, max_length=5000)


class ClaimIn(BaseModel):
    """A new claim."""

    text: str = Field(min_length=1, max_length=10_000)
    speaker_id: str
    status: Status = "draft"


class ClaimPatch(BaseModel):
    """Changes to a claim."""

    text: str | None = Field(default=None, min_length=1, max_length=10_000)
    speaker_id: str | None = None
    status: Status | None = None


class ImportedClaim(ClaimIn):
    """A claim with its links."""

    evidence: list[EvidenceIn] = []


class ImportIn(BaseModel):
    """Many claims."""

    claims: list[ImportedClaim]


class ImportOut(BaseModel):
    """What an import made."""

    claims: int
    evidence: int
