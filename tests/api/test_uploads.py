import hashlib
import json
import sys
from pathlib import Path
from typing import Any

import pytest
from werkzeug.test import TestResponse

from claims_api.db import Database
from tests.api.factories import make_source, nothing_stored, told
from tests.conftest import Api
from tests.problems import assert_problem
from tests.services.pages import PARAGRAPHS, TEXT, page

HTML = {"content_type": "text/html"}
SUGGESTED = {
    "title": "Talks end without a date",
    "authors": ["Ann O’Hara", "Bo Berg"],
    "publisher": "Example Courier",
    "published_at": "2025-10-22",
    "language": "en-GB",
    "canonical_url": "https://courier.example/2025/talks",
}
SOURCES = "/v1/sources"


def send(
    api: Api, path: str = SOURCES, *, boundary: str = "edge", key: str | None = None, **parts: Any
) -> TestResponse:
    """Send parts as a form does: each its bytes and its media type, as a file or, without a type, as a field."""
    body = b"".join(
        _part(boundary, name, *((each, "") if isinstance(each, str) else each)) for name, each in parts.items()
    )
    return api.post(
        path,
        data=body + f"--{boundary}--\r\n".encode(),
        content_type=f"multipart/form-data; boundary={boundary}",
        headers={"Idempotency-Key": key} if key else {},
    )


def _part(boundary: str, name: str, given: str | bytes, media_type: str) -> bytes:
    file = f'; filename="page.html"\r\nContent-Type: {media_type}' if media_type else ""
    head = f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"{file}\r\n\r\n'
    return head.encode() + (given.encode() if isinstance(given, str) else given) + b"\r\n"


def html(text: str, charset: str = "utf-8") -> tuple[bytes, str]:
    return text.encode(charset), "text/html"


class TestAPartWithoutAName:
    def test_is_refused(self, api: Api, database: Database) -> None:
        body = b'--edge\r\nContent-Disposition: form-data; filename="a.txt"\r\n\r\nx\r\n--edge--\r\n'
        with nothing_stored(database):
            answer = api.post(SOURCES, data=body, content_type="multipart/form-data; boundary=edge")
        assert_problem(answer, "malformed")


class TestAPartInBase64:
    def test_is_refused_and_not_taken_for_the_text(self, api: Api, database: Database) -> None:
        head = (
            b'--edge\r\nContent-Disposition: form-data; name="file"; filename="a.txt"\r\nContent-Type: text/plain\r\n'
        )
        body = head + b"Content-Transfer-Encoding: base64\r\n\r\nTm8gZGF0ZQ==\r\n--edge--\r\n"
        with nothing_stored(database):
            answer = api.post(SOURCES, data=body, content_type="multipart/form-data; boundary=edge")
        assert_problem(answer, "unsupported-media-type")


