"""URL converters: UUIDs, and version numbers."""

from werkzeug.routing import BaseConverter, IntegerConverter

from claims_api.ids import CANONICAL


class IdConverter(BaseConverter):
    """A path part that is a UUID in canonical form; anything else is another path, that is 404."""

    regex = CANONICAL.pattern


class NumberConverter(IntegerConverter):
    """A path part that counts from 1, with no more digits than a database takes."""

    regex = r"[1-9]\d{0,8}"
