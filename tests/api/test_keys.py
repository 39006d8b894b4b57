import datetime as dt
import re
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import update

from claims_api import clock
from claims_api.db import Database
from claims_api.models.keys import ApiKey
from claims_api.models.words import Scope
from tests.api.factories import NOBODY, Thing, ids, make_key, make_topic, nothing_stored, told
from tests.conftest import SHARED_KEYS, Api
from tests.problems import assert_problem

SHOWN = "id name prefix scopes is_active created_at created_by expires_at revoked_at last_used_at replaced_by_id"
DERIVED = ("id", "prefix", "sha256", "key", "is_active", "created_at", "created_by", "revoked_at", "last_used_at")


def path_of(key: Thing) -> str:
    return f"/v1/keys/{key['id']}"


def in_a_day() -> str:
    return f"{clock.utcnow() + dt.timedelta(days=1):%Y-%m-%dT%H:%M:%SZ}"


def without_secret(key: Thing) -> Thing:
    return {name: value for name, value in key.items() if name != "key"}


def names(listing: Thing) -> list[str]:
    return [each["name"] for each in listing["data"]]


@pytest.fixture
def owner(app: Flask) -> Callable[[Thing], Api]:
    """Make the client of whoever was given a key."""
    return lambda key: Api(app.test_client(), key["key"])


@pytest.fixture
def expired(admin: Api, database: Database) -> Thing:
    key = make_key(admin, name="expired")
    with database.writing() as session:
        past = clock.utcnow() - dt.timedelta(seconds=1)
        session.execute(update(ApiKey).where(ApiKey.id == key["id"]).values(expires_at=past))
    return key


class TestCreate:
    def test_gives_a_key_that_does_what_it_says(self, admin: Api, owner: Callable[[Thing], Api]) -> None:
        assert make_topic(owner(make_key(admin, name="newsroom")))["created_by"] == "newsroom"

    def test_shows_the_key_in_this_answer_alone(self, admin: Api) -> None:
        made = make_key(admin)
        assert re.fullmatch(rf"ct_{made['prefix']}_[0-9A-Za-z]{{49}}", made["key"])
        assert admin.read(path_of(made)) == {**without_secret(made), "is_active": True}
        assert made["key"][12:] not in admin.get("/v1/keys?limit=200").text

    def test_says_where_it_is_and_keeps_the_answer_out_of_caches(self, admin: Api) -> None:
        response = admin.post("/v1/keys", {"name": "desk", "scopes": ["read"]})
        assert response.headers["Location"] == path_of(told(response))
        assert response.headers["Cache-Control"] == "no-store"

    def test_gives_the_etag_of_the_next_read(self, admin: Api) -> None:
        response = admin.post("/v1/keys", {"name": "desk", "scopes": ["read"]})
        assert response.headers["ETag"] == admin.get(response.headers["Location"]).headers["ETag"]

    def test_names_who_made_it(self, admin: Api) -> None:
        assert make_key(admin)["created_by"] == SHARED_KEYS[Scope.ADMIN]

    @pytest.mark.parametrize("name", ["claims-api", " Claims-API", "claims-api import", "claims\u2011api  load"])
    def test_refuses_the_name_that_the_command_line_signs_with(self, admin: Api, name: str) -> None:
        problem = assert_problem(admin.post("/v1/keys", {"name": name, "scopes": ["read"]}), "invalid")
        assert [each["pointer"] for each in problem["errors"]] == ["/name"]

    @pytest.mark.parametrize(
        ("asked", "had"),
        [
            (["read"], ["read"]),
            (["write"], ["read", "write"]),
            (["admin"], ["read", "write", "admin"]),
            (["write", "read", "write"], ["read", "write"]),
        ],
    )
    def test_brings_the_lower_scopes_along(self, admin: Api, asked: list[str], had: list[str]) -> None:
        assert make_key(admin, *asked)["scopes"] == had

    def test_keeps_when_it_ends(self, admin: Api) -> None:
        end = in_a_day()
        assert make_key(admin, expires_at=end)["expires_at"] == end

    @pytest.mark.parametrize(
        ("body", "pointer"),
        [
            ({"scopes": ["read"]}, "/name"),
            ({"name": " ", "scopes": ["read"]}, "/name"),
            ({"name": "desk"}, "/scopes"),
            ({"name": "desk", "scopes": []}, "/scopes"),
            ({"name": "desk", "scopes": "read"}, "/scopes"),
            ({"name": "desk", "scopes": ["root"]}, "/scopes/0"),
            ({"name": "desk", "scopes": [None]}, "/scopes/0"),
            ({"name": "desk", "scopes": ["read"], "expires_at": "2020-01-01T00:00:00Z"}, "/expires_at"),
            ({"name": "desk", "scopes": ["read"], "expires_at": "tomorrow"}, "/expires_at"),
            *(({"name": "desk", "scopes": ["read"], name: None}, f"/{name}") for name in DERIVED),
        ],
    )
    def test_is_refused_with(self, admin: Api, database: Database, body: Thing, pointer: str) -> None:
        with nothing_stored(database):
            assert_problem(admin.post("/v1/keys", body), "invalid", pointer)

    def test_is_refused_with_an_idempotency_key(self, admin: Api, database: Database) -> None:
        body = {"name": "desk", "scopes": ["read"]}
        with nothing_stored(database):
            response = admin.post("/v1/keys", body, headers={"Idempotency-Key": "once"})
        assert_problem(response, "invalid", "Idempotency-Key")