class TestAPageInJson:
    def test_becomes_its_article_with_what_it_says_of_itself(self, api: Api) -> None:
        made = api.made(SOURCES, {**HTML, "text": page()})
        assert {name: made[name] for name in SUGGESTED} == SUGGESTED
        version = api.read(f"{SOURCES}/{made['id']}/versions/1")
        assert (version["text"], version["content_type"]) == (TEXT, "text/html")
        assert version["given_sha256"] == hashlib.sha256(page().encode()).hexdigest()
        assert version["sha256"] == hashlib.sha256(TEXT.encode()).hexdigest()

    def test_can_be_quoted(self, api: Api) -> None:
        made = api.made(SOURCES, {**HTML, "text": page()})
        passage = api.made(
            "/v1/passages", {"source_id": made["id"], "exact": '"Nobody has told us to cancel the hall,"'}
        )
        assert passage["exact"] == "“Nobody has told us to cancel the hall,”"

    @pytest.mark.parametrize(
        ("field", "value"),
        [
            ("title", "Mine"),
            ("authors", []),
            ("authors", ["Me"]),
            ("publisher", None),
            ("published_at", None),
            ("published_at", "2025"),
            ("language", None),
            ("language", "he"),
        ],
    )
    def test_is_overridden_by_what_is_sent(self, api: Api, field: str, value: object) -> None:
        made = api.made(SOURCES, {**HTML, "text": page(), field: value})
        assert {name: made[name] for name in SUGGESTED} == {**SUGGESTED, field: value}

    @pytest.mark.parametrize(
        ("fields", "expected"),
        [
            ({"canonical_url": "http://x.org/a/"}, "https://x.org/a"),
            ({"canonical_url": None}, None),
            ({"canonical_url": None, "url": "http://x.org/b/"}, "https://x.org/b"),
            ({"url": "http://x.org/b/"}, SUGGESTED["canonical_url"]),
        ],
    )
    def test_says_its_canonical_url_where_that_is_not_sent(
        self, api: Api, fields: dict[str, str | None], expected: str | None
    ) -> None:
        assert api.made(SOURCES, {**HTML, "text": page(), **fields})["canonical_url"] == expected

    def test_without_a_title_needs_one(self, api: Api, database: Database) -> None:
        untitled = page(head="").replace("h1>", "p>")
        with nothing_stored(database):
            assert_problem(api.post(SOURCES, {**HTML, "text": untitled}), "invalid", "/title")
        assert api.made(SOURCES, {**HTML, "text": untitled, "title": "x"})["title"] == "x"

    def test_takes_no_title_away(self, api: Api) -> None:
        assert_problem(api.post(SOURCES, {**HTML, "text": page(), "title": None}), "invalid", "/title")

    def test_suggests_nothing_that_nobody_could_send(self, api: Api) -> None:
        head = (
            f"<title>Talks</title><meta property='og:site_name' content='{'x' * 501}'>"
            "<link rel='canonical' href='/relative'>"
        )
        made = api.made(SOURCES, {**HTML, "text": page(head=head, lang="x" * 50)})
        assert (made["publisher"], made["canonical_url"], made["language"]) == (None, None, None)

    @pytest.mark.parametrize("text", ["<html></html>", "x", "<", "<p> </p>"])
    def test_without_an_article_is_refused(self, api: Api, database: Database, text: str) -> None:
        with nothing_stored(database):
            assert_problem(api.post(SOURCES, {**HTML, "text": text, "title": "x"}), "invalid", "/text")

    def test_that_is_not_there_is_refused(self, api: Api) -> None:
        assert_problem(api.post(SOURCES, {"title": "x", "content_type": "text/html"}), "invalid", "/text")

    def test_whose_article_is_too_long_is_refused(self, api: Api) -> None:
        long = page("word " * 90_000, "other " * 90_000)
        assert len(long) < 1_000_000
        assert api.post(SOURCES, {**HTML, "text": long}).status_code == 201
        assert_problem(send(api, file=html(page("word " * 250_000))), "invalid", "/text")

    def test_is_refused_a_second_time(self, api: Api) -> None:
        made = api.made(SOURCES, {**HTML, "text": page()})
        problem = assert_problem(api.post(SOURCES, {**HTML, "text": page()}), "duplicate", "/canonical_url")
        assert problem["existing"] == {"id": made["id"]}
        other = page(head="<title>x</title>")
        assert_problem(api.post(SOURCES, {**HTML, "text": other}), "duplicate", "/text")

    @pytest.mark.parametrize("kind", ["text/markdown", "TEXT/HTML", "", None, 1])
    def test_is_of_a_type_that_is_known(self, api: Api, kind: object) -> None:
        body = {"title": "x", "text": "x", "content_type": kind}
        assert_problem(api.post(SOURCES, body), "invalid", "/content_type")

    def test_is_a_text_where_nobody_says_that_it_is_a_page(self, api: Api) -> None:
        made = make_source(api, page())
        version = api.read(f"{SOURCES}/{made['id']}/versions/1")
        assert (version["text"], version["content_type"], version["given_sha256"]) == (page(), "text/plain", None)


