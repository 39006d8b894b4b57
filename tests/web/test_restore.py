"""Bringing back what was deleted: under its id, as it was, and nothing else with it."""

import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
from flask import Flask

from claims_api.app import create_app
from claims_api.config import Settings
from claims_api.db import Database
from claims_api.models.words import Scope
from claims_api.web.session import EXTENSION
from tests.api.factories import (
    NOBODY,
    Thing,
    ids,
    make_assessment,
    make_claim,
    make_evidence,
    make_passage,
    make_relation,
    make_source,
    make_speaker,
    make_topic,
    nothing_stored,
    told,
)
from tests.conftest import Api
from tests.problems import assert_problem


def make_link(api: Api) -> Thing:
    return make_evidence(api, make_claim(api), stated_by={"name": "Peskov"})


def make_linked_claim(api: Api) -> Thing:
    claim = make_claim(api, speaker={"name": "Kremlin"}, topics=["ceasefire", "summit"], claim_date="2025-10")
    make_evidence(api, claim)
    make_assessment(api, claim)
    return api.read(f"/v1/claims/{claim['id']}")


MAKERS: dict[str, Callable[[Api], Thing]] = {
    "claims": make_linked_claim,
    "evidence": make_link,
    "assessments": lambda api: make_assessment(api, make_claim(api), "supported", reviewer=f"reviewer {uuid.uuid4()}"),
    "passages": make_passage,
    "relations": make_relation,
    "sources": make_source,
    "speakers": lambda api: make_speaker(api, f"speaker {uuid.uuid4()}", aliases=[str(uuid.uuid4())]),
    "topics": lambda api: make_topic(api, f"topic {uuid.uuid4()}"),
}


