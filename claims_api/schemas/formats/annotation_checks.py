"""The single checks of which the rules for annotations are made: of a value, or of how many there may be.

Each raises ``Invalid`` at the place of what is wrong.
"""

import re
from collections.abc import Callable, Sequence
from typing import Any, NoReturn

from claims_api.errors import Invalid
from claims_api.schemas.formats.given import Given

MOTIVATIONS = (
    "assessing",
    "bookmarking",
    "classifying",
    "commenting",
    "describing",
    "editing",
    "highlighting",
    "identifying",
    "linking",
    "moderating",
    "questioning",
    "replying",
    "tagging",
)
_IRI = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:[^\s<>\"{}|\\^`]+")
# In UTC, which is said by a Z; an offset of nothing says the same.
_MOMENT = re.compile(
    r"-?[0-9]{4,}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])T([01][0-9]|2[0-4]):[0-5][0-9]:[0-5][0-9](\.[0-9]+)?(Z|\+00:00)"
)
Check = Callable[[Given], None]


def motivation(given: Given) -> None:
    """Check for one of the model's own motivations, or an IRI."""
    if given.value not in MOTIVATIONS and not is_iri(given.value):
        refuse(given, f"A motivation is an IRI, or one of {', '.join(sorted(MOTIVATIONS))} (3.3.5).")


def moment(given: Given) -> None:
    """Check for a moment in UTC (``xsd:dateTime``)."""
    if not isinstance(given.value, str) or not _MOMENT.fullmatch(given.value):
        refuse(given, "A moment is written in UTC, as 2015-01-28T12:00:00Z (xsd:dateTime, 3.3.1).")


def count(given: Given) -> None:
    """Check for a whole number that is not negative."""
    if not isinstance(given.value, int) or isinstance(given.value, bool) or given.value < 0:
        refuse(given, "This is a whole number from 0 (4.2, 5.1).")


def text(given: Given) -> None:
    """Check for text."""
    if not isinstance(given.value, str):
        refuse(given, "This is text.")


def reference(given: Given) -> None:
    """Check for an IRI, or for an object whose ``id``, if it has one, is an IRI."""
    if isinstance(given.value, dict):
        one(given, "id", iri, "3.2.1")
    else:
        iri(given)


def iri(given: Given) -> None:
    """Check for an absolute IRI (RFC 3987)."""
    if not is_iri(given.value):
        refuse(given, "This is an absolute IRI, such as http://example.org/1.")


def is_iri(value: Any) -> bool:
    """Tell whether this is an absolute IRI (RFC 3987)."""
    return isinstance(value, str) and _IRI.fullmatch(value) is not None


def matching(pattern: re.Pattern[str], meaning: str) -> Check:
    """Return a check for text that matches a pattern whole; ``meaning`` says in a refusal what it is."""

    def check(given: Given) -> None:
        if not isinstance(given.value, str) or not pattern.fullmatch(given.value):
            refuse(given, f"This is {meaning}.")

    return check


def one(given: Given, name: str, check: Check, section: str, *, required: bool = False) -> None:
    """Check that a member has one value, or none where it is not required; ``section`` is that of the model."""
    if len(some(given, name, check, section, required=required)) > 1:
        refuse(given.of(name), f"There is one `{name}` at most ({section}).")


def some(given: Given, name: str, check: Check, section: str, *, required: bool = False) -> Sequence[Given]:
    """Check the values of a member, of which there is at least one where it is required, and return them."""
    found = values(given.of(name))
    if required and not found:
        refuse(given.of(name), f"`{name}` is missing, and must be there ({section}).")
    for each in found:
        check(each)
    return found


def values(given: Given) -> list[Given]:
    """Return the values that there are: null is none, and a list is its items."""
    if isinstance(given.value, list):
        return [Given(each, (*given.path, at)) for at, each in enumerate(given.value) if each is not None]
    return [] if given.value is None else [given]


def refuse(given: Given, detail: str) -> NoReturn:
    """Raise ``Invalid`` with what is wrong, at the place of the value."""
    raise Invalid(detail, path=given.path)
