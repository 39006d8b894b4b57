"""Things for tests to work with, made through the API as any client makes them."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlencode

from sqlalchemy import Connection, func, select
from werkzeug.test import TestResponse

from claims_api import db
from claims_api.db import Database
from claims_api.models.changes import Change
from claims_api.models.passages import Passage
from claims_api.models.sources import Source
from claims_api.models.words import AnchorState
from claims_api.services import checking, versions
from claims_api.services.texts.offsets import in_utf8, in_utf16
from claims_api.services.versions import NewVersion
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

    But for entities and their histories: the tests before have emptied the tables, have made what has the same id, and
    nothing can be taken out of the ledger.
    """
    found = checking.everything(connection)
    lasting = [each for each in found if not each.what.startswith(("entities", "changes of each entity"))]
    return [each for finding in lasting for each in finding.wrong]


def keep_newer(database: Database, source: Thing, text: str, found: Mapping[str, tuple[str, str | None]]) -> None:
    """Keep a newer text, and where passages (by id) are found in it: each with its state and the words there.

    As ``services.reanchoring`` writes it down, whatever that would find.
    """
    with database.writing() as session:
        kept = session.get_one(Source, source["id"])
        kept.current_version = (kept.current_version or 0) + 1
        versions.keep(session, kept, NewVersion(text))
        for identity, (state, exact) in found.items():
            passage = session.get_one(Passage, identity)
            passage.anchor_state, passage.now_version = AnchorState(state), kept.current_version
            passage.now = None if exact is None else standing(text, exact, kept.current_version)


def standing(text: str, exact: str, number: int) -> Thing:
    """Return what is noted of the first place of these words in a newer text."""
    start = text.index(exact)
    end = start + len(exact)
    units = {
        name: {"start": span.start, "end": span.end}
        for name, span in (("utf16", in_utf16(text, start, end)), ("utf8", in_utf8(text, start, end)))
    }
    return {"version": number, "start": start, "end": end, "exact": exact, **units, "similarity": 0.9}


def search(api: Api, q: str, **parameters: object) -> Thing:
    """Search by words and filters."""
    return api.read(f"/v1/search?{urlencode({'q': q, **parameters})}")


def found(api: Api, q: str, **parameters: object) -> list[str]:
    """Return the ids of what a search finds, in its order."""
    return ids(search(api, q, **parameters))
