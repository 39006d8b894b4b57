import json
import time
from typing import Any

import pytest

from claims_api.db import Database
from tests.api.factories import NOBODY, make_claim, make_source, make_topic, nothing_stored, told
from tests.conftest import Api
from tests.problems import assert_problem

EMOJI = "🕊"
# As the server has it: a body ends where no more comes.
ENDED = {"wsgi.input_terminated": True}
# Of a bundle that goes on.
HEADER = b'{"record": "bundle", "version": 1, "history": false}\n'
HALF = b"\\ud83d"


def send(api: Api, database: Database, body: bytes, path: str = "/v1/topics", **kwargs: Any) -> Any:
    """Post a body that must be refused, byte for byte, and return the answer."""
    with nothing_stored(database):
        return api.post(path, data=body, **{"content_type": "application/json", **kwargs})


class TestJson:
    def test_of_which_less_came_than_was_announced_is_malformed(self, api: Api, database: Database) -> None:
        response = send(api, database, b'{"name": "x"}', environ_overrides={**ENDED, "CONTENT_LENGTH": "14"})
        assert assert_problem(response, "malformed")["detail"] == "The body broke off."

    def test_behind_a_mark_of_bytes_is_told_as_such(self, api: Api, database: Database) -> None:
        problem = assert_problem(send(api, database, b'\xef\xbb\xbf{"name": "x"}'), "malformed")
        assert "byte order mark" in problem["detail"]

    @pytest.mark.parametrize(
        ("path", "body", "content_type", "word"),
        [
            ("/v1/topics", b"{", "application/json", "JSON"),
            ("/v1/import?format=bundle", HEADER, "application/x-ndjson", "export"),
            ("/v1/import?format=bundle", b"\x1f\x8bno", "application/x-ndjson", "gzip"),
            ("/v1/sources", b"x", "multipart/form-data", "form"),
        ],
    )
    def test_is_mended_by_what_is_said_of_its_own_kind(
        self, api: Api, path: str, body: bytes, content_type: str, word: str
    ) -> None:
        problem = assert_problem(api.post(path, data=body, content_type=content_type), "malformed")
        assert word in problem["remedy"]

    def test_is_no_remedy_for_a_cursor(self, anybody: Api) -> None:
        problem = assert_problem(anybody.get("/v1/claims?cursor=made-up"), "malformed")
        assert ("next_cursor" in problem["remedy"], "JSON" in problem["remedy"]) == (True, False)

    @pytest.mark.parametrize(
        "body",
        [
            b"",
            b" ",
            b"{",
            b"x",
            b"{'name': 'x'}",
            b'{"name": "x",}',
            b'{"name": "x"} {"name": "y"}',
            b'{"name": "x"}\n{"name": "y"}',
            b'{"name": "x"}x',
            b'{"name": "x"}\x00',
            b'{"name": "a\x00b"}',
            b'{"name": "a\nb"}',
            b'{"name": undefined}',
            b'{"name": "\\x41"}',
            b'{"name": 01}',
            b"name=x",
        ],
    )
    def test_that_is_none_is_malformed(self, api: Api, database: Database, body: bytes) -> None:
        assert_problem(send(api, database, body), "malformed")

    @pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", "1e400", "-1e400", "1" * 400 + ".0"])
    @pytest.mark.parametrize("shape", ["%s", '{"name": "x", "more": [[%s]]}'])
    def test_with_a_number_that_is_none_is_malformed(
        self, api: Api, database: Database, number: str, shape: str
    ) -> None:
        assert_problem(send(api, database, (shape % number).encode()), "malformed")

    def test_with_an_integer_of_5000_digits_is_malformed(self, api: Api, database: Database) -> None:
        problem = assert_problem(send(api, database, b'{"name": ' + b"9" * 5000 + b"}"), "malformed")
        assert "too long: it may have at most 4300 digits" in problem["detail"]

    @pytest.mark.parametrize(
        "body",
        [
            b'{"name": "x", "name": "x"}',
            b'{"name": "x", "n\\u0061me": "y"}',
            b'{"name": "x", "more": {"a": 1, "a": 1}}',
            b'{"name": "x", "more": [{"": 1, "": 2}]}',
        ],
    )
    def test_that_gives_a_member_twice_is_malformed(self, api: Api, database: Database, body: bytes) -> None:
        assert_problem(send(api, database, body), "malformed")

    @pytest.mark.parametrize("depth", [100, 10_000, 400_000])
    @pytest.mark.parametrize(("opening", "closing"), [("[", "]"), ('{"a":', "}")])
    @pytest.mark.parametrize("closed", [True, False])
    def test_that_is_nested_deeply_is_malformed(
        self, api: Api, database: Database, *, depth: int, opening: str, closing: str, closed: bool
    ) -> None:
        end = "1" + closing * depth if closed else ""
        body = '{"name": "x", "more": ' + opening * depth + end + ("}" if closed else "")
        assert_problem(send(api, database, body.encode()), "malformed")

    @pytest.mark.parametrize("body", [b"null", b"[]", b'[{"name": "x"}]', b'"x"', b"1", b"true"])
    def test_that_is_no_object_is_invalid(self, api: Api, database: Database, body: bytes) -> None:
        assert_problem(send(api, database, body), "invalid")

    def test_that_is_an_empty_object_lacks_what_is_required(self, api: Api, database: Database) -> None:
        assert_problem(send(api, database, b"{}"), "invalid", "/name")


