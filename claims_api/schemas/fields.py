"""The kinds of value that the API takes; each says in the contract what it refuses. Lengths are in code points.

NUL characters and lone surrogates never get here: ``web.parsing`` refuses them wherever they stand.
"""

import datetime as dt
import re
from collections.abc import Callable
from enum import StrEnum
from typing import Any

from marshmallow import ValidationError, fields, validate

from claims_api.ids import CANONICAL
from claims_api.text import BLANK, is_seen

# Written for two readers: the contract (what is taken), and this module, which says in words what is wrong
# with a year, or with a 30th of February, that a pattern could only refuse.
_YEAR = "(1[0-9]{3}|2[01][0-9]{2}|2200)"
_MONTH = "(0[1-9]|1[0-2])"
_DAY = "((0[1-9]|1[0-2])-(0[1-9]|1[0-9]|2[0-9])|(0[13-9]|1[0-2])-30|(0[13578]|1[02])-31)"
_CLOCK = "([01][0-9]|2[0-3]):[0-5][0-9]"
_SECOND = r":[0-5][0-9](\.[0-9]{1,6})?"
_ZONE = "(Z|[+-]([01][0-9]|2[0-3]):[0-5][0-9])"
_PARTIAL_DATE = f"{_YEAR}(-({_MONTH}|{_DAY}))?"
# Kept to the microsecond; some programs write nanoseconds.
_MOMENT = rf"{_YEAR}-{_DAY}T{_CLOCK}:[0-5][0-9](\.[0-9]{{1,9}})?{_ZONE}"
_PUBLISHED = f"({_PARTIAL_DATE}|{_YEAR}-{_DAY}T{_CLOCK}({_SECOND})?{_ZONE}?)"
_URL = re.compile(r"""https?://[^\s\x00-\x1f\x7f<>"]+""")
# Escaped, since nobody would see it in the contract.
_SEEN = "".join(each if each.isascii() else f"\\u{ord(each):04x}" for each in f"[^{BLANK}]")
_LANGUAGE = re.compile(r"[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8}){0,4}")


def _described(kwargs: dict[str, Any], **contract: Any) -> dict[str, Any]:
    metadata = {key: kwargs.pop(key) for key in ("description", "examples", "readOnly") if key in kwargs}
    return {**kwargs, "metadata": {**contract, **metadata}}


class Text(fields.String):
    """Text, kept as it is given: not trimmed, not normalised. What shows nothing, such as white space, is refused."""

    def __init__(self, *, most: int, **kwargs: Any) -> None:
        pattern = rf"^[^\x00]*{_SEEN}[^\x00]*$"
        super().__init__(**_described(kwargs, pattern=pattern), validate=validate.Length(min=1, max=most))

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        text: str = super()._deserialize(value, attr, data, **kwargs)
        if text and not is_seen(text):
            raise ValidationError("Must hold something that is seen, not white space alone.")
        return text


class Exact(fields.String):
    """Words around or in a quote, kept as they are given; white space counts."""

    def __init__(self, *, most: int, **kwargs: Any) -> None:
        super().__init__(**_described(kwargs, pattern=r"^[^\x00]*$"), validate=validate.Length(min=1, max=most))


class Anything(fields.String):
    """Any words, or none."""

    def __init__(self, *, most: int, **kwargs: Any) -> None:
        super().__init__(**_described(kwargs, pattern=r"^[^\x00]*$"), validate=validate.Length(max=most))


class Identity(fields.String):
    """A UUID (RFC 9562) in canonical form, in lower case and with hyphens; nothing else."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(
            **_described(kwargs, format="uuid", pattern=f"^{CANONICAL.pattern}$"),
            validate=_whole(CANONICAL, "Not a UUID in canonical form: lower case, with hyphens."),
        )


class Url(fields.String):
    """An absolute http(s) URL; it is kept and never fetched."""

    def __init__(self, *, most: int = 2000, **kwargs: Any) -> None:
        super().__init__(
            **_described(kwargs, pattern=f"^{_URL.pattern}$"),
            validate=[validate.Length(max=most), _whole(_URL, "Not an absolute http or https URL.")],
        )


class Language(fields.String):
    """A language tag (BCP 47), such as `en` or `pt-BR`."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(
            **_described(kwargs, pattern=f"^{_LANGUAGE.pattern}$"),
            validate=_whole(_LANGUAGE, "Not a BCP 47 language tag, such as `en`."),
        )


