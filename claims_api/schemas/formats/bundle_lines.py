"""The schemas of a bundle's lines, by their ``record``."""

from collections.abc import Mapping

from marshmallow import fields, validate

from claims_api.models.sources import PLAIN
from claims_api.models.words import (
    Action,
    AnchorState,
    Basis,
    ClaimStatus,
    ClaimType,
    EntityKind,
    Match,
    OrphanedBecause,
    RelationType,
    Reliability,
    SourceType,
    SpeakerKind,
    Stance,
    Verdict,
)
from claims_api.schemas.assessments import LARGEST_RATING
from claims_api.schemas.base import Input
from claims_api.schemas.changes import LARGEST_SEQ
from claims_api.schemas.fields import (
    Anything,
    Identity,
    Instant,
    Language,
    Number,
    PartialDate,
    PublishedAt,
    Text,
    Url,
    Whole,
    Word,
)
from claims_api.schemas.refs import LARGEST_TEXT, LONGEST_CANONICAL_URL

VERSION = 1
# Columns hold twice as much, so that there is room to count on from here.
_LARGEST = 10**9
# Versions of one entity: a tenth of the changes that a ledger has numbers for.
_MOST_VERSIONS = 10**8
_UNITS = 4 * LARGEST_TEXT
_SHA256 = validate.Regexp("^[0-9a-f]{64}$")


class Header(Input):
    """The first line: what this is, in which version of the format, and whether the ledger comes with it."""

    record = fields.String(required=True, validate=validate.Equal("bundle"))
    version = fields.Integer(required=True, strict=True, validate=validate.Equal(VERSION))
    history = fields.Boolean(required=True, truthy={True}, falsy={False})


class End(Input):
    """The last line: how many there were between it and the first."""

    record = fields.String(required=True, validate=validate.Equal("end"))
    lines = fields.Integer(required=True, strict=True)


class Line(Input):
    """An entity: its id, and by whom and when it was made and changed."""

    id = Identity(required=True)
    created_at = Instant(required=True)
    updated_at = Instant(required=True)
    created_by = Anything(most=500, required=True)
    version = Whole(least=1, most=_MOST_VERSIONS, required=True)
    deleted_at = Instant(allow_none=True, description="Only with the history: else nothing that was deleted comes.")


class SpeakerLine(Line):
    """A speaker."""

    name = Text(most=500, required=True)
    kind = Word(SpeakerKind, required=True)
    aliases = fields.List(Text(most=500), load_default=list)
    job_title = Text(most=500, allow_none=True)
    affiliation = Text(most=500, allow_none=True)
    same_as = Url(allow_none=True)
    merged_into_id = Identity(allow_none=True)


class TopicLine(Line):
    """A topic."""

    name = Text(most=200, required=True)
    description = Text(most=5_000, allow_none=True)


class SourceLine(Line):
    """A source; ``current_version`` is the number of its newest text."""

    title = Text(most=500, required=True)
    url = Url(allow_none=True)
    canonical_url = Url(most=LONGEST_CANONICAL_URL, allow_none=True)
    archived_url = Url(allow_none=True)
    publisher = Text(most=500, allow_none=True)
    authors = fields.List(Text(most=500), load_default=list)
    published_at = PublishedAt(allow_none=True)
    language = Language(allow_none=True)
    type = Word(SourceType, allow_none=True)
    reliability = Word(Reliability, allow_none=True)
    current_version = Whole(least=1, most=_LARGEST, allow_none=True)


class VersionLine(Input):
    """A text of a source; it never changes."""

    id = Identity(required=True)
    source_id = Identity(required=True)
    number = Whole(least=1, most=_LARGEST, required=True)
    text = Text(most=LARGEST_TEXT, required=True)
    sha256 = fields.String(required=True, validate=_SHA256)
    content_type = Text(most=100, load_default=PLAIN)
    given_sha256 = fields.String(allow_none=True, validate=_SHA256)
    retrieved_at = Instant(required=True)
    created_at = Instant(required=True)
    created_by = Anything(most=500, required=True)


class Units(Input):
    """A place, in some unit."""

    start = Whole(least=0, most=_UNITS, required=True)
    end = Whole(least=0, most=_UNITS, required=True)


