from typing import Any

import pytest

from claims_api.db import Database
from tests.api.factories import NOBODY, TEXT, Thing, make_claim, make_passage, make_source, nothing_stored
from tests.conftest import Api
from tests.problems import assert_problem

NO_DATES = [
    "infinity",
    "-infinity",
    "now",
    "today",
    "",
    "0001",
    "0001-01-01",
    "0999",
    "2201",
    "9999",
    "99999",
    "25",
    "2025-1",
    "2025-00",
    "2025-13",
    "2025-02-30",
    "2023-02-29",
    "2025-04-31",
    "2025-10-00",
    "2025-10-32",
    "2025-10-1",
    "31-10-2020",
    "10/31/2020",
    "2025/10/31",
    "20251031",
    "2025-W44",
    "2025-304",
    "2025-",
    "-2025",
    "+2025",
    "\n2025-10-21",
    "2025-10-21\n",
    " 2025-10-21",
    "２０２５-10-21",
    "٢٠٢٥",
    "2025\u201110\u201121",
    "9999-12-31T23:59:59-12:00",
    2025,
    2025.5,
    True,
    [],
    {},
]
NO_TIMES = [
    "2025-10-22T",
    "2025-10-22T1:00",
    "2025-10-22T24:00",
    "2025-10-22T13:60",
    "2025-10-22T13:38:61",
    "2025-10-22T13:38:00.",
    "2025-10-22T13:38:00.1234567",
    "2025-10-22T13:38+24:00",
    "2025-10-22T13:38z ",
    "2025-10-22 13:38",
    "2025-02-30T13:38",
    "0001-01-01T00:00:00+12:00",
    "2025-10-22T13:38:00Z\n",
]
NO_MOMENTS = [
    "2025",
    "2025-10",
    "2025-10-22",
    "2025-10-22T13:38",
    "2025-10-22T13:38:00",
    "2025-10-22T13:38:00 00:00",
    "2025-10-22T13:38:60Z",
    "2025-10-22T24:00:00Z",
    "2025-02-30T13:38:00Z",
    "2025-10-22T13:38:00+99:99",
    "2025-10-22T13:38:00+0000",
    "0000-01-01T00:00:00Z",
    "0001-01-01T00:00:00+12:00",
    "9999-12-31T23:59:59-12:00",
    "10000-01-01T00:00:00Z",
    "２０２５-10-22T13:38:00Z",
    "2025-10-22T13:38:00Z\n",
    "\n2025-10-22T13:38:00Z",
    "infinity",
    "epoch",
    "1761140280",
    "",
]
NO_WORDS = ["", "\n", "SUPPORTS", "Supports", " supports", "supports\n", "Stance.SUPPORTS", 1, True, None, [], {}]
# Zero widths among spaces, directions, a control, a selector of variants, a filler, a tag.
UNSEEN = ["\u200b", "\u2060 \u200d\n\ufeff", "\u202a\u202c", "\x01\x7f", "\ufe0f", "\u3164", "\U000e0041"]
NO_TEXTS: list[Any] = [*UNSEEN, "", " ", "\n\t\r\n", "\u00a0\u2003\u3000", None, 1, 1.5, True, [], ["x"], {}]
NO_NUMBERS: list[Any] = [True, False, "3", "x", "", 1.0, 2.5, -1, 0, 7, 2**31, 2**63, 10**100, 1e300, None, [], {}]
NO_IDS: list[Any] = [
    "",
    "x",
    NOBODY.upper(),
    f"{{{NOBODY}}}",
    f"urn:uuid:{NOBODY}",
    NOBODY.replace("-", ""),
    f" {NOBODY}",
    f"{NOBODY}\n",
    f"{NOBODY[:-1]}g",
    NOBODY[:-1],
    "０" + NOBODY[1:],
    1,
    True,
    [],
    [NOBODY],
    {"id": NOBODY},
]
NO_URLS: list[Any] = [
    "",
    "x",
    "example.org",
    "//example.org",
    "ftp://example.org/",
    "javascript:alert(1)",
    "https://",
    "https://exam ple.org/",
    "https://example.org/\n",
    " https://example.org/",
    'https://example.org/"><script>',
    "https://example.org/" + "x" * 2000,
    1,
    [],
]
NO_LANGUAGES: list[Any] = ["", "e", "en-overlongsubtag", "en_US", "en-", "-en", "en ", "en\n", "ｅｎ", "日本", 1, []]