class TestRead:
    def test_shows_all_but_the_key_and_its_hash(self, admin: Api) -> None:
        assert set(admin.read(path_of(make_key(admin)))) == set(SHOWN.split())

    def test_gives_not_found_for_an_unknown_id(self, admin: Api) -> None:
        assert_problem(admin.get(f"/v1/keys/{NOBODY}"), "not-found")

    def test_gives_304_for_a_state_that_is_had(self, admin: Api) -> None:
        path = path_of(make_key(admin))
        tag = admin.get(path).headers["ETag"]
        assert admin.get(path, headers={"If-None-Match": tag}).status_code == 304

    def test_tells_that_a_key_has_expired(self, admin: Api, expired: Thing) -> None:
        assert admin.read(path_of(expired))["is_active"] is False


class TestList:
    def test_narrows_by_name(self, admin: Api) -> None:
        make_key(admin, name="other")
        wanted = make_key(admin, name="wanted")
        assert ids(admin.read("/v1/keys?name=wanted")) == [wanted["id"]]

    def test_finds_a_key_by_its_prefix(self, admin: Api) -> None:
        make_key(admin)
        wanted = make_key(admin)
        assert ids(admin.read(f"/v1/keys?prefix={wanted['prefix']}")) == [wanted["id"]]

    def test_narrows_to_those_that_count(self, admin: Api, expired: Thing) -> None:
        revoked, lasting = make_key(admin), make_key(admin, expires_at=in_a_day())
        admin.delete(path_of(revoked))
        active, ended = (ids(admin.read(f"/v1/keys?limit=200&is_active={each}")) for each in ("true", "false"))
        assert {revoked["id"], expired["id"]} == set(ended)
        assert lasting["id"] in active
        assert not set(active) & set(ended)

    @pytest.mark.parametrize(
        ("sort", "expected"), [("created_at", "b a C"), ("-created_at", "C a b"), ("name", "C a b"), ("-name", "b a C")]
    )
    def test_sorts_by(self, admin: Api, sort: str, expected: str) -> None:
        for name in ("b", "a", "C"):
            make_key(admin, name=name)
        found = names(admin.read(f"/v1/keys?limit=200&sort={sort}"))
        assert [name for name in found if name not in SHARED_KEYS.values()] == expected.split()

    def test_gives_each_once_a_page_at_a_time(self, admin: Api) -> None:
        made = {make_key(admin, name="desk")["id"] for _ in range(5)}
        page, seen = admin.read("/v1/keys?name=desk&sort=name&limit=2"), []
        seen += ids(page)
        while page["next_cursor"]:
            page = admin.read(f"/v1/keys?name=desk&sort=name&limit=2&cursor={page['next_cursor']}")
            seen += ids(page)
        assert (len(seen), set(seen)) == (5, made)

    @pytest.mark.parametrize("query", ["is_active=1", "prefix=ct_", "sort=sha256", "sha256=x", "updated_since=2020"])
    def test_refuses(self, admin: Api, query: str) -> None:
        assert_problem(admin.get(f"/v1/keys?{query}"), "invalid", query.partition("=")[0])


