from http import HTTPStatus

from tests.api.factories import NOBODY, TEXT, Thing, make_claim, make_evidence, make_source
from tests.conftest import Api
from tests.problems import assert_problem


def annotation_of(api: Api, link: Thing) -> Thing:
    return api.read(f"/v1/evidence/{link['id']}/annotation")


def texts(annotation: Thing, purpose: str) -> list[str]:
    return [body["value"] for body in annotation["body"] if body["purpose"] == purpose and "value" in body]


class TestTarget:
    def test_is_the_passage_in_the_text_of_its_date(self, api: Api) -> None:
        source = make_source(
            api,
            title="A report",
            url="https://news.example/1",
            archived_url="https://archive.example/1",
            retrieved_at="2025-10-22T12:00:00Z",
        )
        link = make_evidence(api, make_claim(api), source)
        assert annotation_of(api, link)["target"] == {
            "type": "SpecificResource",
            "source": "https://news.example/1",
            "schema:name": "A report",
            "state": {
                "type": "TimeState",
                "sourceDate": "2025-10-22T12:00:00Z",
                "cached": "https://archive.example/1",
                "schema:version": 1,
            },
            "selector": [
                {
                    "type": "TextQuoteSelector",
                    "exact": "No date was set",
                    "prefix": "The talks ended. ",
                    "suffix": TEXT[32:64],
                },
                {"type": "TextPositionSelector", "start": 17, "end": 32},
            ],
        }

    def test_counts_places_in_code_points(self, api: Api) -> None:
        source = make_source(api, text="🕊🕊 No date was set.")
        position = annotation_of(api, make_evidence(api, make_claim(api), source))["target"]["selector"][1]
        assert (position["start"], position["end"]) == (3, 18)

    def test_of_a_source_without_text_is_its_words_alone(self, api: Api) -> None:
        source = make_source(api, text=None)
        target = annotation_of(api, make_evidence(api, make_claim(api), source))["target"]
        assert target["source"] == f"urn:uuid:{source['id']}"
        assert target["selector"] == {"type": "TextQuoteSelector", "exact": "No date was set"}
        assert "state" not in target


class TestBody:
    def test_says_what_the_passage_does_to_the_claim(self, api: Api) -> None:
        claim = make_claim(
            api, speaker={"name": "Kremlin", "kind": "organization"}, claim_date="2025-10", language="en"
        )
        link = make_evidence(
            api, claim, stance="contradicts", basis="attribution", group="a", credibility=2, note="Says otherwise."
        )
        annotation = annotation_of(api, link)
        assert annotation["body"][0] == {
            "type": "SpecificResource",
            "purpose": "linking",
            "source": {
                "id": f"urn:uuid:{claim['id']}",
                "type": "schema:Claim",
                "language": "en",
                "schema:text": "no date was set",
                "schema:author": {"type": "schema:Organization", "schema:name": "Kremlin"},
                "schema:datePublished": "2025-10",
            },
        }
        assert texts(annotation, "classifying") == ["contradicts", "attribution", "group:a", "credibility:2"]
        assert texts(annotation, "commenting") == ["Says otherwise."]

    def test_names_who_says_it(self, api: Api) -> None:
        link = make_evidence(api, make_claim(api), stated_by={"name": "A spokesman", "kind": "unnamed"})
        assert annotation_of(api, link)["body"][-1] == {
            "type": "SpecificResource",
            "purpose": "identifying",
            "source": {
                "id": f"urn:uuid:{link['stated_by']['id']}",
                "type": "schema:Person",
                "schema:name": "A spokesman",
                "schema:additionalType": "urn:claims-api:speaker:unnamed",
            },
        }


class TestManners:
    def test_is_json_ld_of_its_profile_with_an_etag(self, api: Api) -> None:
        path = f"/v1/evidence/{make_evidence(api, make_claim(api))['id']}/annotation"
        response = api.get(path)
        assert response.content_type == 'application/ld+json; profile="http://www.w3.org/ns/anno.jsonld"'
        again = api.get(path, headers={"If-None-Match": response.headers["ETag"]})
        assert again.status_code == HTTPStatus.NOT_MODIFIED

    def test_says_when_and_by_whom_it_was_made(self, api: Api) -> None:
        link = make_evidence(api, make_claim(api))
        annotation = annotation_of(api, link)
        assert annotation["id"] == f"urn:uuid:{link['id']}"
        assert annotation["creator"] == {"name": link["created_by"]}
        assert (annotation["created"], annotation["modified"]) == (link["created_at"], link["updated_at"])

    def test_refuses_unknown_evidence(self, api: Api) -> None:
        assert_problem(api.get(f"/v1/evidence/{NOBODY}/annotation"), "not-found")