class TestAFile:
    def test_of_html_becomes_its_article(self, api: Api) -> None:
        made = told(send(api, file=html(page()), fields='{"reliability": "B", "publisher": null}'))
        assert {name: made[name] for name in SUGGESTED} == {**SUGGESTED, "publisher": None}
        assert made["reliability"] == "B"

    def test_is_kept_by_the_hash_of_its_bytes(self, api: Api) -> None:
        given = page(head='<meta charset="windows-1252"><title>x</title>').encode("cp1252")
        made = told(send(api, file=(given, "text/html")))
        version = api.read(f"{SOURCES}/{made['id']}/versions/1")
        assert (version["text"], version["given_sha256"]) == (TEXT, hashlib.sha256(given).hexdigest())

    @pytest.mark.parametrize("text", ["\ufeff a\r\nb \u202e“é” e\u0301 👩\u200d🚀\n\n", "x"])
    def test_of_text_is_kept_byte_for_byte(self, api: Api, text: str) -> None:
        made = told(send(api, file=(text.encode(), "text/plain"), fields='{"title": "x"}'))
        version = api.read(f"{SOURCES}/{made['id']}/versions/1")
        assert (version["text"], version["content_type"], version["given_sha256"]) == (text, "text/plain", None)
        assert version["sha256"] == hashlib.sha256(text.encode()).hexdigest()

    def test_of_text_in_another_charset_tells_what_was_given(self, api: Api) -> None:
        given = "ложь".encode("koi8-r")
        made = told(send(api, file=(given, "text/plain; charset=koi8-r"), fields='{"title": "x"}'))
        version = api.read(f"{SOURCES}/{made['id']}/versions/1")
        assert (version["text"], version["given_sha256"]) == ("ложь", hashlib.sha256(given).hexdigest())

    def test_may_be_larger_than_a_text_in_json(self, api: Api) -> None:
        given = page(head=f"<title>x</title><style>{'x' * 1_500_000}</style>")
        assert send(api, file=html(given)).status_code == 201

    def test_has_its_fields_as_a_file_too(self, api: Api) -> None:
        fields = (json.dumps({"title": "Mine"}).encode(), "application/json")
        assert told(send(api, file=html(page()), fields=fields))["title"] == "Mine"

    @pytest.mark.parametrize(
        ("fields", "pointer"),
        [
            ('{"publisher": 1}', "/publisher"),
            ('{"nonsense": 1}', "/nonsense"),
            ('{"text": "x"}', "/text"),
            ('{"content_type": "text/html"}', "/content_type"),
            ('{"publisher": "a\\u0000"}', "/publisher"),
            ("[]", ""),
        ],
    )
    def test_has_fields_that_are_as_strict_as_json_alone(
        self, api: Api, database: Database, fields: str, pointer: str
    ) -> None:
        with nothing_stored(database):
            assert_problem(send(api, file=html(page()), fields=fields), "invalid", pointer)

    @pytest.mark.parametrize("fields", ["", "{", '{"title": "x", "title": "y"}', '{"title": NaN}', "[" * 20_000])
    def test_has_fields_that_can_be_read(self, api: Api, fields: str) -> None:
        assert_problem(send(api, file=html(page()), fields=fields), "malformed")

    def test_without_a_title_needs_one(self, api: Api) -> None:
        assert_problem(send(api, file=(b"x", "text/plain")), "invalid", "/title")

    @pytest.mark.parametrize("given", [b"\xff\xfe\xff", b"ab\xe9", b"a\0b", b"  ", b""])
    def test_that_holds_no_text_is_refused(self, api: Api, database: Database, given: bytes) -> None:
        with nothing_stored(database):
            problem = send(api, file=(given, "text/plain; charset=utf-8"), fields='{"title": "x"}')
            assert_problem(problem, "invalid", "/text")

    @pytest.mark.parametrize("kind", ["application/pdf", "application/octet-stream", "text/markdown"])
    def test_of_another_type_is_refused(self, api: Api, kind: str) -> None:
        problem = assert_problem(send(api, file=(b"x", kind)), "unsupported-media-type")
        assert problem["accepted"] == ["text/plain", "text/html"]

    def test_beside_fields_of_another_type_is_refused(self, api: Api) -> None:
        assert_problem(send(api, file=html(page()), fields=(b"<a/>", "text/xml")), "unsupported-media-type")

    def test_of_the_right_name_must_be_there(self, api: Api) -> None:
        assert_problem(send(api, fields="{}"), "invalid", "/text")

    @pytest.mark.parametrize("name", ["page", "text", "title", ""])
    def test_of_another_name_is_refused(self, api: Api, name: str) -> None:
        problem = assert_problem(send(api, file=html(page()), **{name: "x"}), "malformed")
        assert (f"`{name}`" in problem["detail"], "`fields`" in problem["remedy"]) == (True, True)

    @pytest.mark.parametrize(
        ("content_type", "body"),
        [
            ("multipart/form-data", b"--x\r\n\r\n--x--\r\n"),
            ("multipart/form-data; boundary=x", b"\r\n"),
            ("multipart/form-data; boundary=x", b"--x--\r\n"),
            ("multipart/form-data; boundary=x", b"nonsense"),
            ("multipart/form-data; boundary=x", b'--x\r\nContent-Disposition: form-data; name="file"\r\n\r\nabc'),
            ("multipart/form-data; boundary=x", b"--x\r\nContent-Type: text/html\r\n\r\nabc\r\n--x--\r\n"),
            ("multipart/form-data; boundary=x", b"--x\r\n" + b"A: b\r\n" * 1000 + b"\r\n--x--"),
            (f"multipart/form-data; boundary={'x' * 71}", b"x"),
            ("multipart/form-data; boundary=é", b"x"),
        ],
    )
    def test_in_a_broken_form_is_told(self, api: Api, content_type: str, body: bytes) -> None:
        response = api.post(SOURCES, data=body, content_type=content_type)
        assert_problem(response, "invalid" if body.startswith(b"--x--") else "malformed")

    def test_is_bounded_as_all_bodies_are(self, api: Api) -> None:
        most = api.client.application.config["MAX_CONTENT_LENGTH"]
        assert_problem(send(api, file=(b"x" * most, "text/plain")), "too-large")

    def test_needs_a_key_that_may_write(self, anybody: Api) -> None:
        assert_problem(send(anybody, file=html(page())), "unauthorized")

    @pytest.mark.parametrize("path", ["/v1/topics", "/v1/claims"])
    def test_is_taken_for_texts_of_sources_alone(self, api: Api, path: str) -> None:
        assert_problem(send(api, path, file=html(page())), "unsupported-media-type")

    def test_sent_again_with_its_key_is_answered_again(self, api: Api) -> None:
        # As most clients do it, between other boundaries.
        first, second = (send(api, boundary=each, key="k", file=html(page())) for each in ("one", "two"))
        assert (first.status_code, second.data) == (201, first.data)
        assert second.headers["Idempotent-Replayed"] == "true"

    def test_changed_and_sent_with_the_same_key_is_refused(self, api: Api) -> None:
        send(api, key="k", file=html(page()))
        assert_problem(send(api, key="k", file=html(page(*PARAGRAPHS, PARAGRAPHS[0]))), "key-reused")


