import gzip
import json
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from typing import Any, cast

import pytest
from flask import Flask, request
from werkzeug.test import TestResponse

from claims_api.app import create_app
from claims_api.config import Settings
from claims_api.schemas.formats import lines, neutral
from claims_api.schemas.formats.registry import FORMATS, Format, Lines, Opened
from claims_api.services.imports.incoming import Incoming, LeftOut
from claims_api.web import request_turns, streams
from claims_api.web.session import EXTENSION
from tests.api.factories import Thing, nothing_stored
from tests.conftest import Api
from tests.problems import assert_problem

NEUTRAL = "/v1/import?format=neutral"
SOURCE = {"kind": "source", "key": "s1", "title": "Report", "text": "The dam broke. Nobody was hurt."}
CLAIM = {"kind": "claim", "key": "c1", "text": "the dam broke", "speaker": "Facebook posts"}
LINK = {"kind": "evidence", "claim_key": "c1", "source_key": "s1", "stance": "SUPPORT", "quote": "The dam broke."}
BROKEN = {"kind": "claim", "key": "c2", "text": "it was long ago", "date": "31-10-2020"}
Post = Callable[..., TestResponse]


def written(*records: Thing) -> bytes:
    return b"".join(json.dumps(each).encode() + b"\n" for each in records)


def counts(response: TestResponse) -> tuple[dict[str, int], dict[str, int], int]:
    assert response.status_code == 200, response.text
    told: dict[str, Any] = response.get_json()
    return told["created"], told["unchanged"], told["refusals"]


@pytest.fixture
def post(api: Api) -> Post:
    """Import the neutral form, or what ``query`` says."""

    def send(body: bytes, query: str = "", **kwargs: Any) -> TestResponse:
        return api.post(NEUTRAL + query, data=body, **kwargs)

    return send


@pytest.fixture
def small(settings: Settings, api: Api) -> Iterator[Api]:
    """A client of a service that takes imports of 1,000 bytes."""
    app = create_app(replace(settings, max_import_bytes=1000))
    yield Api(app.test_client(), api.key)
    app.extensions[EXTENSION].dispose()


def chunked(body: bytes) -> dict[str, object]:
    """Return what the server tells of a body that says nothing of its length."""
    return {"wsgi.input": BytesIO(body), "HTTP_TRANSFER_ENCODING": "chunked", "CONTENT_LENGTH": ""}


class Slow(BytesIO):
    """A body that takes its time, and notes whether others wait for it."""

    def __init__(self, body: bytes) -> None:
        super().__init__(body)
        self.others_wait = list[bool]()

    def read(self, size: int | None = -1, /) -> bytes:
        self.others_wait.append(request_turns.TURN in request.environ)
        return super().read(size)


