"""Bundles: out of one database, into another, and out again."""

import gzip
import io
import json
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import orjson
import pytest
from flask import Flask

from claims_api.app import create_app
from claims_api.config import Settings
from claims_api.db import migrating
from claims_api.models.words import Scope
from claims_api.services import checking, keys
from claims_api.web.session import EXTENSION
from claims_api.web.streams import LARGEST_IMPORT
from tests.api.factories import (
    Thing,
    make_assessment,
    make_claim,
    make_evidence,
    make_passage,
    make_relation,
    make_source,
    make_speaker,
    make_topic,
    nothing_stored,
    search,
)
from tests.conftest import Api
from tests.postgres import PrivatePostgres
from tests.problems import assert_problem

NDJSON = "application/x-ndjson"
MOMENT = "2025-01-01T00:00:00Z"
UNKNOWN = "0199f6a1-0000-7000-8000-ffffffffffff"
EMOJI = "\U0001f600 Caf\u00e9: no date was set, said \u201cthe\u201d spokesman."


class Copy:
    """A service of its own, on a database that nothing was done in."""

    def __init__(self, url: str) -> None:
        migrating.upgrade(url)
        self.app = create_app(replace(Settings(), database_url=url))
        self.database = self.app.extensions[EXTENSION]
        with self.database.writing() as session:
            made = {scope: keys.create(session, name=f"{scope} of the copy", scope=scope)[1] for scope in Scope}
        self.api, self.admin = (Api(self.app.test_client(), made[scope]) for scope in (Scope.WRITE, Scope.ADMIN))

    @property
    def wrong(self) -> list[str]:
        with self.database.reading() as connection:
            return [each for finding in checking.everything(connection) for each in finding.wrong]


class Copies:
    """Services that are made when they are asked for."""

    def __init__(self, postgres: PrivatePostgres, folder: Path) -> None:
        self.postgres, self.folder, self.made = postgres, folder, list[Copy]()
        self.kept: dict[tuple[str, str], Copy] = {}

    def new(self, kind: str) -> Copy:
        name = f"copy_{id(self)}_{len(self.made)}"
        url = self.postgres.create_database(name) if kind == "postgresql" else f"sqlite:///{self.folder / name}.db"
        self.made.append(Copy(url))
        return self.made[-1]

    def shared(self, kind: str, what: str) -> Copy:
        """Return one for all tests, which leave it as it is."""
        if (kind, what) not in self.kept:
            self.kept[kind, what] = self.new(kind)
            if what == "filled":
                fill(self.kept[kind, what].api)
        return self.kept[kind, what]

    def close(self) -> None:
        for each in self.made:
            each.database.dispose()


@pytest.fixture(scope="module")
def copies(postgres: PrivatePostgres, fast_folder: Path) -> Iterator[Copies]:
    with closing(Copies(postgres, fast_folder)) as made:
        yield made


@pytest.fixture(params=["sqlite", "postgresql"])
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def other(kind: str) -> str:
    return "sqlite" if kind == "postgresql" else "postgresql"


@pytest.fixture
def here(copies: Copies, kind: str) -> Copy:
    """A service with a bit of everything in it, some of which was changed and deleted; it is only read."""
    return copies.shared(kind, "filled")


@pytest.fixture
def elsewhere(copies: Copies, other: str) -> Copy:
    """An empty service on the other kind of database."""
    return copies.new(other)


@pytest.fixture
def untouched(copies: Copies, other: str) -> Copy:
    """An empty service that stays empty: what it is sent is refused."""
    return copies.shared(other, "empty")


def fill(api: Api) -> None:
    source = make_source(api, EMOJI, url="https://example.org/a?b=1", authors=["A", "B"], published_at="2025-10")
    make_source(api, None, title="only a title")
    speaker, topic = make_speaker(api, aliases=["Moscow"]), make_topic(api)
    first = make_passage(api, "no date was set", source)
    api.made(f"/v1/sources/{source['id']}/versions", {"text": "Earlier: " + EMOJI})
    claim = make_claim(
        api, speaker_id=speaker["id"], topics=[topic["name"]], claim_date="2025-10", first_appearance_id=first["id"]
    )
    make_evidence(api, claim, passage_id=first["id"], stated_by={"name": "Spokesman"}, group="g", credibility=2)
    make_assessment(api, claim, reviewer="Checkers", rating_value=1.5, best_rating=5, worst_rating=0.1)
    make_relation(api, claim, make_claim(api, "another"), type="contradicts")
    api.patch(f"/v1/claims/{claim['id']}", {"location": "Budapest"})
    gone = make_claim(api, "to be deleted")
    make_evidence(api, gone, passage_id=first["id"])
    make_relation(api, gone, claim)
    api.delete(f"/v1/claims/{gone['id']}")