class TestEncoding:
    @pytest.mark.parametrize(
        "body",
        [
            b'{"name": "\xff"}',
            b'{"name": "\xe9"}',
            b'{"name": "\xc0\x80"}',
            b'{"name": "\xed\xa0\xbd"}',
            b'{"name": "\xf4\x90\x80\x80"}',
            b'{"name": "\xf0\x9f\x95"}',
            '{"name": "x"}'.encode("utf-8-sig"),
            '{"name": "x"}'.encode("utf-16"),
            '{"name": "x"}'.encode("utf-16-le"),
            '{"name": "x"}'.encode("utf-32-be"),
        ],
    )
    def test_that_is_not_utf_8_is_malformed(self, api: Api, database: Database, body: bytes) -> None:
        assert_problem(send(api, database, body), "malformed")

    def test_of_escapes_is_that_of_the_characters(self, api: Api) -> None:
        made = api.post("/v1/topics", data=b'{"name": "\\ud83d\\udd4a\\u00e9"}', content_type="application/json")
        assert told(made)["name"] == f"{EMOJI}é"

    @pytest.mark.parametrize("encoding", ["gzip", "deflate", "br", "gzip, identity", "x"])
    def test_of_the_whole_body_is_not_taken(self, api: Api, database: Database, encoding: str) -> None:
        response = send(api, database, b'{"name": "x"}', headers={"Content-Encoding": encoding})
        assert_problem(response, "unsupported-media-type")

    @pytest.mark.parametrize("content_type", ["application/json; charset=utf-8", "Application/JSON"])
    def test_may_be_told(self, api: Api, content_type: str) -> None:
        assert api.post("/v1/topics", data=b'{"name": "x"}', content_type=content_type).status_code == 201

    @pytest.mark.parametrize("content_type", ["text/plain", "application/xml", "multipart/form-data; boundary=x", ""])
    @pytest.mark.parametrize("path", ["/v1/topics", "/v1/claims", "/v1/passages"])
    def test_of_another_type_is_not_taken(self, api: Api, database: Database, path: str, content_type: str) -> None:
        response = send(api, database, b'{"name": "x"}', path, content_type=content_type)
        assert_problem(response, "unsupported-media-type")


