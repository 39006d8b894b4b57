"""Validate Web Annotations by the W3C's data model; numbers in comments are those of its sections.

https://www.w3.org/TR/2017/REC-annotation-model-20170223/. Only what MUST be so is asked for; unknown members may
stand anywhere. A list of one stands for the one, as everywhere in JSON-LD.
"""

import re

from claims_api.schemas.formats.annotation_checks import (
    count,
    iri,
    matching,
    moment,
    motivation,
    one,
    reference,
    refuse,
    some,
    text,
    values,
)
from claims_api.schemas.formats.annotation_selectors import selector, state
from claims_api.schemas.formats.given import Given, types_of

CONTEXT = "http://www.w3.org/ns/anno.jsonld"
_FORMAT = re.compile(r"[A-Za-z0-9!#$&^_.+-]+/[A-Za-z0-9!#$&^_.+-]+(\s*;.*)?")
_LANGUAGE = re.compile(r"[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*")
_SHA1 = re.compile(r"[0-9a-fA-F]{40}")
SETS = frozenset({"Choice", "Composite", "List", "Independents"})
_OF_SPECIFIC = ("source", "selector", "state", "styleClass", "renderedVia", "scope")


def refuse_wrong(annotation: Given, *, has_context: bool = False) -> None:
    """Raise ``Invalid`` for the first thing by which it is no annotation.

    ``has_context`` says that what it stands in has the context.
    """
    if not isinstance(annotation.value, dict):
        refuse(annotation, "An annotation is a JSON object (3.1).")
    if not has_context:
        refuse_other_context(annotation)
    one(annotation, "id", iri, "3.1", required=True)
    if "Annotation" not in types_of(annotation.value):
        refuse(annotation.of("type"), "The `type` of an annotation is, or includes, `Annotation` (3.1).")
    _bodies(annotation)
    some(annotation, "target", _target, "3.1", required=True)
    _described(annotation)
    some(annotation, "motivation", motivation, "3.3.5")
    one(annotation, "stylesheet", _stylesheet, "4.4")


def refuse_other_context(given: Given) -> None:
    """Raise ``Invalid`` where a document is not in the words of the model."""
    contexts = [each.value for each in values(given.of("@context"))]
    if CONTEXT not in contexts:
        refuse(given.of("@context"), f"The `@context` is, or includes, {CONTEXT} (3.1).")


def refuse_wrong_page(page: Given) -> None:
    """Raise ``Invalid`` for the first thing by which it is no page of annotations."""
    one(page, "id", iri, "5.2")
    one(page, "startIndex", count, "5.2")
    for name in ("next", "prev"):
        one(page, name, reference, "5.2")
    one(page, "partOf", reference, "5.2")
    if not isinstance(page.value.get("items"), list):
        refuse(page.of("items"), "A page has its annotations in a list, `items` (5.2).")


def refuse_wrong_collection(collection: Given) -> None:
    """Raise ``Invalid`` for the first thing by which it is no collection of annotations."""
    one(collection, "id", iri, "5.1", required=True)
    one(collection, "total", count, "5.1")
    some(collection, "label", text, "5.1")
    one(collection, "last", reference, "5.1")
    one(collection, "first", reference, "5.1")
    total = values(collection.of("total"))
    if total and total[0].value and not values(collection.of("first")) and "items" not in collection.value:
        refuse(collection.of("first"), "A collection that is not empty has a first page, `first` (5.1).")


def _bodies(annotation: Given) -> None:
    some(annotation, "body", _body, "3.1")
    one(annotation, "bodyValue", text, "3.2.5")
    if values(annotation.of("bodyValue")) and values(annotation.of("body")):
        refuse(annotation.of("bodyValue"), "`bodyValue` stands in place of `body`, never beside it (3.2.5).")


def _body(given: Given) -> None:
    _resource(given, is_body=True)


def _target(given: Given) -> None:
    _resource(given, is_body=False)


def _resource(given: Given, *, is_body: bool) -> None:
    value = given.value
    if isinstance(value, str):
        iri(given)
        return
    if not isinstance(value, dict):
        refuse(given, "A body or a target is an IRI or a JSON object (3.2).")
    if "items" in value or types_of(value) & SETS:
        _set(given, is_body=is_body)
    elif "SpecificResource" in types_of(value) or any(name in value for name in _OF_SPECIFIC):
        _specific(given)
    elif is_body and ("value" in value or "TextualBody" in types_of(value)):
        _textual(given)
    else:
        _external(given)
    _described(given)
    _of_content(given)


def _set(given: Given, *, is_body: bool) -> None:
    if not types_of(given.value) & SETS:
        refuse(
            given.of("type"), f"What has `items` says which they are by its `type`: {', '.join(sorted(SETS))} (3.2.7)."
        )
    one(given, "id", iri, "3.2.7")
    some(given, "items", lambda each: _resource(each, is_body=is_body), "3.2.7", required=True)


def _textual(given: Given) -> None:
    one(given, "id", iri, "3.2.4")
    one(given, "value", text, "3.2.4", required=True)
    some(given, "purpose", motivation, "3.3.5")


def _external(given: Given) -> None:
    one(given, "id", iri, "3.2.1", required=True)


def _specific(given: Given) -> None:
    one(given, "id", iri, "4")
    one(given, "source", _source, "4", required=True)
    some(given, "purpose", motivation, "3.3.5")
    some(given, "selector", selector, "4.2")
    some(given, "state", state, "4.3")
    some(given, "styleClass", text, "4.4")
    some(given, "renderedVia", reference, "4.5")
    some(given, "scope", reference, "4.6")


def _source(given: Given) -> None:
    if isinstance(given.value, dict):
        _external(given)
        _described(given)
        _of_content(given)
    else:
        iri(given)


def _stylesheet(given: Given) -> None:
    if isinstance(given.value, dict) and "value" in given.value:
        one(given, "value", text, "4.4", required=True)
    else:
        reference(given)


def _described(given: Given) -> None:
    """Refuse what is wrong with what may be said of annotations, bodies and targets alike (3.3)."""
    for name in ("created", "modified", "generated"):
        one(given, name, moment, "3.3.1")
    for name in ("creator", "generator"):
        some(given, name, _agent, "3.3.2")
    some(given, "audience", reference, "3.3.3")
    some(given, "accessibility", text, "3.3.4")
    some(given, "rights", reference, "3.3.6")
    one(given, "canonical", iri, "3.3.7")
    some(given, "via", iri, "3.3.7")


def _of_content(given: Given) -> None:
    """Refuse what is wrong with what may be said of bodies and targets (3.2.1)."""
    some(given, "type", text, "3.2.2")
    some(given, "format", matching(_FORMAT, "a media type, such as `text/html`"), "3.2.1")
    some(given, "language", matching(_LANGUAGE, "a language tag, such as `en`"), "3.2.1")
    one(given, "processingLanguage", matching(_LANGUAGE, "a language tag, such as `en`"), "3.2.1")
    one(given, "textDirection", matching(re.compile("ltr|rtl|auto"), "`ltr`, `rtl` or `auto`"), "3.2.1")


def _agent(given: Given) -> None:
    if not isinstance(given.value, dict):
        iri(given)
        return
    one(given, "id", iri, "3.3.2")
    for name in ("type", "name", "nickname"):
        some(given, name, text, "3.3.2")
    some(given, "email", reference, "3.3.2")
    some(given, "homepage", reference, "3.3.2")
    some(given, "email_sha1", matching(_SHA1, "a SHA-1 in hexadecimal"), "3.3.2")
