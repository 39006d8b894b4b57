import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from itertools import count
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import Connection, event, text

from claims_api.app import create_app
from claims_api.config import Settings
from claims_api.db import Database
from claims_api.models.words import Scope
from claims_api.web.session import EXTENSION
from tests.api.factories import make_assessment, make_claim, make_key, make_passage, make_relation, make_source
from tests.conftest import Api

OPEN = {"/", "/health/live", "/health/ready", "/openapi.yaml", "/openapi.json", "/problems", "/problems/<code>"}
STATEMENTS = {
    "/v1/changes": 1,
    "/v1/changes?entity=claim": 1,
    "/v1/claims/{claim}/history": 1,
    "/v1/claims/{claim}/history?include=evidence": 1,
    "/v1/claims/{claim}/assessment-history": 2,
    "/v1/assessments/{assessment}/history": 1,
    "/v1/evidence/{evidence}/history": 1,
    "/v1/passages/{passage}/history": 1,
    "/v1/relations/{relation}/history": 1,
    "/v1/sources/{source}/history": 1,
    "/v1/speakers/{speaker}/history": 1,
    "/v1/topics/{topic}/history": 1,
    "/v1/assessments": 1,
    "/v1/assessments?reviewer=Reviewer%200&is_current=true&sort=assessed_at": 1,
    "/v1/assessments?as_of={moment}": 2,
    "/v1/assessments/{assessment}": 1,
    "/v1/claims/{claim}/assessments": 2,
    "/v1/claims": 1,
    "/v1/claims?disagrees_with_derived=false": 1,
    "/v1/claims?disagrees_with_derived=true": 1,
    "/v1/claims?needs=second_origin": 1,
    "/v1/claims?needs=assessment": 1,
    "/v1/queues": 1,
    "/v1/claims?include=evidence": 1,
    "/v1/claims?include=evidence&as_of={moment}&topic=topic%200": 2,
    "/v1/claims?topic=topic%200&speaker=Speaker%200&verdict=supported&stance=supports": 1,
    "/v1/claims/{claim}": 1,
    "/v1/claims/{claim}/claim-review": 2,
    "/v1/claims/{assessed}/claim-review": 2,
    "/v1/claims/{assessed}": 1,
    "/v1/claims/{claim}?as_of={moment}": 2,
    "/v1/claims/{claim}/evidence": 2,
    "/v1/claims/{claim}/relations": 2,
    "/v1/claims/{claim}/relations?as_of={moment}&type=same_as": 3,
    "/v1/claims?same_as={claim}": 1,
    "/v1/conflicts": 2,
    "/v1/conflicts?kind=contradicts&topic=topic%200&same_speaker=false&claim_id={claim}": 2,
    "/v1/conflicts?as_of={moment}": 3,
    "/v1/evidence": 1,
    "/v1/evidence/{evidence}": 1,
    "/v1/evidence/{evidence}/annotation": 1,
    "/v1/evidence?as_of={moment}": 2,
    # One for each sort of record, and one for the texts of the versions.
    "/v1/export": 10,
    "/v1/export?topic=topic%200": 10,
    "/v1/export/claims.csv": 2,
    "/v1/export/evidence.csv": 2,
    # The first is the key's.
    "/v1/keys": 2,
    "/v1/keys?is_active=true&name=desk&sort=name": 2,
    "/v1/keys/{key}": 2,
    "/v1/passages": 1,
    "/v1/passages/{passage}": 1,
    # A statement for the passage, and one for the texts that it stands in.
    "/v1/passages/{passage}/check": 2,
    # What is found comes with what is shown of it, but for the best section of texts.
    "/v1/search?q=date&limit=100": 2,
    "/v1/search?q=date&kind=claim": 1,
    "/v1/search?q=nothing": 1,
    "/v1/search?q=date&limit=100&include=facets": 3,
    "/v1/claims/{claim}/similar": 4,
    "/v1/claims/{claim}/candidates": 5,
    "/v1/relations": 1,
    "/v1/relations?type=same_as&claim_id={claim}": 1,
    "/v1/relations/{relation}": 1,
    "/v1/sources": 1,
    # A statement for its passages, and one for what rests on them.
    "/v1/sources/{source}": 3,
    "/v1/sources/{source}/annotated": 4,
    "/v1/sources/{source}/annotated?version=1": 4,
    "/v1/sources/{source}/versions": 2,
    "/v1/sources/{source}/versions/1": 1,
    "/v1/sources/{source}/versions/1/report": 3,
    "/v1/sources/{source}/versions/1..1/diff": 2,
    "/v1/speakers": 1,
    "/v1/speakers?name=Speaker%200": 1,
    "/v1/speakers/{speaker}": 1,
    "/v1/speakers/{speaker}/timeline": 3,
    "/v1/speakers/{speaker}/timeline?as_of={moment}": 4,
    "/v1/topics": 1,
    "/v1/topics/{topic}": 1,
}