@pytest.mark.parametrize("broken", [b"\\u0000", HALF, b"\\ude00\\ud83d"])
class TestBrokenText:
    @pytest.mark.parametrize(
        ("path", "body", "pointer"),
        [
            ("/v1/topics", b'{"name": "a%sb"}', "/name"),
            ("/v1/topics", b'{"name": "x", "description": "%s"}', "/description"),
            ("/v1/sources", b'{"title": "x", "text": "text %s"}', "/text"),
            ("/v1/sources", b'{"title": "x", "authors": ["a", "%s"]}', "/authors/1"),
            ("/v1/sources", b'{"title": "x", "url": "https://x.org/%s"}', "/url"),
            ("/v1/claims", b'{"text": "x", "speaker": {"name": "a%s"}}', "/speaker/name"),
            ("/v1/claims", b'{"text": "x", "evidence": [{"stance": "supports", "exact": "%s"}]}', "/evidence/0/exact"),
            ("/v1/speakers", b'{"name": "x", "kind": "%s"}', "/kind"),
        ],
    )
    def test_is_invalid_in_a_value(
        self, api: Api, database: Database, *, broken: bytes, path: str, body: bytes, pointer: str
    ) -> None:
        assert_problem(send(api, database, body % broken, path), "invalid", pointer)

    @pytest.mark.parametrize("body", [b'{"name": "x", "a%sb": 1}', b'{"name": "x", "more": {"%s": null}}'])
    def test_is_invalid_in_the_name_of_a_member(self, api: Api, database: Database, broken: bytes, body: bytes) -> None:
        assert_problem(send(api, database, body % broken), "invalid")

    def test_is_invalid_in_a_patch(self, api: Api, broken: bytes) -> None:
        made = make_topic(api)
        body = b'{"description": "' + broken + b'"}'
        response = api.patch(f"/v1/topics/{made['id']}", data=body, content_type="application/merge-patch+json")
        assert_problem(response, "invalid", "/description")
        assert api.read(f"/v1/topics/{made['id']}") == made


class TestSize:
    @pytest.mark.parametrize("character", ["x", EMOJI])
    def test_of_a_text_may_be_a_million_code_points(self, api: Api, character: str) -> None:
        text = character * 1_000_000
        body = json.dumps({"title": "x", "text": text}, ensure_ascii=False).encode()
        made = api.post("/v1/sources", data=body, content_type="application/json")
        assert told(made)["current_version"]["length"] == 1_000_000
        assert api.read(f"/v1/sources/{told(made)['id']}/versions/1")["text"] == text

    def test_of_a_text_may_not_be_more(self, api: Api, database: Database) -> None:
        body = json.dumps({"title": "x", "text": "x" * 1_000_001}).encode()
        assert_problem(send(api, database, body, "/v1/sources"), "invalid", "/text")

    @pytest.mark.parametrize(
        ("path", "body", "pointer"),
        [
            ("/v1/topics", {"name": "x" * 1_048_576}, "/name"),
            ("/v1/claims", {"text": "x" * 1_048_576}, "/text"),
            ("/v1/claims", {"text": "x", "topics": ["t"] * 5_000}, "/topics"),
            ("/v1/sources", {"title": "x", "authors": ["a"] * 5_000}, "/authors"),
            ("/v1/passages", {"source_id": NOBODY, "exact": "x" * 1_048_576}, "/exact"),
        ],
    )
    def test_of_a_field_is_bounded(
        self, api: Api, database: Database, path: str, body: dict[str, Any], pointer: str
    ) -> None:
        assert_problem(send(api, database, json.dumps(body).encode(), path), "invalid", pointer)

    def test_of_a_refusal_is_bounded_too(self, api: Api, database: Database) -> None:
        body = json.dumps({"name": "x", "k" * 1_000_000: 1}).encode()
        response = send(api, database, body)
        assert_problem(response, "invalid")
        assert len(response.data) < 10_000

    def test_of_a_refusal_of_many_members_is_bounded_too(self, api: Api, database: Database) -> None:
        body = json.dumps({"name": "x", **{f"unknown {number}": 1 for number in range(5_000)}}).encode()
        response = send(api, database, body)
        assert_problem(response, "invalid")
        assert len(response.data) < 100_000


VALUES = "The body holds too many values: it may have at most 10000."
LARGE = 4_000_000


