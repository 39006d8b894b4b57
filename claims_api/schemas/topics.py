"""Topics in JSON."""

from marshmallow import fields

from claims_api.queries.topics import SORTS
from claims_api.schemas.base import Input, ListingQuery, Output, page_of, recorded, sort
from claims_api.schemas.fields import Identity, Text


class TopicIn(Input):
    """A topic to be kept."""

    name = Text(most=200, required=True, description="Unique, whatever its case.", examples=["summit"])
    description = Text(most=5_000, allow_none=True)


class TopicPatch(Input):
    """Changes to a topic; null takes a value away."""

    name = Text(most=200)
    description = Text(most=5_000, allow_none=True)


class TopicOut(Output):
    """What claims are about."""

    id = Identity(required=True)
    name = fields.String(required=True)
    description = fields.String(required=True, allow_none=True)
    created_at, updated_at, created_by, version, deleted_at = recorded()


class TopicQuery(ListingQuery):
    """Which topics to list."""

    name = Text(most=200, description="The name, in any case.")
    sort = sort(SORTS)


TopicPage = page_of(TopicOut)