class TestANewerVersion:
    def test_may_be_a_page(self, api: Api) -> None:
        source = api.made(SOURCES, {**HTML, "text": page()})
        newer = page(*PARAGRAPHS, "A third was added in the night.")
        made = api.made(f"{SOURCES}/{source['id']}/versions", {**HTML, "text": newer})
        assert made["version"]["given_sha256"] == hashlib.sha256(newer.encode()).hexdigest()
        text = api.read(f"{SOURCES}/{source['id']}/versions/2")["text"]
        assert text == f"{TEXT}\nA third was added in the night."

    def test_may_be_a_file(self, api: Api) -> None:
        source = api.made(SOURCES, {**HTML, "text": page()})
        fields = '{"retrieved_at": "2025-10-23T00:00:00Z"}'
        newer = html(page(*PARAGRAPHS, "A third was added in the night."))
        made = told(send(api, f"{SOURCES}/{source['id']}/versions", file=newer, fields=fields))
        assert (made["version"]["number"], made["version"]["retrieved_at"]) == (2, "2025-10-23T00:00:00Z")

    def test_with_the_same_article_is_none(self, api: Api) -> None:
        source = api.made(SOURCES, {**HTML, "text": page()})
        same = page().replace("All rights reserved", "Some rights reserved")
        assert send(api, f"{SOURCES}/{source['id']}/versions", file=html(same)).status_code == 200

    def test_suggests_nothing_for_its_source(self, api: Api) -> None:
        source = make_source(api, "A text.", title="Mine")
        path = f"{SOURCES}/{source['id']}"
        assert send(api, f"{path}/versions", file=html(page())).status_code == 201
        assert {name: api.read(path)[name] for name in ("title", "publisher")} == {"title": "Mine", "publisher": None}


class TestHtmlWithoutTheExtra:
    def test_is_refused_with_what_is_missing(self, api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
        installed = [each for each in sys.path if Path(each).is_relative_to(sys.prefix)]
        monkeypatch.setattr(sys, "path", [each for each in sys.path if each not in installed])
        monkeypatch.delitem(sys.modules, "trafilatura", raising=False)
        problem = assert_problem(api.post(SOURCES, {**HTML, "text": page()}), "unsupported-media-type")
        assert "claims-api[html]" in problem["detail"]