def refused(api: Api, database: Database, path: str, body: Thing, pointer: str) -> Thing:
    """Check that a body is refused for one place in it, and that nothing was stored."""
    with nothing_stored(database):
        return assert_problem(api.post(path, body), "invalid", pointer)


class TestDate:
    @pytest.mark.parametrize("date", [*NO_DATES, "2025-10-22T13:38:00Z"])
    def test_of_a_claim_is_refused(self, api: Api, database: Database, date: Any) -> None:
        refused(api, database, "/v1/claims", {"text": "x", "claim_date": date}, "/claim_date")

    @pytest.mark.parametrize("date", [*NO_DATES, *NO_TIMES])
    def test_of_a_source_is_refused(self, api: Api, database: Database, date: Any) -> None:
        refused(api, database, "/v1/sources", {"title": "x", "published_at": date}, "/published_at")

    @pytest.mark.parametrize("date", ["1000", "2200-12-31", "2024-02-29"])
    def test_at_the_bounds_is_taken(self, api: Api, date: str) -> None:
        assert make_claim(api, claim_date=date)["claim_date"] == date

    @pytest.mark.parametrize("bound", ["claim_date_from", "claim_date_to"])
    @pytest.mark.parametrize("date", ["infinity", "0001", "2025-02-30", "31-10-2020", "2025-10-21\n", "２０２５"])
    def test_of_a_filter_is_refused(self, api: Api, bound: str, date: str) -> None:
        assert_problem(api.get("/v1/claims", query_string={bound: date}), "invalid", bound)


class TestMoment:
    @pytest.mark.parametrize("moment", NO_MOMENTS)
    def test_of_a_filter_is_refused(self, api: Api, moment: str) -> None:
        response = api.get("/v1/speakers", query_string={"updated_since": moment})
        assert_problem(response, "invalid", "updated_since")

    @pytest.mark.parametrize("moment", [*NO_MOMENTS, 1761140281, True, []])
    def test_of_fetching_is_refused(self, api: Api, database: Database, moment: Any) -> None:
        body = {"title": "x", "text": "x", "retrieved_at": moment}
        refused(api, database, "/v1/sources", body, "/retrieved_at")

    @pytest.mark.parametrize(
        "moment", ["1000-01-01T23:59:00+23:59", "2200-12-31T00:00:59.999999-23:59", "2025-10-22T13:38:00.123456789Z"]
    )
    def test_at_the_bounds_is_taken_and_taken_again_as_it_is_told(self, api: Api, moment: str) -> None:
        assert api.get("/v1/speakers", query_string={"updated_since": moment}).status_code == 200
        told = make_source(api, retrieved_at=moment)["current_version"]["retrieved_at"]
        assert make_source(api, "another", retrieved_at=told)["current_version"]["retrieved_at"] == told

    @pytest.mark.parametrize("moment", ["1000-01-01T00:00:00+23:59", "2200-12-31T23:59:59.999999-23:59"])
    def test_of_another_year_in_utc_is_refused(self, api: Api, database: Database, moment: str) -> None:
        body = {"title": "x", "text": "x", "retrieved_at": moment}
        refused(api, database, "/v1/sources", body, "/retrieved_at")


