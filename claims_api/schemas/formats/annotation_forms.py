"""Find the annotations in a document, and what each says: its claim, and the places that it selects.

Taken are W3C Web Annotations, by themselves, in lists, on pages and in collections, and what hypothes.is gives out.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from claims_api.errors import Invalid
from claims_api.schemas.formats import annotation_rules as rules
from claims_api.schemas.formats.annotation_checks import values
from claims_api.schemas.formats.given import Given, types_of

ELSEWHERE = "It is only named: what stands elsewhere is not fetched."
_COMMENTS = {"commenting", "describing", "replying"}
_TAGS = {"classifying", "tagging"}


@dataclass(frozen=True)
class Target:
    """What is annotated: a source by its address, and the selectors that say where in it."""

    source: Given
    title: Given
    selectors: list[Given]


@dataclass(frozen=True)
class Annotated:
    """One annotation, whoever wrote it down."""

    id: Given
    targets: list[Target]
    tags: list[Given]
    notes: list[Given]
    claims: list[Given]
    speakers: list[Given]
    is_reply: bool = False


def found_in(document: Any) -> Iterator[Annotated | Given | Invalid]:
    """Yield the annotations of a document, references to what stands elsewhere, and failures for what is none."""
    yield from _found(Given(document, ()), has_context=False)


def _found(given: Given, *, has_context: bool) -> Iterator[Annotated | Given | Invalid]:
    try:
        inner, inherits = _inside(given, has_context=has_context)
        found = None if inner is not None else _one(given, has_context=has_context)
    except Invalid as failure:
        yield failure
        return
    if found is not None:
        yield found
    for each in inner or ():
        yield from _found(each, has_context=inherits)


def _inside(given: Given, *, has_context: bool) -> tuple[list[Given] | None, bool]:
    """Return what a container holds, and whether that is in the words of its context."""
    if isinstance(given.value, list):
        return values(given), has_context
    types = types_of(given.value)
    if "AnnotationCollection" in types:
        return _in_collection(given, has_context=has_context), True
    if "AnnotationPage" in types:
        _refuse_other_context(given, has_context=has_context)
        rules.refuse_wrong_page(given)
        return values(given.of("items")), True
    for name in ("@graph", "rows", "annotations"):
        if isinstance(given.value, dict) and isinstance(given.value.get(name), list):
            return values(given.of(name)), has_context or "@context" in given.value
    return None, has_context


def _in_collection(given: Given, *, has_context: bool) -> list[Given]:
    _refuse_other_context(given, has_context=has_context)
    rules.refuse_wrong_collection(given)
    return [*values(given.of("first")), *values(given.of("items"))]


def _refuse_other_context(given: Given, *, has_context: bool) -> None:
    if not has_context:
        rules.refuse_other_context(given)


def _one(given: Given, *, has_context: bool) -> Annotated | Given:
    if isinstance(given.value, str) and has_context:
        return given
    if isinstance(given.value, dict) and "uri" in given.value and "@context" not in given.value:
        return _of_hypothesis(given)
    rules.refuse_wrong(given, has_context=has_context)
    return _of_w3c(given)


def _of_w3c(given: Given) -> Annotated:
    bodies = [(each, _purposes(each, given)) for body in values(given.of("body")) for each in _each_of(body)]

    def said(wanted: set[str]) -> list[Given]:
        return [each.of("value") for each, why in bodies if why & wanted and isinstance(each.of("value").value, str)]

    def linked(purpose: str) -> list[Given]:
        return [each.of("source").first() for each, why in bodies if purpose in why and each.of("source").value]

    return Annotated(
        id=given.of("id").first(),
        targets=[_target(each) for target in values(given.of("target")) for each in _each_of(target)],
        tags=said(_TAGS),
        notes=[*said(_COMMENTS), *values(given.of("bodyValue"))],
        claims=linked("linking"),
        speakers=[*linked("identifying"), *said({"identifying"})],
    )


def _each_of(given: Given) -> list[Given]:
    """Return the resources of a set, or the one that it is."""
    items = given.of("items")
    return [each for item in values(items) for each in _each_of(item)] if items.value is not None else [given]


def _purposes(body: Given, annotation: Given) -> set[str]:
    """Return why a body is there; where it does not say, why the annotation is."""
    return _words(body.of("purpose")) or _words(annotation.of("motivation")) or {"commenting"}


def _words(given: Given) -> set[str]:
    return {each.value for each in values(given) if isinstance(each.value, str)}


def _target(given: Given) -> Target:
    if not isinstance(given.value, dict):
        return Target(given, Given(None, given.path), [])
    source = given.of("source").first() if "source" in given.value else given
    address = source.of("id").first() if isinstance(source.value, dict) else source
    title = given.of("schema:name").or_else(source.of("schema:name"), source.of("label"))
    return Target(address, title.first(), values(given.of("selector")))


def _of_hypothesis(row: Given) -> Annotated:
    targets = values(row.of("target")) or [Given({}, row.of("target").path)]
    title = row.of("document", "title").first()
    return Annotated(
        id=row.of("id"),
        targets=[
            Target(each.of("source").or_else(row.of("uri")), title, values(each.of("selector"))) for each in targets
        ],
        tags=values(row.of("tags")),
        notes=values(row.of("text")),
        claims=[],
        speakers=[],
        is_reply=bool(row.of("references").value),
    )
