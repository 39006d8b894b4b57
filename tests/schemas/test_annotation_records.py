import json
from typing import Any

import pytest

from claims_api.errors import Invalid
from claims_api.models.words import Basis, SpeakerKind, Stance
from claims_api.schemas.formats.annotation_records import records
from claims_api.services.anchoring import Quote
from claims_api.services.claims import NewClaim
from claims_api.services.evidence import NewEvidence
from claims_api.services.imports.incoming import ExistingId, Incoming, LeftOut, Record, Unreadable
from claims_api.services.passages import NewPassage
from claims_api.services.sources import NewSource
from claims_api.services.speakers import NewSpeaker
from tests.schemas.test_annotation_rules import CORRECT, PAGE, sample, selecting

QUOTE = {"type": "TextQuoteSelector", "exact": "No date was set", "prefix": "ended. ", "suffix": ", the"}
POSITION = {"type": "TextPositionSelector", "start": 17, "end": 32}
OURS = "0199f6a1-0000-7000-8000-000000000000"
ROW = {
    "id": "MyRowId",
    "created": "2018-03-05T12:34:56.789012+00:00",
    "user": "acct:ann@hypothes.is",
    "uri": "https://news.example/1",
    "text": "Really?",
    "tags": [],
    "group": "__world__",
    "document": {"title": ["A report"]},
    "target": [
        {
            "source": "https://news.example/1",
            "selector": [
                {"type": "RangeSelector", "startContainer": "/p[1]", "startOffset": 17, "endContainer": "/p[1]"},
                POSITION,
                QUOTE,
            ],
        }
    ],
}


def read(document: Any) -> list[Record]:
    return list(records(enumerate(json.dumps(document, indent=1).encode().splitlines(keepends=True), start=1)))


def new(found: list[Record]) -> list[Any]:
    assert all(isinstance(each, Incoming) for each in found), found
    return [each.new for each in found if isinstance(each, Incoming)]


def tag(value: str, purpose: str = "classifying") -> dict[str, Any]:
    return {"type": "TextualBody", "purpose": purpose, "value": value}


def claim(**members: Any) -> dict[str, Any]:
    source = {"id": f"urn:uuid:{OURS}", "type": "schema:Claim", "schema:text": "no date was set", **members}
    return {"type": "SpecificResource", "purpose": "linking", "source": source}


class TestPlaces:
    def quote_of(self, selector: Any) -> Quote:
        return next(each.quote for each in new(read(selecting(selector))) if isinstance(each, NewPassage))

    def test_are_given_by_words(self) -> None:
        assert self.quote_of(QUOTE) == Quote("No date was set", "ended. ", ", the")

    def test_are_given_by_offsets(self) -> None:
        assert self.quote_of(POSITION) == Quote(start=17, end=32, hints=True)

    def test_are_given_by_both_where_the_words_decide(self) -> None:
        assert self.quote_of([QUOTE, POSITION]) == Quote(
            "No date was set", "ended. ", ", the", None, 17, 32, hints=True
        )

    def test_are_narrowed_within_words(self) -> None:
        found = self.quote_of({**QUOTE, "refinedBy": {"type": "TextPositionSelector", "start": 3, "end": 7}})
        assert found == Quote("date", "ended. No ", " was set, the")

    def test_are_narrowed_to_words_within_words(self) -> None:
        found = self.quote_of({**QUOTE, "refinedBy": {"type": "TextQuoteSelector", "exact": "date"}})
        assert found == Quote("date", "ended. No ", " was set, the")

    def test_are_narrowed_within_offsets(self) -> None:
        found = self.quote_of({**POSITION, "refinedBy": {"type": "TextPositionSelector", "start": 3, "end": 7}})
        assert found == Quote(start=20, end=24, hints=True)

    def test_are_words_within_what_is_no_text(self) -> None:
        found = self.quote_of({"type": "FragmentSelector", "value": "p5", "refinedBy": QUOTE})
        assert found == Quote("No date was set", "ended. ", ", the")

    def test_are_not_told_by_offsets_within_what_is_no_text(self) -> None:
        found = read(selecting({"type": "FragmentSelector", "value": "p5", "refinedBy": POSITION}))
        assert isinstance(found[0], LeftOut)

    def test_of_several_targets_are_passages_of_their_own(self) -> None:
        targets = [{"source": PAGE, "selector": QUOTE}, {"source": PAGE, "selector": POSITION}]
        found = [each for each in read(sample(target=targets)) if isinstance(each, Incoming)]
        assert [each.key for each in found if isinstance(each.new, NewPassage)] == [
            "https://notes.example/1",
            "https://notes.example/1 1",
        ]