class TestRevoke:
    def test_ends_the_key_from_the_next_request_on(self, admin: Api, owner: Callable[[Thing], Api]) -> None:
        key = make_key(admin)
        make_topic(owner(key))
        assert admin.delete(path_of(key)).status_code == 204
        assert_problem(owner(key).post("/v1/topics", {"name": "another"}), "unauthorized")

    def test_leaves_it_in_the_list_as_revoked(self, admin: Api) -> None:
        key = make_key(admin)
        admin.delete(path_of(key))
        (kept,) = admin.read("/v1/keys?name=desk")["data"]
        assert kept["revoked_at"] >= key["created_at"]
        assert (kept["id"], kept["is_active"]) == (key["id"], False)

    def test_a_second_time_changes_nothing(self, admin: Api) -> None:
        key = make_key(admin)
        admin.delete(path_of(key))
        first = admin.read(path_of(key))
        assert admin.delete(path_of(key)).status_code == 204
        assert admin.read(path_of(key)) == first

    def test_is_refused_upon_another_state(self, admin: Api) -> None:
        path = path_of(make_key(admin))
        assert_problem(admin.delete(path, headers={"If-Match": '"other"'}), "stale")
        assert admin.read(path)["is_active"] is True

    def test_gives_not_found_for_an_unknown_id(self, admin: Api) -> None:
        assert_problem(admin.delete(f"/v1/keys/{NOBODY}"), "not-found")

    def test_may_be_of_the_key_that_asks_for_it(self, admin: Api, owner: Callable[[Thing], Api]) -> None:
        key = make_key(admin, "admin")
        assert owner(key).delete(path_of(key)).status_code == 204
        assert_problem(owner(key).get("/v1/keys"), "unauthorized")


def rotated(admin: Api, key: Thing, **body: Any) -> Thing:
    return admin.made(f"{path_of(key)}/rotate", body)