class Word(fields.Enum[StrEnum]):
    """One word of a closed list."""

    def __init__(self, kind: type[StrEnum], **kwargs: Any) -> None:
        super().__init__(kind, by_value=fields.String(), **_described(kwargs, type="string"))

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        if not isinstance(value, str):
            raise self.make_error("unknown", choices=self.choices_text)
        return super()._deserialize(value, attr, data, **kwargs)


class Whole(fields.Integer):
    """A whole number within bounds."""

    def __init__(self, *, least: int, most: int, **kwargs: Any) -> None:
        super().__init__(**_described(kwargs), strict=True, validate=validate.Range(least, most))


class Number(fields.Float):
    """A number within bounds, whole or not."""

    def __init__(self, *, least: float, most: float, **kwargs: Any) -> None:
        super().__init__(**_described(kwargs), allow_nan=False, validate=validate.Range(least, most))

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        if not isinstance(value, int | float):
            raise self.make_error("invalid", input=value)
        # Not every database tells -0.0 from 0.0.
        return super()._deserialize(value, attr, data, **kwargs) + 0.0


class Count(Whole):
    """A whole number in a query string, written in nine ASCII digits at most."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        if re.fullmatch("[0-9]{1,9}", value):
            value = int(value)
        return super()._deserialize(value, attr, data, **kwargs)


class Instant(fields.Field[dt.datetime]):
    """A moment by RFC 3339, with its offset from UTC; loaded as an aware datetime, in UTC, to the microsecond."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**_described(kwargs, type="string", format="date-time", pattern=f"^{_MOMENT}$"))

    def _deserialize(self, value: Any, *_args: Any, **_kwargs: Any) -> dt.datetime:
        if not isinstance(value, str):
            raise ValidationError("Not a valid string.")
        _check(
            _MOMENT, value, "Not an RFC 3339 moment with a zone, such as 2025-10-22T13:38:00Z (write + as %2B in URLs)."
        )
        moment = dt.datetime.fromisoformat(value).astimezone(dt.UTC)
        # It is told in UTC, and must be taken again as it is told.
        _refuse_year(moment.year)
        return moment


class PartialDate(fields.String):
    """A date as far as it is known: `2025`, `2025-10` or `2025-10-21`."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**_described(kwargs, pattern=f"^{_PARTIAL_DATE}$"))

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        text: str = super()._deserialize(value, attr, data, **kwargs)
        _check(_PARTIAL_DATE, text, "Not a date such as 2025, 2025-10 or 2025-10-21 (year first).")
        return text


class Year(fields.String):
    """A year of four digits, from 1000 to 2200."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**_described(kwargs, pattern=f"^{_YEAR}$"), validate=_whole(re.compile(_YEAR), "Not a year."))


class PublishedAt(fields.String):
    """When something was published, as precisely as it says: a date, or one with a time, with or without a zone."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**_described(kwargs, pattern=f"^{_PUBLISHED}$"))

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        text: str = super()._deserialize(value, attr, data, **kwargs)
        _check(_PUBLISHED, text, "Not a date such as 2025-10-22, or 2025-10-22T13:38, or 2025-10-22T13:38:00Z.")
        return text


def _check(pattern: str, text: str, refusal: str) -> None:
    day = re.match("([0-9]{4})-[0-9]{2}-[0-9]{2}", text)
    if day:
        _refuse_year(int(day[1]))
    if day and not _in_calendar(day[0]):
        raise ValidationError("There is no such day in the calendar.")
    if not re.fullmatch(pattern, text):
        raise ValidationError(refusal + _turned(text))


def _refuse_year(year: int) -> None:
    if not 1000 <= year <= 2200:  # noqa: PLR2004  # as _YEAR has it
        raise ValidationError("Years from 1000 to 2200 (in UTC) are taken.")


def _turned(text: str) -> str:
    """Return what a date with its year behind may mean: nobody but who wrote it knows whether days come first."""
    parts = re.fullmatch(r"([0-9]{1,2})[-/.]([0-9]{1,2})[-/.]([0-9]{4})", text)
    if parts is None:
        return ""
    first, second, year = parts.groups()
    meant = {f"{year}-{month:0>2}-{day:0>2}" for day, month in ((first, second), (second, first))}
    return "".join(f" Is it {' or '.join(days)}?" for days in [sorted(filter(_in_calendar, meant))] if days)


def _in_calendar(day: str) -> bool:
    try:
        dt.date.fromisoformat(day)
    except ValueError:
        return False
    return True


def _whole(pattern: re.Pattern[str], refusal: str) -> Callable[[str], None]:
    """Return a validator of the whole value; marshmallow's own would show its Python pattern in the contract."""

    def check(value: str) -> None:
        if not pattern.fullmatch(value):
            raise ValidationError(refusal)

    return check
