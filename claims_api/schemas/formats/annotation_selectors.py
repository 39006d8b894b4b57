"""Validate the selectors and states of Web Annotations (sections 4.2 and 4.3); see ``annotation_rules``."""

from claims_api.schemas.formats.annotation_checks import (
    Check,
    count,
    iri,
    moment,
    one,
    reference,
    refuse,
    some,
    text,
    values,
)
from claims_api.schemas.formats.given import Given, types_of


def selector(given: Given) -> None:
    """Check for a selector, which is an IRI, or has what its type demands; ``Invalid`` for anything else."""
    _typed(given, _SELECTORS, "A selector", "4.2")
    if isinstance(given.value, dict):
        some(given, "refinedBy", _refinement, "4.2")


def state(given: Given) -> None:
    """Check for a state, which is an IRI, or has what its type demands; ``Invalid`` for anything else."""
    _typed(given, _STATES, "A state", "4.3")
    if isinstance(given.value, dict):
        some(given, "refinedBy", _refinement, "4.3")


def _refinement(given: Given) -> None:
    is_state = bool(types_of(given.value) & _STATES.keys())
    (state if is_state else selector)(given)


def _typed(given: Given, known: dict[str, Check], noun: str, section: str) -> None:
    if not isinstance(given.value, dict):
        iri(given)
        return
    one(given, "id", iri, section)
    types = types_of(given.value)
    if not types and "id" not in given.value:
        refuse(given.of("type"), f"{noun} says its `type`, or is only named by its `id` ({section}).")
    for name in types & known.keys():
        known[name](given)


def _fragment(given: Given) -> None:
    one(given, "value", text, "4.2.1", required=True)
    one(given, "conformsTo", iri, "4.2.1")


def _path(given: Given) -> None:
    one(given, "value", text, "4.2", required="id" not in given.value)


def _quote(given: Given) -> None:
    one(given, "exact", text, "4.2.4", required=True)
    one(given, "prefix", text, "4.2.4")
    one(given, "suffix", text, "4.2.4")


def _position(given: Given) -> None:
    one(given, "start", count, "4.2.5", required=True)
    one(given, "end", count, "4.2.5", required=True)


def _drawing(given: Given) -> None:
    one(given, "value", text, "4.2.7")


def _range(given: Given) -> None:
    one(given, "startSelector", selector, "4.2", required=True)
    one(given, "endSelector", selector, "4.2", required=True)


def _time(given: Given) -> None:
    some(given, "sourceDate", moment, "4.3.1")
    one(given, "sourceDateStart", moment, "4.3.1")
    one(given, "sourceDateEnd", moment, "4.3.1")
    some(given, "cached", reference, "4.3.1")
    ends = [name for name in ("sourceDateStart", "sourceDateEnd") if values(given.of(name))]
    if len(ends) == 1:
        refuse(given.of(ends[0]), "`sourceDateStart` and `sourceDateEnd` stand together (4.3.1).")
    if ends and values(given.of("sourceDate")):
        refuse(
            given.of("sourceDate"), "`sourceDate` does not stand beside `sourceDateStart` and `sourceDateEnd` (4.3.1)."
        )


def _request(given: Given) -> None:
    one(given, "value", text, "4.3.2", required=True)


_SELECTORS: dict[str, Check] = {
    "FragmentSelector": _fragment,
    "CssSelector": _path,
    "XPathSelector": _path,
    "TextQuoteSelector": _quote,
    "TextPositionSelector": _position,
    "DataPositionSelector": _position,
    "SvgSelector": _drawing,
    "RangeSelector": _range,
}
_STATES: dict[str, Check] = {"TimeState": _time, "HttpRequestState": _request}
