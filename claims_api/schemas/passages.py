"""Passages in JSON."""

from typing import Any

from marshmallow import post_load

from claims_api.models.words import AnchorState, Match
from claims_api.queries.passages import SORTS
from claims_api.schemas.base import ListingQuery, page_of, recorded, sort
from claims_api.schemas.fields import Identity, Word
from claims_api.schemas.refs import ANCHOR_STATE, PlaceOut, QuotedIn


class PassageIn(QuotedIn):
    """A place in the newest version of a source."""

    source_id = Identity(required=True, description="The source that is quoted.")

    @post_load
    def _with_quote(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        return {"quote": self.quote_of(data), **data}


class PassageOut(PlaceOut):
    """An exact place in a source."""

    created_at, updated_at, created_by, version, deleted_at = recorded()


class PassageQuery(ListingQuery):
    """Which passages to list."""

    source_id = Identity(description="Only of this source.")
    match = Word(Match, description="How the quote was found.")
    anchor_state = Word(AnchorState, description=ANCHOR_STATE)
    sort = sort(SORTS)


PassagePage = page_of(PassageOut)
