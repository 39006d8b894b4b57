"""Give names the keys that a bundle's history last tells: an older program may have made them by other rules.

So every entity is as its last change says. The rules of today come after that, as a change of their own
(``services.name_keys``).
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from sqlalchemy import bindparam, delete, func, select, update

from claims_api import db
from claims_api.models.assessments import Assessment
from claims_api.models.base import table_of
from claims_api.models.changes import Change
from claims_api.models.speakers import Speaker, SpeakerName
from claims_api.models.topics import Topic
from claims_api.queries.rows import AnyRow, by_id
from claims_api.services import speakers
from claims_api.services.imports.takers import ImportRun
from claims_api.text import is_key


def until_told(identity: str) -> str:
    """Return a key for a topic until its own is known: two live topics may share the key of today's rules."""
    return f"Topic {identity}"  # no key has capitals


def restore(run: ImportRun) -> None:
    """Set the keys of topics, reviewers and speakers; what can be no key is left, to be found as a contradiction."""
    taken = set[str]()
    for rows in _with_states(run, Topic, Topic.deleted_at):
        _set(run, Topic, "key", dict(_of_topics(rows, taken)))
    for rows in _with_states(run, Assessment, Assessment.reviewer_key):
        told = {row.id: row.state.get("reviewer_key") for row in rows}
        others = {row.id: told[row.id] for row in rows if told[row.id] != row.reviewer_key and is_key(told[row.id])}
        _set(run, Assessment, "reviewer_key", others)
    for rows in _with_states(run, Speaker, Speaker.name, Speaker.aliases):
        _rename(run, {row.id: row.state.get("keys") for row in rows if _is_otherwise(row)})


def _with_states(run: ImportRun, kind: Any, *columns: Any) -> Iterator[Sequence[AnyRow]]:
    newest = select(func.max(Change.seq)).where(Change.entity_id == kind.id).correlate(kind).scalar_subquery()
    last = select(kind.id, Change.state, *columns).join(Change, Change.entity_id == kind.id)
    return by_id(run.connection, last.where(Change.seq == newest), kind.id, {})


def _of_topics(rows: Sequence[AnyRow], taken: set[str]) -> Iterator[tuple[str, str]]:
    for row in rows:
        key = row.state.get("key")
        if is_key(key) and (row.deleted_at is not None or key not in taken):
            yield row.id, key
        if is_key(key) and row.deleted_at is None:
            taken.add(key)


def _set(run: ImportRun, kind: Any, name: str, keys: Mapping[str, str]) -> None:
    table = table_of(kind)
    # `updated_at` is named, or its default would set it.
    values = {name: bindparam("its_key"), "updated_at": table.c.updated_at}
    setting = update(table).where(table.c.id == bindparam("its_id")).values(values)
    if keys:
        run.connection.execute(setting, [{"its_id": each, "its_key": key} for each, key in keys.items()])


def _is_otherwise(row: AnyRow) -> bool:
    told = row.state.get("keys")
    is_told = isinstance(told, list) and all(map(is_key, told)) and len(set(told)) == len(told)
    return is_told and sorted(told) != speakers.keys_of(row.name, row.aliases)


def _rename(run: ImportRun, keys: Mapping[str, Sequence[str]]) -> None:
    run.connection.execute(delete(SpeakerName).where(db.among(SpeakerName.speaker_id, list(keys))))
    rows = [{"speaker_id": each, "key": key} for each, told in keys.items() for key in told]
    run.bulk.insert(table_of(SpeakerName), rows)
