"""Things for tests to work with, made through the API as any client makes them."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlencode

from sqlalchemy import Connection, func, select
from werkzeug.test import TestResponse

from claims_api import db
from claims_api.db import Database
from claims_api.models.changes import Change
from claims_api.services import checking
from tests.conftest import Api

Thing = dict[str, Any]

TEXT = "The talks ended. No date was set, the spokesman said. A date was promised for spring."
NOBODY = "0199f6a1-0000-7000-8000-000000000000"


def make_source(api: Api, text: str | None = TEXT, **fields: Any) -> Thing:
    return api.made("/v1/sources?allow_duplicate=true", {"title": "A report", "text": text, **fields})


def make_speaker(api: Api, name: str = "Kremlin", **fields: Any) -> Thing:
    return api.made("/v1/speakers", {"name": name, "kind": "organization", **fields})


def make_namesake(api: Api, name: str = "Kremlin", **fields: Any) -> Thing:
    """Keep a speaker although another goes by one of the names."""
    return api.made("/v1/speakers?allow_duplicate=true", {"name": name, "kind": "organization", **fields})


def make_topic(api: Api, name: str = "summit", **fields: Any) -> Thing:
    return api.made("/v1/topics", {"name": name, **fields})


def make_claim(api: Api, text: str = "no date was set", **fields: Any) -> Thing:
    """Keep a claim, although there may be one that says the same."""
    return api.made("/v1/claims?allow_duplicate=true", {"text": text, **fields})


def make_passage(api: Api, exact: str = "No date was set", source: Thing | None = None) -> Thing:
    source = source or make_source(api)
    return api.made("/v1/passages", {"source_id": source["id"], "exact": exact})


def make_evidence(api: Api, claim: Thing, source: Thing | None = None, **fields: Any) -> Thing:
    """Link a claim to a passage; without a source or a passage, to one of a source of its own."""
    body = {"stance": "supports", **fields}
    if "passage_id" not in fields:
        body = {"source_id": (source or make_source(api))["id"], "exact": "No date was set", **body}
    return api.made(f"/v1/claims/{claim['id']}/evidence", body)


def make_assessment(api: Api, claim: Thing, verdict: str = "refuted", **fields: Any) -> Thing:
    return api.made(f"/v1/claims/{claim['id']}/assessments", {"verdict": verdict, **fields})


def make_relation(api: Api, source: Thing | None = None, target: Thing | None = None, **fields: Any) -> Thing:
    """Relate a claim to another one; each is made where none is given."""
    source, target = source or make_claim(api), target or make_claim(api)
    return api.made(f"/v1/claims/{source['id']}/relations", {"type": "supports", "target_id": target["id"], **fields})


def make_key(admin: Api, *scopes: str, name: str = "desk", **fields: Any) -> Thing:
    return admin.made("/v1/keys", {"name": name, "scopes": list(scopes or ("write",)), **fields})


def told(response: TestResponse) -> Thing:
    """Return the object that an answer holds."""
    said: Thing = json.loads(response.data)
    return said


def ids(listing: Thing) -> list[str]:
    """Return the ids of a page, in its order."""
    return [each["id"] for each in listing["data"]]


@contextmanager
def nothing_stored(database: Database) -> Iterator[None]:
    """Check that the block leaves every row of every table as it was."""
    before = _rows(database)
    yield
    assert _rows(database) == before


def _rows(database: Database) -> dict[str, set[str]]:
    with database.reading() as connection:
        rows = {
            # That a key was used is no change.
            name: {repr({**row._mapping, "last_used_at": None}) for row in connection.execute(table.select())}
            for name, table in db.metadata.tables.items()
            if name != "changes"
        }
        # The ledger is long, and only grows: its last number tells all.
        return {**rows, "changes": {str(connection.execute(select(func.max(Change.seq))).scalar())}}


def wrong(connection: Connection) -> list[str]:
    """Return what is wrong by the service's own check.

    But for entities: the tests before have emptied the tables, and nothing can be taken out of the ledger.
    """
    found = checking.everything(connection)
    return [each for finding in found if not finding.what.startswith("entities") for each in finding.wrong]


def search(api: Api, q: str, **parameters: object) -> Thing:
    """Search by words and filters."""
    return api.read(f"/v1/search?{urlencode({'q': q, **parameters})}")


def found(api: Api, q: str, **parameters: object) -> list[str]:
    """Return the ids of what a search finds, in its order."""
    return ids(search(api, q, **parameters))