def exported(api: Api, query: str = "") -> bytes:
    response = api.get(f"/v1/export{query}")
    assert (response.status_code, response.content_type) == (200, NDJSON), response.text
    found: bytes = response.data
    return found


def imported(api: Api, bundle: bytes, query: str = "", **headers: str) -> Any:
    return api.post(f"/v1/import{query}", data=bundle, content_type=NDJSON, headers=headers)


def taken(api: Api, bundle: bytes, query: str = "", **headers: str) -> Thing:
    response = imported(api, bundle, query, **headers)
    assert response.status_code == 200, response.text
    found: Thing = response.get_json()
    return found


def lines(bundle: bytes) -> list[dict[str, Any]]:
    return [orjson.loads(line) for line in bundle.splitlines()]


def bundle_of(*records: dict[str, Any], **header: Any) -> bytes:
    first = {"record": "bundle", "version": 1, "history": False, **header}
    last = {"record": "end", "lines": len(records)}
    return b"\n".join(json.dumps(each).encode() for each in (first, *records, last))


def joined(records: list[dict[str, Any]]) -> bytes:
    return b"\n".join(map(orjson.dumps, records))


def speaker_line(identity: str, **members: Any) -> dict[str, Any]:
    stamp = {"created_at": MOMENT, "updated_at": MOMENT, "created_by": "somebody", "version": 1}
    return {"record": "speaker", "id": identity, "name": "Kremlin", "kind": "organization", **stamp, **members}


def altered(bundle: bytes, sort: str, /, **members: Any) -> bytes:
    """Return a bundle whose first record of a sort has other members."""
    found = lines(bundle)
    next(each for each in found if each["record"] == sort).update(members)
    return joined(found)


class TestTheWayThere:
    @pytest.mark.parametrize("query", ["", "?include=history"])
    def test_and_back_gives_the_same_bytes(
        self, here: Copy, elsewhere: Copy, copies: Copies, kind: str, query: str
    ) -> None:
        bundle = exported(here.admin, query)
        taken(elsewhere.admin, bundle)
        assert exported(elsewhere.admin, query) == bundle
        back = copies.new(kind)
        taken(back.admin, exported(elsewhere.admin, query))
        assert exported(back.admin, query) == bundle
        assert here.wrong == elsewhere.wrong == back.wrong == []

    def test_brings_everything_as_it_was(self, here: Copy, elsewhere: Copy) -> None:
        taken(elsewhere.api, exported(here.api))
        for path in ("claims?include=evidence", "sources", "speakers", "topics", "passages", "relations"):
            assert elsewhere.api.read(f"/v1/{path}")["data"] == here.api.read(f"/v1/{path}")["data"], path

    def test_lets_all_of_it_be_found(self, here: Copy, elsewhere: Copy) -> None:
        taken(elsewhere.api, exported(here.api))
        for words in ("date", "Moscow", "Earlier"):
            assert [each["id"] for each in search(elsewhere.api, words)["data"]] != []

    def test_leaves_what_was_deleted_behind(self, here: Copy) -> None:
        found = lines(exported(here.api))
        assert [each for each in found if each.get("deleted_at")] == []
        assert len([each for each in found if each["record"] == "relation"]) == 1

    def test_with_the_history_brings_what_was_deleted_and_how_it_came(self, here: Copy, elsewhere: Copy) -> None:
        taken(elsewhere.admin, exported(here.admin, "?include=history"))
        (gone,) = [each for each in here.admin.read("/v1/claims?include_deleted=true")["data"] if "deleted_at" in each]
        for path in (f"/v1/claims/{gone['id']}/history", "/v1/changes?limit=200"):
            assert elsewhere.admin.read(path) == here.admin.read(path)
        assert elsewhere.api.post(f"/v1/claims/{gone['id']}/restore").status_code == 200
        assert elsewhere.wrong == []

    def test_tells_who_imported_and_keeps_who_made(self, here: Copy, elsewhere: Copy) -> None:
        taken(elsewhere.api, exported(here.api))
        claim = elsewhere.api.read("/v1/claims")["data"][0]
        (change,) = elsewhere.api.read(f"/v1/claims/{claim['id']}/history")["data"]
        assert (claim["created_by"], change["actor"]) == ("write of the copy", "write of the copy")
        assert change["version"] == claim["version"]


