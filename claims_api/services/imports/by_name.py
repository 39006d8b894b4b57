"""Find or make speakers and topics by name, for many names at once."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from sqlalchemy import select

from claims_api import db, ids
from claims_api.db import staging
from claims_api.errors import Invalid
from claims_api.models.base import table_of
from claims_api.models.speakers import Speaker, SpeakerName
from claims_api.models.topics import Topic
from claims_api.services import speakers, topics
from claims_api.services.imports.bulk import Bulk, Row
from claims_api.services.imports.incoming import ImportReport, Kind
from claims_api.services.speakers import NewSpeaker
from claims_api.text import name_key

# So many names are remembered at most.
_MOST = 20_000


class Someone(NamedTuple):
    """A speaker who goes by a name; ``is_ours``, where this import made them under a key of their own."""

    id: str
    kind: str
    is_ours: bool


class Names:
    """The names of speakers and topics in one import; each is looked up before it is asked for.

    An unknown name gets an id at once; its row is only made if a record of the same batch is kept that has the id.
    """

    def __init__(self, bulk: Bulk, report: ImportReport) -> None:
        self.bulk, self.report = bulk, report
        self._speakers: dict[str, list[Someone]] = {}
        self._topics: dict[str, str] = {}
        self._unmade: dict[Kind, dict[str, Row]] = {Kind.SPEAKERS: {}, Kind.TOPICS: {}}

    def look_up_speakers(self, named: Iterable[NewSpeaker]) -> None:
        """Find the speakers of these names; unknown ones are to be made."""
        if len(self._speakers) > _MOST:
            self._speakers.clear()
        for row in self._unmade[Kind.SPEAKERS].values():
            self._speakers.pop(name_key(row["name"]), None)
        self._unmade[Kind.SPEAKERS].clear()
        wanted: dict[str, NewSpeaker] = {}
        for each in named:
            wanted.setdefault(name_key(each.name), each)
        self._find({key: each for key, each in wanted.items() if key not in self._speakers})

    def speaker(self, named: NewSpeaker, *, field: str) -> str:
        """Return the id of the speaker of a name that was looked up; ``Invalid`` where several bear it."""
        found = _meant(self._speakers[name_key(named.name)], named)
        if len(found) > 1:
            detail = (
                f"Several speakers go by the name {named.name!r}: give the speaker a record of its own, with a key."
            )
            raise Invalid(detail, path=(field,))
        return found[0].id

    def known(self, new: Sequence[NewSpeaker]) -> list[list[Someone]]:
        """Return for each of these speakers those that bear one of its names; none that this import made by key."""
        keys = [speakers.keys_of(each.name, each.aliases) for each in new]
        found = self._named({key for each in keys for key in each})
        if not db.holds_lock(self.bulk.session, db.NAMES) and not all(any(found[key] for key in each) for each in keys):
            # Look again under the lock: another transaction may have made some.
            self.lock()
            found = self._named({key for each in keys for key in each})
        return [
            list(
                {
                    someone.id: someone for key in each for someone in _meant(found[key], named) if not someone.is_ours
                }.values()
            )
            for each, named in zip(keys, new, strict=True)
        ]

    def look_up_topics(self, names: Iterable[str]) -> None:
        """Find the topics of these names; missing ones are to be made."""
        if len(self._topics) > _MOST:
            self._topics.clear()
        wanted: dict[str, str] = {}
        for name in names:
            wanted.setdefault(name_key(name), name)
        there = self.hold_topics(wanted)
        for key in wanted.keys() - there.keys():
            row = {"id": ids.new_id(), **topics.columns(wanted[key])}
            self._unmade[Kind.TOPICS][row["id"]] = row
            self._topics[key] = row["id"]

    def make_speakers(self, speaker_ids: Iterable[str | None]) -> None:
        """Insert those of these speakers that are still to be made."""
        self.add_speakers(self._due(Kind.SPEAKERS, speaker_ids))

    def make_topics(self, topic_ids: Iterable[str]) -> None:
        """Insert those of these topics that are still to be made."""
        self.add_topics(self._due(Kind.TOPICS, topic_ids))

    def hold_topics(self, keys: Iterable[str]) -> dict[str, str]:
        """Return the ids of the topics that exist, by the keys of their names.

        Where one is missing names are locked, so that nobody else makes it.
        """
        for row in self._unmade[Kind.TOPICS].values():
            self._topics.pop(row["key"], None)
        self._unmade[Kind.TOPICS].clear()
        self._look_for_topics(keys)
        if not all(key in self._topics for key in keys):
            self.lock()
            self._look_for_topics(keys)
        return {key: self._topics[key] for key in keys if key in self._topics}

    def _look_for_topics(self, keys: Iterable[str]) -> None:
        wanted = [key for key in keys if key not in self._topics]
        if wanted:
            live = select(Topic.key, Topic.id).where(db.among(Topic.key, wanted), Topic.deleted_at.is_(None))
            rows = db.fetch_locked(self.bulk.connection, live, of=Topic, most=len(wanted))
            self._topics |= {row.key: row.id for row in rows}

    def topic(self, name: str) -> str:
        """Return the id of the topic of a name that was looked up."""
        return self._topics[name_key(name)]

    def add_speakers(self, rows: Sequence[Row]) -> None:
        """Insert new speakers, and the names by which they are found."""
        names = [{"speaker_id": row["id"], "key": key} for row in rows for key in _keys_of(row)]
        for each in names:
            # A name that was looked up before may mean several by now.
            if each["speaker_id"] not in {someone.id for someone in self._speakers.get(each["key"], ())}:
                self._speakers.pop(each["key"], None)
        self.bulk.add(Speaker, rows, (table_of(SpeakerName), names))

    def add_topics(self, rows: Sequence[Row]) -> None:
        """Insert new topics."""
        self.bulk.add(Topic, rows)
        self._topics |= {row["key"]: row["id"] for row in rows if row.get("deleted_at") is None}

    def lock(self) -> None:
        """Take the advisory lock on names, for the rest of the transaction."""
        db.lock_name_patiently(self.bulk.session, db.NAMES)

    def _find(self, wanted: dict[str, NewSpeaker]) -> None:
        if not wanted:
            return
        found = self._named(wanted)
        if len(found) < len(wanted):
            # Look again under the lock: another transaction may have made some.
            self.lock()
            found = self._named(wanted)
        made = {key: {"id": ids.new_id(), **speakers.columns(new)} for key, new in wanted.items() if key not in found}
        self._unmade[Kind.SPEAKERS] |= {row["id"]: row for row in made.values()}
        self._speakers |= found | {key: [Someone(row["id"], row["kind"], False)] for key, row in made.items()}

    def _due(self, kind: Kind, identities: Iterable[str | None]) -> Sequence[Row]:
        unmade = self._unmade[kind]
        due: list[Row] = [{**unmade.pop(each), **self.bulk.stamp} for each in identities if each in unmade]
        self.report.created.update([kind] * len(due))
        return due

    def _named(self, keys: Iterable[str]) -> dict[str, list[Someone]]:
        ours = staging.speakers.c
        statement = (
            select(SpeakerName.key, Speaker.id, Speaker.kind, ours.id.label("ours"))
            .join(Speaker, Speaker.id == SpeakerName.speaker_id)
            .outerjoin(staging.speakers, ours.id == Speaker.id)
            .where(Speaker.deleted_at.is_(None))
            .order_by(Speaker.created_at, Speaker.id)
        )
        found: dict[str, list[Someone]] = defaultdict(list)
        for row in db.fetch_locked(self.bulk.connection, statement.where(db.among(SpeakerName.key, keys)), of=Speaker):
            found[row.key].append(Someone(row.id, row.kind, row.ours is not None))
        return found


def _keys_of(row: Row) -> list[str]:
    return speakers.keys_of(row["name"], row["aliases"])


def _meant(found: list[Someone], named: NewSpeaker) -> list[Someone]:
    """Of several speakers, return those of the kind given with the name, if there are any."""
    of_that_kind = [each for each in found if each.kind == named.kind]
    return of_that_kind if len(found) > 1 and of_that_kind else found
