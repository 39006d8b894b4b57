"""Sources in JSON."""

from typing import Any, ClassVar

from marshmallow import fields, validate

from claims_api.models.words import Reliability, SourceType
from claims_api.queries.sources import SORTS
from claims_api.schemas.base import Input, Listing, Output, page_of, recorded, sort
from claims_api.schemas.fields import Identity, Instant, Language, PublishedAt, Text, Url, Word
from claims_api.schemas.refs import LARGEST_TEXT, VersionRefOut
from claims_api.schemas.shaping import part
from claims_api.schemas.uploads import GivenIn, GivenText, content_type
from claims_api.services.canonical_urls import canonical_url
from claims_api.services.sources import NewSource

PUBLISHED_AT = "As precisely as the source says: 2025-10-22, 2025-10-22T13:38, 2025-10-22T13:38:00Z."

CANONICAL_URL = "Brought to its canonical form; made from `url` where it is left out or null."


class CanonicalUrl(Url):
    """A URL, in the form that all URLs of one article share."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        return canonical_url(super()._deserialize(value, attr, data, **kwargs))


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
    created_at, updated_at, created_by, version, deleted_at = recorded()


class SourceQuery(Listing):
    """Which sources to list."""

    url = Url(description="Exactly this URL.")
    canonical_url = CanonicalUrl(description="Any URL of the article: what has the same canonical form.")
    publisher = Text(most=500, description="Exactly this publisher.")
    type = Word(SourceType, description="What sort of source.")
    language = Language(description="A language tag, such as `en`.")
    reliability = Word(Reliability, description="Admiralty scale.")
    sort = sort(SORTS)


SourcePage = page_of(SourceOut)