# SQLite needs no rights.
WRITES = {
    "sqlite": {"a claim": 13, "a link": 11, "a claim changed": 7, "a quote": 15, "a claim by names": 18},
    "postgresql": {"a claim": 13, "a link": 12, "a claim changed": 7, "a quote": 16, "a claim by names": 21},
}


@contextmanager
def counted(database: Database) -> Iterator[list[str]]:
    """Collect the statements that the block sends, but for those that begin a transaction.

    Connections for a single one must send no other.
    """
    statements: list[str] = []
    asked: list[Connection] = []

    def note(connection: Connection, _cursor: Any, statement: str, *_: Any) -> None:
        if not statement.startswith("BEGIN"):
            statements.append(statement)
            if connection.get_execution_options().get("single"):
                asked.append(connection)

    event.listen(database.engine, "before_cursor_execute", note)
    yield statements
    event.remove(database.engine, "before_cursor_execute", note)
    assert len(asked) == len(set(asked)), "more than one statement, and no snapshot"


def fill(api: Api, admin: Api, count: int) -> dict[str, str]:
    """Put this many things into every listing, and as many links on one claim."""
    keys = [make_key(admin) for _ in range(count)]
    links = [
        {
            "stance": "supports",
            "source_id": make_source(api, f"No date was set {number}")["id"],
            "exact": "No date was set",
            "stated_by": {"name": f"Speaker {number}"},
        }
        for number in range(count)
    ]
    claim = make_claim(api, evidence=links, topics=[f"topic {number}" for number in range(count)])
    for number in range(count):
        other = make_claim(api, evidence=links[:2], topics=["topic 0"], speaker={"name": f"Speaker {number}"})
        relation = make_relation(api, claim, other, type="same_as")
        make_relation(api, other, claim, type="contradicts")
    link = claim["evidence"][0]
    assessed = make_claim(api, "assessed")
    assessments = [make_assessment(api, assessed, reviewer=f"Reviewer {number}") for number in range(count)]
    return {
        "assessed": assessed["id"],
        "assessment": assessments[0]["id"],
        "claim": claim["id"],
        "moment": claim["created_at"],
        "evidence": link["id"],
        "key": keys[0]["id"],
        "passage": link["passage"]["id"],
        "relation": relation["id"],
        "source": link["passage"]["source"]["id"],
        "speaker": link["stated_by"]["id"],
        "topic": api.read("/v1/topics")["data"][0]["id"],
    }


@pytest.fixture
def forgetful(app: Flask, settings: Settings) -> Iterator[Flask]:
    """An application on the database of the others, which gives no answer again and remembers nothing of theirs."""
    made = create_app(replace(settings, response_cache_kib=0))
    database: Database = made.extensions[EXTENSION]
    # Where Postgres believes that there are as many entries as in an earlier test, how many is not asked each time.
    if not database.is_within:
        with database.writing() as session:
            session.execute(text("ANALYZE"))
    yield made
    database.dispose()


