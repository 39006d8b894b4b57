"""Versions of the texts of sources in JSON."""

from typing import ClassVar

from marshmallow import fields

from claims_api.queries.versions import SORTS
from claims_api.schemas.base import MOST_PER_PAGE, Query, cursor, page_of, sort
from claims_api.schemas.fields import Count, Identity, Instant
from claims_api.schemas.refs import LARGEST_TEXT, VersionRefOut
from claims_api.schemas.uploads import GivenIn, GivenText, content_type
from claims_api.services.versions import NewVersion


class VersionIn(GivenIn):
    """A newer text of a source."""

    makes: ClassVar[type | None] = NewVersion

    text = GivenText(most=LARGEST_TEXT, required=True, description="The whole text, kept byte for byte.")
    content_type = content_type()
    retrieved_at = Instant(allow_none=True, description="When the text was fetched; now when left out.")


class VersionOut(VersionRefOut):
    """A version in a listing."""

    source_id = Identity(required=True)
    content_type = fields.String(
        required=True, metadata={"description": "What was given: `text/plain`, or what the text was taken out of."}
    )
    given_sha256 = fields.String(
        required=True,
        allow_none=True,
        metadata={"description": "Of the bytes that the text was taken out of; null where the text was given itself."},
    )
    created_at = Instant(required=True)
    created_by = fields.String(required=True)


class VersionTextOut(VersionOut):
    """A version with its text."""

    text = fields.String(required=True, metadata={"description": "Exactly as it was given."})


class VersionQuery(Query):
    """How to list versions."""

    limit = Count(least=1, most=MOST_PER_PAGE, load_default=50, description="How many to give at most.")
    cursor = cursor()
    sort = sort(SORTS)


VersionPage = page_of(VersionOut)