@pytest.fixture(params=MAKERS)
def noun(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    return name


@pytest.fixture
def thing(api: Api, noun: str) -> Thing:
    return MAKERS[noun](api)


@pytest.fixture
def path(noun: str, thing: Thing) -> str:
    return f"/v1/{noun}/{thing['id']}"


@pytest.fixture
def reader(app: Flask, make_key: Callable[[Scope], str]) -> Api:
    return Api(app.test_client(), make_key(Scope.READ))


@pytest.fixture
def admin(app: Flask, make_key: Callable[[Scope], str]) -> Api:
    return Api(app.test_client(), make_key(Scope.ADMIN))


def delete(api: Api, path: str) -> str:
    """Delete a thing, and return its ETag from then on."""
    response = api.delete(path)
    assert response.status_code == 204, response.text
    tag: str = response.headers["ETag"]
    return tag


def restore(api: Api, path: str) -> Thing:
    """Restore something that must come back, and return it."""
    response = api.post(f"{path}/restore")
    assert response.status_code == 200, response.text
    return told(response)


def actions(api: Api, path: str) -> list[str]:
    return [each["action"] for each in api.read(f"{path}/history")["data"]]


def links(claim: Thing) -> list[str]:
    return [each["id"] for each in claim["evidence"]]


def another(api: Api) -> Api:
    """Return a client of its own for a thread."""
    return Api(api.client.application.test_client(), api.key)


def lasting(thing: Thing) -> Thing:
    """Leave out what every change alters, of a claim's links too."""
    kept = {name: value for name, value in thing.items() if name not in {"updated_at", "version"}}
    owned = {name: [lasting(each) for each in thing.get(name, [])] for name in ("assessments", "evidence")}
    return {**kept, **owned}


class TestRestoring:
    def test_brings_it_back_as_it_was(self, api: Api, path: str, thing: Thing) -> None:
        delete(api, path)
        restored = restore(api, path)
        assert lasting(restored) == lasting(thing)
        assert restored["version"] == thing["version"] + 2
        assert restored["updated_at"] == api.read(f"{path}/history")["data"][0]["at"] != thing["updated_at"]

    def test_lets_it_be_read_again(self, api: Api, path: str) -> None:
        delete(api, path)
        assert_problem(api.get(path), "not-found")
        answer = api.post(f"{path}/restore")
        again = api.get(path)
        assert (again.data, again.headers["ETag"]) == (answer.data, answer.headers["ETag"])

    def test_lets_it_be_listed_again(self, api: Api, noun: str, path: str, thing: Thing) -> None:
        before = ids(api.read(f"/v1/{noun}"))
        delete(api, path)
        assert thing["id"] not in ids(api.read(f"/v1/{noun}"))
        restore(api, path)
        assert ids(api.read(f"/v1/{noun}")) == before

    def test_is_the_newest_entry_of_its_history(self, api: Api, path: str) -> None:
        before = actions(api, path)
        delete(api, path)
        restore(api, path)
        assert actions(api, path) == ["restore", "delete", *before]

    def test_can_be_done_as_often_as_it_is_deleted(self, api: Api, path: str, thing: Thing) -> None:
        for _ in range(2):
            delete(api, path)
            restored = restore(api, path)
        assert lasting(restored) == lasting(thing)

    def test_what_is_there_changes_nothing(self, api: Api, database: Database, path: str) -> None:
        there = api.get(path)
        with nothing_stored(database):
            answer = api.post(f"{path}/restore")
        assert (answer.status_code, answer.data, answer.headers["ETag"]) == (200, there.data, there.headers["ETag"])

    def test_by_eight_at_once_is_done_once(self, api: Api, path: str) -> None:
        delete(api, path)
        before = actions(api, path)

        def send(_: int) -> int:
            return another(api).post(f"{path}/restore").status_code

        with ThreadPoolExecutor(8) as threads:
            assert list(threads.map(send, range(8))) == [200] * 8
        assert actions(api, path) == ["restore", *before]

    def test_what_never_was_is_not_found(self, api: Api, database: Database, noun: str) -> None:
        with nothing_stored(database):
            assert_problem(api.post(f"/v1/{noun}/{NOBODY}/restore"), "not-found")

    def test_is_of_its_own_kind(self, api: Api, noun: str, thing: Thing) -> None:
        for other in MAKERS.keys() - {noun}:
            assert_problem(api.post(f"/v1/{other}/{thing['id']}/restore"), "not-found")

    def test_needs_a_key_that_may_write(self, api: Api, anybody: Api, reader: Api, path: str) -> None:
        delete(api, path)
        assert_problem(anybody.post(f"{path}/restore"), "unauthorized")
        assert assert_problem(reader.post(f"{path}/restore"), "forbidden")["scope"] == "write"
        assert_problem(api.get(path), "not-found")


@pytest.fixture
def whole(api: Api) -> Thing:
    """A claim with three links, one of which was taken away."""
    source = make_source(api)
    quotes = {"No date was set": "supports", "the spokesman said": "contradicts", "A date was promised": "mentions"}
    links = [{"source_id": source["id"], "exact": exact, "stance": stance} for exact, stance in quotes.items()]
    claim = make_claim(api, topics=["summit"], evidence=links)
    delete(api, f"/v1/evidence/{claim['evidence'][1]['id']}")
    return {**api.read(f"/v1/claims/{claim['id']}"), "lost": claim["evidence"][1]["id"]}


class TestAClaim:
    def test_brings_back_the_links_that_were_deleted_with_it(self, api: Api, whole: Thing) -> None:
        path = f"/v1/claims/{whole['id']}"
        delete(api, path)
        restored = restore(api, path)
        assert links(restored) == links(whole)
        assert ids(api.read(f"{path}/evidence?sort=created_at")) == links(whole)
        assert_problem(api.get(f"/v1/evidence/{whole['lost']}"), "not-found")

    def test_brings_back_only_the_links_of_the_last_deletion(self, api: Api, whole: Thing) -> None:
        path, (first, second) = f"/v1/claims/{whole['id']}", whole["evidence"]
        delete(api, path)
        restore(api, path)
        delete(api, f"/v1/evidence/{first['id']}")
        delete(api, path)
        assert links(restore(api, path)) == [second["id"]]

    def test_has_its_counts_and_verdicts_again(self, api: Api, whole: Thing) -> None:
        path = f"/v1/claims/{whole['id']}"
        delete(api, path)
        restored = restore(api, path)
        assert restored["assessment"] == whole["assessment"]
        assert whole["assessment"]["verdict"] == "supported"
        assert ids(api.read("/v1/claims?verdict=supported&stance=mentions")) == [whole["id"]]

    def test_bears_one_moment_with_its_links(self, api: Api, whole: Thing) -> None:
        path = f"/v1/claims/{whole['id']}"
        delete(api, path)
        restored = restore(api, path)
        assert {each["updated_at"] for each in restored["evidence"]} == {restored["updated_at"]}
        for link in restored["evidence"]:
            assert actions(api, f"/v1/evidence/{link['id']}") == ["restore", "delete", "create"]

    def test_counts_a_link_that_comes_back_after_it(self, api: Api, whole: Thing) -> None:
        path = f"/v1/claims/{whole['id']}"
        delete(api, path)
        restore(api, path)
        restore(api, f"/v1/evidence/{whole['lost']}")
        assert api.read(path)["assessment"]["verdict"] == "conflicting_evidence"

    def test_has_a_topic_again_that_was_deleted_meanwhile(self, api: Api, whole: Thing) -> None:
        path, topic = f"/v1/claims/{whole['id']}", ids(api.read("/v1/topics"))[0]
        delete(api, path)
        delete(api, f"/v1/topics/{topic}")
        assert restore(api, path)["topics"] == ["summit"]
        assert ids(api.read("/v1/claims?topic=summit")) == [whole["id"]]
        assert ids(api.read("/v1/topics")) == [topic]

    def test_goes_under_a_topic_of_that_name_that_was_made_meanwhile(self, api: Api, whole: Thing) -> None:
        path, topic = f"/v1/claims/{whole['id']}", ids(api.read("/v1/topics"))[0]
        delete(api, path)
        delete(api, f"/v1/topics/{topic}")
        remade = make_topic(api, "SUMMIT")
        assert restore(api, path)["topics"] == ["SUMMIT"]
        assert ids(api.read("/v1/topics")) == [remade["id"]]


class TestALink:
    def test_is_counted_again(self, api: Api) -> None:
        link = make_link(api)
        claim, path = f"/v1/claims/{link['claim_id']}", f"/v1/evidence/{link['id']}"
        before = api.read(claim)
        delete(api, path)
        assert api.read(claim)["assessment"]["verdict"] == "not_enough_evidence"
        moment, after = restore(api, path)["updated_at"], api.read(claim)
        assert after["assessment"] == before["assessment"]
        assert (after["version"], after["updated_at"]) == (before["version"] + 2, moment)


@pytest.fixture
def known(api: Api) -> dict[str, str]:
    """Make something of every kind that others rest on; the ids of it all."""
    source, untold, appearance, unused = make_source(api), make_source(api, None), make_passage(api), make_passage(api)
    claim = make_claim(api, speaker={"name": "Kremlin"}, first_appearance_id=appearance["id"])
    link = make_evidence(api, claim, stated_by={"name": "Peskov"})
    return {
        "claim": claim["id"],
        "speaker": claim["speaker"]["id"],
        "appearance": appearance["id"],
        "link": link["id"],
        "passage": link["passage"]["id"],
        "witness": link["stated_by"]["id"],
        "unused": unused["id"],
        "used": unused["source"]["id"],
        "source": source["id"],
        "untold": untold["id"],
    }


class TestWhatRestsOnSomethingDeleted:
    @pytest.fixture(
        params=[
            ("/v1/claims/{claim}", "/v1/speakers/{speaker}"),
            ("/v1/claims/{claim}", "/v1/passages/{appearance}"),
            ("/v1/claims/{claim}", "/v1/passages/{passage}"),
            ("/v1/claims/{claim}", "/v1/speakers/{witness}"),
            ("/v1/evidence/{link}", "/v1/claims/{claim}"),
            ("/v1/evidence/{link}", "/v1/passages/{passage}"),
            ("/v1/evidence/{link}", "/v1/speakers/{witness}"),
            ("/v1/passages/{unused}", "/v1/sources/{used}"),
        ],
        ids=" ".join,
    )
    def both(self, api: Api, known: dict[str, str], request: pytest.FixtureRequest) -> tuple[str, str]:
        """Delete something, and what it rests on; the paths of both."""
        path, ground = (each.format(**known) for each in request.param)
        delete(api, path)
        delete(api, ground)
        return path, ground

    def test_is_refused_and_told_what_that_is(self, api: Api, database: Database, both: tuple[str, str]) -> None:
        path, ground = both
        _, _, noun, identity = ground.split("/")
        with nothing_stored(database):
            problem = assert_problem(api.post(f"{path}/restore"), "cites-deleted")
        assert problem["cites"] == [{"entity": noun.removesuffix("s"), "id": identity}]

    def test_comes_back_after_that(self, api: Api, both: tuple[str, str]) -> None:
        path, ground = both
        restore(api, ground)
        restore(api, path)
        assert actions(api, path)[:2] == ["restore", "delete"]

    def test_is_told_of_all_at_once(self, api: Api) -> None:
        link = make_link(api)
        grounds = {"passage": link["passage"]["id"], "speaker": link["stated_by"]["id"]}
        path = f"/v1/claims/{link['claim_id']}"
        delete(api, path)
        for entity, identity in grounds.items():
            delete(api, f"/v1/{entity}s/{identity}")
        cites = assert_problem(api.post(f"{path}/restore"), "cites-deleted")["cites"]
        assert cites == [{"entity": entity, "id": identity} for entity, identity in grounds.items()]

    def test_does_not_need_what_is_deleted_of_links_that_stay_away(self, api: Api, whole: Thing) -> None:
        lost = next(each for each in ids(api.read("/v1/passages")) if each not in str(whole["evidence"]))
        delete(api, f"/v1/passages/{lost}")
        delete(api, f"/v1/claims/{whole['id']}")
        assert len(restore(api, f"/v1/claims/{whole['id']}")["evidence"]) == 2

    def test_is_never_restored_while_that_is_being_deleted(self, api: Api) -> None:
        claims = [make_claim(api, speaker={"name": f"speaker {number}"}) for number in range(8)]
        for claim in claims:
            delete(api, f"/v1/claims/{claim['id']}")

        def send(number: int) -> int:
            own, claim = another(api), claims[number // 2]
            if number % 2:
                return own.delete(f"/v1/speakers/{claim['speaker']['id']}").status_code
            return own.post(f"/v1/claims/{claim['id']}/restore").status_code

        with ThreadPoolExecutor(6) as threads:
            statuses = list(threads.map(send, range(16)))
        # Either the claim is back and its speaker in use, or its speaker is away and it is refused.
        assert set(zip(statuses[::2], statuses[1::2], strict=True)) <= {(200, 409), (409, 204)}


def kept(api: Api, known: dict[str, str], collection: str, body: Thing) -> str:
    """Make something out of what is known, and return its path."""
    filled = {name: each.format(**known) if isinstance(each, str) else each for name, each in body.items()}
    return api.post(collection.format(**known), filled).headers["Location"]


class TestWhatWasMadeAnewMeanwhile:
    @pytest.fixture(
        params=[
            ("/v1/topics", {"name": "summit"}, {"name": " SUMMIT "}),
            ("/v1/speakers", {"name": "RF", "kind": "group"}, {"name": "rf", "kind": "group"}),
            ("/v1/speakers", {"name": "Moscow", "kind": "group", "aliases": ["RF"]}, {"name": "rf", "kind": "person"}),
            ("/v1/passages", *[{"source_id": "{source}", "exact": "No date"}] * 2),
            ("/v1/passages", *[{"source_id": "{untold}", "exact": "No date"}] * 2),
            ("/v1/claims/{claim}/evidence", *[{"passage_id": "{unused}", "stance": "mentions"}] * 2),
        ],
        ids=["topic", "speaker", "alias", "passage", "unverified passage", "link"],
    )
    def both(self, api: Api, known: dict[str, str], request: pytest.FixtureRequest) -> tuple[str, str]:
        """Make something, delete it and make it anew; the paths of both."""
        collection, body, again = request.param
        path = kept(api, known, collection, body)
        delete(api, path)
        return path, kept(api, known, collection, again)

    def test_is_a_duplicate(self, api: Api, database: Database, both: tuple[str, str]) -> None:
        path, other = both
        with nothing_stored(database):
            problem = assert_problem(api.post(f"{path}/restore"), "duplicate")
        assert problem["existing"] == {"id": api.read(other)["id"]}

    def test_comes_back_when_the_other_is_deleted(self, api: Api, both: tuple[str, str]) -> None:
        path, other = both
        delete(api, other)
        assert path.endswith(restore(api, path)["id"])

    def test_comes_back_once_of_two_at_once(self, api: Api, both: tuple[str, str]) -> None:
        delete(api, both[1])

        def send(path: str) -> int:
            return another(api).post(f"{path}/restore").status_code

        with ThreadPoolExecutor(2) as threads:
            assert sorted(threads.map(send, both)) == [200, 409]

    @pytest.mark.parametrize("aliases", [[], ["Moscow"]])
    def test_comes_back_beside_another_speaker_where_that_is_allowed(self, api: Api, aliases: list[str]) -> None:
        deleted = make_speaker(api, aliases=aliases)
        delete(api, f"/v1/speakers/{deleted['id']}")
        other = make_speaker(api, aliases[0] if aliases else "Kremlin")
        response = api.post(f"/v1/speakers/{deleted['id']}/restore?allow_duplicate=true")
        assert lasting(told(response)) == lasting(deleted)
        assert set(ids(api.read("/v1/speakers"))) == {deleted["id"], other["id"]}


class TestUponACondition:
    def test_is_done_with_the_etag_of_the_deletion(self, api: Api, path: str) -> None:
        tag = delete(api, path)
        assert api.post(f"{path}/restore", headers={"If-Match": tag}).status_code == 200

    def test_is_refused_with_the_etag_from_before_the_deletion(
        self, api: Api, admin: Api, database: Database, path: str
    ) -> None:
        tag = api.get(path).headers["ETag"]
        delete(api, path)
        with nothing_stored(database):
            problem = assert_problem(api.post(f"{path}/restore", headers={"If-Match": tag}), "stale")
        assert problem["current"] == admin.read(f"{path}?include_deleted=true")
        assert problem["current"]["deleted_at"]

    def test_is_refused_with_the_etag_of_the_deletion_once_it_is_back(self, api: Api, path: str) -> None:
        tag = delete(api, path)
        restored = restore(api, path)
        response = api.post(f"{path}/restore", headers={"If-Match": tag})
        assert assert_problem(response, "stale")["current"] == restored

    def test_of_what_never_was_is_not_found_before_it_is_stale(self, api: Api, noun: str) -> None:
        assert_problem(api.post(f"/v1/{noun}/{NOBODY}/restore", headers={"If-Match": '"other"'}), "not-found")

    @pytest.fixture
    def strict(self, api: Api, settings: Settings, make_key: Callable[[Scope], str]) -> Iterator[Api]:
        app = create_app(replace(settings, require_if_match=True))
        yield Api(app.test_client(), make_key(Scope.WRITE))
        app.extensions[EXTENSION].dispose()

    def test_is_refused_without_one_where_it_is_required(self, api: Api, strict: Api, path: str) -> None:
        tag = delete(api, path)
        assert_problem(strict.post(f"{path}/restore"), "precondition-required")
        assert strict.post(f"{path}/restore", headers={"If-Match": tag}).status_code == 200


class TestSentAgainWithItsKey:
    def test_gives_the_first_answer_and_is_not_done_again(self, api: Api, path: str) -> None:
        key = {"Idempotency-Key": str(uuid.uuid4())}
        delete(api, path)
        first = api.post(f"{path}/restore", headers=key)
        delete(api, path)
        second = api.post(f"{path}/restore", headers=key)
        assert (second.status_code, second.data, second.headers["ETag"]) == (200, first.data, first.headers["ETag"])
        assert ("Idempotent-Replayed" in first.headers, second.headers["Idempotent-Replayed"]) == (False, "true")
        assert_problem(api.get(path), "not-found")


class TestIncludingWhatWasDeleted:
    def test_needs_the_scope_admin(self, api: Api, anybody: Api, reader: Api, noun: str, path: str) -> None:
        for each in (path, f"/v1/{noun}"):
            assert_problem(anybody.get(f"{each}?include_deleted=true"), "unauthorized")
            for client in (reader, api):
                assert assert_problem(client.get(f"{each}?include_deleted=true"), "forbidden")["scope"] == "admin"
            assert anybody.get(f"{each}?include_deleted=false").status_code == 200

    def test_shows_it_with_the_moment_of_its_deletion(self, api: Api, admin: Api, path: str, thing: Thing) -> None:
        delete(api, path)
        shown = admin.read(f"{path}?include_deleted=true")
        entry = api.read(f"{path}/history")["data"][0]
        assert shown["deleted_at"] == shown["updated_at"] == entry["at"]
        assert shown["version"] == entry["version"] == thing["version"] + 1

    def test_gives_the_etag_of_the_deletion(self, api: Api, admin: Api, path: str) -> None:
        tag = delete(api, path)
        assert admin.get(f"{path}?include_deleted=true").headers["ETag"] == tag

    def test_marks_in_a_list_only_what_was_deleted(
        self, api: Api, admin: Api, noun: str, path: str, thing: Thing
    ) -> None:
        live = MAKERS[noun](api)
        delete(api, path)
        listed = admin.read(f"/v1/{noun}?include_deleted=true&sort=created_at")["data"]
        marked = {each["id"]: "deleted_at" in each for each in listed}
        assert (marked[thing["id"]], marked[live["id"]], sum(marked.values())) == (True, False, 1)

    def test_shows_nothing_unasked(self, api: Api, admin: Api, noun: str, path: str, thing: Thing) -> None:
        delete(api, path)
        for query in ("", "?include_deleted=false"):
            assert_problem(admin.get(f"{path}{query}"), "not-found")
            assert thing["id"] not in ids(admin.read(f"/v1/{noun}{query}"))

    def test_shows_what_was_restored_as_what_is_there(self, api: Api, admin: Api, path: str) -> None:
        delete(api, path)
        restored = restore(api, path)
        assert admin.read(f"{path}?include_deleted=true") == restored
        assert "deleted_at" not in restored

    @pytest.mark.parametrize("query", ["", "&include=evidence"])
    def test_shows_a_claim_with_the_links_that_were_deleted_with_it(
        self, api: Api, admin: Api, whole: Thing, query: str
    ) -> None:
        path = f"/v1/claims/{whole['id']}" if not query else "/v1/claims"
        delete(api, f"/v1/claims/{whole['id']}")
        answer = admin.read(f"{path}?include_deleted=true{query}")
        (shown,) = answer["data"] if query else [answer]
        assert links(shown) == links(whole)
        assert {each["deleted_at"] for each in shown["evidence"]} == {shown["deleted_at"]}

    def test_shows_a_live_claim_without_the_link_that_was_deleted(self, admin: Api, whole: Thing) -> None:
        shown = admin.read(f"/v1/claims/{whole['id']}?include_deleted=true")
        assert links(shown) == links(whole)

    def test_lists_every_link_that_a_claim_ever_had(self, api: Api, admin: Api, whole: Thing) -> None:
        path = f"/v1/claims/{whole['id']}"
        delete(api, path)
        listed = admin.read(f"{path}/evidence?include_deleted=true")["data"]
        assert {each["id"] for each in listed} == {whole["lost"], *links(whole)}
        assert all(each["deleted_at"] for each in listed)
        assert_problem(admin.get(f"{path}/evidence"), "not-found")