class TestText:
    @pytest.mark.parametrize("text", NO_TEXTS)
    @pytest.mark.parametrize(
        ("path", "field", "beside"),
        [
            ("/v1/claims", "text", {}),
            ("/v1/speakers", "name", {"kind": "person"}),
            ("/v1/topics", "name", {}),
            ("/v1/sources", "title", {}),
        ],
    )
    def test_that_is_none_is_refused(
        self, api: Api, database: Database, *, path: str, field: str, beside: Thing, text: Any
    ) -> None:
        with nothing_stored(database):
            problem = assert_problem(api.post(path, {**beside, field: text}), "invalid")
        assert {each["pointer"] for each in problem["errors"]} == {f"/{field}"}

    @pytest.mark.parametrize("text", UNSEEN)
    def test_in_which_nothing_is_seen_is_no_reviewer(self, api: Api, database: Database, text: str) -> None:
        body = {"verdict": "supported", "reviewer": text}
        refused(api, database, f"/v1/claims/{make_claim(api)['id']}/assessments", body, "/reviewer")

    @pytest.mark.parametrize(
        "text", ["\u200bx", "\u2764\ufe0f", "\U0001f468\u200d\U0001f469", "\u200f\u05d0", "\ue000"]
    )
    def test_in_which_something_is_seen_is_kept_as_it_is(self, api: Api, text: str) -> None:
        assert make_claim(api, text)["text"] == text

    @pytest.mark.parametrize("text", ["", " \n", "\u200b"])
    def test_that_is_blank_is_no_source_text(self, api: Api, database: Database, text: str) -> None:
        with nothing_stored(database):
            assert_problem(api.post("/v1/sources", {"title": "x", "text": text}), "invalid")

    @pytest.mark.parametrize("exact", ["", " ", "\n\u00a0", "\u200b", "\u3164"])
    @pytest.mark.parametrize("text", [TEXT, None])
    def test_that_is_blank_is_no_quote(self, api: Api, database: Database, text: str | None, exact: str) -> None:
        source = make_source(api, text)
        with nothing_stored(database):
            response = api.post("/v1/passages", {"source_id": source["id"], "exact": exact})
        assert response.status_code == 422

    @pytest.mark.parametrize(
        ("path", "body", "field", "most"),
        [
            ("/v1/claims", {}, "text", 10_000),
            ("/v1/claims", {"text": "x"}, "location", 500),
            ("/v1/speakers", {"kind": "person"}, "name", 500),
            ("/v1/topics", {}, "name", 200),
            ("/v1/topics", {"name": "x"}, "description", 5_000),
            ("/v1/sources", {}, "title", 500),
        ],
    )
    def test_is_taken_up_to_its_length_in_code_points(
        self, api: Api, database: Database, *, path: str, body: Thing, field: str, most: int
    ) -> None:
        refused(api, database, path, {**body, field: "🕊" * (most + 1)}, f"/{field}")
        assert api.made(path, {**body, field: "🕊" * most})[field] == "🕊" * most


class TestIdentity:
    @pytest.mark.parametrize("identity", NO_IDS)
    @pytest.mark.parametrize(
        ("path", "field", "beside"),
        [
            ("/v1/claims", "speaker_id", {"text": "x"}),
            ("/v1/claims", "first_appearance_id", {"text": "x"}),
            ("/v1/passages", "source_id", {"exact": "x"}),
        ],
    )
    def test_in_a_body_that_is_none_is_refused(
        self, api: Api, database: Database, *, path: str, field: str, beside: Thing, identity: Any
    ) -> None:
        refused(api, database, path, {**beside, field: identity}, f"/{field}")

    @pytest.mark.parametrize("method", ["GET", "PATCH", "DELETE"])
    @pytest.mark.parametrize("noun", ["claims", "evidence", "relations", "sources", "speakers", "topics"])
    def test_in_a_path_that_is_unknown_is_not_found(self, api: Api, noun: str, method: str) -> None:
        body: Thing | None = {} if method == "PATCH" else None
        assert_problem(api.request(method, f"/v1/{noun}/{NOBODY}", body), "not-found")

    @pytest.mark.parametrize("form", ["{{{}}}", "{}%0A", "%20{}", "urn:uuid:{}"])
    def test_in_a_path_in_another_form_is_not_found(self, api: Api, form: str) -> None:
        identity = make_source(api)["id"]
        assert_problem(api.get(f"/v1/sources/{form.format(identity)}"), "not-found")
        assert_problem(api.get(f"/v1/sources/{identity.upper()}"), "not-found")

    def test_of_another_kind_of_thing_is_not_found(self, api: Api, database: Database) -> None:
        source = make_source(api)
        assert_problem(api.get(f"/v1/claims/{source['id']}"), "not-found")
        refused(api, database, "/v1/claims", {"text": "x", "speaker_id": source["id"]}, "/speaker_id")


class TestNumber:
    @pytest.mark.parametrize("number", [each for each in NO_NUMBERS if each is not None])
    def test_that_is_none_is_no_credibility(self, api: Api, database: Database, number: Any) -> None:
        claim, passage = make_claim(api), make_passage(api)
        body = {"stance": "supports", "passage_id": passage["id"], "credibility": number}
        refused(api, database, f"/v1/claims/{claim['id']}/evidence", body, "/credibility")

    @pytest.mark.parametrize("field", ["start", "end", "occurrence"])
    @pytest.mark.parametrize("number", [True, "3", "３", 1.0, 2.5, -1, 2**31, 2**63, 10**100, [3]])
    def test_that_is_none_is_no_place(self, api: Api, database: Database, field: str, number: Any) -> None:
        body: Thing = {"source_id": make_source(api)["id"], "exact": "date", "start": 0, "end": 9, field: number}
        refused(api, database, "/v1/passages", body, f"/{field}")


