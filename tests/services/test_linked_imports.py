"""ClaimReviews and Web Annotations on their way into a database, and back."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from claims_api.db import Database
from claims_api.queries import claims as claim_queries
from claims_api.queries import rows
from claims_api.schemas.formats import annotation_records, annotations, claim_review_records, claim_reviews
from claims_api.services.imports import importing
from claims_api.services.imports.incoming import ImportReport, Record
from tests.api.factories import (
    TEXT,
    Thing,
    make_assessment,
    make_claim,
    make_evidence,
    make_passage,
    make_source,
    wrong,
)
from tests.conftest import Api, emptied
from tests.schemas.test_annotation_records import OURS, POSITION, QUOTE, ROW, claim, tag
from tests.schemas.test_annotation_rules import PAGE, sample, selecting
from tests.schemas.test_claim_review_records import review

Read = Callable[[Iterator[tuple[int, bytes]]], Iterator[Record]]
REVIEWS: Read = claim_review_records.records
ANNOTATIONS: Read = annotation_records.records


class Importing:
    def __init__(self, database: Database) -> None:
        self.database = database

    def __call__(self, read: Read, *documents: Any, skips: bool = False) -> ImportReport:
        lines = (json.dumps(each).encode() for each in documents)
        with self.database.writing() as session:
            return importing.take(session, read(enumerate(lines, start=1)), collection="tests", skips=skips)


@pytest.fixture
def take(database: Database) -> Iterator[Importing]:
    yield Importing(database)
    with database.reading() as connection:
        assert wrong(connection) == []


def counts(report: ImportReport) -> dict[str, int]:
    return {kind: number for kind, number in report.created.items() if number}


def claims(api: Api) -> list[Thing]:
    found: list[Thing] = api.read("/v1/claims?include=evidence&sort=created_at")["data"]
    return found


class TestClaimReviews:
    ITEM = {  # noqa: RUF012  # read only
        "author": {"@type": "Thing", "name": "Facebook posts"},
        "datePublished": "2025-10-21",
        "firstAppearance": {"@type": "CreativeWork", "url": "https://social.example/1", "name": "A post"},
        "appearance": ["https://social.example/2", "https://social.example/3"],
    }

    def test_of_speakers_with_endless_job_titles_leave_those_out(self, take: Importing, api: Api) -> None:
        take(REVIEWS, review({"author": {"@type": "Person", "name": "Jo Doe", "jobTitle": "x" * 501}}))
        assert api.read(f"/v1/speakers/{claims(api)[0]['speaker']['id']}")["job_title"] is None

    def test_become_claims_with_assessments_and_appearances(self, take: Importing, api: Api) -> None:
        report = take(REVIEWS, review(self.ITEM))
        assert counts(report) == {
            "speakers": 1,
            "sources": 3,
            "passages": 3,
            "claims": 1,
            "evidence": 2,
            "assessments": 1,
        }
        (said,) = claims(api)
        assert (said["label"], said["assessments"][0]["verdict"]) == ("Facebook posts: No date was set", "refuted")
        first = api.read(f"/v1/passages/{said['first_appearance_id']}")
        assert (first["source"]["url"], first["match"]) == ("https://social.example/1", "unverified")

    def test_decide_nothing_by_where_a_claim_appeared(self, take: Importing, api: Api) -> None:
        take(REVIEWS, review(self.ITEM))
        assert claims(api)[0]["attribution"]["verdict"] == "not_enough_evidence"

    def test_change_nothing_when_they_come_again(self, take: Importing, api: Api) -> None:
        take(REVIEWS, review(self.ITEM))
        before = claims(api)
        assert counts(take(REVIEWS, review(self.ITEM))) == {}
        assert claims(api) == before

    def test_find_the_words_in_a_text_that_is_kept(self, take: Importing, api: Api) -> None:
        make_source(api, url="https://social.example/1")
        take(REVIEWS, review(self.ITEM))
        first = api.read(f"/v1/passages/{claims(api)[0]['first_appearance_id']}")
        assert (first["start"], first["match"]) == (TEXT.index("No date"), "exact")

    def test_do_without_an_appearance_that_does_not_hold_the_words(self, take: Importing, api: Api) -> None:
        for number in (1, 2):
            make_source(api, text="Something else.", url=f"https://social.example/{number}")
        report = take(REVIEWS, review(self.ITEM))
        (said,) = claims(api)
        assert (said["first_appearance_id"], len(said["evidence"])) == (None, 1)
        assert (report.refusals, report.omissions) == (0, 2)

    @pytest.mark.parametrize("value", ["1,5", "1/5", "NaN", True, [1]])
    def test_tell_of_a_number_that_is_none(self, take: Importing, api: Api, value: object) -> None:
        rating = {
            "@type": "Rating",
            "ratingValue": value,
            "bestRating": "5",
            "worstRating": 1,
            "alternateName": "False",
        }
        report = take(REVIEWS, review(reviewRating=rating))
        (made,) = claims(api)[0]["assessments"]
        assert (made["rating_value"], made["best_rating"], made["rating_label"]) == (None, 5, "False")
        assert [each.detail for each in report.left_out] == ["This is no number."]

    def test_tell_what_is_refused_and_keep_the_rest(self, take: Importing, api: Api) -> None:
        bad = review({"datePublished": "31-10-2020"})
        report = take(REVIEWS, bad, review(claimReviewed=""), review(claimReviewed="Good"), skips=True)
        assert [each["text"] for each in claims(api)] == ["Good"]
        told = [(each.line, each.path) for each in report.refused]
        assert (1, ("itemReviewed", "datePublished")) in told
        assert (2, ("claimReviewed",)) in told
        # With each claim goes its assessment.
        assert report.refusals == len(told) == 4

    def test_go_out_and_come_back_the_same(self, take: Importing, api: Api, database: Database) -> None:
        source = make_source(api, text=None, url="https://social.example/1", publisher="Social", published_at="2025-10")
        said = make_claim(
            api,
            speaker={"name": "A group", "kind": "group"},
            claim_date="2025-10",
            language="pt-BR",
            first_appearance_id=make_passage(api, exact="no date was set", source=source)["id"],
        )
        make_evidence(api, said, make_source(api, text=None, url="https://social.example/2"), basis="attribution")
        for reviewer in ("Facts", "More facts"):
            make_assessment(api, said, reviewer=reviewer, rating_label="Odd", rating_value=2.5, best_rating=5)
        make_assessment(api, said, verdict="supported", assessed_at="2025-10-22T00:00:00Z")
        before = api.read(f"/v1/claims/{said['id']}/claim-review")
        emptied(database)
        take(REVIEWS, before)
        assert api.read(f"/v1/claims/{said['id']}/claim-review") == before

    def test_that_nobody_made_come_back_as_claims_alone(self, take: Importing, api: Api, database: Database) -> None:
        said = make_claim(api)
        before = api.read(f"/v1/claims/{said['id']}/claim-review")
        emptied(database)
        assert counts(take(REVIEWS, before)) == {"claims": 1}
        assert api.read(f"/v1/claims/{said['id']}/claim-review") == before

    def test_of_this_very_database_change_nothing(self, take: Importing, api: Api) -> None:
        said = make_claim(api)
        make_assessment(api, said)
        before = claims(api)
        assert counts(take(REVIEWS, api.read(f"/v1/claims/{said['id']}/claim-review"))) == {}
        assert claims(api) == before


class TestAnnotations:
    def test_of_unknown_sources_become_unverified_passages(self, take: Importing, api: Api) -> None:
        assert counts(take(ANNOTATIONS, selecting([QUOTE, POSITION]))) == {"sources": 1, "passages": 1}
        (passage,) = api.read("/v1/passages")["data"]
        assert (passage["exact"], passage["prefix"], passage["match"]) == ("No date was set", "ended. ", "unverified")
        assert passage["source"]["url"] == PAGE

    def test_of_known_sources_are_checked(self, take: Importing, api: Api) -> None:
        source = make_source(api, url=PAGE)
        assert counts(take(ANNOTATIONS, selecting(QUOTE))) == {"passages": 1}
        (passage,) = api.read("/v1/passages")["data"]
        assert (passage["source"]["id"], passage["start"], passage["match"]) == (source["id"], 17, "exact")

    def test_find_their_source_by_its_canonical_url(self, take: Importing, api: Api) -> None:
        make_source(api, url="https://m.news.example/1", canonical_url=PAGE)
        assert counts(take(ANNOTATIONS, selecting(QUOTE))) == {"passages": 1}

    def test_are_refused_where_their_words_do_not_stand(self, take: Importing, api: Api) -> None:
        make_source(api, url=PAGE)
        report = take(ANNOTATIONS, selecting({**QUOTE, "exact": "Nobody ever wrote this"}), skips=True)
        assert [each.code for each in report.refused] == ["quote-not-found"]

    @pytest.mark.parametrize(("start", "end"), [(0, 15), (2_000_000, 2_000_015), (17, 10**12), (17, 10**400)])
    def test_go_by_their_words_where_their_offsets_are_of_another_copy(
        self, take: Importing, api: Api, start: int, end: int
    ) -> None:
        make_source(api, url=PAGE)
        take(ANNOTATIONS, selecting([QUOTE, {**POSITION, "start": start, "end": end}]))
        assert api.read("/v1/passages")["data"][0]["start"] == 17

    def test_go_by_their_offsets_where_their_words_stand_often(self, take: Importing, api: Api) -> None:
        make_source(api, text="Yes. No. Yes. No. Yes.", url=PAGE)
        exact = {"type": "TextQuoteSelector", "exact": "Yes"}
        take(ANNOTATIONS, selecting([exact, {"type": "TextPositionSelector", "start": 9, "end": 12}]))
        assert api.read("/v1/passages")["data"][0]["start"] == 9

    def test_of_offsets_alone_that_no_text_has_are_refused(self, take: Importing, api: Api) -> None:
        make_source(api, url=PAGE)
        report = take(ANNOTATIONS, selecting({**POSITION, "start": 2_000_000, "end": 2_000_015}), skips=True)
        assert [each.code for each in report.refused] == ["quote-mismatch"]

    def test_of_offsets_alone_are_left_out_without_the_text(self, take: Importing) -> None:
        report = take(ANNOTATIONS, selecting(POSITION))
        assert (counts(report), report.refusals) == ({"sources": 1}, 0)
        assert "text is not kept" in report.left_out[0].detail

    def test_of_offsets_alone_are_found_in_the_text(self, take: Importing, api: Api) -> None:
        make_source(api, url="https://news.example/2")
        target = {"source": "https://news.example/2", "selector": POSITION}
        take(ANNOTATIONS, sample(id="https://notes.example/2", target=target))
        assert api.read("/v1/passages")["data"][0]["exact"] == "No date was set"

    def test_of_offsets_outside_of_the_text_are_refused(self, take: Importing, api: Api) -> None:
        make_source(api, url=PAGE)
        report = take(ANNOTATIONS, selecting({**POSITION, "end": 5000}), skips=True)
        assert [each.code for each in report.refused] == ["quote-mismatch"]

    def test_of_hypothesis_become_passages(self, take: Importing, api: Api) -> None:
        take(ANNOTATIONS, {"total": 1, "rows": [ROW]})
        assert api.read("/v1/passages")["data"][0]["source"]["title"] == "A report"

    def test_with_stance_and_claim_become_evidence(self, take: Importing, api: Api) -> None:
        target = {"source": PAGE, "selector": QUOTE}
        take(ANNOTATIONS, sample(body=[claim(), tag("contradicts")], target=target))
        (said,) = claims(api)
        assert (said["id"], said["assessment"]["verdict"]) == (OURS, "refuted")

    def test_change_nothing_when_they_come_again(self, take: Importing) -> None:
        document = sample(body=[claim(), tag("contradicts")], target={"source": PAGE, "selector": QUOTE})
        take(ANNOTATIONS, document)
        assert counts(take(ANNOTATIONS, document)) == {}

    def test_go_out_and_come_back_the_same(self, take: Importing, api: Api, database: Database) -> None:
        said = make_claim(api, speaker={"name": "Kremlin", "kind": "organization"}, claim_date="2025-10", language="en")
        link = make_evidence(
            api,
            said,
            make_source(api, text=None, title="A report"),
            stance="contradicts",
            basis="attribution",
            group="a",
            credibility=2,
            note="Says otherwise.",
            prefix="ended. ",
            stated_by={"name": "A spokesman", "kind": "unnamed"},
        )
        emptied_of = ("created", "modified", "creator")
        before = api.read(f"/v1/evidence/{link['id']}/annotation")
        emptied(database)
        take(ANNOTATIONS, before)
        after = api.read(f"/v1/evidence/{link['id']}/annotation")
        # Who they are is told by name: they have an id of their own here.
        for told in (before, after):
            del told["body"][-1]["source"]["id"]
        assert {k: v for k, v in after.items() if k not in emptied_of} == {
            k: v for k, v in before.items() if k not in emptied_of
        }

    def test_of_this_very_database_change_nothing(self, take: Importing, api: Api) -> None:
        link = make_evidence(api, make_claim(api, speaker={"name": "Kremlin"}), make_source(api))
        before = claims(api)
        assert counts(take(ANNOTATIONS, api.read(f"/v1/evidence/{link['id']}/annotation"))) == {}
        assert claims(api) == before


class TestExports:
    """All of a database as lines, which another one takes."""

    def filled(self, api: Api) -> None:
        for number in range(3):
            source = make_source(api, text=None, url=f"https://social.example/{number}")
            first = make_passage(api, exact="no date was set", source=source)
            said = make_claim(api, speaker={"name": f"Speaker {number % 2}"}, first_appearance_id=first["id"])
            make_evidence(api, said, make_source(api, text=None), stance="contradicts")
            if number:
                make_assessment(api, said, rating_label="Odd", reviewer=f"Facts {number}")
        api.delete(f"/v1/claims/{make_claim(api, text='Gone')['id']}")

    def written(self, database: Database, lines: Callable[..., Iterator[bytes]], **filters: Any) -> list[Thing]:
        conditions = [claim_queries.FILTERS[name] for name in filters]
        with database.reading() as connection:
            return [json.loads(each) for each in lines(connection, conditions, filters)]

    def test_of_reviews_are_of_assessed_claims(self, api: Api, database: Database) -> None:
        self.filled(api)
        found = self.written(database, claim_reviews.lines)
        assert [each["author"]["name"] for each in found] == ["Facts 1", "Facts 2"]
        assert {each["@context"] for each in found} == {"https://schema.org"}

    def test_of_annotations_are_of_all_links(self, api: Api, database: Database) -> None:
        self.filled(api)
        found = self.written(database, annotations.lines)
        assert [each["id"] for each in found] == sorted(each["id"] for each in found)
        assert len(found) == 3

    def test_are_narrowed_as_claims_are(self, api: Api, database: Database) -> None:
        self.filled(api)
        assert len(self.written(database, annotations.lines, speaker="speaker 1")) == 1
        assert len(self.written(database, claim_reviews.lines, speaker="speaker 1")) == 1

    def test_are_narrowed_by_what_they_read_themselves(self, api: Api, database: Database) -> None:
        self.filled(api)
        link = api.read("/v1/evidence")["data"][0]
        by_source = {"source_id": link["passage"]["source"]["id"]}
        found = self.written(database, annotations.lines, **by_source)
        assert [each["id"] for each in found] == [f"urn:uuid:{link['id']}"]
        assert len(self.written(database, claim_reviews.lines, **by_source)) == 1

    def test_come_back_the_same(self, take: Importing, api: Api, database: Database) -> None:
        self.filled(api)
        before = self.written(database, claim_reviews.lines), self.written(database, annotations.lines)
        emptied(database)
        take(REVIEWS, *before[0])
        take(ANNOTATIONS, *before[1])
        after = self.written(database, claim_reviews.lines), self.written(database, annotations.lines)
        assert after[0] == before[0]
        told = ("id", "body", "target")
        assert [[each[name] for name in told] for each in after[1]] == [
            [each[name] for name in told] for each in before[1]
        ]

    def test_read_as_many_as_a_statement_gives_and_go_on(
        self, api: Api, database: Database, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        self.filled(api)
        whole = self.written(database, annotations.lines)
        monkeypatch.setattr(rows, "_AT_ONCE", 1)
        assert self.written(database, annotations.lines) == whole