class TestImport:
    def test_keeps_nobody_waiting_while_its_body_comes(self, post: Post) -> None:
        slow = Slow(written(SOURCE))
        sent = {"wsgi.input": slow, "CONTENT_LENGTH": str(len(written(SOURCE)))}
        assert counts(post(b"", environ_overrides=sent))[0] == {"sources": 1}
        assert set(slow.others_wait) == {False}

    def test_is_refused_for_now_where_one_is_at_work_and_another_waits(self, app: Flask, post: Post) -> None:
        with app.app_context(), streams.importing(), streams.importing():
            response = post(written(SOURCE))
        assert_problem(response, "unavailable")
        assert response.headers["Retry-After"] == "1"
        assert counts(post(written(SOURCE)))[0] == {"sources": 1}

    def test_passes_over_a_mark_before_the_first_line(self, post: Post) -> None:
        assert counts(post(lines.MARK + written(SOURCE)))[0] == {"sources": 1}

    def test_keeps_all_of_it(self, api: Api, post: Post) -> None:
        made, unchanged, refused = counts(post(written(SOURCE, CLAIM, LINK)))
        assert (made["sources"], made["claims"], made["evidence"], unchanged, refused) == (1, 1, 1, {}, 0)
        claim = api.read("/v1/claims?include=evidence")["data"][0]
        assert claim["label"] == "Facebook posts: the dam broke"
        assert claim["evidence"][0]["passage"]["start"] == 0
        assert claim["created_by"] == "write key"

    def test_changes_nothing_when_it_is_given_again(self, post: Post) -> None:
        post(written(SOURCE, CLAIM, LINK))
        made, unchanged, _ = counts(post(written(SOURCE, CLAIM, LINK)))
        assert (made, unchanged) == ({}, {"sources": 1, "claims": 1, "evidence": 1, "passages": 1})

    def test_of_another_collection_has_keys_of_its_own(self, post: Post) -> None:
        post(written(SOURCE, CLAIM))
        made, _, _ = counts(post(written({**CLAIM, "text": "another"}), "&collection=mine"))
        assert made["claims"] == 1

    def test_of_another_collection_has_no_second_source_of_one_text(self, post: Post) -> None:
        post(written({**SOURCE, "url": "https://a.example/1"}))
        again = {**SOURCE, "key": "other", "title": "The same", "url": "https://www.a.example/1/"}
        link = {**LINK, "source_key": "other"}
        made, unchanged, _ = counts(post(written(again, {**again, "key": "third"}, CLAIM, link), "&collection=mine"))
        assert (made.get("sources", 0), unchanged["sources"], made["evidence"]) == (0, 2, 1)

    @pytest.mark.parametrize(
        ("other", "number"),
        [({}, 1), ({"url": "https://a.example/1"}, 1), ({"url": "https://b.example/1"}, 2), ({"text": "Another."}, 2)],
    )
    def test_keeps_one_source_of_one_text_at_one_address(self, post: Post, other: Thing, number: int) -> None:
        one = {**SOURCE, "url": "https://a.example/1"}
        made, _, _ = counts(post(written(one, {**SOURCE, "key": "other", **other})))
        assert made["sources"] == number

    def test_makes_a_source_anew_where_that_of_its_text_was_deleted(self, api: Api, post: Post) -> None:
        post(written(SOURCE))
        (source,) = api.read("/v1/sources")["data"]
        assert api.delete(f"/v1/sources/{source['id']}").status_code == 204
        assert counts(post(written({**SOURCE, "key": "other"}), "&collection=mine"))[0] == {"sources": 1}

    def test_given_again_has_no_second_source_where_its_text_is_an_older_one_by_now(self, api: Api, post: Post) -> None:
        body = written(SOURCE, {**SOURCE, "key": "other"})
        post(body)
        (source,) = api.read("/v1/sources")["data"]
        api.made(f"/v1/sources/{source['id']}/versions", {"text": "The dam held."})
        assert counts(post(body)) == ({}, {"sources": 2}, 0)

    @pytest.mark.parametrize("headers", [{"Content-Encoding": "gzip"}, {"Content-Type": "application/gzip"}, {}])
    def test_takes_gzip(self, post: Post, headers: dict[str, str]) -> None:
        made, _, _ = counts(post(gzip.compress(written(SOURCE, CLAIM)), headers=headers))
        assert made["claims"] == 1

    def test_takes_a_zip_without_a_length(self, post: Post) -> None:
        long = written(SOURCE, *({**CLAIM, "key": f"c{n}", "pad": "x" * 60_000} for n in range(100)))
        assert len(long) > Settings().max_body_bytes
        made, _, _ = counts(post(b"", environ_overrides=chunked(gzip.compress(long, 0))))
        assert made["claims"] == 100

    @pytest.mark.parametrize("parameters", ["", "&on_error=skip"])
    def test_refuses_what_may_have_broken_off(self, api: Api, post: Post, parameters: str) -> None:
        whole = written(SOURCE, CLAIM)
        for body in (whole, gzip.compress(whole)[:-9]):
            assert_problem(post(b"", parameters, environ_overrides=chunked(body)), "malformed")
        assert api.read("/v1/claims")["data"] == []

    def test_that_is_a_dry_run_tells_all_and_keeps_nothing(self, api: Api, post: Post) -> None:
        told = post(written(SOURCE, CLAIM, LINK), "&dry_run=true").get_json()
        assert (told["created"]["claims"], told["dry_run"]) == (1, True)
        assert api.read("/v1/claims")["data"] == []

    def test_that_is_a_dry_run_tells_what_the_real_one_does(self, post: Post) -> None:
        body = written(SOURCE, CLAIM, LINK, BROKEN)
        dry = post(body, "&dry_run=true&on_error=skip").get_json()
        assert dry | {"dry_run": False} == post(body, "&on_error=skip").get_json()

    def test_refuses_an_idempotency_key_and_says_why(self, post: Post) -> None:
        response = post(written(SOURCE), headers={"Idempotency-Key": "once"})
        assert "changes nothing" in assert_problem(response, "invalid")["detail"]

    def test_refuses_another_media_type(self, post: Post) -> None:
        problem = assert_problem(post(written(SOURCE), content_type="text/csv"), "unsupported-media-type")
        assert "application/x-ndjson" in problem["accepted"]
        assert "application/x-ndjson" in problem["remedy"]

    def test_says_what_there_is_where_something_else_is_sent_as_a_bundle(self, api: Api) -> None:
        for body in (written(SOURCE), b"id,text\n1,a\n", b"{\n"):
            detail = assert_problem(api.post("/v1/import", data=body), "invalid")["detail"]
            assert '"record":"bundle"' in detail
            assert "neutral" in detail

    def test_is_told_to_come_again_where_the_disk_is_full(
        self, api: Api, post: Post, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(tempfile, "TemporaryFile", lambda: Path("/dev/full").open("r+b"))  # noqa: SIM115  # by the service
        with nothing_stored(api_database(api)):
            assert_problem(post(written(SOURCE)), "unavailable")

    def test_has_columns_only_of_tables(self, post: Post) -> None:
        assert_problem(post(written(SOURCE), "&columns=a:text"), "invalid")


class TestWhatIsWrong:
    def test_is_told_with_its_line_and_nothing_is_kept(self, api: Api, post: Post) -> None:
        with nothing_stored(api_database(api)):
            problem = assert_problem(post(written(SOURCE, CLAIM, BROKEN)), "invalid")
        (error,) = problem["errors"]
        assert (error["line"], error["external_id"], error["pointer"]) == (3, "c2", "/date")
        assert "2020-10-31" in error["detail"]

    def test_is_skipped_where_that_is_asked_for(self, post: Post) -> None:
        response = post(written(SOURCE, CLAIM, BROKEN, LINK), "&on_error=skip")
        made, _, refused = counts(response)
        assert (made["claims"], made["evidence"], refused) == (1, 1, 1)
        assert response.get_json()["refused"][0]["line"] == 3

    def test_is_a_source_of_which_nothing_is_said(self, post: Post) -> None:
        problem = assert_problem(post(written({"kind": "source", "key": "s"})), "invalid")
        assert [each["pointer"] for each in problem["errors"]] == ["/title"]

    def test_is_told_of_each_that_is_skipped(self, post: Post) -> None:
        broken = [{**BROKEN, "key": f"c{number}"} for number in range(250)]
        told = post(written(*broken), "&on_error=skip").get_json()
        assert [each["line"] for each in told["refused"]] == list(range(1, 251))

    def test_line_is_refused_by_itself(self, post: Post) -> None:
        body = written(SOURCE) + b'{"kind": "claim", "key": \n' + written(CLAIM)
        told = post(body, "&on_error=skip").get_json()
        assert (told["created"]["claims"], told["refused"][0]["line"], told["refused"][0]["code"]) == (
            1,
            2,
            "malformed",
        )

    def test_that_rests_on_it_is_refused_too(self, post: Post) -> None:
        told = post(written(SOURCE, {**CLAIM, "text": ""}, LINK), "&on_error=skip").get_json()
        assert [each["line"] for each in told["refused"]] == [2, 3]

    def test_that_rests_on_it_says_on_which_line(self, post: Post) -> None:
        told = post(written(SOURCE, {**CLAIM, "text": ""}, LINK), "&on_error=skip").get_json()
        _, link = told["refused"]
        assert (link["pointer"], link["detail"]) == ("", "The claim with the key 'c1' was refused: line 2.")

    def test_is_a_key_that_stands_for_two_things(self, post: Post) -> None:
        problem = assert_problem(post(written(SOURCE, CLAIM, {**CLAIM, "text": "another"})), "invalid")
        (error,) = problem["errors"]
        assert (error["line"], error["external_id"]) == (3, "c1")
        assert "line 2" in error["detail"]

    def test_is_no_link_without_a_key_that_comes_in_other_words(self, post: Post) -> None:
        told = post(written(SOURCE, CLAIM, LINK, {**LINK, "note": "again"})).get_json()
        assert told["unchanged"] == {"evidence": 1}

    @pytest.mark.parametrize("broken", [r"\u0000", r"\ud800"])
    def test_has_its_key_and_place_where_its_text_is_broken(self, post: Post, broken: str) -> None:
        body = written({**CLAIM, "text": "a?"}).replace(b"?", broken.encode())
        told = post(body, "&on_error=skip").get_json()["refused"][0]
        assert (told["external_id"], told["pointer"]) == ("c1", "/text")

    def test_has_as_much_of_a_broken_key_as_can_be_shown(self, post: Post) -> None:
        body = written(CLAIM).replace(b'"c1"', rb'"c\ud8001"')
        assert post(body, "&on_error=skip").get_json()["refused"][0]["external_id"] == "c?1"

    def test_names_no_other_line_than_its_own(self, post: Post) -> None:
        body = written(SOURCE) + b'{"kind": "claim", "key": \n'
        assert "line" not in post(body, "&on_error=skip").get_json()["refused"][0]["detail"]


class TestAnAnswerThatCannotBeWritten:
    def test_keeps_nothing(self, api: Api, post: Post, monkeypatch: pytest.MonkeyPatch) -> None:
        def halved(lines: Lines) -> Iterator[LeftOut | Incoming]:
            yield LeftOut("half a character: \ud800")
            yield from (each for each in neutral.records(lines) if isinstance(each, Incoming))

        broken = replace(FORMATS["neutral"], reads=lambda lines, _: Opened(halved(lines)))
        monkeypatch.setitem(cast("dict[str, Format]", FORMATS), "neutral", broken)
        with nothing_stored(api_database(api)):
            assert_problem(post(written(CLAIM)), "internal")


class TestTooMuch:
    def test_is_refused_as_it_is_sent(self, small: Api) -> None:
        response = small.post(NEUTRAL, data=written({**CLAIM, "pad": "x" * 1000}))
        assert assert_problem(response, "too-large")["limit"] == 1000

    def test_is_refused_when_it_is_unzipped(self, small: Api) -> None:
        bomb = gzip.compress(written(*[CLAIM] * 100))
        assert len(bomb) < 1000
        assert_problem(small.post(NEUTRAL, data=bomb), "too-large")

    def test_is_a_line_that_does_not_end(self, post: Post) -> None:
        bomb = gzip.compress(b" " * (lines.LONGEST_LINE + 100_000))
        assert_problem(post(bomb), "too-large")

    @pytest.mark.parametrize("end", [b"\n", b"\r\n", b" \n"])
    def test_are_a_million_empty_lines(self, post: Post, end: bytes) -> None:
        assert_problem(post(gzip.compress(end * (lines.MOST_EMPTY + 1))), "malformed")

    def test_is_a_line_of_very_many_values(self, post: Post) -> None:
        told = post(b"[" + b"[]," * 20_000 + b"[]]\n", "&on_error=skip").get_json()
        assert "too many values" in told["refused"][0]["detail"]

    @pytest.mark.parametrize("cut", [10, 60])
    def test_little_of_a_zip_is_refused(self, post: Post, cut: int) -> None:
        problem = assert_problem(post(gzip.compress(written(SOURCE, CLAIM, LINK))[:cut]), "malformed")
        assert "as gzip wrote it" in problem["remedy"]


class TestTheWholeOfScifact:
    def test_is_anchored(self, api: Api, post: Post, repository: Path) -> None:
        file = repository.parent / "shared" / "data" / "scifact.jsonl"
        if not file.exists():
            pytest.skip("the collection is not beside the checkout")
        made, _, refused = counts(post(file.read_bytes()))
        assert (made["sources"], made["claims"], made["evidence"], refused) == (667, 1109, 1320, 0)


def api_database(api: Api) -> Any:
    return api.client.application.extensions[EXTENSION]
