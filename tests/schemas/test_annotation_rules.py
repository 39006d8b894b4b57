"""Samples of our own for every rule of the Web Annotation Data Model that is asked for."""

from typing import Any

import pytest

from claims_api.errors import Invalid
from claims_api.schemas.formats import annotation_rules as rules
from claims_api.schemas.formats.given import Given

CONTEXT = "http://www.w3.org/ns/anno.jsonld"
PAGE = "https://news.example/1"
COMMENT = {"type": "TextualBody", "value": "Well said."}


def sample(**members: Any) -> dict[str, Any]:
    """Return an annotation with some of its members changed; None takes one away."""
    whole = {"@context": CONTEXT, "id": "https://notes.example/1", "type": "Annotation", "target": PAGE, **members}
    return {name: value for name, value in whole.items() if value is not None}


def selecting(selector: Any) -> dict[str, Any]:
    return sample(target={"source": PAGE, "selector": selector})


def in_state(**members: Any) -> dict[str, Any]:
    return sample(target={"source": PAGE, "state": {"type": "TimeState", **members}})


CORRECT = {
    "of a page, with no body": sample(),
    "with several contexts": sample(**{"@context": ["https://own.example/context", CONTEXT]}),
    "with several types": sample(type=["Annotation", "https://own.example/Note"]),
    "with an IRI for its body": sample(body="https://notes.example/body"),
    "with text for its body": sample(bodyValue="Well said."),
    "with a textual body": sample(
        body={**COMMENT, "format": "text/html", "language": "fr", "purpose": "commenting", "textDirection": "auto"}
    ),
    "with an empty textual body": sample(body={"type": "TextualBody", "value": ""}),
    "with an external body": sample(
        body={
            "id": "https://notes.example/a.mp3",
            "type": "Sound",
            "format": "audio/mpeg",
            "language": ["fr", "en"],
            "processingLanguage": "fr",
            "textDirection": "ltr",
        }
    ),
    "of a part that its address names": sample(target={"id": f"{PAGE}#xywh=1,2,3,4", "type": "Image"}),
    "with several bodies and targets": sample(body=["https://notes.example/b", COMMENT], target=[PAGE, f"{PAGE}?2"]),
    "with a choice of bodies": sample(
        body={"type": "Choice", "items": [{"id": "https://notes.example/en", "language": "en"}, COMMENT]}
    ),
    "of a composite": sample(target={"type": "Composite", "items": [PAGE, f"{PAGE}?2"]}),
    "of a list": sample(target={"type": "List", "items": [PAGE, {"source": PAGE, "scope": f"{PAGE}/frame"}]}),
    "of independents": sample(target={"type": "Independents", "items": [PAGE]}),
    "with its life": sample(
        creator="https://notes.example/ann",
        created="2015-01-28T12:00:00Z",
        modified="2015-01-29T09:00:00.5Z",
        generator="https://notes.example/app",
        generated="2015-02-04T12:00:00+00:00",
    ),
    "with agents": sample(
        creator={
            "id": "https://notes.example/ann",
            "type": "Person",
            "name": "Ann",
            "nickname": "a",
            "email_sha1": "58bad08927902ff9307b621c54716dcc5083e339",
        },
        generator=[{"type": "Software", "name": "Notes", "homepage": "https://notes.example/"}],
    ),
    "with an audience": sample(audience={"id": "https://notes.example/teachers", "type": "schema:EducationalAudience"}),
    "with accessible content": sample(target={"id": PAGE, "type": "Video", "accessibility": "captions"}),
    "with several motivations": sample(motivation=["commenting", "https://own.example/doubting"]),
    "with rights": sample(
        rights="https://rights.example/cc0", body={"id": PAGE, "rights": "https://rights.example/by"}
    ),
    "with other identities": sample(
        canonical="urn:uuid:dbfb1861-0ecf-41ad-be94-a584e5c4f1df", via="https://a.example/1"
    ),
    "of a specific resource with a purpose": sample(
        body={"type": "SpecificResource", "purpose": "tagging", "source": "https://places.example/city"}
    ),
    "of a source that is described": sample(
        target={"source": {"id": PAGE, "format": "text/html"}, "purpose": "linking"}
    ),
    "with a selector elsewhere": selecting("https://notes.example/selector"),
    "with a fragment selector": selecting(
        {"type": "FragmentSelector", "conformsTo": "http://www.w3.org/TR/media-frags/", "value": "t=30,60"}
    ),
    "with a css selector": selecting({"type": "CssSelector", "value": "#a > .b + p"}),
    "with an xpath selector": selecting({"type": "XPathSelector", "value": "/html/body/p[2]"}),
    "with a quote": selecting({"type": "TextQuoteSelector", "exact": "No date", "prefix": "", "suffix": " was"}),
    "with a position": selecting({"type": "TextPositionSelector", "start": 0, "end": 795}),
    "with a position in data": selecting({"type": "DataPositionSelector", "start": 4096, "end": 4104}),
    "with a drawing": selecting({"type": "SvgSelector", "value": "<svg/>"}),
    "with a drawing elsewhere": selecting({"type": "SvgSelector", "id": "https://notes.example/svg"}),
    "with a range": selecting(
        {
            "type": "RangeSelector",
            "startSelector": {"type": "XPathSelector", "value": "//td[2]"},
            "endSelector": {"type": "XPathSelector", "value": "//td[4]"},
        }
    ),
    "with a refined selector": selecting(
        {
            "type": "FragmentSelector",
            "value": "para5",
            "refinedBy": {"type": "TextQuoteSelector", "exact": "No date"},
        }
    ),
    "with several selectors": selecting(
        [{"type": "TextQuoteSelector", "exact": "No date"}, {"type": "TextPositionSelector", "start": 1, "end": 8}]
    ),
    "with a selector of another vocabulary": selecting({"type": "https://own.example/PageSelector", "page": 3}),
    "with a state elsewhere": sample(target={"source": PAGE, "state": {"id": "https://notes.example/state"}}),
    "with the state of a time": in_state(cached="https://archive.example/1", sourceDate="2015-07-20T13:30:00Z"),
    "with the state of a span of time": in_state(
        sourceDateStart="2015-07-20T13:30:00Z", sourceDateEnd="2015-07-21T19:15:00Z"
    ),
    "with the state of a request, refined": sample(
        target={
            "source": PAGE,
            "state": {
                "type": "HttpRequestState",
                "value": "Accept: application/pdf",
                "refinedBy": {"type": "FragmentSelector", "value": "page=10"},
            },
        }
    ),
    "with a stylesheet elsewhere": sample(
        stylesheet="https://notes.example/style", target={"source": PAGE, "styleClass": "red"}
    ),
    "with a stylesheet": sample(stylesheet={"type": "CssStylesheet", "value": ".red { color: red }"}),
    "with a rendering": sample(
        target={"source": PAGE, "renderedVia": {"id": "https://pdf.example/reader", "type": "Software"}}
    ),
    "with lists of one": sample(id=["https://notes.example/1"], created=["2015-01-28T12:00:00Z"]),
    "with members of other vocabularies": sample(label="Ours", **{"schema:about": 3}),
}
INCORRECT = {
    "that is no object": ("An annotation", ""),
    "without a context": (sample(**{"@context": None}), "/@context"),
    "with another context": (sample(**{"@context": "fish"}), "/@context"),
    "with other contexts": (sample(**{"@context": ["https://a.example/1", "https://a.example/2"]}), "/@context"),
    "without an id": (sample(id=None), "/id"),
    "with an id that is no IRI": (sample(id="not a uri"), "/id"),
    "with an id that is a path": (sample(id="/annotations/1"), "/id"),
    "with an empty id": (sample(id=""), "/id"),
    "with two ids": (sample(id=["https://notes.example/1", "https://notes.example/2"]), "/id"),
    "without a type": (sample(type=None), "/type"),
    "of another type": (sample(type="Bookmark"), "/type"),
    "without a target": (sample(target=None), "/target"),
    "with an empty list of targets": (sample(target=[]), "/target"),
    "of a target that is no IRI": (sample(target="this page"), "/target"),
    "of a number": (sample(target=7), "/target"),
    "of a text": (sample(target=COMMENT), "/target/id"),
    "of a target without an id": (sample(target={"type": "Image"}), "/target/id"),
    "with a body that is no IRI": (sample(body="well said"), "/body"),
    "with an external body whose id is no IRI": (sample(body={"id": "not one"}), "/body/id"),
    "with an external body without an id": (sample(body={"format": "text/plain"}), "/body/id"),
    "with a body and text for it": (sample(body=COMMENT, bodyValue="Well said."), "/bodyValue"),
    "with two texts": (sample(bodyValue=["a", "b"]), "/bodyValue"),
    "with text that is none": (sample(bodyValue={"value": "a"}), "/bodyValue"),
    "with a textual body without a value": (sample(body={"type": "TextualBody"}), "/body/value"),
    "with a textual body of two values": (sample(body={"type": "TextualBody", "value": ["a", "b"]}), "/body/value"),
    "with a textual body of a number": (sample(body={"type": "TextualBody", "value": 6}), "/body/value"),
    "with a format that is none": (sample(body={"id": PAGE, "format": 6}), "/body/format"),
    "with a format without a slash": (sample(body={"id": PAGE, "format": "html"}), "/body/format"),
    "with a language that is none": (sample(body={"id": PAGE, "language": 3}), "/body/language"),
    "with a language of several words": (sample(body={"id": PAGE, "language": "some english"}), "/body/language"),
    "with two processing languages": (
        sample(body={"id": PAGE, "processingLanguage": ["en", "de"]}),
        "/body/processingLanguage",
    ),
    "with an unknown direction": (sample(body={"id": PAGE, "textDirection": "squirrel"}), "/body/textDirection"),
    "with two directions": (sample(body={"id": PAGE, "textDirection": ["ltr", "rtl"]}), "/body/textDirection"),
    "with items of no type": (sample(body={"items": [PAGE]}), "/body/type"),
    "with a choice of nothing": (sample(body={"type": "Choice"}), "/body/items"),
    "with a list that holds what is none": (sample(target={"type": "List", "items": [PAGE, 3]}), "/target/items/1"),
    "made at no moment": (sample(created="yesterday"), "/created"),
    "made on a day": (sample(created="2015-01-28"), "/created"),
    "made in no zone": (sample(created="2015-01-28T12:00:00"), "/created"),
    "made in another zone": (sample(created="2015-01-28T12:00:00+02:00"), "/created"),
    "made twice": (sample(created=["2015-01-28T12:00:00Z", "2015-01-29T12:00:00Z"]), "/created"),
    "changed at no moment": (sample(modified=20150128), "/modified"),
    "generated at no moment": (sample(generated=""), "/generated"),
    "made by what is no IRI": (sample(creator="Ann"), "/creator"),
    "made by one whose name is none": (sample(creator={"name": 7}), "/creator/name"),
    "made by one with two ids": (sample(creator={"id": [PAGE, f"{PAGE}?2"]}), "/creator/id"),
    "with an email's hash that is none": (sample(creator={"email_sha1": "ann"}), "/creator/email_sha1"),
    "for an audience that is no IRI": (sample(audience="teachers"), "/audience"),
    "with an unknown motivation": (sample(motivation="squirreling"), "/motivation"),
    "with an unknown purpose": (sample(body={**COMMENT, "purpose": "squirreling"}), "/body/purpose"),
    "with rights that are no IRI": (sample(rights="all reserved"), "/rights"),
    "with two canonical ids": (sample(canonical=[PAGE, f"{PAGE}?2"]), "/canonical"),
    "by way of what is no IRI": (sample(via="a friend"), "/via"),
    "with two stylesheets": (sample(stylesheet=[PAGE, f"{PAGE}?2"]), "/stylesheet"),
    "of a specific resource without a source": (sample(target={"type": "SpecificResource"}), "/target/source"),
    "of a specific resource of two sources": (sample(target={"source": [PAGE, f"{PAGE}?2"]}), "/target/source"),
    "of a source without an id": (sample(target={"source": {"format": "text/html"}}), "/target/source/id"),
    "with a selector of no type": (selecting({"value": "a"}), "/target/selector/type"),
    "with a fragment selector without a value": (selecting({"type": "FragmentSelector"}), "/target/selector/value"),
    "with a fragment selector of two values": (
        selecting({"type": "FragmentSelector", "value": ["a", "b"]}),
        "/target/selector/value",
    ),
    "with a fragment selector by two standards": (
        selecting({"type": "FragmentSelector", "value": "a", "conformsTo": [PAGE, f"{PAGE}?2"]}),
        "/target/selector/conformsTo",
    ),
    "with a css selector without a value": (selecting({"type": "CssSelector"}), "/target/selector/value"),
    "with a quote without words": (
        selecting({"type": "TextQuoteSelector", "prefix": "a"}),
        "/target/selector/exact",
    ),
    "with a quote of two": (
        selecting({"type": "TextQuoteSelector", "exact": ["a", "b"]}),
        "/target/selector/exact",
    ),
    "with two prefixes": (
        selecting({"type": "TextQuoteSelector", "exact": "a", "prefix": ["b", "c"]}),
        "/target/selector/prefix",
    ),
    "with a position without an end": (
        selecting({"type": "TextPositionSelector", "start": 1}),
        "/target/selector/end",
    ),
    "with a position before the text": (
        selecting({"type": "TextPositionSelector", "start": -1, "end": 2}),
        "/target/selector/start",
    ),
    "with a position in words": (
        selecting({"type": "TextPositionSelector", "start": "1", "end": "2"}),
        "/target/selector/start",
    ),
    "with a range without an end": (
        selecting({"type": "RangeSelector", "startSelector": {"type": "XPathSelector", "value": "//td"}}),
        "/target/selector/endSelector",
    ),
    "with a refinement that is none": (
        selecting({"type": "XPathSelector", "value": "//td", "refinedBy": {"type": "TextQuoteSelector"}}),
        "/target/selector/refinedBy/exact",
    ),
    "with a state of no moment": (in_state(sourceDate="in July"), "/target/state/sourceDate"),
    "with half a span of time": (in_state(sourceDateStart="2015-07-20T13:30:00Z"), "/target/state/sourceDateStart"),
    "with a moment beside a span": (
        in_state(
            sourceDate="2015-07-20T13:30:00Z",
            sourceDateStart="2015-07-20T13:30:00Z",
            sourceDateEnd="2015-07-21T13:30:00Z",
        ),
        "/target/state/sourceDate",
    ),
    "with a request of nothing": (
        sample(target={"source": PAGE, "state": {"type": "HttpRequestState"}}),
        "/target/state/value",
    ),
}