class TestNumberOfStatements:
    @pytest.mark.parametrize("count", [1, 30])
    def test_does_not_grow_with_the_answer(self, api: Api, admin: Api, forgetful: Flask, count: int) -> None:
        known = fill(api, admin, count)
        database: Database = forgetful.extensions[EXTENSION]
        sent = {}
        for path in STATEMENTS:
            client = Api(forgetful.test_client(), admin.key if path.startswith("/v1/keys") else api.key)
            # Once to begin with: a process reads the cursors' secret once, and notes the use of a key once a minute.
            assert client.get(path.format(**known)).status_code == 200
            with counted(database) as statements:
                assert client.get(path.format(**known)).data
            sent[path] = len(statements)
        assert sent == STATEMENTS

    def test_is_stated_for_every_path_that_is_read(self, app: Flask) -> None:
        rules = {
            re.sub(r"<\w+:(\w+?)(_id)?>", r"{\1}", rule.rule)
            for rule in app.url_map.iter_rules()
            if "GET" in (rule.methods or set())
        }
        read = {re.sub(r"\{(other_)?number\}", "1", rule) for rule in rules if rule.startswith("/v1/")}
        assert read == {path.partition("?")[0].replace("{assessed}", "{claim}") for path in STATEMENTS}

    def test_of_a_next_page_is_that_of_the_first(self, api: Api, admin: Api, database: Database) -> None:
        fill(api, admin, 5)
        cursor = api.read("/v1/claims?include=evidence&limit=2")["next_cursor"]
        with counted(database) as statements:
            api.read(f"/v1/claims?include=evidence&limit=2&cursor={cursor}")
        assert len(statements) == 1, statements

    def test_of_a_change_is_known(self, api: Api, forgetful: Flask) -> None:
        database: Database = forgetful.extensions[EXTENSION]
        known, sent = _to_be_changed(Api(forgetful.test_client(), api.key)), {}
        for name, change in known.items():
            change()
            with counted(database) as statements:
                assert change().status_code < 300
            sent[name] = len(statements)
            # What was made is not written once more to date it.
            assert not [each for each in statements if "created_at=" in each]
        assert sent == WRITES[database.engine.dialect.name]


def _to_be_changed(api: Api) -> dict[str, Callable[[], Any]]:
    claim = make_claim(api, speaker={"name": "Speaker"})
    path, number = f"/v1/claims/{claim['id']}", count(1)
    passages = iter([make_passage(api)["id"] for _ in range(2)])
    source = make_source(api, "no date was set for the summit")
    quotes = iter(["no date", "the summit"])
    return {
        "a claim": lambda: api.post(
            "/v1/claims", json={"text": f"another {next(number)}", "speaker_id": claim["speaker"]["id"]}
        ),
        "a link": lambda: api.post(f"{path}/evidence", json={"stance": "supports", "passage_id": next(passages)}),
        "a claim changed": lambda: api.patch(path, json={"location": f"place {next(number)}"}),
        "a quote": lambda: api.post(
            f"{path}/evidence", json={"stance": "supports", "source_id": source["id"], "exact": next(quotes)}
        ),
        "a claim by names": lambda: api.post(
            "/v1/claims",
            json={"text": f"named {next(number)}", "speaker": {"name": "Speaker"}, "topics": ["one", "two"]},
        ),
    }


class TestScope:
    def test_is_stated_by_every_route(self, app: Flask) -> None:
        silent = [
            rule.rule for rule in app.url_map.iter_rules() if not hasattr(app.view_functions[rule.endpoint], "scope")
        ]
        assert silent == []

    def test_is_asked_of_everything_but_what_explains_the_service(self, app: Flask) -> None:
        unguarded = {rule.rule for rule in app.url_map.iter_rules() if scope_of(app, rule.endpoint) is None}
        assert {rule for rule in unguarded if not rule.startswith("/docs")} == OPEN

    def test_of_keys_is_admin_of_what_changes_anything_else_write_and_of_the_rest_read(self, app: Flask) -> None:
        for rule in app.url_map.iter_rules():
            if rule.rule.startswith("/v1/"):
                reads = "GET" in (rule.methods or set()) or rule.rule == "/v1/claims/similar"
                expected = Scope.READ if reads else Scope.WRITE
                expected = Scope.ADMIN if rule.rule.startswith("/v1/keys") else expected
                assert scope_of(app, rule.endpoint) is expected, rule


def scope_of(app: Flask, endpoint: str) -> Scope | None:
    view: Any = app.view_functions[endpoint]
    scope: Scope | None = view.scope
    return scope
