"""Claims in JSON."""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any, ClassVar

from marshmallow import fields, post_load, validate

from claims_api.models.words import Basis, ClaimStatus, ClaimType, Need, Stance, Verdict
from claims_api.queries.assessments import ASSESSED
from claims_api.queries.claims import COUNTED, SORTS
from claims_api.schemas.assessments import AssessmentOut, disagrees
from claims_api.schemas.base import Input, ListingQuery, Output, Query, as_of, either, page_of, recorded, sort
from claims_api.schemas.evidence import EvidenceIn, EvidenceOut
from claims_api.schemas.fields import Identity, Language, PartialDate, Text, Word
from claims_api.schemas.refs import NamedSpeakerIn, SpeakerRefOut, labelled
from claims_api.schemas.shaping import computed, listed, part
from claims_api.services.claims import NewClaim
from claims_api.services.deriving import SIDES, Tally, derive

TEXT = "What is claimed, without the speaker's name."
CLAIM_DATE = "When it was claimed, as far as it is known: 2025, 2025-10 or 2025-10-21."
SPEAKER = "Who claims it, by name or alias."
MOST_EVIDENCE = 200
# Most claims count the same few things: what follows is remembered, and is not to be altered by who gets it.
_TALLIES = 2048


def _topics(**kwargs: Any) -> fields.List[Any]:
    return fields.List(Text(most=200), validate=validate.Length(max=100), **kwargs)


class ClaimIn(Input):
    """A claim to be kept: `text`, with `speaker` or `speaker_id` if it is known who claims it, or a `label`."""

    makes: ClassVar[type | None] = NewClaim

    text = Text(most=10_000, description=TEXT, examples=["no date was set"])
    label = Text(
        most=10_000,
        description="`speaker: text`, split at the first colon, instead of `text` and `speaker`.",
    )
    speaker = fields.Nested(NamedSpeakerIn, allow_none=True, metadata={"description": SPEAKER})
    speaker_id = Identity(allow_none=True, description="The same, by id.")
    claim_date = PartialDate(allow_none=True, description=CLAIM_DATE)
    claim_type = Word(ClaimType, allow_none=True)
    language = Language(allow_none=True)
    location = Text(most=500, allow_none=True)
    status = Word(ClaimStatus, load_default=ClaimStatus.DRAFT)
    topics = _topics(metadata={"description": "Names; those that are new are made."})
    first_appearance_id = Identity(allow_none=True, description="The passage where it was first seen.")
    evidence = fields.List(
        fields.Nested(EvidenceIn),
        validate=validate.Length(max=MOST_EVIDENCE),
        metadata={"description": "Its first links; they are kept with the claim, or nothing is."},
    )


class ClaimPatch(Input):
    """Changes to a claim; null takes a value away, [] empties a list."""

    text = Text(most=10_000, description=TEXT)
    speaker = fields.Nested(NamedSpeakerIn, allow_none=True, metadata={"description": SPEAKER})
    speaker_id = Identity(allow_none=True)
    claim_date = PartialDate(allow_none=True, description=CLAIM_DATE)
    claim_type = Word(ClaimType, allow_none=True)
    language = Language(allow_none=True)
    location = Text(most=500, allow_none=True)
    status = Word(ClaimStatus)
    topics = _topics(metadata={"description": "The whole list anew."})
    first_appearance_id = Identity(allow_none=True)


class CountsOut(Output):
    """Links by stance; those of one group count once."""

    supports = fields.Integer(required=True)
    contradicts = fields.Integer(required=True)
    mentions = fields.Integer(required=True)


class DerivedOut(Output):
    """What the links of one basis amount to, by a rule that explains itself."""

    verdict = Word(Verdict, required=True)
    rule = fields.String(required=True, metadata={"description": "Name and version of the rule."})
    explanation = fields.String(required=True, metadata={"description": "One sentence that says why."})
    counts = fields.Nested(CountsOut, required=True)
    passages = fields.Integer(required=True, metadata={"description": "Passages that the links rest on."})
    sources = fields.Integer(required=True, metadata={"description": "Sources that hold them."})
    origins = fields.Integer(
        required=True,
        metadata={"description": "Who stands behind them: each `stated_by`, else the source itself, once."},
    )


def derived(basis: Basis, meaning: str) -> fields.Field[Any]:
    """Declare what is derived from the counts of one basis."""

    @lru_cache(_TALLIES)
    def by(*counts: int) -> dict[str, Any]:
        return _shown(Tally(*counts), basis)

    field = fields.Nested(DerivedOut, required=True, metadata={"description": meaning})
    return computed(field, by, *(f"{basis}_{name}" for name in COUNTED))


