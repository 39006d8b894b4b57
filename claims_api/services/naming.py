"""Who and what goes by a name, for many names at once: found, or else made."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from sqlalchemy import select

from claims_api import db, ids
from claims_api.db import staging
from claims_api.errors import Invalid
from claims_api.models.speakers import Speaker, SpeakerName
from claims_api.models.topics import Topic
from claims_api.services import speakers, topics
from claims_api.services.bulk import Bulk, Row, table_of
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
    """The names of one import; each is looked up before it is asked for."""

    def __init__(self, bulk: Bulk) -> None:
        self.bulk = bulk
        self._speakers: dict[str, list[Someone]] = {}
        self._topics: dict[str, str] = {}
        self._has_right = False

    def look_up_speakers(self, named: Iterable[NewSpeaker]) -> None:
        """Find who goes by these names, and make whom nobody knows."""
        if len(self._speakers) > _MOST:
            self._speakers.clear()
        wanted = {name_key(each.name): each for each in named}
        self._find({key: each for key, each in wanted.items() if key not in self._speakers})

    def speaker(self, named: NewSpeaker, *, field: str) -> str:
        """Return the id of the one who goes by a name that was looked up; ``Invalid`` where several do."""
        found = _meant(self._speakers[name_key(named.name)], named)
        if len(found) > 1:
            detail = (
                f"Several speakers go by the name {named.name!r}: give the speaker a record of its own, with a key."
            )
            raise Invalid(detail, path=(field,))
        return found[0].id

    def known(self, new: Sequence[NewSpeaker]) -> list[list[Someone]]:
        """Return who goes by a name of each of these, but for those that this import made under keys of their own."""
        keys = [speakers.keys_of(each.name, each.aliases) for each in new]
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
        """Find the topics of these names, and make those that there are not."""
        if len(self._topics) > _MOST:
            self._topics.clear()
        wanted = {name_key(name): name for name in names}
        missing = {key: name for key, name in wanted.items() if key not in self._topics}
        missing = {key: name for key, name in missing.items() if key not in self.topics_of(missing)}
        if missing:
            self.take_right()
            missing = {key: name for key, name in missing.items() if key not in self.topics_of(missing)}
            self.add_topics(
                [{"id": ids.new_id(), **topics.columns(name), **self.bulk.stamp()} for name in missing.values()]
            )

    def topics_of(self, keys: Iterable[str]) -> dict[str, str]:
        """Return the ids of the topics that there are, by the keys of their names."""
        wanted = [key for key in keys if key not in self._topics]
        if wanted:
            live = select(Topic.key, Topic.id).where(db.among(Topic.key, wanted), Topic.deleted_at.is_(None))
            rows = self.bulk.connection.execute(live.with_for_update(read=True))
            self._topics |= {row.key: row.id for row in rows}
        return {key: self._topics[key] for key in keys if key in self._topics}

    def topic(self, name: str) -> str:
        """Return the id of the topic of a name that was looked up."""
        return self._topics[name_key(name)]

    def add_speakers(self, rows: Sequence[Row]) -> None:
        """Keep new speakers, to be found by their names."""
        names = [{"speaker_id": row["id"], "key": key} for row in rows for key in _keys_of(row)]
        self.bulk.add(Speaker, rows, (table_of(SpeakerName), names))

    def add_topics(self, rows: Sequence[Row]) -> None:
        """Keep new topics."""
        self.bulk.add(Topic, rows)
        self._topics |= {row["key"]: row["id"] for row in rows if row.get("deleted_at") is None}

    def take_right(self) -> None:
        """From here to the end nobody else makes names."""
        if not self._has_right:
            db.one_at_a_time(self.bulk.session, db.NAMES)
            self._has_right = True

    def _find(self, wanted: dict[str, NewSpeaker]) -> None:
        if not wanted:
            return
        found = self._named(wanted)
        if len(found) < len(wanted):
            # Look again when nobody else can be making the same ones.
            self.take_right()
            found = self._named(wanted)
        made = {key: self._made(new) for key, new in wanted.items() if key not in found}
        self.add_speakers(list(made.values()))
        self._speakers |= found | {key: [Someone(row["id"], row["kind"], False)] for key, row in made.items()}

    def _made(self, new: NewSpeaker) -> dict[str, Any]:
        return {"id": ids.new_id(), **speakers.columns(new), **self.bulk.stamp()}

    def _named(self, keys: Iterable[str]) -> dict[str, list[Someone]]:
        ours = staging.speakers.c
        statement = (
            select(SpeakerName.key, Speaker.id, Speaker.kind, ours.id.label("ours"))
            .join(Speaker, Speaker.id == SpeakerName.speaker_id)
            .outerjoin(staging.speakers, ours.id == Speaker.id)
            .where(Speaker.deleted_at.is_(None))
            .order_by(Speaker.created_at, Speaker.id)
            .with_for_update(read=True, of=Speaker)
        )
        found: dict[str, list[Someone]] = defaultdict(list)
        for row in self.bulk.connection.execute(statement.where(db.among(SpeakerName.key, keys))):
            found[row.key].append(Someone(row.id, row.kind, row.ours is not None))
        return found


def _keys_of(row: Row) -> list[str]:
    return speakers.keys_of(row["name"], row["aliases"])


def _meant(found: list[Someone], named: NewSpeaker) -> list[Someone]:
    """Of several, those of the kind that is said with the name, if there are any."""
    of_that_kind = [each for each in found if each.kind == named.kind]
    return of_that_kind if len(found) > 1 and of_that_kind else found