class TestRotate:
    def test_gives_a_key_that_does_what_the_old_one_did(self, admin: Api, owner: Callable[[Thing], Api]) -> None:
        new = rotated(admin, make_key(admin, name="newsroom"))
        assert make_topic(owner(new))["created_by"] == "newsroom"

    def test_keeps_name_scopes_and_expiry_and_nothing_else(self, admin: Api) -> None:
        old = make_key(admin, "admin", expires_at=in_a_day())
        new = rotated(admin, old)
        assert {name for name in SHOWN.split() if new[name] == old[name]} >= {"name", "scopes", "expires_at"}
        assert all(new[name] != old[name] for name in ("id", "prefix", "key", "created_at"))

    def test_ends_the_old_one_at_once(self, admin: Api, owner: Callable[[Thing], Api]) -> None:
        old = make_key(admin)
        new = rotated(admin, old)
        assert_problem(owner(old).post("/v1/topics", {"name": "x"}), "unauthorized")
        assert admin.read(path_of(old))["replaced_by_id"] == new["id"]

    def test_takes_no_body_at_all(self, admin: Api) -> None:
        assert admin.post(f"{path_of(make_key(admin))}/rotate").status_code == 201

    @pytest.mark.parametrize("announced", [{"CONTENT_LENGTH": "25"}, {"HTTP_TRANSFER_ENCODING": "chunked"}])
    def test_is_not_done_where_its_body_did_not_come(self, admin: Api, announced: dict[str, str]) -> None:
        key = make_key(admin)
        environ = {"wsgi.input_terminated": True, **announced}  # as the server has it
        response = admin.post(f"{path_of(key)}/rotate", content_type="application/json", environ_overrides=environ)
        assert_problem(response, "malformed")
        assert admin.read(path_of(key)) == without_secret(key)

    def test_lets_the_old_one_go_on_for_its_grace(self, admin: Api, owner: Callable[[Thing], Api]) -> None:
        old = make_key(admin)
        new = rotated(admin, old, grace_seconds=3600)
        for number, key in enumerate((old, new)):
            make_topic(owner(key), f"topic {number}")
        end = dt.datetime.fromisoformat(admin.read(path_of(old))["expires_at"])
        assert dt.timedelta(minutes=59) < end - clock.utcnow() <= dt.timedelta(hours=1)
        assert new["expires_at"] is None

    def test_lets_no_key_go_on_for_longer_than_it_would_have(self, admin: Api) -> None:
        old = make_key(admin, expires_at=in_a_day())
        rotated(admin, old, grace_seconds=7 * 24 * 3600)
        assert admin.read(path_of(old))["expires_at"] == old["expires_at"]

    def test_is_refused_a_second_time_within_the_grace(self, admin: Api, database: Database) -> None:
        old = make_key(admin)
        rotated(admin, old, grace_seconds=3600)
        with nothing_stored(database):
            assert_problem(admin.post(f"{path_of(old)}/rotate", {}), "key-ended")

    def test_within_the_grace_leaves_it_to_be_revoked(self, admin: Api, owner: Callable[[Thing], Api]) -> None:
        old = make_key(admin)
        rotated(admin, old, grace_seconds=3600)
        admin.delete(path_of(old))
        assert_problem(owner(old).post("/v1/topics", {"name": "x"}), "unauthorized")

    def test_is_refused_of_a_revoked_key(self, admin: Api) -> None:
        key = make_key(admin)
        admin.delete(path_of(key))
        assert_problem(admin.post(f"{path_of(key)}/rotate", {}), "key-ended")

    def test_is_refused_of_an_expired_key(self, admin: Api, expired: Thing) -> None:
        assert_problem(admin.post(f"{path_of(expired)}/rotate", {}), "key-ended")

    @pytest.mark.parametrize(
        ("body", "pointer"),
        [
            ({"grace_seconds": -1}, "/grace_seconds"),
            ({"grace_seconds": 7 * 24 * 3600 + 1}, "/grace_seconds"),
            ({"grace_seconds": "60"}, "/grace_seconds"),
            ({"grace_seconds": None}, "/grace_seconds"),
            ({"scopes": ["admin"]}, "/scopes"),
            ({"expires_at": None}, "/expires_at"),
        ],
    )
    def test_is_refused_with(self, admin: Api, database: Database, body: Thing, pointer: str) -> None:
        path = f"{path_of(make_key(admin))}/rotate"
        with nothing_stored(database):
            assert_problem(admin.post(path, body), "invalid", pointer)

    def test_is_refused_with_an_idempotency_key(self, admin: Api, database: Database) -> None:
        path = f"{path_of(make_key(admin))}/rotate"
        with nothing_stored(database):
            response = admin.post(path, {}, headers={"Idempotency-Key": "once"})
        assert_problem(response, "invalid", "Idempotency-Key")

    def test_gives_not_found_for_an_unknown_id(self, admin: Api) -> None:
        assert_problem(admin.post(f"/v1/keys/{NOBODY}/rotate", {}), "not-found")
