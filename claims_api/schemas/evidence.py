"""Evidence in JSON."""

from typing import Any

from marshmallow import fields, post_load

from claims_api.models.words import Basis, Stance
from claims_api.queries.evidence import SORTS
from claims_api.schemas.base import Input, ListingQuery, Output, as_of, page_of, recorded, sort
from claims_api.schemas.fields import Identity, Text, Whole, Word
from claims_api.schemas.refs import BASIS, NamedSpeakerIn, PassageRefOut, QuotedIn, StatedByOut
from claims_api.schemas.shaping import part
from claims_api.services.evidence import NewEvidence

STATED_BY = "Who says it in the passage, by name."
GROUP = "Links of one claim with the same group count once: they bear on it only together."
CREDIBILITY = "Admiralty scale: 1 confirmed, 5 improbable, 6 not judged."


class EvidenceIn(QuotedIn):
    """A link to a passage by `passage_id`, or to a source by `source_id` and a quote and/or offsets."""

    stance = Word(Stance, required=True)
    basis = Word(Basis, load_default=Basis.CONTENT, description=BASIS)
    passage_id = Identity(allow_none=True)
    source_id = Identity(allow_none=True)
    stated_by = fields.Nested(NamedSpeakerIn, allow_none=True, metadata={"description": STATED_BY})
    stated_by_id = Identity(allow_none=True, description="The same, by id.")
    group = Text(most=100, allow_none=True, description=GROUP)
    note = Text(most=5_000, allow_none=True)
    credibility = Whole(least=1, most=6, allow_none=True, description=CREDIBILITY)

    @post_load
    def _make_new(self, data: dict[str, Any], **_: Any) -> NewEvidence:
        return NewEvidence(quote=self.quote_of(data), **data)


class EvidencePatch(Input):
    """Changes to a link; null takes a value away. Claim and passage stay."""

    stance = Word(Stance)
    basis = Word(Basis, description=BASIS)
    stated_by = fields.Nested(NamedSpeakerIn, allow_none=True, metadata={"description": STATED_BY})
    stated_by_id = Identity(allow_none=True)
    group = Text(most=100, allow_none=True, description=GROUP)
    note = Text(most=5_000, allow_none=True)
    credibility = Whole(least=1, most=6, allow_none=True, description=CREDIBILITY)


class EvidenceOut(Output):
    """What a passage does to a claim."""

    id = Identity(required=True)
    claim_id = Identity(required=True)
    stance = Word(Stance, required=True)
    basis = Word(Basis, required=True, description=BASIS)
    group = fields.String(required=True, allow_none=True)
    note = fields.String(required=True, allow_none=True)
    credibility = fields.Integer(required=True, allow_none=True)
    stated_by = part(StatedByOut, allow_none=True)
    passage = part(PassageRefOut)
    created_at, updated_at, created_by, version, deleted_at = recorded()


class EvidenceQuery(ListingQuery):
    """Which evidence to list."""

    claim_id = Identity(description="Only of this claim.")
    passage_id = Identity(description="Only on this passage.")
    source_id = Identity(description="Only from this source.")
    stated_by_id = Identity(description="Only what this speaker states.")
    stance = Word(Stance, description="Only of this stance.")
    basis = Word(Basis, description=BASIS)
    as_of = as_of()
    sort = sort(SORTS)


class ClaimEvidenceQuery(ListingQuery):
    """Which evidence of one claim to list."""

    source_id = Identity(description="Only from this source.")
    stance = Word(Stance, description="Only of this stance.")
    basis = Word(Basis, description=BASIS)
    as_of = as_of()
    sort = sort(SORTS)


EvidencePage = page_of(EvidenceOut)