class TestSources:
    def source_of(self, target: dict[str, Any]) -> tuple[str, NewSource]:
        found = read(sample(target={**target, "selector": QUOTE}))
        return next(
            (each.key, each.new) for each in found if isinstance(each, Incoming) and isinstance(each.new, NewSource)
        )

    def test_are_known_by_their_url(self) -> None:
        key, source = self.source_of({"source": PAGE})
        assert (key, source.url, source.title, source.text) == (PAGE, PAGE, PAGE, None)

    def test_bear_the_title_that_is_told(self) -> None:
        assert self.source_of({"source": PAGE, "schema:name": "A report"})[1].title == "A report"

    def test_may_have_no_url(self) -> None:
        key, source = self.source_of({"source": "urn:isbn:0451450523"})
        assert (key, source.url, source.title) == ("urn:isbn:0451450523", None, "urn:isbn:0451450523")

    def test_are_known_by_no_more_than_a_key_may_have(self) -> None:
        key, source = self.source_of({"source": "urn:x:" + "y" * 3_000})
        assert (len(key), len(source.title or "")) == (24, 500)

    def test_of_this_service_are_known_by_their_id(self) -> None:
        key, _ = self.source_of({"source": f"urn:uuid:{OURS}"})
        assert key == OURS
        assert isinstance(key, ExistingId)


class TestEvidence:
    def test_is_what_says_a_stance_and_a_claim(self) -> None:
        bodies = [
            claim(**{"schema:author": {"type": "schema:Organization", "schema:name": "Kremlin"}, "language": "en"}),
            tag("contradicts"),
            tag("attribution"),
            tag("group:a"),
            tag("credibility:2"),
            tag("Says otherwise.", "commenting"),
            tag("A spokesman", "identifying"),
        ]
        found = read(sample(body=bodies, target={"source": PAGE, "selector": QUOTE}))
        said, _, link = new(found)
        assert said == NewClaim(
            text="no date was set", speaker=NewSpeaker("Kremlin", SpeakerKind.ORGANIZATION), language="en"
        )
        assert link == NewEvidence(
            Stance.CONTRADICTS,
            Basis.ATTRIBUTION,
            source_id=PAGE,
            quote=Quote("No date was set", "ended. ", ", the"),
            stated_by=NewSpeaker("A spokesman"),
            group="a",
            note="Says otherwise.",
            credibility=2,
        )
        assert isinstance(found[2], Incoming)
        assert isinstance(found[2].of, ExistingId)

    def test_may_speak_of_a_claim_that_is_kept_already(self) -> None:
        body = [{"type": "SpecificResource", "purpose": "linking", "source": f"https://c.example/v1/claims/{OURS}"}]
        found = read(sample(body=[*body, tag("supports")], target={"source": PAGE, "selector": QUOTE}))
        assert [each.of for each in found if isinstance(each, Incoming)] == [None, OURS]

    @pytest.mark.parametrize("bodies", [[tag("supports")], [claim()], [tag("supports", "commenting"), claim()]])
    def test_needs_both(self, bodies: list[dict[str, Any]]) -> None:
        found = new(read(sample(body=bodies, target={"source": PAGE, "selector": QUOTE})))
        assert [type(each) for each in found] == [NewSource, NewPassage]

    def test_is_refused_with_two_stances(self) -> None:
        bodies = [claim(), tag("supports"), tag("contradicts")]
        found = read(sample(body=bodies, target={"source": PAGE, "selector": QUOTE}))
        assert isinstance(found[0], Unreadable)
        assert found[0].failure.path == ("body", 1, "value")

    def test_is_refused_with_a_date_of_two_meanings(self) -> None:
        bodies = [claim(**{"schema:datePublished": "31-10-2020"}), tag("supports")]
        found = read(sample(body=bodies, target={"source": PAGE, "selector": QUOTE}))
        assert isinstance(found[0], Unreadable)
        assert "2020-10-31" in found[0].failure.detail


