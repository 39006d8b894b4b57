"""Sources in JSON."""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from marshmallow import fields, validate

from claims_api.models.words import AnchorState, Basis, Reliability, SourceType, Stance
from claims_api.queries.rows import AnyRow
from claims_api.queries.sources import SORTS
from claims_api.schemas.base import Input, ListingQuery, Output, page_of, recorded, sort
from claims_api.schemas.fields import Identity, Instant, Language, PublishedAt, Text, Url, Word
from claims_api.schemas.refs import (
    ANCHOR_STATE,
    BASIS,
    LARGEST_TEXT,
    LONGEST_CANONICAL_URL,
    VersionRefOut,
    labelled,
    now,
)
from claims_api.schemas.shaping import added, computed, part, shape, shape_one
from claims_api.schemas.uploads import GivenIn, GivenText, content_type
from claims_api.services.canonical_urls import canonical_url
from claims_api.services.sources import NewSource

PUBLISHED_AT = "As precisely as the source says: 2025-10-22, 2025-10-22T13:38, 2025-10-22T13:38:00Z."

CANONICAL_URL = "Brought to its canonical form; made from `url` where it is left out or null."


class CanonicalUrl(Url):
    """A URL, in the form that all URLs of one article share, which may be longer than what was given."""

    def deserialize(self, value: Any, attr: str | None = None, data: Any = None, **kwargs: Any) -> Any:
        """Load a URL as ``Url`` does, and return its canonical form."""
        given = super().deserialize(value, attr, data, **kwargs)
        return canonical_url(given) if isinstance(given, str) else given


def _authors(**kwargs: Any) -> fields.List[Any]:
    return fields.List(Text(most=500), validate=validate.Length(max=200), **kwargs)


class SourceIn(GivenIn):
    """A source to be kept; only its title is required, and that not where `text` is a page of HTML that has one."""

    makes: ClassVar[type | None] = NewSource

    title = Text(most=500)
    text = GivenText(
        most=LARGEST_TEXT,
        allow_none=True,
        description="The whole text, kept byte for byte; without it no quote can be checked.",
    )
    content_type = content_type()
    url = Url(allow_none=True)
    canonical_url = Url(allow_none=True, description=CANONICAL_URL)
    archived_url = Url(allow_none=True)
    publisher = Text(most=500, allow_none=True)
    authors = _authors()
    published_at = PublishedAt(allow_none=True, description=PUBLISHED_AT)
    language = Language(allow_none=True)
    type = Word(SourceType, allow_none=True)
    reliability = Word(Reliability, allow_none=True, description="Admiralty scale, A best, F not judged.")
    retrieved_at = Instant(allow_none=True, description="When the text was fetched; now when left out.")


class SourcePatch(Input):
    """Changes to what is known about a source; null takes a value away, [] empties a list. The text stays."""

    title = Text(most=500)
    url = Url(allow_none=True)
    canonical_url = Url(allow_none=True, description=CANONICAL_URL)
    archived_url = Url(allow_none=True)
    publisher = Text(most=500, allow_none=True)
    authors = _authors()
    published_at = PublishedAt(allow_none=True, description=PUBLISHED_AT)
    language = Language(allow_none=True)
    type = Word(SourceType, allow_none=True)
    reliability = Word(Reliability, allow_none=True)


class BearingOut(Output):
    """A claim that a passage bears on."""

    id = computed(Identity(required=True), str, "claim_id")
    label = labelled()
    evidence_id = computed(Identity(required=True, description="Id of the link."), str, "id")
    stance = Word(Stance, required=True)
    basis = Word(Basis, required=True, description=BASIS)


class SourcePassageOut(Output):
    """A passage, as its source shows it."""

    id = Identity(required=True)
    exact = fields.String(required=True, metadata={"description": "The source's own words."})
    start = fields.Integer(required=True, allow_none=True, metadata={"description": "In Unicode code points, from 0."})
    end = fields.Integer(required=True, allow_none=True, metadata={"description": "The first one behind."})
    version = fields.Integer(
        required=True,
        allow_none=True,
        metadata={"description": "Number of the version that it was quoted from; null for a source without text."},
    )
    anchor_state = Word(AnchorState, required=True, description=ANCHOR_STATE)
    now = now()
    claims = added(
        fields.List(
            fields.Nested(BearingOut), required=True, metadata={"description": "What it bears on, oldest link first."}
        )
    )


class SourceOut(Output):
    """Something that can be cited."""

    id = Identity(required=True)
    title = fields.String(required=True)
    url = fields.String(required=True, allow_none=True)
    canonical_url = fields.String(
        required=True,
        allow_none=True,
        metadata={"description": "The form that all URLs of one article share (docs/canonical-urls.md)."},
    )
    archived_url = fields.String(required=True, allow_none=True)
    publisher = fields.String(required=True, allow_none=True)
    authors = fields.List(fields.String(), required=True)
    published_at = fields.String(required=True, allow_none=True)
    language = fields.String(required=True, allow_none=True)
    type = Word(SourceType, required=True, allow_none=True)
    reliability = Word(Reliability, required=True, allow_none=True)
    current_version = part(VersionRefOut, present="number", allow_none=True)
    passages = added(
        fields.List(
            fields.Nested(SourcePassageOut),
            metadata={
                "description": "In reading order, by where they stand in the newest text; last those that do not. Only "
                "where one source is read."
            },
        )
    )
    created_at, updated_at, created_by, version, deleted_at = recorded()


def with_passages(source: AnyRow, passages: Sequence[AnyRow], links: Mapping[str, Sequence[AnyRow]]) -> dict[str, Any]:
    """Return a source with its passages, and with the claims upon each, which come by the passage's id."""
    shown = shape(SourcePassageOut, passages)
    claims = [{**each, "claims": shape(BearingOut, links.get(each["id"], []))} for each in shown]
    return {**shape_one(SourceOut, source), "passages": claims}


class SourceQuery(ListingQuery):
    """Which sources to list."""

    url = Url(description="Exactly this URL.")
    canonical_url = CanonicalUrl(
        most=LONGEST_CANONICAL_URL, description="Any URL of the article: what has the same canonical form."
    )
    publisher = Text(most=500, description="Exactly this publisher.")
    type = Word(SourceType, description="What sort of source.")
    language = Language(description="A language tag, such as `en`.")
    reliability = Word(Reliability, description="Admiralty scale.")
    sort = sort(SORTS)


SourcePage = page_of(SourceOut)
