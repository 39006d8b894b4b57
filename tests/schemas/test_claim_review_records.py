import datetime as dt
import json
from typing import Any

import pytest

from claims_api.errors import Invalid
from claims_api.models.words import Basis, SpeakerKind, Stance, Verdict
from claims_api.schemas.formats.claim_review_records import records
from claims_api.services.anchoring import Quote
from claims_api.services.assessments import NewAssessment
from claims_api.services.claims import NewClaim
from claims_api.services.evidence import NewEvidence
from claims_api.services.imports.incoming import ExistingId, IfThere, Incoming, LeftOut, Record, Unreadable
from claims_api.services.passages import NewPassage
from claims_api.services.sources import NewSource

OURS = "0199f6a1-0000-7000-8000-000000000000"
RATING = {"@type": "Rating", "ratingValue": "1", "bestRating": "5", "worstRating": "1", "alternateName": "Falso"}


def review(item: Any = None, rating: Any = RATING, **members: Any) -> dict[str, Any]:
    """Return a review as publishers write them."""
    whole = {
        "@context": "https://schema.org",
        "@type": "ClaimReview",
        "url": "https://facts.example/1",
        "claimReviewed": "No date was set",
        "datePublished": "2025-10-22",
        "author": {"@type": "Organization", "name": "Example Facts"},
        "itemReviewed": {"@type": "Claim", **(item or {})},
        "reviewRating": rating,
        **members,
    }
    return {name: value for name, value in whole.items() if value is not None}


def read(document: Any) -> list[Record]:
    return list(records([(1, json.dumps(document).encode())]))


def new(found: list[Record], kind: type) -> Any:
    (only,) = [each.new for each in found if isinstance(each, Incoming) and isinstance(each.new, kind)]
    return only


def claim(document: Any) -> NewClaim:
    found: NewClaim = new(read(document), NewClaim)
    return found


def assessment(document: Any) -> NewAssessment:
    found: NewAssessment = new(read(document), NewAssessment)
    return found


def wrong(document: Any) -> list[tuple[str, str]]:
    return [
        ("".join(f"/{part}" for part in each.failure.path or ()), each.failure.detail)
        for each in read(document)
        if isinstance(each, Unreadable)
    ]


def left_out(document: Any) -> list[str]:
    return ["".join(f"/{part}" for part in each.path) for each in read(document) if isinstance(each, LeftOut)]


class TestAReview:
    def test_is_a_claim_and_an_assessment(self) -> None:
        item = {
            "author": {"@type": "Person", "name": "A. Person"},
            "datePublished": "2025-10-21",
            "inLanguage": "en_US",
        }
        found = read(review(item))
        said = new(found, NewClaim)
        assert (said.text, said.claim_date, said.language) == ("No date was set", "2025-10-21", "en-US")
        assert (said.speaker.name, said.speaker.kind) == ("A. Person", SpeakerKind.PERSON)
        assert new(found, NewAssessment) == NewAssessment(
            Verdict.REFUTED,
            rating_label="Falso",
            rating_value=1,
            best_rating=5,
            worst_rating=1,
            review_url="https://facts.example/1",
            reviewer="Example Facts",
            assessed_at=dt.datetime(2025, 10, 22, tzinfo=dt.UTC),
        )

    def test_leaves_words_as_they_are(self) -> None:
        assert claim(review(claimReviewed=" “Tea &amp; coffee” ")).text == " “Tea &amp; coffee” "

    def test_without_words_is_refused(self) -> None:
        assert wrong(review(claimReviewed="")) == [
            ("/claimReviewed", "The claim is empty: it is not said what is claimed.")
        ]

    def test_may_state_the_claim_in_its_item(self) -> None:
        assert claim(review({"text": "No date"}, claimReviewed=None)).text == "No date"

    def test_of_several_reviewers_of_one_claim_has_one_claim(self) -> None:
        found = [each for each in read([review(), review(url="https://other.example/1")]) if isinstance(each, Incoming)]
        assert len({each.key for each in found if isinstance(each.new, NewClaim)}) == 1
        assert len({each.key for each in found if isinstance(each.new, NewAssessment)}) == 2

    def test_of_this_service_is_known_by_its_ids(self) -> None:
        found = read(review({"@id": f"urn:uuid:{OURS}"}, **{"@id": f"urn:uuid:{OURS[:-1]}1"}))
        keys = [each.key for each in found if isinstance(each, Incoming)]
        assert keys == [OURS, f"{OURS[:-1]}1"]
        assert all(isinstance(each, ExistingId) for each in keys)

    def test_that_nobody_made_is_no_assessment(self) -> None:
        found = read(review(additionalType="urn:claims-api:derived"))
        assert [type(each.new) for each in found if isinstance(each, Incoming)] == [NewClaim]