class TestWord:
    @pytest.mark.parametrize("word", NO_WORDS)
    def test_that_is_none_is_no_stance(self, api: Api, database: Database, word: Any) -> None:
        claim, passage = make_claim(api), make_passage(api)
        body = {"stance": word, "passage_id": passage["id"]}
        refused(api, database, f"/v1/claims/{claim['id']}/evidence", body, "/stance")

    @pytest.mark.parametrize(
        ("path", "field", "beside"),
        [
            ("/v1/speakers", "kind", {"name": "x"}),
            ("/v1/sources", "type", {"title": "x"}),
            ("/v1/sources", "reliability", {"title": "x"}),
            ("/v1/claims", "claim_type", {"text": "x"}),
            ("/v1/claims", "status", {"text": "x"}),
        ],
    )
    def test_that_is_not_in_the_list_is_refused(
        self, api: Api, database: Database, *, path: str, field: str, beside: Thing
    ) -> None:
        refused(api, database, path, {**beside, field: "nothing"}, f"/{field}")


class TestUrl:
    @pytest.mark.parametrize("url", NO_URLS)
    @pytest.mark.parametrize("field", ["url", "archived_url"])
    def test_that_is_none_is_refused(self, api: Api, database: Database, field: str, url: Any) -> None:
        with nothing_stored(database):
            problem = assert_problem(api.post("/v1/sources", {"title": "x", field: url}), "invalid")
        assert {each["pointer"] for each in problem["errors"]} == {f"/{field}"}


class TestLanguage:
    @pytest.mark.parametrize("language", NO_LANGUAGES)
    def test_that_is_none_is_refused(self, api: Api, database: Database, language: Any) -> None:
        refused(api, database, "/v1/claims", {"text": "x", "language": language}, "/language")


class TestList:
    @pytest.mark.parametrize("value", ["x", 1, {}, None, {"0": "x"}])
    @pytest.mark.parametrize(
        ("path", "field", "beside"),
        [
            ("/v1/claims", "topics", {"text": "x"}),
            ("/v1/claims", "evidence", {"text": "x"}),
            ("/v1/sources", "authors", {"title": "x"}),
            ("/v1/speakers", "aliases", {"name": "x", "kind": "person"}),
        ],
    )
    def test_that_is_none_is_refused(
        self, api: Api, database: Database, *, path: str, field: str, beside: Thing, value: Any
    ) -> None:
        refused(api, database, path, {**beside, field: value}, f"/{field}")


class TestUnknownField:
    @pytest.mark.parametrize(
        ("path", "body", "pointer"),
        [
            ("/v1/topics", {"name": "x", "id": NOBODY}, "/id"),
            ("/v1/topics", {"name": "x", "version": 1}, "/version"),
            ("/v1/speakers", {"name": "x", "kind": "person", "created_by": "me"}, "/created_by"),
            ("/v1/sources", {"title": "x", "a/b~c": 1}, "/a~1b~0c"),
            ("/v1/sources", {"title": "x", "": 1}, "/"),
            ("/v1/claims", {"text": "x", "speaker": {"name": "x", "id": NOBODY}}, "/speaker/id"),
        ],
    )
    def test_is_refused_by_name(self, api: Api, database: Database, path: str, body: Thing, pointer: str) -> None:
        refused(api, database, path, body, pointer)

    @pytest.mark.parametrize("verb", ["restore", "confirm"])
    def test_is_refused_where_nothing_need_be_said(self, api: Api, verb: str) -> None:
        path = f"/v1/passages/{make_passage(api)['id']}/{verb}"
        assert_problem(api.post(path, {"note": "x"}), "invalid", "/note")
        assert_problem(api.post(path, data=b"garbage{", content_type="application/json"), "malformed")
        assert_problem(api.post(path, data=b"x", content_type="text/plain"), "unsupported-media-type")

    def test_does_not_hide_the_other_mistakes(self, api: Api, database: Database) -> None:
        with nothing_stored(database):
            problem = assert_problem(api.post("/v1/speakers", {"nam": "x", "kind": "x"}), "invalid")
        assert {each["pointer"] for each in problem["errors"]} == {"/nam", "/name", "/kind"}


class TestQuote:
    def test_of_another_source_is_refused(self, api: Api, database: Database) -> None:
        make_source(api, "Something quite different was said here.")
        source = make_source(api)
        with nothing_stored(database):
            body = {"source_id": source["id"], "exact": "Something quite different"}
            assert_problem(api.post("/v1/passages", body), "quote-not-found", "/exact")