class TestNumberOfValues:
    """What stands in a body costs far more than its bytes."""

    @pytest.mark.parametrize(
        "body",
        [
            b'{"aliases": [' + b"1," * (LARGE // 2) + b"1]}",
            b"{" + b",".join(b'"%d":1' % number for number in range(LARGE // 12)) + b"}",
            b'{"aliases": [' + b"[]," * (LARGE // 3) + b"1]}",
            b'{"aliases": [' + b"{}," * (LARGE // 3) + b"1]}",
            b'{"aliases": [' + b'"\\u0000",' * (LARGE // 9) + b"1]}",
            b'{"aliases": [' + b'"\\",\\\\",' * (LARGE // 9),
            b"[" * LARGE,
        ],
        ids=["numbers", "members", "lists", "objects", "broken text", "quotation marks", "depth"],
    )
    def test_is_bounded(self, api: Api, database: Database, body: bytes) -> None:
        begun = time.monotonic()
        problem = assert_problem(send(api, database, body, "/v1/speakers"), "malformed")
        assert time.monotonic() - begun < 1
        assert problem["detail"] == VALUES

    @pytest.mark.parametrize(("number", "code"), [(9_998, "invalid"), (9_999, "malformed")])
    def test_is_that_of_members_and_items(self, api: Api, database: Database, number: int, code: str) -> None:
        body = {"name": "x", "aliases": ["a"] * number}
        assert_problem(send(api, database, json.dumps(body).encode(), "/v1/speakers"), code)

    def test_has_nothing_to_do_with_what_stands_in_a_text(self, api: Api) -> None:
        text = '[{,"\\' * 50_000
        assert told(api.post("/v1/sources", {"title": "x", "text": text}))["current_version"]["length"] == len(text)

    @pytest.mark.parametrize("quote", ['"', '\\"'])
    def test_is_counted_in_one_pass_where_a_text_has_no_end(self, api: Api, database: Database, quote: str) -> None:
        begun = time.monotonic()
        assert_problem(send(api, database, b'{"name": "' + quote.encode() * 1_000_000 + b"\\"), "malformed")
        assert time.monotonic() - begun < 1

    def test_of_a_claim_with_all_its_links_is_none_too_many(self, api: Api) -> None:
        words = " ".join(f"word{number:03}" for number in range(200))
        link = {"stance": "supports", "source_id": make_source(api, words)["id"], "basis": "content", "note": "n"}
        speaker = {"name": "Kremlin", "kind": "organization"}
        links = [{**link, "exact": f"word{each:03}", "stated_by": speaker} for each in range(200)]
        assert api.post("/v1/claims", {"text": "x", "evidence": links}).status_code == 201

    def test_does_not_multiply_the_length_of_a_name(self, api: Api, database: Database) -> None:
        body = b'{"' + b"k" * 1_000_000 + b'": [' + b",".join([b'"\\u0000"'] * 9_000) + b"]}"
        begun = time.monotonic()
        assert_problem(send(api, database, body), "invalid")
        assert time.monotonic() - begun < 1


class TestQuery:
    @pytest.mark.parametrize(
        ("query", "parameter"),
        [
            ("nothing=1", "nothing"),
            ("Limit=1", "Limit"),
            ("limit[]=1", "limit[]"),
            ("offset=10", "offset"),
            ("limit=1&limit=1", "limit"),
            ("topic=a&topic=b", "topic"),
            ("topic=a%00b", "topic"),
            ("a%00b=1", "a\x00b"),
            ("topic=", "topic"),
            ("topic=%20", "topic"),
            ("sort=name", "sort"),
            ("sort=", "sort"),
            ("sort=created_at,id", "sort"),
            ("include=everything", "include"),
            ("status=Published", "status"),
            ("verdict=true", "verdict"),
            ("speaker_id=x", "speaker_id"),
            (f"speaker_id={NOBODY.upper()}", "speaker_id"),
            (f"speaker_id={NOBODY}%0A", "speaker_id"),
            ("language=e", "language"),
            ("claim_date_from=2025-13", "claim_date_from"),
            ("updated_since=2025-10-22", "updated_since"),
        ],
    )
    def test_is_refused_with(self, api: Api, query: str, parameter: str) -> None:
        problem = assert_problem(api.get(f"/v1/claims?{query}"), "invalid")
        assert [each["parameter"] for each in problem["errors"]] == [parameter]

    @pytest.mark.parametrize(
        ("method", "path"),
        [
            ("GET", f"/v1/claims/{NOBODY}"),
            ("POST", "/v1/claims"),
            ("PATCH", f"/v1/claims/{NOBODY}"),
            ("DELETE", f"/v1/claims/{NOBODY}"),
            ("GET", f"/v1/sources/{NOBODY}/versions/1"),
            ("GET", "/"),
            ("GET", "/openapi.json"),
        ],
    )
    def test_is_refused_where_none_is_taken(self, api: Api, database: Database, method: str, path: str) -> None:
        with nothing_stored(database):
            body = {"text": "x"} if method in {"POST", "PATCH"} else None
            assert_problem(api.request(method, f"{path}?nothing=1", body), "invalid", "nothing")

    @pytest.mark.parametrize("value", ["1", "TRUE", "yes", "", "on"])
    def test_takes_true_and_false_alone(self, api: Api, database: Database, value: str) -> None:
        with nothing_stored(database):
            body = {"name": "x", "kind": "person"}
            response = api.post(f"/v1/speakers?allow_duplicate={value}", body)
            assert_problem(response, "invalid", "allow_duplicate")

    @pytest.mark.parametrize("value", ["%FF", "%ED%A0%BD", "%E2%80", "%", "%zz"])
    def test_with_bytes_that_are_no_text_finds_nothing(self, api: Api, value: str) -> None:
        make_topic(api)
        assert api.read(f"/v1/topics?name=x{value}")["data"] == []


class TestWhatIsAnotherEachTime:
    """The other parameters are remembered without it."""

    @pytest.fixture(autouse=True)
    def _remembered(self, api: Api) -> None:
        for text in ("no date was set", "the summit & the hosts"):
            make_claim(api, text)
        assert api.read("/v1/search?q=budapest&kind=claim")["data"] == []

    @pytest.mark.parametrize(
        ("spelt", "text"),
        [
            ("date", "no date was set"),
            ("no+date", "no date was set"),
            ("set%20date", "no date was set"),
            ("s%75mmit%26", "the summit & the hosts"),
            ("%22the%20summit%22", "the summit & the hosts"),
        ],
    )
    def test_is_read_as_ever(self, api: Api, spelt: str, text: str) -> None:
        (hit,) = api.read(f"/v1/search?q={spelt}&kind=claim")["data"]
        assert hit["claim"]["label"] == text

    @pytest.mark.parametrize("value", ["a%00b", "x" * 501])
    def test_is_refused_as_ever(self, api: Api, value: str) -> None:
        assert_problem(api.get(f"/v1/search?q={value}&kind=claim"), "invalid", "q")

    @pytest.mark.parametrize("again", ["q=date", "%71=date", "q="])
    def test_is_refused_twice(self, api: Api, again: str) -> None:
        for query in (f"{again}&kind=claim", f"kind=claim&{again}"):
            api.get(f"/v1/search?{query}")
            assert_problem(api.get(f"/v1/search?q=budapest&{query}"), "invalid", "q")

    def test_is_refused_where_there_is_no_such_parameter(self, api: Api) -> None:
        api.read("/v1/topics?limit=1")
        assert_problem(api.get("/v1/topics?limit=1&q=x"), "invalid", "q")


class TestAnswer:
    @pytest.mark.parametrize(
        "text", ["</script>\u2028\u2029", "\x01\x1f\x7f\x80x", "\ufeffx\ufffe\uffff", "x\U0010ffff"]
    )
    def test_gives_back_the_oddest_characters(self, api: Api, text: str) -> None:
        source = make_source(api, text)
        assert api.read(f"/v1/sources/{source['id']}/versions/1")["text"] == text