class Now(Input):
    """Where a passage stands in a newer text."""

    version = Whole(least=1, most=_LARGEST, required=True)
    start = Whole(least=0, most=LARGEST_TEXT, required=True)
    end = Whole(least=1, most=LARGEST_TEXT, required=True)
    exact = Anything(most=LARGEST_TEXT, required=True)
    utf16 = fields.Nested(Units, required=True)
    utf8 = fields.Nested(Units, required=True)
    similarity = Number(least=0, most=1, required=True)


class PassageLine(Line):
    """A passage, in the version of its source that it was quoted from, and where it stands ``now``."""

    source_id = Identity(required=True)
    source_version = Whole(least=1, most=_LARGEST, allow_none=True, description="The number of that version.")
    start = Whole(least=0, most=LARGEST_TEXT, allow_none=True)
    end = Whole(least=1, most=LARGEST_TEXT, allow_none=True)
    utf16_start = Whole(least=0, most=_UNITS, allow_none=True)
    utf16_end = Whole(least=0, most=_UNITS, allow_none=True)
    utf8_start = Whole(least=0, most=_UNITS, allow_none=True)
    utf8_end = Whole(least=0, most=_UNITS, allow_none=True)
    # Older versions of this service accepted longer quotes.
    exact = Anything(most=LARGEST_TEXT, required=True)
    prefix = Anything(most=100, required=True)
    suffix = Anything(most=100, required=True)
    match = Word(Match, required=True)
    anchor_state = Word(AnchorState, required=True)
    now_version = Whole(least=1, most=_LARGEST, allow_none=True)
    now = fields.Nested(Now, allow_none=True)
    orphaned_because = Word(OrphanedBecause, allow_none=True)
    confirmed_at = Instant(allow_none=True)
    confirmed_by = Anything(most=500, allow_none=True)


class ClaimLine(Line):
    """A claim; what it counts is counted anew."""

    text = Text(most=10_000, required=True)
    speaker_id = Identity(allow_none=True)
    claim_date = PartialDate(allow_none=True)
    claim_type = Word(ClaimType, allow_none=True)
    language = Language(allow_none=True)
    location = Text(most=500, allow_none=True)
    status = Word(ClaimStatus, required=True)
    first_appearance_id = Identity(allow_none=True)
    topic_ids = fields.List(Identity(), load_default=list)


class EvidenceLine(Line):
    """A link between a claim and a passage."""

    claim_id = Identity(required=True)
    passage_id = Identity(required=True)
    stance = Word(Stance, required=True)
    basis = Word(Basis, required=True)
    stated_by_id = Identity(allow_none=True)
    group = Text(most=100, allow_none=True)
    note = Text(most=5_000, allow_none=True)
    credibility = Whole(least=1, most=6, allow_none=True)


class AssessmentLine(Line):
    """What a reviewer concluded of a claim."""

    claim_id = Identity(required=True)
    verdict = Word(Verdict, required=True)
    rating_label = Text(most=200, allow_none=True)
    rating_value = Number(least=-LARGEST_RATING, most=LARGEST_RATING, allow_none=True)
    best_rating = Number(least=-LARGEST_RATING, most=LARGEST_RATING, allow_none=True)
    worst_rating = Number(least=-LARGEST_RATING, most=LARGEST_RATING, allow_none=True)
    explanation = Text(most=10_000, allow_none=True)
    review_url = Url(allow_none=True)
    reviewer = Text(most=500, required=True)
    assessed_at = Instant(required=True)


class RelationLine(Line):
    """What one claim is to another."""

    source_id = Identity(required=True)
    target_id = Identity(required=True)
    type = Word(RelationType, required=True)
    note = Text(most=5_000, allow_none=True)


class ChangeLine(Input):
    """A row of the ledger; only with the history."""

    seq = Whole(least=1, most=LARGEST_SEQ, required=True)
    at = Instant(required=True)
    actor = Anything(most=500, required=True)
    entity = Word(EntityKind, required=True)
    entity_id = Identity(required=True)
    action = Word(Action, required=True)
    version = Whole(least=1, most=_MOST_VERSIONS, required=True)
    state = fields.Dict(required=True)


LINES: Mapping[str, type[Input]] = {
    "speaker": SpeakerLine,
    "topic": TopicLine,
    "source": SourceLine,
    "version": VersionLine,
    "passage": PassageLine,
    "claim": ClaimLine,
    "evidence": EvidenceLine,
    "assessment": AssessmentLine,
    "relation": RelationLine,
    "change": ChangeLine,
}