class TestSpeakers:
    @pytest.mark.parametrize(
        ("author", "name", "kind"),
        [
            ("Facebook posts", "Facebook posts", None),
            ({"@type": "Thing", "name": "Facebook posts"}, "Facebook posts", None),
            ({"@type": "NewsMediaOrganization", "name": "Daily"}, "Daily", SpeakerKind.ORGANIZATION),
            ([{"@type": "Person", "name": "A. Person"}], "A. Person", SpeakerKind.PERSON),
            ([{"@type": "Person", "name": "A"}, "B & C"], "A, B & C", SpeakerKind.GROUP),
            (
                {"@type": "Person", "name": "An official", "additionalType": "urn:claims-api:speaker:unnamed"},
                "An official",
                SpeakerKind.UNNAMED,
            ),
        ],
    )
    def test_stay_what_they_are(self, author: Any, name: str, kind: SpeakerKind | None) -> None:
        said = claim(review({"author": author})).speaker
        assert said is not None
        assert (said.name, said.kind) == (name, kind)

    @pytest.mark.parametrize("author", [None, "", " ", [], {}, {"@type": "Person"}, {"name": ""}, {"name": None}, 7])
    def test_may_be_unknown(self, author: Any) -> None:
        assert claim(review({"author": author})).speaker is None

    def test_are_looked_up_in_a_graph(self) -> None:
        graph = [
            {"@type": "WebPage", "@id": "#page", "name": "A fact-check"},
            review({"author": {"@id": "#kremlin"}}, author={"@id": "#facts"}),
            {"@type": "Organization", "@id": "#facts", "name": "Example Facts"},
            {"@type": "Organization", "@id": "#kremlin", "name": "Kremlin", "sameAs": ["https://kremlin.example/"]},
        ]
        found = read({"@context": "https://schema.org", "@graph": graph})
        said = new(found, NewClaim).speaker
        assert (said.name, said.same_as) == ("Kremlin", "https://kremlin.example/")
        assert new(found, NewAssessment).reviewer == "Example Facts"


class TestDates:
    @pytest.mark.parametrize(
        ("written", "kept"),
        [
            ("2020-10-31", "2020-10-31"),
            ("2020-10", "2020-10"),
            ("2020", "2020"),
            ("2020-10-31T23:30:00-05:00", "2020-10-31"),
            ("2020-10-31 23:30", "2020-10-31"),
            ("", None),
            (None, None),
        ],
    )
    def test_of_claims_are_as_precise_as_they_are_written(self, written: Any, kept: str | None) -> None:
        assert claim(review({"datePublished": written})).claim_date == kept

    @pytest.mark.parametrize(
        ("written", "moment"),
        [
            ("2020-10-31", dt.datetime(2020, 10, 31, tzinfo=dt.UTC)),
            ("2020-10-31T10:00:00+0200", dt.datetime(2020, 10, 31, 8, tzinfo=dt.UTC)),
            ("2020-10-31 10:00", dt.datetime(2020, 10, 31, 10, tzinfo=dt.UTC)),
            ("2020-10-31T10:00:00.1234567Z", dt.datetime(2020, 10, 31, 10, 0, 0, 123456, tzinfo=dt.UTC)),
        ],
    )
    def test_of_reviews_are_moments(self, written: str, moment: dt.datetime) -> None:
        assert assessment(review(datePublished=written)).assessed_at == moment

    @pytest.mark.parametrize("written", ["31-10-2020", "10/31/2020", "Oct 31, 2020", "20201031", 2020, ["2020-10-31"]])
    def test_that_are_not_written_year_first_are_refused_with_a_hint(self, written: Any) -> None:
        ((place, detail),) = wrong(review({"datePublished": written}))
        assert place == "/itemReviewed/datePublished"
        assert "2020-10-31" in detail

    def test_that_are_in_no_calendar_are_refused(self) -> None:
        assert wrong(review({"datePublished": "2020-02-30"}))[0][1] == "There is no such day in the calendar."

    def test_of_reviews_are_never_swapped(self) -> None:
        assert wrong(review(datePublished="10-11-2020"))[0][0] == "/datePublished"


