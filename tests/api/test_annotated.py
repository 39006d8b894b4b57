from collections.abc import Mapping

import pytest
from hypothesis import HealthCheck, given, settings

from claims_api.db import Database
from tests.api.factories import (
    NOBODY,
    TEXT,
    Thing,
    keep_newer,
    make_claim,
    make_evidence,
    make_passage,
    make_source,
)
from tests.conftest import Api
from tests.problems import assert_problem
from tests.services.texts import spans


def annotated(api: Api, source: Thing, query: str = "") -> Thing:
    return api.read(f"/v1/sources/{source['id']}/annotated{query}")


def joined(found: Thing) -> str:
    return "".join(each["text"] for each in found["segments"])


def marked(found: Thing) -> list[tuple[str, list[str]]]:
    """Return the texts of the segments upon which passages stand, with the ids of these."""
    return [
        (each["text"], [passage["id"] for passage in each["passages"]])
        for each in found["segments"]
        if each["passages"]
    ]


class TestRead:
    def test_cuts_the_text_at_its_passages(self, api: Api) -> None:
        source = make_source(api)
        whole = make_passage(api, "No date was set, the spokesman said", source)["id"]
        part = make_passage(api, "was set", source)["id"]
        over = make_passage(api, "spokesman said. A date", source)["id"]
        found = annotated(api, source)
        assert joined(found) == TEXT
        assert marked(found) == [
            ("No date ", [whole]),
            ("was set", [whole, part]),
            (", the ", [whole]),
            ("spokesman said", [whole, over]),
            (". A date", [over]),
        ]

    def test_names_the_source_and_the_version(self, api: Api) -> None:
        source = make_source(api, publisher="Courier", language="en")
        found = annotated(api, source)
        names = ("id", "title", "url", "publisher", "published_at", "language")
        assert found["source"] == {name: source[name] for name in names}
        assert found["version"] == 1

    def test_tells_what_each_passage_does_to_which_claim(self, api: Api) -> None:
        source, claim = make_source(api), make_claim(api, speaker={"name": "Kremlin"})
        link = make_evidence(api, claim, source, stance="contradicts", basis="attribution")
        (shown,) = (each["passages"] for each in annotated(api, source)["segments"] if each["passages"])
        assert shown == [
            {
                "id": link["passage"]["id"],
                "anchor_state": "exact",
                "evidence": [
                    {
                        "id": link["id"],
                        "stance": "contradicts",
                        "basis": "attribution",
                        "claim": {"id": claim["id"], "label": claim["label"]},
                    }
                ],
            }
        ]

    def test_leaves_out_what_was_deleted(self, api: Api) -> None:
        source, claim = make_source(api), make_claim(api)
        make_evidence(api, claim, source)
        api.delete(f"/v1/claims/{claim['id']}")
        api.delete(f"/v1/passages/{make_passage(api, 'spring', source)['id']}")
        found = annotated(api, source)
        assert [text for text, _ in marked(found)] == ["No date was set"]
        assert [passage["evidence"] for each in found["segments"] for passage in each["passages"]] == [[]]

    @settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(span=spans().filter(lambda span: "\0" not in span[0]))
    def test_gives_the_text_back_byte_for_byte(self, api: Api, span: tuple[str, int, int]) -> None:
        # With something that a reader sees.
        text, start, end = f"{span[0][: span[1]]}words{span[0][span[1] :]}", span[1], span[2] + len("words")
        source = make_source(api, text)
        api.made("/v1/passages", {"source_id": source["id"], "start": start, "end": end})
        found = annotated(api, source)
        assert joined(found).encode() == text.encode()
        assert [each for each, _ in marked(found)] == [text[start:end]]

    def test_counts_in_code_points(self, api: Api) -> None:
        source = make_source(api, "😀 No date was set 😀")
        make_passage(api, "No date was set", source)
        shown = annotated(api, source)["segments"]
        assert [(each["start"], each["end"]) for each in shown] == [(0, 2), (2, 17), (17, 19)]

    def test_of_a_source_without_text_has_no_segments(self, api: Api) -> None:
        source = make_source(api, None)
        make_passage(api, "Anything", source)
        found = annotated(api, source)
        assert (found["version"], found["segments"]) == (None, [])

    def test_gives_not_found_for_an_unknown_source(self, api: Api) -> None:
        assert_problem(api.get(f"/v1/sources/{NOBODY}/annotated"), "not-found")

    @pytest.mark.parametrize("text", [TEXT, None])
    def test_gives_not_found_for_an_unknown_version(self, api: Api, text: str | None) -> None:
        path = f"/v1/sources/{make_source(api, text)['id']}/annotated"
        assert_problem(api.get(f"{path}?version=2"), "not-found")

    def test_is_given_once_to_those_who_have_it(self, api: Api) -> None:
        path = f"/v1/sources/{make_source(api)['id']}/annotated"
        tag = api.get(path).headers["ETag"]
        assert api.get(path, headers={"If-None-Match": tag}).status_code == 304

    def test_refuses_to_tell_far_too_much(self, api: Api) -> None:
        source = make_source(api, "x" * 400)
        claim = make_claim(api, "y" * 9_000)
        for number in range(60):
            body = {"source_id": source["id"], "start": number, "end": 400 - number, "stance": "mentions"}
            make_evidence(api, claim, **{**body, "exact": "x" * (400 - 2 * number)})
        assert_problem(api.get(f"/v1/sources/{source['id']}/annotated"), "invalid")
        assert len(api.read(f"/v1/sources/{source['id']}")["passages"]) == 60


class TestVersions:
    NEWER = "It was spring. The talks ended, and no date was set."

    @pytest.fixture
    def source(self, api: Api) -> Thing:
        return make_source(api)

    @pytest.fixture
    def passages(self, api: Api, database: Database, source: Thing) -> Mapping[str, str]:
        """Passages of an older text, and one of a newer, by their words."""
        found = {
            "The talks ended": ("moved", "The talks ended"),
            "No date was set": ("changed", "no date was set"),
            "said": ("orphaned", None),
        }
        made = {exact: make_passage(api, exact, source)["id"] for exact in found}
        keep_newer(database, source, self.NEWER, {made[exact]: how for exact, how in found.items()})
        return {**made, "It was": make_passage(api, "It was", source)["id"]}

    def test_the_newest_has_its_own_passages_and_those_that_were_found_in_it(
        self, api: Api, source: Thing, passages: Mapping[str, str]
    ) -> None:
        found = annotated(api, source)
        assert (found["version"], joined(found)) == (2, self.NEWER)
        assert marked(found) == [
            ("It was", [passages["It was"]]),
            ("The talks ended", [passages["The talks ended"]]),
            ("no date was set", [passages["No date was set"]]),
        ]

    def test_an_older_one_has_the_passages_that_were_quoted_from_it(
        self, api: Api, source: Thing, passages: Mapping[str, str]
    ) -> None:
        found = annotated(api, source, "?version=1")
        assert (found["version"], joined(found)) == (1, TEXT)
        assert marked(found) == [(exact, [passages[exact]]) for exact in passages if exact != "It was"]

    def test_shows_how_each_passage_stands_in_the_newest(
        self, api: Api, source: Thing, passages: Mapping[str, str]
    ) -> None:
        shown = [each for segment in annotated(api, source, "?version=1")["segments"] for each in segment["passages"]]
        assert [each["anchor_state"] for each in shown] == ["moved", "changed", "orphaned"]