class TestExport:
    def test_is_the_same_twice(self, here: Copy) -> None:
        assert exported(here.api) == exported(here.api)

    def test_says_first_what_it_is_and_last_how_many_lines_there_were(self, here: Copy) -> None:
        first, *rest, last = lines(exported(here.api))
        assert first == {"record": "bundle", "version": 1, "history": False}
        assert last == {"record": "end", "lines": len(rest)}

    def test_narrowed_brings_what_the_claims_speak_of_and_can_be_imported(self, here: Copy, elsewhere: Copy) -> None:
        bundle = exported(here.api, "?topic=summit")
        taken(elsewhere.api, bundle)
        (claim,) = elsewhere.api.read("/v1/claims?include=evidence")["data"]
        assert claim["evidence"][0]["stated_by"]["name"] == "Spokesman"
        assert len(elsewhere.api.read("/v1/sources")["data"]) == 1
        assert exported(elsewhere.api) == bundle

    def test_narrowed_to_nothing_is_empty(self, here: Copy) -> None:
        assert len(lines(exported(here.api, "?topic=unheard"))) == 2

    def test_of_the_history_is_for_admins_and_of_everything(self, here: Copy) -> None:
        assert_problem(here.api.get("/v1/export?include=history"), "forbidden")
        assert_problem(here.admin.get("/v1/export?include=history&topic=summit"), "invalid")

    def test_gives_a_place_back_when_its_client_is_gone(self, here: Copy) -> None:
        for _ in range(5):
            response = here.app.test_client().get("/v1/export", buffered=False)
            next(iter(response.response))
            response.close()
        assert here.database.engine.pool.checkedout() == 0

    def test_is_refused_for_now_where_two_are_being_given_out(self, here: Copy) -> None:
        held = [here.app.test_client().get("/v1/export", buffered=False) for _ in range(2)]
        response = here.api.get("/v1/export")
        assert_problem(response, "unavailable")
        assert response.headers["Retry-After"] == "1"
        for each in held:
            each.close()
        exported(here.api)


