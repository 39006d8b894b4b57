from http import HTTPStatus

from tests.api.factories import NOBODY, Thing, make_assessment, make_claim, make_evidence, make_passage, make_source
from tests.conftest import Api
from tests.problems import assert_problem


def review_of(api: Api, claim: Thing) -> Thing:
    return api.read(f"/v1/claims/{claim['id']}/claim-review")


class TestOfAnAssessedClaim:
    def test_tells_what_fact_checkers_publish(self, api: Api) -> None:
        claim = make_claim(
            api,
            speaker={"name": "Kremlin", "kind": "organization"},
            claim_date="2025-10-21",
            language="en",
        )
        assessment = make_assessment(
            api,
            claim,
            verdict="refuted",
            rating_label="Mostly false",
            rating_value=2,
            best_rating=5,
            worst_rating=1,
            explanation="A date was set.",
            review_url="https://facts.example/reviews/1",
            reviewer="Example Facts",
            assessed_at="2025-10-22T12:00:00Z",
        )
        assert review_of(api, claim) == {
            "@context": "https://schema.org",
            "@type": "ClaimReview",
            "@id": f"urn:uuid:{assessment['id']}",
            "url": "https://facts.example/reviews/1",
            "claimReviewed": "no date was set",
            "author": {"@type": "Organization", "name": "Example Facts"},
            "datePublished": "2025-10-22T12:00:00Z",
            "itemReviewed": {
                "@type": "Claim",
                "@id": f"urn:uuid:{claim['id']}",
                "author": {"@type": "Organization", "name": "Kremlin"},
                "datePublished": "2025-10-21",
                "inLanguage": "en",
            },
            "reviewRating": {
                "@type": "Rating",
                "additionalType": "urn:claims-api:verdict:refuted",
                "alternateName": "Mostly false",
                "ratingValue": 2,
                "bestRating": 5,
                "worstRating": 1,
                "ratingExplanation": "A date was set.",
            },
        }

    def test_says_the_verdict_where_the_reviewer_has_no_words_of_their_own(self, api: Api) -> None:
        claim = make_claim(api)
        make_assessment(api, claim, verdict="conflicting_evidence")
        assert review_of(api, claim)["reviewRating"]["alternateName"] == "Conflicting evidence"

    def test_names_the_key_where_no_reviewer_was_named(self, api: Api) -> None:
        claim = make_claim(api)
        assessment = make_assessment(api, claim)
        assert review_of(api, claim)["author"]["name"] == assessment["created_by"]

    def test_leaves_out_what_is_not_known(self, api: Api) -> None:
        claim = make_claim(api)
        make_assessment(api, claim)
        review = review_of(api, claim)
        assert "url" not in review
        assert review["itemReviewed"].keys() == {"@type", "@id"}
        assert review["reviewRating"].keys() == {"@type", "additionalType", "alternateName"}

    def test_gives_a_midnight_as_the_date_that_it_stands_for(self, api: Api) -> None:
        claim = make_claim(api)
        make_assessment(api, claim, assessed_at="2025-10-22T00:00:00Z")
        assert review_of(api, claim)["datePublished"] == "2025-10-22"

    def test_gives_several_reviewers_as_a_graph_the_newest_first(self, api: Api) -> None:
        claim = make_claim(api)
        for day, reviewer in enumerate(("Older", "Newer"), start=1):
            make_assessment(api, claim, reviewer=reviewer, assessed_at=f"2025-10-0{day}T12:00:00Z")
        graph = review_of(api, claim)
        assert graph.keys() == {"@context", "@graph"}
        assert [each["author"]["name"] for each in graph["@graph"]] == ["Newer", "Older"]

    def test_shows_only_the_newest_of_each_reviewer(self, api: Api) -> None:
        claim = make_claim(api)
        for day, verdict in enumerate(("refuted", "supported"), start=1):
            make_assessment(api, claim, verdict=verdict, reviewer="X", assessed_at=f"2025-10-0{day}T12:00:00Z")
        assert review_of(api, claim)["reviewRating"]["alternateName"] == "Supported"


class TestOfAClaimThatNobodyAssessed:
    def test_tells_what_follows_from_the_evidence_and_that_nobody_concluded_it(self, api: Api) -> None:
        claim = make_claim(api)
        make_evidence(api, claim, stance="supports")
        review = review_of(api, claim)
        assert review["additionalType"] == "urn:claims-api:derived"
        assert review["reviewRating"]["alternateName"] == "Supported"
        assert review["reviewRating"]["ratingExplanation"].startswith("supported: 1 link supports")
        assert "sides-present/1" in review["author"]["description"]
        assert "url" not in review


class TestSpeakers:
    def test_keeps_apart_kinds_that_schema_org_has_no_type_for(self, api: Api) -> None:
        author = review_of(api, make_claim(api, speaker={"name": "Facebook posts", "kind": "unnamed"}))["itemReviewed"][
            "author"
        ]
        assert author == {
            "@type": "Person",
            "name": "Facebook posts",
            "additionalType": "urn:claims-api:speaker:unnamed",
        }


class TestAppearances:
    def test_begin_with_the_first(self, api: Api) -> None:
        source = make_source(api, title="A post", url="https://social.example/1", publisher="Social")
        passage = make_passage(api, source=source)
        item = review_of(api, make_claim(api, first_appearance_id=passage["id"]))["itemReviewed"]
        assert item["firstAppearance"] == {
            "@type": "CreativeWork",
            "url": "https://social.example/1",
            "name": "A post",
            "publisher": {"@type": "Organization", "name": "Social"},
        }
        assert "appearance" not in item

    def test_are_the_sources_that_say_it_was_said(self, api: Api) -> None:
        claim = make_claim(api)
        make_evidence(api, claim, make_source(api, title="Said"), basis="attribution")
        make_evidence(api, claim, make_source(api, title="Denied"), basis="attribution", stance="contradicts")
        make_evidence(api, claim, make_source(api, title="Shown"), basis="content")
        assert [each["name"] for each in review_of(api, claim)["itemReviewed"]["appearance"]] == ["Said"]


class TestManners:
    def test_is_json_ld_with_an_etag(self, api: Api) -> None:
        path = f"/v1/claims/{make_claim(api)['id']}/claim-review"
        response = api.get(path)
        assert response.content_type == "application/ld+json"
        again = api.get(path, headers={"If-None-Match": response.headers["ETag"]})
        assert again.status_code == HTTPStatus.NOT_MODIFIED

    def test_refuses_an_unknown_claim(self, api: Api) -> None:
        assert_problem(api.get(f"/v1/claims/{NOBODY}/claim-review"), "not-found")

    def test_refuses_a_deleted_claim(self, api: Api) -> None:
        claim = make_claim(api)
        api.delete(f"/v1/claims/{claim['id']}")
        assert_problem(api.get(f"/v1/claims/{claim['id']}/claim-review"), "not-found")
