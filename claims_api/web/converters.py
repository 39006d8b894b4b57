"""URL converters: UUIDs, and version numbers."""

from werkzeug.routing import BaseConverter, IntegerConverter

from claims_api.ids import CANONICAL


class IdConverter(BaseConverter):
    """A path part that is a UUID in canonical form; anything else is 404."""

    regex = CANONICAL.pattern


class NumberConverter(IntegerConverter):
    """A path part that is a number from 1 on, of at most nine digits, which every database takes."""

    regex = r"[1-9]\d{0,8}"