class TestImport:
    def test_given_again_changes_nothing(self, here: Copy, elsewhere: Copy) -> None:
        bundle = exported(here.api)
        first = taken(elsewhere.api, bundle)
        with nothing_stored(elsewhere.database):
            second = taken(elsewhere.api, bundle)
        assert (second["created"], second["unchanged"]) == ({}, first["created"])

    def test_that_is_only_tried_keeps_nothing_and_tells_the_same(self, here: Copy, elsewhere: Copy) -> None:
        bundle = exported(here.api)
        with nothing_stored(elsewhere.database):
            tried = taken(elsewhere.api, bundle, "?dry_run=true")
        assert tried == {**taken(elsewhere.api, bundle), "dry_run": True}

    @pytest.mark.parametrize("headers", [{}, {"Content-Encoding": "gzip"}])
    def test_takes_gzip(self, here: Copy, elsewhere: Copy, headers: dict[str, str]) -> None:
        bundle = exported(here.api)
        middle = len(bundle) // 2
        zipped = gzip.compress(bundle[:middle], mtime=0) + gzip.compress(bundle[middle:])
        taken(elsewhere.api, zipped, **headers)
        assert exported(elsewhere.api) == bundle

    def test_takes_a_body_without_a_length(self, here: Copy, elsewhere: Copy) -> None:
        bundle = exported(here.api)
        environ = {"wsgi.input": io.BytesIO(bundle), "wsgi.input_terminated": True}
        response = elsewhere.api.post("/v1/import", content_type=NDJSON, environ_overrides=environ)
        assert response.status_code == 200, response.text
        assert exported(elsewhere.api) == bundle

    def test_of_more_than_is_taken_elsewhere_is_taken(self, here: Copy, elsewhere: Copy) -> None:
        elsewhere.app.config["MAX_CONTENT_LENGTH"] = 100
        taken(elsewhere.api, exported(here.api))

    def test_uses_speakers_and_topics_of_the_same_names(self, here: Copy, elsewhere: Copy) -> None:
        speaker, topic = make_speaker(elsewhere.api, "KREMLIN"), make_topic(elsewhere.api, "Summit")
        report = taken(elsewhere.api, exported(here.api))
        assert (report["unchanged"]["speakers"], report["unchanged"]["topics"]) == (1, 1)
        (claim,) = elsewhere.api.read(f"/v1/claims?speaker_id={speaker['id']}")["data"]
        assert claim["topics"] == [topic["name"]]

    def test_leaves_out_newer_texts_of_sources_that_are_here(self, here: Copy, copies: Copies, kind: str) -> None:
        first, second = copies.new(kind), copies.new(kind)
        source = make_source(first.api, EMOJI)
        make_passage(first.api, "no date was set", source)
        taken(second.api, exported(first.api))
        make_claim(first.api, "another claim")
        first.api.made(f"/v1/sources/{source['id']}/versions", {"text": "Earlier: " + EMOJI})
        report = taken(second.api, exported(first.api))
        assert (report["created"], report["omissions"]) == ({"claims": 1}, 1)
        assert "here before" in report["left_out"][0]["detail"]
        assert second.wrong == []

    def test_takes_a_url_that_is_long_and_not_ascii(self, copies: Copies, kind: str, elsewhere: Copy) -> None:
        first = copies.new(kind)
        make_source(first.api, url="https://example.org/" + "\u65e5" * 1900)
        bundle = exported(first.api)
        taken(elsewhere.api, bundle)
        assert exported(elsewhere.api) == bundle

    def test_takes_no_idempotency_key_and_says_why(self, here: Copy) -> None:
        response = imported(here.api, b"", **{"Idempotency-Key": "a"})
        assert "it changes nothing" in assert_problem(response, "invalid")["detail"]

    def test_of_a_history_is_for_admins(self, here: Copy, elsewhere: Copy) -> None:
        assert_problem(imported(elsewhere.api, exported(here.admin, "?include=history")), "forbidden")

    def test_of_a_history_needs_an_empty_database(self, here: Copy) -> None:
        with nothing_stored(here.database):
            assert_problem(imported(here.admin, exported(here.admin, "?include=history")), "not-empty")