class TestRatings:
    def test_may_lack_their_scale(self) -> None:
        made = assessment(review(rating={"ratingValue": 2, "alternateName": "Mostly false"}))
        assert (made.verdict, made.rating_value, made.best_rating, made.worst_rating) == (
            Verdict.REFUTED,
            2,
            None,
            None,
        )

    def test_may_be_mere_words(self) -> None:
        assert assessment(review(rating="True")).verdict is Verdict.SUPPORTED

    def test_may_have_no_words(self) -> None:
        made = assessment(review(rating={"ratingValue": 5, "bestRating": 5, "worstRating": 1}))
        assert (made.verdict, made.rating_label) == (Verdict.SUPPORTED, None)

    def test_say_the_verdict_of_this_service_where_they_come_from_it(self) -> None:
        rating = {"additionalType": "urn:claims-api:verdict:conflicting_evidence", "alternateName": "Odd"}
        assert assessment(review(rating=rating)).verdict is Verdict.CONFLICTING_EVIDENCE

    def test_outside_of_their_scale_keep_their_words_alone(self) -> None:
        document = review(rating={**RATING, "ratingValue": "7"})
        made = assessment(document)
        assert (made.rating_label, made.rating_value, made.best_rating) == ("Falso", None, None)
        assert left_out(document) == ["/reviewRating/ratingValue"]

    def test_that_tell_no_verdict_leave_the_claim_without_the_review(self) -> None:
        document = review(rating={"alternateName": "Satire"})
        assert [type(each.new) for each in read(document) if isinstance(each, Incoming)] == [NewClaim]
        assert left_out(document) == ["/reviewRating/alternateName"]

    def test_that_are_whole_sentences_explain(self) -> None:
        sentence = "This is not so, " * 20
        made = assessment(review(rating={**RATING, "alternateName": sentence, "ratingExplanation": "See there."}))
        assert (made.rating_label, made.explanation) == (None, f"{sentence}\n\nSee there.")

    @pytest.mark.parametrize("value", ["one", True, None, "NaN", [1], "1e999", 10**30])
    def test_whose_number_is_none_have_none(self, value: Any) -> None:
        assert assessment(review(rating={**RATING, "ratingValue": value})).rating_value is None


class TestReviewers:
    def test_that_are_not_named_are_known_by_where_they_publish(self) -> None:
        assert assessment(review(author=None)).reviewer == "facts.example"

    def test_that_nobody_knows_leave_no_review(self) -> None:
        assert left_out(review(author={"@type": "Organization"}, url=None)) == ["/author"]