class TestAnAnnotation:
    @pytest.mark.parametrize("annotation", CORRECT.values(), ids=CORRECT)
    def test_is_taken(self, annotation: Any) -> None:
        rules.refuse_wrong(Given(annotation, ()))

    @pytest.mark.parametrize(("annotation", "place"), INCORRECT.values(), ids=INCORRECT)
    def test_is_refused_at_the_place_of_what_is_wrong(self, annotation: Any, place: str) -> None:
        with pytest.raises(Invalid) as refused:
            rules.refuse_wrong(Given(annotation, ()))
        assert "".join(f"/{part}" for part in refused.value.path or ()) == place
        assert refused.value.detail.endswith(".")

    def test_has_the_context_of_what_it_stands_in(self) -> None:
        rules.refuse_wrong(Given(sample(**{"@context": None}), ()), has_context=True)


class TestAPage:
    @pytest.mark.parametrize(
        ("members", "place"),
        [({"items": PAGE}, "items"), ({"items": [], "startIndex": -1}, "startIndex"), ({"items": [], "id": "x"}, "id")],
    )
    def test_is_refused(self, members: dict[str, Any], place: str) -> None:
        with pytest.raises(Invalid) as refused:
            rules.refuse_wrong_page(Given({"type": "AnnotationPage", **members}, ()))
        assert refused.value.path == (place,)


class TestACollection:
    @pytest.mark.parametrize(
        ("members", "place"),
        [({"id": None}, "id"), ({"total": "2"}, "total"), ({"total": 2}, "first"), ({"last": 3}, "last")],
    )
    def test_is_refused(self, members: dict[str, Any], place: str) -> None:
        collection = {"id": "https://notes.example/all", "type": "AnnotationCollection", **members}
        with pytest.raises(Invalid) as refused:
            rules.refuse_wrong_collection(Given(collection, ()))
        assert refused.value.path == (place,)