class TestWhatIsRefused:
    @pytest.mark.parametrize(
        ("record", "members", "place"),
        [
            ("version", {"sha256": "0" * 64}, "/sha256"),
            ("version", {"text": "other words"}, "/sha256"),
            ("passage", {"exact": "other words"}, "/exact"),
            ("passage", {"start": 1}, "/exact"),
            ("passage", {"start": None}, "/exact"),
            ("passage", {"end": None}, "/exact"),
            ("passage", {"utf8_start": None}, "/exact"),
            ("passage", {"source_version": None, "start": None}, "/exact"),
            ("passage", {"utf16_start": 1}, "/exact"),
            ("passage", {"utf8_end": 1}, "/exact"),
            ("passage", {"prefix": "x"}, "/exact"),
            ("passage", {"match": "unverified"}, "/exact"),
            ("passage", {"source_version": 7}, "/exact"),
            ("passage", {"now": None}, "/exact"),
            ("passage", {"now": {}}, "/now/end"),
            ("passage", {"anchor_state": "unverified"}, "/exact"),
            ("passage", {"confirmed_by": "nobody"}, "/exact"),
            ("claim", {"speaker_id": "0199f6a1-0000-7000-8000-000000000000"}, ""),
            ("claim", {"id": "0199F6A1-0000-7000-8000-000000000000"}, "/id"),
            ("claim", {"status": "secret"}, "/status"),
            ("claim", {"claim_date": "31-10-2020"}, "/claim_date"),
            ("claim", {"text": " "}, "/text"),
            ("claim", {"content_supports": 9}, "/content_supports"),
            ("claim", {"deleted_at": "2025-01-01T00:00:00Z"}, "/record"),
            ("evidence", {"passage_id": None}, "/passage_id"),
            ("assessment", {"rating_value": 9}, "/rating_value"),
            ("relation", {"record": "friend"}, "/record"),
        ],
    )
    def test_is_told_with_its_line_and_place(
        self, here: Copy, untouched: Copy, record: str, members: dict[str, Any], place: str
    ) -> None:
        bundle = altered(exported(here.api), record, **members)
        number = 1 + [each["record"] for each in lines(exported(here.api))].index(record)
        with nothing_stored(untouched.database):
            problem = assert_problem(imported(untouched.api, bundle), "invalid")
        assert (problem["errors"][0]["line"], problem["errors"][0]["pointer"]) == (number, place)

    @pytest.mark.parametrize(
        "members",
        [
            {"anchor_state": "orphaned", "orphaned_because": "gone"},
            {"anchor_state": "moved"},
            {"now_version": 1},
            {"confirmed_by": "somebody", "confirmed_at": MOMENT},
        ],
    )
    def test_is_a_passage_that_stands_in_a_newer_text_that_there_is_not(
        self, here: Copy, untouched: Copy, members: dict[str, Any]
    ) -> None:
        found = lines(exported(here.api))
        place = next(place for place, each in enumerate(found) if each["record"] == "passage")
        source_id = next(each["id"] for each in found if each.get("current_version") == 2)
        assert found[place]["source_id"] == source_id
        kept = [each for each in found if not (each["record"] == "version" and each["number"] == 2)]
        kept[-1]["lines"] -= 1
        next(each for each in kept if each.get("id") == source_id)["current_version"] = 1
        found[place] |= {"anchor_state": "exact", "now": None, "now_version": None, **members}
        problem = assert_problem(imported(untouched.api, joined(kept)), "invalid")
        assert "newer" in problem["errors"][0]["detail"]

    def test_is_a_speaker_who_is_live_and_merged(self, here: Copy, untouched: Copy) -> None:
        bundle = altered(exported(here.api), "speaker", merged_into_id=UNKNOWN)
        with nothing_stored(untouched.database):
            problem = assert_problem(imported(untouched.api, bundle), "invalid")
        assert problem["errors"][0]["pointer"] == "/merged_into_id"

    @pytest.mark.parametrize("into", ["itself", "nobody", "in a circle"])
    def test_is_a_speaker_who_is_merged_into_nobody(self, untouched: Copy, into: str) -> None:
        ids = [f"0199f6a1-0000-7000-8000-00000000000{number}" for number in range(2)]
        others = {"itself": ids, "nobody": [UNKNOWN, UNKNOWN], "in a circle": ids[::-1]}[into]
        merged = [
            speaker_line(one, deleted_at=MOMENT, merged_into_id=other) for one, other in zip(ids, others, strict=True)
        ]
        with nothing_stored(untouched.database):
            problem = assert_problem(imported(untouched.admin, bundle_of(*merged, history=True)), "invalid")
        assert "merged into nobody" in problem["detail"]

    def test_is_a_second_text_of_one_number(self, here: Copy, untouched: Copy) -> None:
        found = lines(exported(here.api))
        place = next(place for place, each in enumerate(found) if each["record"] == "version")
        found.insert(place, {**found[place], "id": UNKNOWN})
        found[-1]["lines"] += 1
        with nothing_stored(untouched.database):
            problem = assert_problem(imported(untouched.api, joined(found)), "invalid")
        assert problem["errors"][0]["pointer"] == "/number"

    @pytest.mark.parametrize("current", [1, None])
    def test_is_a_text_that_is_newer_than_the_newest(self, here: Copy, untouched: Copy, current: int | None) -> None:
        found = lines(exported(here.api))
        next(each for each in found if each.get("current_version"))["current_version"] = current
        with nothing_stored(untouched.database):
            problem = assert_problem(imported(untouched.api, joined(found)), "invalid")
        assert problem["errors"][0]["pointer"] == "/number"

    @pytest.mark.parametrize(
        ("record", "member", "number"), [("claim", "version", 10**9), ("source", "current_version", 2**31 - 1)]
    )
    def test_is_a_number_that_leaves_no_room(
        self, here: Copy, untouched: Copy, record: str, member: str, number: int
    ) -> None:
        bundle = altered(exported(here.api), record, **{member: number})
        problem = assert_problem(imported(untouched.api, bundle), "invalid")
        assert problem["errors"][0]["pointer"] == f"/{member}"

    def test_is_left_out_where_that_is_asked_for(self, here: Copy, elsewhere: Copy) -> None:
        bundle = altered(exported(here.api), "speaker", kind="ghost")
        report = taken(elsewhere.api, bundle, "?on_error=skip")
        assert report["refusals"] == len(report["refused"]) >= 1
        assert elsewhere.wrong == []

    @pytest.mark.parametrize("number", [1, 2])
    def test_and_left_out_as_a_text_takes_its_source_along(self, here: Copy, elsewhere: Copy, number: int) -> None:
        found = lines(exported(here.api))
        next(each for each in found if each.get("number") == number)["sha256"] = "0" * 64
        report = taken(elsewhere.api, joined(found), "?on_error=skip")
        places = [each["record"] for each in found]
        refused = {(each["line"], each["pointer"]) for each in report["refused"]}
        assert (places.index("source") + 1, "/current_version") in refused
        assert elsewhere.wrong == []
        assert len(elsewhere.api.read("/v1/sources")["data"]) == 1

    def test_gets_a_hint_for_a_date_that_begins_with_the_day(self, here: Copy, untouched: Copy) -> None:
        bundle = altered(exported(here.api), "claim", claim_date="31-10-2020")
        assert "Is it 2020-10-31?" in imported(untouched.api, bundle).get_json()["errors"][0]["detail"]

    @pytest.mark.parametrize("cut", [-1, -30, 1000])
    def test_is_a_bundle_that_breaks_off(self, here: Copy, untouched: Copy, cut: int) -> None:
        whole = exported(here.api)
        bundle = b"\n".join(whole.splitlines()[:cut]) if cut == -1 else whole[:cut]
        with nothing_stored(untouched.database):
            assert imported(untouched.api, bundle).status_code in {400, 422}

    def test_is_a_bundle_that_goes_on(self, here: Copy, untouched: Copy) -> None:
        bundle = exported(here.api)
        for more in (bundle, b"{}", b"\n\n."):
            with nothing_stored(untouched.database):
                assert "goes on" in assert_problem(imported(untouched.api, bundle + more), "malformed")["detail"]

    def test_is_a_bundle_that_lacks_a_line(self, here: Copy, untouched: Copy) -> None:
        whole = exported(here.api).splitlines()
        topic = next(line for line in whole if b'"topic"' in line)
        unspoken = b'"' + orjson.loads(topic)["id"].encode() + b'"'
        bundle = b"\n".join(line for line in whole if line != topic).replace(unspoken, b"")
        with nothing_stored(untouched.database):
            assert_problem(imported(untouched.api, bundle), "malformed")

    @pytest.mark.parametrize(
        ("body", "code"),
        [
            (b"", "invalid"),
            (b"[]", "invalid"),
            (b"{", "invalid"),
            (bundle_of(version=2), "invalid"),
            (bundle_of({"record": "topic"}, {"record": "topic"}), "invalid"),
            (b"\x1f\x8b nothing", "malformed"),
            (gzip.compress(bundle_of(), mtime=0)[:-5], "malformed"),
        ],
    )
    def test_is_what_is_no_bundle(self, api: Api, body: bytes, code: str) -> None:
        assert_problem(imported(api, body), code)

    def test_is_another_media_type(self, api: Api) -> None:
        response = api.post("/v1/import?format=bundle", data=b"", content_type="text/csv")
        assert_problem(response, "unsupported-media-type")
        assert_problem(imported(api, b"", **{"Content-Encoding": "br"}), "unsupported-media-type")

    def test_is_more_than_is_taken_zipped_or_not(self, app: Flask, api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setitem(app.config, LARGEST_IMPORT, 10_000)
        bomb = bundle_of() + b"\n" * 20_000
        for body in (bomb, gzip.compress(bomb, mtime=0)):
            assert assert_problem(imported(api, body), "too-large")["limit"] == 10_000

    def test_is_a_body_that_broke_off(self, api: Api) -> None:
        response = api.post("/v1/import", data=b"{}", content_type=NDJSON, environ_overrides={"CONTENT_LENGTH": "9"})
        assert_problem(response, "malformed")

    def test_is_a_history_that_contradicts_what_comes_with_it(self, here: Copy, untouched: Copy) -> None:
        bundle = altered(exported(here.admin, "?include=history"), "claim", text="never recorded")
        with nothing_stored(untouched.database):
            assert "contradicts itself" in assert_problem(imported(untouched.admin, bundle), "invalid")["detail"]

    def test_is_a_history_with_a_gap(self, here: Copy, untouched: Copy) -> None:
        found = lines(exported(here.admin, "?include=history"))
        numbers = [place for place, each in enumerate(found) if each["record"] == "change"]
        del found[numbers[0]]
        found[-1]["lines"] -= 1
        bundle = joined(found)
        assert "without a gap" in assert_problem(imported(untouched.admin, bundle), "invalid")["detail"]

    @pytest.mark.parametrize(
        ("members", "place"),
        [
            ({"at": "2199-01-01T00:00:00Z"}, "/at"),
            ({"at": "1999-01-01T00:00:00Z"}, "/at"),
            ({"seq": 1}, "/seq"),
            ({"state": {}}, "/state"),
            ({"version": 7}, "/state"),
        ],
    )
    def test_is_a_history_that_could_not_have_been(
        self, here: Copy, untouched: Copy, members: dict[str, Any], place: str
    ) -> None:
        found = lines(exported(here.admin, "?include=history"))
        changes = [each for each in found if each["record"] == "change"]
        changes[3].update(members)
        with nothing_stored(untouched.database):
            problem = assert_problem(imported(untouched.admin, joined(found)), "invalid")
        assert problem["errors"][0]["pointer"] == place

    @pytest.mark.parametrize(
        ("members", "place"),
        [
            ({"content_supports": 2**64}, "content_supports"),
            ({"content_supports": 2**31}, "content_supports"),
            ({"content_supports": -1}, "content_supports"),
            ({"text": 7}, "text"),
            ({"status": "secret"}, "status"),
            ({"location": ["a", "b"]}, "location"),
            ({"created_at": "long ago"}, "created_at"),
            ({"colour": "red"}, "colour"),
            ({"topics": "summit"}, "topics"),
            ({"topic_ids": [UNKNOWN]}, "topic_ids"),
            ({"speaker_id": UNKNOWN}, "speaker_id"),
            ({"speaker_id": "somebody"}, "speaker_id"),
            ({"first_appearance_id": UNKNOWN}, "first_appearance_id"),
        ],
    )
    def test_is_a_state_between_that_nothing_can_have(
        self, here: Copy, untouched: Copy, members: dict[str, Any], place: str
    ) -> None:
        found = lines(exported(here.admin, "?include=history"))
        number, first = next(
            (number, each)
            for number, each in enumerate(found, start=1)
            if (each["record"], each.get("entity"), each.get("version")) == ("change", "claim", 1)
        )
        assert any(each.get("entity_id") == first["entity_id"] for each in found[number:])
        first["state"].update(members)
        written = b"\n".join(json.dumps(each).encode() for each in found)
        with nothing_stored(untouched.database):
            problem = assert_problem(imported(untouched.admin, written), "invalid")
        assert problem["errors"][0]["line"] == number
        assert problem["errors"][0]["pointer"].startswith(f"/state/{place}")

    @pytest.mark.parametrize(
        "members", [{"location": "\u200b"}, {"text": "x" * 10_001}, {"claim_date": "0999"}, {"language": "?"}]
    )
    def test_is_no_state_between_that_older_rules_let_pass(
        self, here: Copy, elsewhere: Copy, members: dict[str, Any]
    ) -> None:
        found = lines(exported(here.admin, "?include=history"))
        first = next(each for each in found if (each.get("entity"), each.get("version")) == ("claim", 1))
        assert any(each.get("entity_id") == first["entity_id"] and each["version"] > 1 for each in found)
        first["state"].update(members)
        taken(elsewhere.admin, b"\n".join(json.dumps(each).encode() for each in found))
        assert elsewhere.wrong == []

    def test_is_a_state_that_names_something_of_another_kind(self, here: Copy, untouched: Copy) -> None:
        found = lines(exported(here.admin, "?include=history"))
        topic = next(each["id"] for each in found if each["record"] == "topic")
        first = next(each for each in found if each.get("entity") == "claim")
        first["state"]["speaker_id"] = topic
        problem = assert_problem(imported(untouched.admin, joined(found)), "invalid")
        assert problem["errors"][0]["pointer"] == "/state/speaker_id"

    def test_is_a_history_in_which_versions_do_not_rise_by_one(self, here: Copy, untouched: Copy) -> None:
        found = lines(exported(here.admin, "?include=history"))
        first = next(each for each in found if (each.get("entity"), each.get("version")) == ("claim", 1))
        first["version"] = first["state"]["version"] = 5
        assert (
            "follow from one another" in assert_problem(imported(untouched.admin, joined(found)), "invalid")["detail"]
        )