def verdict() -> fields.Field[Any]:
    """Declare the bare verdict of the derived assessment."""

    def by(supports: int, contradicts: int) -> Verdict:
        return derive(Tally(supports, contradicts), Basis.CONTENT).verdict

    field = Word(Verdict, required=True, description="Verdict of the derived assessment.")
    return computed(field, by, "content_supports", "content_contradicts")


def _shown(tally: Tally, basis: Basis) -> dict[str, Any]:
    found = derive(tally, basis)
    return {
        "verdict": found.verdict,
        "rule": found.rule,
        "explanation": found.explanation,
        "counts": {
            "supports": tally.supports,
            "contradicts": tally.contradicts,
            "mentions": tally.mentions,
        },
        "passages": tally.passages,
        "sources": tally.sources,
        "origins": tally.origins,
    }


def _is_disputed(supports: int, contradicts: int, *assessed: int) -> bool:
    if not any(assessed):
        return False
    held = (verdict for verdict, number in zip(ASSESSED, assessed, strict=True) if number)
    return any(disagrees(verdict, supports, contradicts) for verdict in held)


def _sorted(names: Sequence[str] | None) -> list[str]:
    return sorted(names) if names else []


class ClaimOut(Output):
    """Something that somebody says is so, and what its evidence amounts to."""

    id = Identity(required=True)
    label = labelled()
    text = fields.String(required=True)
    speaker = part(SpeakerRefOut, allow_none=True)
    claim_date = fields.String(required=True, allow_none=True)
    claim_type = Word(ClaimType, required=True, allow_none=True)
    language = fields.String(required=True, allow_none=True)
    location = fields.String(required=True, allow_none=True)
    status = Word(ClaimStatus, required=True)
    topics = computed(fields.List(fields.String(), required=True), _sorted, "topics")
    first_appearance_id = Identity(required=True, allow_none=True)
    assessment = derived(Basis.CONTENT, "Whether it is so: over links with the basis `content`.")
    attribution = derived(Basis.ATTRIBUTION, "Whether it was said: over links with the basis `attribution`.")
    assessments = listed(
        fields.List(
            fields.Nested(AssessmentOut),
            required=True,
            metadata={"description": "What people conclude: the newest assessment of each reviewer, newest first."},
        )
    )
    disagrees_with_derived = computed(
        fields.Boolean(
            required=True,
            metadata={"description": "Whether any of `assessments` comes to another verdict than `assessment` does."},
        ),
        _is_disputed,
        "content_supports",
        "content_contradicts",
        *ASSESSED.values(),
    )
    evidence = listed(
        fields.List(
            fields.Nested(EvidenceOut),
            metadata={"description": "Oldest first. In listings only with `include=evidence`."},
        )
    )
    created_at, updated_at, created_by, version, deleted_at = recorded()


class ClaimFilters(Query):
    """Which claims are meant."""

    speaker_id = Identity(description="Id of the speaker.")
    speaker = Text(most=500, description="A name or an alias of the speaker, in any case.")
    topic = Text(most=200, description="The name of a topic, in any case.")
    status = Word(ClaimStatus, description="Where it stands in the editor's work.")
    claim_type = Word(ClaimType, description="What sort of thing is claimed.")
    language = Language(description="A language tag, such as `en`.")
    verdict = Word(Verdict, description="Verdict of the derived assessment.")
    disagrees_with_derived = either("Whether anybody at present concludes what does not follow from the evidence.")
    needs = Word(Need, description="Only claims that need this; `/v1/queues` says what each word means.")
    stance = Word(Stance, description="Only claims with at least one link of this stance, of any basis.")
    source_id = Identity(description="Only claims with evidence from this source.")
    same_as = Identity(
        description="This claim, and all that it is the same as by relations `same_as`, over any number of them."
    )
    claim_date_from = PartialDate(description="Claimed on this day or later; a month or a year will do.")
    claim_date_to = PartialDate(description="Claimed on this day or before; a month or a year will do.")

    @post_load
    def _with_sides(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        if "verdict" in data:
            data["is_supported"], data["is_contradicted"] = SIDES[data.pop("verdict")]
        return data


class ClaimQuery(ClaimFilters, ListingQuery):
    """Which claims to list."""

    include = fields.String(
        validate=validate.OneOf(["evidence"]), metadata={"description": "`evidence` brings the links too."}
    )
    as_of = as_of()
    sort = sort(SORTS)


ClaimPage = page_of(ClaimOut)
