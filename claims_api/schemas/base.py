"""The kinds of schema: input that is refused by name, output that is declared, queries, pages."""

from collections.abc import Mapping
from typing import Any, ClassVar

from marshmallow import EXCLUDE, RAISE, Schema, fields, post_load, validate

from claims_api.schemas.fields import Count, Instant
from claims_api.schemas.shaping import unless_null

MOST_PER_PAGE = 200
# Above the longest that the longest title makes, and below what fits into a URL when every character is escaped.
LONGEST_CURSOR = 4000


class Input(Schema):
    """A body that is sent; what it does not declare is refused. Loading gives what ``makes`` names, else a dict.

    Where it is ``optional``, no body at all is taken for one without members; where it ``takes_files``, its text may
    come as a file.
    """

    makes: ClassVar[type | None] = None
    optional: ClassVar[bool] = False
    takes_files: ClassVar[bool] = False

    class Meta:
        """Refuse what is not declared."""

        unknown = RAISE

    @post_load
    def _make(self, data: dict[str, Any], **_: Any) -> Any:
        return data if self.makes is None else self.makes(**data)


class NothingIn(Input):
    """The body of a request that says all by its path: none, or an object without members."""

    optional = True


class Output(Schema):
    """A body that is answered; ``schemas.shaping`` makes it from rows. Clients must expect further members."""

    class Meta:
        """Leave room for members that are added later."""

        unknown = EXCLUDE


def recorded() -> tuple[Instant, Instant, fields.String, fields.Integer, Instant]:
    """Return the fields that every entity shows last.

    These are `created_at`, `updated_at`, `created_by`, `version`, and `deleted_at` where it was deleted.
    """
    return (
        Instant(required=True, description="When it was made (UTC)."),
        Instant(required=True, description="When it was last changed (UTC)."),
        fields.String(required=True, metadata={"description": "The name of the key that made it."}),
        fields.Integer(required=True, metadata={"description": "1 at first, one higher with each change."}),
        unless_null(Instant(description="When it was deleted (UTC); only of what was, with `include_deleted`.")),
    )


def flag(description: str) -> fields.Boolean:
    """Return a parameter that is `true` or `false`, and false when left out."""
    return fields.Boolean(load_default=False, truthy={"true"}, falsy={"false"}, metadata={"description": description})


def either(description: str) -> fields.Boolean:
    """Return a parameter that is `true` or `false`, and narrows nothing when left out."""
    return fields.Boolean(truthy={"true"}, falsy={"false"}, metadata={"description": description})


def deleted_too() -> fields.Boolean:
    """Return the parameter that shows what was deleted; ``web.openapi`` asks for the scope that it needs."""
    return flag("Show what was deleted, too; that takes a key with the scope `admin`.")


def as_of() -> Instant:
    """Return the parameter that shows a past state; loaded as an aware datetime, in UTC."""
    return Instant(
        description="Show it as it was recorded at this moment, which has passed.",
        examples=["2025-10-22T12:00:00Z"],
    )


class Query(Schema):
    """Parameters of a request; what is not declared is refused."""

    class Meta:
        """Refuse what is not declared."""

        unknown = RAISE


class OneQuery(Query):
    """How to read one entity."""

    include_deleted = deleted_too()


class OneAsOfQuery(OneQuery):
    """How to read one entity, and when."""

    as_of = as_of()


class DuplicateQuery(Query):
    """How to take what may be there already."""

    allow_duplicate = flag("Keep it even though there is one already.")


def cursor() -> fields.String:
    """Return the parameter that goes on from where a page ended."""
    return fields.String(
        validate=validate.Length(min=1, max=LONGEST_CURSOR),
        metadata={"description": "`next_cursor` of the page before, with all other parameters as they were."},
    )


class ListingQuery(Query):
    """Parameters of every listing."""

    limit = Count(
        least=1,
        most=MOST_PER_PAGE,
        load_default=50,
        description="How many to give at most.",
    )
    cursor = cursor()
    updated_since = Instant(description="Only what was changed at or after this moment.")
    include_deleted = deleted_too()


def sort(orders: Mapping[str, Any]) -> fields.String:
    """Return the parameter that takes one of the orders of a listing; the first is the default."""
    names = list(orders)
    return fields.String(
        load_default=names[0],
        validate=validate.OneOf(names),
        metadata={"description": "The order; `-` turns it round. Equals are ordered by id."},
    )


def page_of(schema: type[Schema]) -> type[Schema]:
    """Return the schema of a page of these."""
    name = schema.__name__.removesuffix("Out")
    members = {
        "data": fields.List(fields.Nested(schema), required=True),
        "next_cursor": fields.String(
            required=True,
            allow_none=True,
            metadata={"description": "Where the next page begins; null on the last one."},
        ),
    }
    return type(f"{name}Page", (Output,), members)