class TestHypothesis:
    def test_rows_are_passages(self) -> None:
        source, passage = new(read({"total": 1, "rows": [ROW]}))
        assert source == NewSource(title="A report", url="https://news.example/1")
        assert passage.quote == Quote("No date was set", "ended. ", ", the", None, 17, 32, hints=True)

    def test_exports_are_taken(self) -> None:
        assert len(read({"export_date": "2024-01-01T00:00:00Z", "annotations": [ROW]})) == 2

    def test_rows_are_taken_line_by_line(self) -> None:
        lines = [json.dumps({**ROW, "id": f"row {number}"}).encode() + b"\n" for number in range(3)]
        found = list(records(enumerate(lines, start=1)))
        assert [each.line for each in found if isinstance(each, Incoming)] == [1, 1, 2, 2, 3, 3]

    def test_rows_are_evidence_where_their_tags_say_so(self) -> None:
        said, _, link = new(read([{**ROW, "tags": ["contradicts", "claim: no date was set"]}]))
        assert (said.text, link.stance, link.note) == ("no date was set", Stance.CONTRADICTS, "Really?")

    def test_rows_may_name_a_claim_by_its_id(self) -> None:
        found = read([{**ROW, "tags": ["supports", f"claim:{OURS}"]}])
        assert isinstance(found[-1], Incoming)
        assert found[-1].of == OURS

    def test_rows_without_an_id_are_told_apart_by_what_they_say(self) -> None:
        bare = {name: value for name, value in ROW.items() if name != "id"}
        found = read([bare, {**bare, "text": "Indeed."}, {**bare, "target": [{"selector": [POSITION]}]}, bare])
        first, second, third, again = (
            each.key for each in found if isinstance(each, Incoming) and isinstance(each.new, NewPassage)
        )
        assert (len({first, second, third}), again) == (3, first)

    @pytest.mark.parametrize("members", [{"target": [{"source": PAGE}]}, {"references": ["OtherRow"]}, {"target": []}])
    def test_notes_on_pages_and_replies_are_left_out(self, members: dict[str, Any]) -> None:
        (found,) = read([{**ROW, **members}])
        assert isinstance(found, LeftOut)
        assert found.key == "MyRowId"


class TestDocuments:
    @pytest.mark.parametrize("annotation", CORRECT.values(), ids=CORRECT)
    def test_of_the_model_are_never_refused(self, annotation: Any) -> None:
        assert not [each for each in read(annotation) if isinstance(each, Unreadable)]

    def test_may_be_lists(self) -> None:
        assert len(read([selecting(QUOTE), selecting(POSITION)])) == 4

    def test_may_be_pages(self) -> None:
        bare = {name: value for name, value in selecting(QUOTE).items() if name != "@context"}
        page = {"@context": sample()["@context"], "type": "AnnotationPage", "items": [bare]}
        assert len(read(page)) == 2

    def test_may_be_collections_with_their_first_page(self) -> None:
        bare = {name: value for name, value in selecting(QUOTE).items() if name != "@context"}
        collection = {
            "@context": sample()["@context"],
            "id": "https://notes.example/all",
            "type": "AnnotationCollection",
            "total": 1,
            "first": {"id": "https://notes.example/all/1", "type": "AnnotationPage", "items": [bare]},
        }
        assert len(read(collection)) == 2

    def test_that_are_elsewhere_are_told(self) -> None:
        page = {"@context": sample()["@context"], "type": "AnnotationPage", "items": ["https://notes.example/7"]}
        assert [each.key for each in read(page) if isinstance(each, LeftOut)] == ["https://notes.example/7"]

    def test_tell_what_is_wrong_with_one_of_many_and_go_on(self) -> None:
        found = read([selecting(QUOTE), sample(target=None), selecting(POSITION)])
        (wrong,) = [each for each in found if isinstance(each, Unreadable)]
        assert isinstance(wrong.failure, Invalid)
        assert wrong.failure.path == (1, "target")
        assert len(found) == 5

    def test_that_are_no_json_are_refused_with_the_place(self) -> None:
        (wrong,) = records([(1, b'{"id": 1,\n'), (2, b"}\n")])
        assert isinstance(wrong, Unreadable)
        assert "line 2, column 1" in wrong.failure.detail

    @pytest.mark.parametrize("lines", [[], [(1, b"\n")], [(1, b"[]\n")]])
    def test_that_hold_nothing_are_as_good_as_an_empty_list(self, lines: list[tuple[int, bytes]]) -> None:
        assert list(records(lines)) == []

    def test_nested_without_end_are_refused(self) -> None:
        (wrong,) = records([(1, b"[" * 500 + b"]" * 500)])
        assert isinstance(wrong, Unreadable)

    def test_with_nul_are_refused(self) -> None:
        (wrong,) = read(sample(bodyValue="a\x00b"))
        assert isinstance(wrong, Unreadable)

    def test_line_by_line_may_begin_with_a_broken_one(self) -> None:
        found = list(records([(1, b'{"id": \n'), (2, json.dumps(ROW).encode())]))
        found_too = list(records([(1, b'{"id"\n'), (2, json.dumps(ROW).encode())]))
        assert [type(each) for each in found] == [Unreadable]
        assert [type(each) for each in found_too] == [Unreadable, Incoming, Incoming]
