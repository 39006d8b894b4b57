"""Read single JSON-LD values as others write them: dates, numbers, names and works."""

import hashlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from marshmallow import ValidationError

from claims_api.errors import Invalid
from claims_api.models.words import SpeakerKind
from claims_api.schemas.assessments import LARGEST_RATING
from claims_api.schemas.base import Input
from claims_api.schemas.fields import Language, Url
from claims_api.schemas.formats.given import Given, types_of
from claims_api.schemas.formats.incoming import taken
from claims_api.schemas.formats.keyed import LONGEST_TITLE, shortened
from claims_api.schemas.formats.linked import own_words
from claims_api.schemas.refs import NamedSpeakerIn
from claims_api.schemas.sources import SourceIn
from claims_api.schemas.speakers import SpeakerIn
from claims_api.services.sources import NewSource
from claims_api.services.speakers import NewSpeaker

_DAY = re.compile(r"([0-9]{4}(?:-[0-9]{2}(?:-[0-9]{2})?)?)(?:[T ].*)?")
_MOMENT = re.compile(
    r"([0-9]{4}-[0-9]{2}-[0-9]{2})"
    r"(?:[T ]([0-9]{2}:[0-9]{2})(:[0-9]{2})?(\.[0-9]{1,6})?[0-9]*\s*(Z|[+-][0-9]{2}:?[0-9]{2})?)?"
)
_NUMBER = re.compile(r"\s*[+-]?[0-9]{1,12}(\.[0-9]{1,12})?\s*")
_HINT = (
    "Not a date with its year first, such as 2020-10-31: which of its numbers is the month cannot be told, so none is."
)
# Subtypes of schema.org's Organization whose names do not end in that.
_JOB_TITLE = SpeakerIn().fields["job_title"]
_ORGANIZATIONS = {"Corporation", "NGO", "Airline", "Consortium", "Project"}
Stated = Mapping[str, tuple[Any, Given]]


def made(schema: type[Input], stated: Stated) -> Any:
    """Return what a schema makes of values; ``Invalid`` at the place where the document gives the wrong one."""
    known = {name: value for name, (value, _) in stated.items() if value is not None}
    try:
        return taken(schema, known)
    except Invalid as failure:
        name = str((failure.path or ("",))[0])
        failure.path = stated[name][1].path if name in stated else next(iter(stated.values()))[1].path
        raise


def day(given: Given) -> str | None:
    """Return a date as far as it is known; a time of day is left out, and no zone moves it.

    Raises ``Invalid`` for what is not written year first: 10-11-2020 may mean two days.
    """
    written = _written(given)
    if written is None:
        return None
    found = _DAY.fullmatch(written)
    if found is None:
        raise Invalid(_HINT, path=given.path)
    return found[1]


def moment(given: Given) -> str | None:
    """Return a moment by RFC 3339: of a bare date its beginning, and in UTC where no zone is given; None for none.

    Raises ``Invalid`` as ``day`` does.
    """
    written = _written(given)
    if written is None:
        return None
    found = _MOMENT.fullmatch(written)
    if found is None:
        raise Invalid(_HINT, path=given.path)
    date, clock, second, fraction, zone = found.groups()
    if zone and len(zone) == len("+0000"):
        zone = f"{zone[:3]}:{zone[3:]}"
    return f"{date}T{clock or '00:00'}{second or ':00'}{fraction or ''}{zone or 'Z'}"


def _written(given: Given) -> str | None:
    if given.value in (None, ""):
        return None
    if not isinstance(given.value, str):
        raise Invalid(_HINT, path=given.path)
    return given.value.strip()


def number(given: Given) -> float | None:
    """Return a number, which may be written as text; None for what is none, or too large for a rating."""
    value = given.value
    if isinstance(value, str) and _NUMBER.fullmatch(value):
        value = float(value)
    if isinstance(value, bool) or not isinstance(value, int | float) or abs(value) > LARGEST_RATING:
        return None
    return float(value)


def text(given: Given) -> str | None:
    """Return text as it is; None for what is no text, or white space alone."""
    return given.value if isinstance(given.value, str) and given.value.strip() else None


def language(given: Given) -> str | None:
    """Return a language tag (BCP 47), None for what is none; `en_US` is read as `en-US`."""
    written = text(given) or text(given.of("alternateName"))
    return _fitting(Language(), written and written.replace("_", "-"))


def url(given: Given) -> str | None:
    """Return an absolute http(s) URL, None for what is none."""
    return _fitting(Url(), text(given))


def _fitting(field: Any, written: str | None) -> str | None:
    try:
        return written and field.deserialize(written)
    except ValidationError:
        return None


def names(given: Given) -> list[str]:
    """Return how those are called who are named here: by text, by nodes with a name, by several of both."""
    return [name for each in given.each() if (name := text(each) or text(each.of("name").first())) is not None]


def speaker(given: Given) -> NewSpeaker | None:
    """Return the speaker who is named, several as one group; None for nobody, ``Invalid`` where it cannot be kept."""
    named = names(given)
    if not named:
        return None
    one = given.first()
    kind = _kind(one.value) if len(given.each()) == 1 else SpeakerKind.GROUP
    new: NewSpeaker = made(NamedSpeakerIn, {"name": (", ".join(named), given), "kind": (kind, given)})
    if len(named) > 1 or not isinstance(one.value, dict):
        return new
    return replace(new, same_as=url(one.of("sameAs").first()), job_title=_fitting(_JOB_TITLE, text(one.of("jobTitle"))))


def _kind(node: Any) -> SpeakerKind | None:
    types = types_of(node)
    own = own_words(Given(node, ()).of("additionalType").value, "speaker")
    if own in set(SpeakerKind):
        return SpeakerKind(own)
    if "Person" in types:
        return SpeakerKind.PERSON
    if any(each.endswith("Organization") for each in types) or types & _ORGANIZATIONS:
        return SpeakerKind.ORGANIZATION
    return None


def source(given: Given) -> tuple[str, NewSource] | None:
    """Return a work in which a claim appeared, with its key before it; None where it has neither URL nor name.

    Raises ``Invalid`` for values that a source cannot have.
    """
    work = given if isinstance(given.value, dict) else Given({"url": given.value}, given.path)
    address = url(work.of("url").first()) or url(work.of("@id"))
    name = text(work.of("name").or_else(work.of("headline")).first()) or text(work.of("url").first())
    if address is None and name is None:
        return None
    title = (name or str(address))[:LONGEST_TITLE]
    stated = {
        "title": (title, given),
        "url": (address, work.of("url")),
        "publisher": (", ".join(names(work.of("publisher"))) or None, work.of("publisher")),
        "authors": (names(work.of("author")), work.of("author")),
        "published_at": (_published(work.of("datePublished")), work.of("datePublished")),
    }
    return shortened(address or digest("work", title)), made(SourceIn, stated)


def _published(given: Given) -> str | None:
    written = _written(given)
    return written and re.sub(r"([+-][0-9]{2})([0-9]{2})$", r"\1:\2", written.replace(" ", "T", 1))


def digest(*parts: object) -> str:
    """Return a key for what has none, the same for the same parts: their BLAKE2b of 128 bits, in hexadecimal."""
    return hashlib.blake2b("\x1f".join(map(str, parts)).encode(), digest_size=16).hexdigest()


def several(given: Given) -> Iterator[str]:
    """Yield the texts in one value or a list; anything else is passed over."""
    return (each.value for each in given.each() if isinstance(each.value, str))
