"""The state of an entity as the ledger keeps it: its row, and what other tables say of it (topics, keys of names)."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, select

from claims_api import db
from claims_api.models.base import Recorded
from claims_api.models.claims import Claim
from claims_api.models.speakers import Speaker, SpeakerName
from claims_api.models.topics import ClaimTopic, Topic


def states(
    connection: Connection, kind: type[Recorded], rows: Sequence[Mapping[str, Any]], *, is_filed: bool = True
) -> Iterator[dict[str, Any]]:
    """Yield the states of entities of one kind, as the ledger keeps them, from their rows.

    Topics of claims and keys of speakers' names are read for many at once; topics only where one ``is_filed``.
    """
    ids = [row["id"] for row in rows]
    filed = _by_owner(connection, _FILED, ids) if kind is Claim and is_filed else defaultdict(list)
    keys = _by_owner(connection, _KEYS, ids) if kind is Speaker else {}
    for row in rows:
        state = dict(row)
        if kind is Claim:
            found = filed[row["id"]]
            state |= {"topics": [name for name, _ in found], "topic_ids": [identity for _, identity in found]}
        if kind is Speaker:
            state["keys"] = [key for (key,) in keys[row["id"]]]
        yield state


def _by_owner(connection: Connection, statement: db.ByIds, ids: Iterable[str]) -> Mapping[str, list[tuple[Any, ...]]]:
    found = defaultdict(list)
    for batch in db.batches(ids):
        for owner, *row in statement.rows(connection, batch):
            found[owner].append(tuple(row))
    # Sorted here, or each database would order names in its own way.
    return defaultdict(list, {owner: sorted(rows) for owner, rows in found.items()})


_FILED = db.ByIds(
    select(ClaimTopic.claim_id, Topic.name, Topic.id).join(Topic, ClaimTopic.topic_id == Topic.id), ClaimTopic.claim_id
)
_KEYS = db.ByIds(select(SpeakerName.speaker_id, SpeakerName.key), SpeakerName.speaker_id)
