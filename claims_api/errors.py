"""Failures, as exceptions that know no HTTP: raised by queries and services, made into problems by ``web.errors``.

Every failure has a ``code`` (the last word of its problem type), a ``detail`` for the person who reads it,
``extra`` members for the program that does, and the ``path`` of the input that caused it, when one did.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, ClassVar, Self

Path = tuple[str | int, ...]
LONGEST_NAME_SHOWN = 100


class Failure(Exception):
    """Something that the caller can be told about; nothing was stored."""

    code: ClassVar[str] = "internal"

    def __init__(self, detail: str, *, path: Path | None = None, parameter: str | None = None, **extra: Any) -> None:
        super().__init__(detail)
        self.detail, self.path, self.parameter, self.extra = detail, path, parameter, extra

    def under(self, *parents: str | int) -> Self:
        """Put these names before the path, since the input stood inside a larger one; return the failure."""
        if self.path is not None:
            self.path = (*parents, *self.path)
        return self

    def called(self, names: Mapping[str, str] | None) -> Self:
        """Rename the first part of the path to what the input calls it (ours: theirs); return the failure.

        With None nothing within the input has a name: the path then leads to the input itself.
        """
        if names is None:
            self.path = () if self.path is not None else None
        elif self.path:
            self.path = (names.get(str(self.path[0]), self.path[0]), *self.path[1:])
        return self


class NotFound(Failure):
    """There is no such thing, or it was deleted."""

    code = "not-found"


class Invalid(Failure):
    """The input is understood, and cannot be taken as it is."""

    code = "invalid"


class NoText(Invalid):
    """A place that only a text could tell, in a source of which none is kept."""


class Malformed(Failure):
    """The input cannot be read at all: no JSON, far too much of it, or a cursor that this service never gave."""

    code = "malformed"


class QuoteNotFound(Failure):
    """The quote stands nowhere in the source; ``nearest`` says what comes closest."""

    code = "quote-not-found"


class QuoteAmbiguous(Failure):
    """The quote stands in several places, and nothing said which; ``places`` lists them."""

    code = "quote-ambiguous"


class QuoteMismatch(Failure):
    """The text at the given offsets is not the quote; ``found`` says what stands there."""

    code = "quote-mismatch"


class Duplicate(Failure):
    """There is one already: ``existing`` names it."""

    code = "duplicate"


class Busy(Failure):
    """The same request, by its Idempotency-Key, is being done at this moment."""

    code = "busy"


class KeyReused(Failure):
    """An Idempotency-Key that came with another request before."""

    code = "key-reused"


class KeyEnded(Failure):
    """A key that has expired, was revoked or was replaced, and cannot be replaced."""

    code = "key-ended"


class InUse(Failure):
    """What others cite cannot be deleted: ``cited_by`` names them."""

    code = "in-use"


class CitesDeleted(Failure):
    """What rests on something deleted cannot be restored: ``cites`` names what is to be restored first."""

    code = "cites-deleted"


class NotChanged(Failure):
    """There is nothing to decide about a passage: it stands as it was quoted, or nowhere."""

    code = "not-changed"


class NotEmpty(Failure):
    """The database is not empty, and what was asked for needs an empty one."""

    code = "not-empty"


class Unauthorized(Failure):
    """No key, or one that is unknown, expired or revoked."""

    code = "unauthorized"


class Forbidden(Failure):
    """A valid key that lacks the scope that ``scope`` names."""

    code = "forbidden"


class Stale(Failure):
    """A condition of the request does not hold: ``current`` is the present state, ``etag`` names it (RFC 9110, 13)."""

    code = "stale"


class PreconditionRequired(Failure):
    """The service takes no change without an If-Match that names the state the client has seen (RFC 6585, 3)."""

    code = "precondition-required"


class TooLarge(Failure):
    """More than this service takes in one request; ``limit``, where there is one, is in bytes."""

    code = "too-large"


class UnsupportedMediaType(Failure):
    """A body of a kind that this operation does not take."""

    code = "unsupported-media-type"


class RateLimited(Failure):
    """More than is allowed within a minute: ``retry_after`` is how many seconds to wait."""

    code = "rate-limited"


class Unavailable(Failure):
    """The database cannot answer just now; the same request may be sent again."""

    code = "unavailable"


def pointer(path: Path) -> str:
    """Return a path as a JSON Pointer (RFC 6901); each name is cut to 100 characters."""
    parts = [str(part)[:LONGEST_NAME_SHOWN].replace("~", "~0").replace("/", "~1") for part in path]
    return "".join(f"/{part}" for part in parts)


@contextmanager
def within(*parents: str | int) -> Iterator[None]:
    """Have the failures that a nested input raises name their full path, below ``parents``."""
    try:
        yield
    except Failure as failure:
        raise failure.under(*parents) from failure.__cause__
