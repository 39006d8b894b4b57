from typing import Any

import pytest

from claims_api.models.words import Stance, Verdict
from claims_api.schemas.formats import neutral
from claims_api.services.anchoring import Quote
from claims_api.services.assessments import NewAssessment
from claims_api.services.claims import NewClaim
from claims_api.services.evidence import NewEvidence
from claims_api.services.imports.incoming import Incoming
from claims_api.services.sources import NewSource
from claims_api.services.speakers import NewSpeaker
from tests.schemas.records import Found, left_out, lines, new, refused

SOURCE = {"kind": "source", "key": "s", "title": "A report", "text": "No date was set, he said.", "author": None}
CLAIM = {"kind": "claim", "key": "c", "text": "no date was set", "speaker": None, "date": None}
LINK = {
    "kind": "evidence", "claim_key": "c", "source_key": "s", "quote": "No date was set", "start": 0, "end": 15,
    "stance": "supports", "note": "as he said",
}  # fmt: skip


def read(*documents: Any) -> list[Found]:
    return list(neutral.records(lines(*documents)))


class TestSources:
    def test_come_with_their_text_as_it_is(self) -> None:
        [source] = new(read({**SOURCE, "text": " \u201cNo\u201d\u00a0"}), NewSource)
        assert source.text == " \u201cNo\u201d\u00a0"

    @pytest.mark.parametrize(("author", "authors"), [(None, []), ("", []), ("A", ["A"]), (["A", "B"], ["A", "B"])])
    def test_have_any_number_of_authors(self, author: Any, authors: list[str]) -> None:
        [source] = new(read({**SOURCE, "author": author}), NewSource)
        assert source.authors == authors

    @pytest.mark.parametrize(("url", "title"), [("https://example.org/a", "https://example.org/a"), (None, "s")])
    def test_without_a_title_are_called_by_their_url_or_key(self, url: str | None, title: str) -> None:
        [source] = new(read({**SOURCE, "title": None, "url": url}), NewSource)
        assert source.title == title

    @pytest.mark.parametrize("known", [{"url": "https://example.org/" + "x" * 600}, {"key": "k" * 600}])
    def test_without_a_title_are_called_by_as_much_as_a_title_may_have(self, known: dict[str, str]) -> None:
        [source] = new(read({**SOURCE, "title": None, **known}), NewSource)
        assert source.title == next(iter(known.values()))[:500]

    @pytest.mark.parametrize("text", ["", " \n"])
    def test_that_are_empty_are_refused(self, text: str) -> None:
        assert refused(read({**SOURCE, "text": text})) == [(1, "The text of this source is empty.")]


class TestClaims:
    @pytest.mark.parametrize("name", ["Facebook posts", "  X ", "\u0648\u0632\u0627\u0631\u0629", "?"])
    def test_keep_odd_speakers_as_they_are(self, name: str) -> None:
        [claim] = new(read({**CLAIM, "speaker": name}), NewClaim)
        assert claim.speaker == NewSpeaker(name)

    @pytest.mark.parametrize("nobody", [None, ""])
    def test_may_have_no_speaker(self, nobody: Any) -> None:
        [claim] = new(read({**CLAIM, "speaker": nobody}), NewClaim)
        assert claim.speaker is None

    @pytest.mark.parametrize("text", [None, "", "  "])
    def test_that_are_empty_are_refused(self, text: Any) -> None:
        assert refused(read({**CLAIM, "text": text})) == [(1, "This claim has no text.")]

    @pytest.mark.parametrize("date", ["31-10-2020", "10/31/2020", "31.10.2020", "October 2020", "2020-31-10"])
    def test_with_dates_in_another_order_are_refused(self, date: str) -> None:
        [(line, detail)] = refused(read({**CLAIM, "date": date}))
        assert (line, "2025-10-21" in detail or "calendar" in detail) == (1, True)

    @pytest.mark.parametrize("date", ["2020", "2020-10", "2020-10-31"])
    def test_have_dates_as_far_as_they_are_known(self, date: str) -> None:
        [claim] = new(read({**CLAIM, "date": date}), NewClaim)
        assert claim.claim_date == date

    def test_have_the_day_of_a_moment(self) -> None:
        [claim] = new(read({**CLAIM, "date": "2020-10-31T23:59:00Z"}), NewClaim)
        assert claim.claim_date == "2020-10-31"

    def test_may_have_a_label(self) -> None:
        [label] = new(read({**CLAIM, "label": "REFUTES"}), NewAssessment)
        assert (label.verdict, label.rating_label, label.reviewer) == (Verdict.REFUTED, "REFUTES", "annotators")

    def test_whose_label_tells_no_verdict_are_taken_without_it(self) -> None:
        found = read({**CLAIM, "label": "satire"})
        assert (len(new(found, NewClaim)), left_out(found)) == (1, ["'satire' tells no verdict that is known here."])