class TestAppearances:
    def test_are_sources_without_text(self) -> None:
        item = {
            "appearance": [
                {
                    "@type": "SocialMediaPosting",
                    "url": "https://social.example/1",
                    "headline": "A post",
                    "publisher": {"name": "Social"},
                    "author": ["Ann"],
                    "datePublished": "2025-10-20T10:00:00+0000",
                }
            ]
        }
        found = read(review(item))
        assert new(found, NewSource) == NewSource(
            title="A post",
            url="https://social.example/1",
            publisher="Social",
            authors=["Ann"],
            published_at="2025-10-20T10:00:00+00:00",
        )
        assert new(found, NewEvidence) == NewEvidence(
            Stance.MENTIONS, Basis.ATTRIBUTION, source_id="https://social.example/1", quote=Quote("No date was set")
        )

    def test_begin_with_the_first(self) -> None:
        found = read(review({"firstAppearance": "https://social.example/1"}))
        passage = new(found, NewPassage)
        assert (passage.source, passage.quote) == ("https://social.example/1", Quote("No date was set"))
        assert isinstance(new(found, NewClaim).first_appearance_id, IfThere)

    def test_hold_up_nothing_where_the_words_are_not_there(self) -> None:
        found = read(review({"firstAppearance": "https://a.example/1", "appearance": "https://b.example/1"}))
        optional = [type(each.new) for each in found if isinstance(each, Incoming) and each.optional]
        assert optional == [NewPassage, NewEvidence]

    def test_may_have_no_url(self) -> None:
        assert new(read(review({"appearance": {"name": "A leaflet"}})), NewSource) == NewSource(title="A leaflet")

    def test_that_say_nothing_are_left_out(self) -> None:
        assert set(left_out(review({"appearance": [{"@type": "CreativeWork"}]}))) == {"/itemReviewed/appearance/0"}


class TestDocuments:
    def test_may_be_feeds(self) -> None:
        feed = {
            "@context": "http://schema.org",
            "@type": "DataFeed",
            "dataFeedElement": [
                {"@type": "DataFeedItem", "item": [review()]},
                {"@type": "DataFeedItem", "item": []},
                {"@type": "DataFeedItem", "item": review(claimReviewed="Another")},
            ],
        }
        found = [each for each in read(feed) if isinstance(each, Incoming)]
        assert [each.new.text for each in found if isinstance(each.new, NewClaim)] == ["No date was set", "Another"]
        assert found[0].path == ("dataFeedElement", 0, "item", 0, "claimReviewed")

    def test_may_be_answers_of_google(self) -> None:
        answer = {
            "claims": [
                {
                    "text": "Water cures all",
                    "claimant": "Social media users",
                    "claimDate": "2020-03-01T00:00:00Z",
                    "claimReview": [
                        {
                            "publisher": {"name": "Facts", "site": "facts.example"},
                            "url": "https://facts.example/1",
                            "title": "No, it does not",
                            "reviewDate": "2020-03-05T09:00:00Z",
                            "textualRating": "False",
                            "languageCode": "en",
                        },
                        {"publisher": {"site": "other.example"}, "textualRating": "गलत", "languageCode": "hi"},
                    ],
                }
            ],
            "nextPageToken": "x",
        }
        found = [each for each in read(answer) if isinstance(each, Incoming)]
        said, *held = [each.new for each in found]
        assert isinstance(said, NewClaim)
        assert (said.text, said.claim_date, said.language) == ("Water cures all", "2020-03-01", "en")
        assert [each.reviewer for each in held if isinstance(each, NewAssessment)] == ["Facts", "other.example"]
        assert found[1].path == ("claims", 0, "claimReview", 0)

    def test_may_go_line_by_line(self) -> None:
        lines = [json.dumps(review(claimReviewed=f"Claim {number}")).encode() for number in range(3)]
        found = [each for each in records(enumerate(lines, start=1)) if isinstance(each, Incoming)]
        assert [each.line for each in found if isinstance(each.new, NewClaim)] == [1, 2, 3]

    @pytest.mark.parametrize("document", [{}, 7, "text", {"@type": "NewsArticle"}, [{"@type": "Review"}]])
    def test_of_something_else_are_refused(self, document: Any) -> None:
        found = read(document)
        assert [type(each) for each in found] == [Unreadable]
        assert isinstance(found[0], Unreadable)
        assert isinstance(found[0].failure, Invalid)
