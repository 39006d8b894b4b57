"""Speakers in JSON."""

from typing import Any, ClassVar

from marshmallow import fields, validate

from claims_api.models.words import SpeakerKind
from claims_api.queries.speakers import SORTS
from claims_api.schemas.base import Input, ListingQuery, Output, page_of, recorded, sort
from claims_api.schemas.fields import Identity, Text, Url, Word
from claims_api.schemas.shaping import unless_null
from claims_api.services.speakers import LONGEST_NAME, MOST_ALIASES, NewSpeaker

NAME = "As the sources call them; an unnamed one is described, as `a White House official`."


def _aliases(**kwargs: Any) -> fields.List[Any]:
    return fields.List(Text(most=500), validate=validate.Length(max=MOST_ALIASES), **kwargs)


class SpeakerIn(Input):
    """A speaker to be kept."""

    makes: ClassVar[type | None] = NewSpeaker

    name = Text(most=LONGEST_NAME, required=True, description=NAME, examples=["Kremlin"])
    kind = Word(SpeakerKind, required=True)
    aliases = _aliases(metadata={"description": "Other names of the same speaker."})
    job_title = Text(most=500, allow_none=True)
    affiliation = Text(most=500, allow_none=True)
    same_as = Url(allow_none=True, description="A page that identifies the speaker, such as a Wikidata entry.")


class SpeakerPatch(Input):
    """Changes to a speaker; null takes a value away, [] empties a list."""

    name = Text(most=LONGEST_NAME, description=NAME)
    kind = Word(SpeakerKind)
    aliases = _aliases()
    job_title = Text(most=500, allow_none=True)
    affiliation = Text(most=500, allow_none=True)
    same_as = Url(allow_none=True)


class SpeakerOut(Output):
    """Who says something, or is quoted."""

    id = Identity(required=True)
    name = fields.String(required=True)
    kind = Word(SpeakerKind, required=True)
    aliases = fields.List(fields.String(), required=True)
    job_title = fields.String(required=True, allow_none=True)
    affiliation = fields.String(required=True, allow_none=True)
    same_as = fields.String(required=True, allow_none=True)
    merged_into_id = unless_null(
        Identity(description="Into whom it was merged; only of one that was, with `include_deleted`.")
    )
    created_at, updated_at, created_by, version, deleted_at = recorded()


class SpeakerQuery(ListingQuery):
    """Which speakers to list."""

    kind = Word(SpeakerKind, description="Only of this kind.")
    name = Text(most=500, description="A name or an alias, in any case.")
    sort = sort(SORTS)


SpeakerPage = page_of(SpeakerOut)