class TestEvidence:
    def test_joins_claim_and_source_by_their_keys(self) -> None:
        [record] = read(LINK)
        assert isinstance(record, Incoming)
        assert (record.of, record.new) == (
            "c",
            NewEvidence(
                Stance.SUPPORTS, source_id="s", quote=Quote("No date was set", start=0, end=15), note="as he said"
            ),
        )

    def test_needs_no_offsets(self) -> None:
        [link] = new(read({**LINK, "start": None, "end": None}), NewEvidence)
        assert link.quote == Quote("No date was set")

    def test_has_the_same_key_whatever_else_is_in_the_file(self) -> None:
        [first], [_, second] = read(LINK), read(CLAIM, LINK)
        assert isinstance(first, Incoming)
        assert isinstance(second, Incoming)
        assert (first.key, first.place) == (second.key, second.place)

    def test_is_ordered_by_where_it_stands(self) -> None:
        places = [each.place for each in read(LINK, {**LINK, "start": 17, "end": 32}) if isinstance(each, Incoming)]
        assert places == [0, 17]

    def test_with_a_key_is_the_same_wherever_it_stands(self) -> None:
        one, other = (read({**LINK, "key": "e", **each})[0] for each in ({}, {"start": 17, "end": 32}))
        assert isinstance(one, Incoming)
        assert isinstance(other, Incoming)
        assert (one.key, one.place) == (other.key, other.place)

    def test_of_two_stances_has_two_keys(self) -> None:
        first, second = read(LINK, {**LINK, "stance": "contradicts"})
        assert isinstance(first, Incoming)
        assert isinstance(second, Incoming)
        assert first.key != second.key

    def test_with_an_unknown_stance_is_refused(self) -> None:
        [(line, detail)] = refused(read({**LINK, "stance": "likes"}))
        assert (line, detail[:10]) == (1, "No stance:")


class TestLabels:
    def test_are_assessments_by_whoever_concluded_them(self) -> None:
        label = {"kind": "label", "claim_key": "c", "label": "supported", "reviewer": "Checkers", "explanation": "So."}
        [assessment] = new(read(label), NewAssessment)
        assert (assessment.verdict, assessment.reviewer, assessment.explanation) == (
            Verdict.SUPPORTED,
            "Checkers",
            "So.",
        )


class TestLines:
    def test_that_are_blank_are_passed_over(self) -> None:
        assert list(neutral.records([(1, b"\n"), (2, b"  \r\n")])) == []

    def test_may_have_members_that_are_not_known(self) -> None:
        assert len(new(read({**CLAIM, "annotator": 7}), NewClaim)) == 1

    def test_may_have_numbers_as_keys(self) -> None:
        [record] = read({**CLAIM, "key": 7})
        assert record.key == "7"

    @pytest.mark.parametrize(
        "line",
        [b"{", b"[1]", b'"c"', b'{"kind": "cat"}', b'{"kind": ["claim"]}', b"\xff", b'{"kind": "claim", "key": NaN}'],
    )
    def test_that_are_nothing_of_the_form_are_refused_and_the_next_is_read(self, line: bytes) -> None:
        found = list(neutral.records([(1, line), (2, lines(CLAIM)[0][1])]))
        assert ([line for line, _ in refused(found)], len(new(found, NewClaim))) == ([1], 1)

    def test_with_nul_are_refused(self) -> None:
        assert refused(read({**CLAIM, "text": "a\x00"})) == [(1, "U+0000 (NUL) is no text; leave it out.")]

    @pytest.mark.parametrize("key", [None, "", " ", True, 1.5, ["c"], "k" * 1001])
    def test_without_a_key_are_refused(self, key: Any) -> None:
        assert [line for line, _ in refused(read({**CLAIM, "key": key}))] == [1]

    def test_that_are_wrong_name_the_member_by_its_own_name(self) -> None:
        [record] = read({**LINK, "quote": 7})
        assert record.failure.path == ("quote",)  # type: ignore[union-attr]  # it cannot be read


class TestWholeLines:
    def test_are_refused_as_a_whole(self) -> None:
        found = read({**CLAIM, "label": "true" + " " * 300}, {**CLAIM, "key": "d"})
        assert ([line for line, _ in refused(found)], len(new(found, NewClaim))) == ([1], 1)

    @pytest.mark.parametrize("space", [" ", "\t", "  "])
    def test_with_a_member_given_twice_are_refused(self, space: str) -> None:
        line = f'{{"kind":"claim","key":"c","text":"a","text"{space}:"b"}}'.encode()
        [(_, detail)] = refused(neutral.records([(1, line)]))
        assert "more than once" in detail


class TestKeysThatAreMadeOfOthers:
    @pytest.mark.parametrize(("one", "other"), [(("a", "b c"), ("a b", "c")), (("a\\", "b"), ("a\\ b", "b"))])
    def test_are_others_for_others(self, one: tuple[str, str], other: tuple[str, str]) -> None:
        links = [{**LINK, "claim_key": claim, "source_key": source} for claim, source in (one, other)]
        first, second = (each.key for each in read(*links) if isinstance(each, Incoming))
        assert first != second

    def test_of_labels_are_others_for_others(self) -> None:
        labels = [
            {"kind": "label", "claim_key": claim, "label": "true", "reviewer": reviewer}
            for claim, reviewer in (("a", "b c"), ("a b", "c"))
        ]
        first, second = (each.key for each in read(*labels) if isinstance(each, Incoming))
        assert first != second
