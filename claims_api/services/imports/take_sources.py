"""Take speakers, topics and sources of an import; see ``services.imports.takers``."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, cast

from sqlalchemy import Text, delete, func, or_, select
from sqlalchemy import cast as cast_to

from claims_api import db
from claims_api.db import staging
from claims_api.errors import Invalid
from claims_api.models.base import table_of
from claims_api.models.sources import Source, SourceVersion
from claims_api.models.speakers import Speaker
from claims_api.models.topics import Topic
from claims_api.services import sources, speakers, topics, versions
from claims_api.services.canonical_urls import canonical_of
from claims_api.services.imports.incoming import Incoming, KeptSource, KeptSpeaker, Kind, Unreadable, identity_of
from claims_api.services.imports.takers import Columns, EntityTaker, Fresh, is_deleted
from claims_api.services.sources import NewSource
from claims_api.services.speakers import NewSpeaker
from claims_api.services.topics import NewTopic

_NEWEST = ("current_version",)
# Sources without their text are refused in batches of this size.
_AT_ONCE = 1000


class Speakers(EntityTaker):
    """Speakers under keys of their own; an existing speaker with one of their names is used as they are."""

    kind, model = Kind.SPEAKERS, Speaker

    def prepare(self, records: Sequence[Incoming]) -> None:
        """Look up the speakers of these names."""
        new = [cast("NewSpeaker", each.new) for each in records]
        self._known = {id(each): found for each, found in zip(new, self.run.names.known(new), strict=True)}

    def columns(self, fresh: Fresh) -> Columns | None:
        """Return the columns of a speaker, or None where an existing one is used; ``Invalid`` where several may be."""
        new = cast("NewSpeaker", fresh.record.new)
        known = [] if is_deleted(fresh.record) else self._known[id(new)]
        if len(known) > 1:
            raise Invalid("Several speakers go by these names already: which is meant?", path=("name",))
        if known:
            self.run.references.stands_for(fresh.id, known[0].id)
            return None
        return speakers.columns(new) | _merger(fresh)

    def keep(self, made: Sequence[tuple[Fresh, Columns]]) -> None:
        """Write the speakers and their names."""
        if made:
            self.run.names.lock()
        self.run.names.add_speakers(self.rows(made))
        self.run.bulk.insert(staging.speakers, [{"id": each.id} for each, _ in made])

    def finish(self) -> None:
        """Raise ``Invalid`` where mergers lead to no speaker, or in a circle."""
        # Merged speakers come only with the history, into an empty database.
        if not self.run.references.with_deleted:
            return
        ends = select(Speaker.id).where(Speaker.merged_into_id.is_(None)).cte("ends", recursive=True)
        merged = select(Speaker.id).join(ends, Speaker.merged_into_id == ends.c.id)
        lost = select(Speaker.id).where(Speaker.id.not_in(select(ends.union(merged).c.id))).order_by(Speaker.id)
        found = self.run.connection.scalar(lost.limit(1))
        if found is not None:
            raise Invalid(f"The speaker {found} was merged into nobody who is there.")


class Topics(EntityTaker):
    """Topics; one that has the name already is used as it is."""

    kind, model = Kind.TOPICS, Topic

    def prepare(self, records: Sequence[Incoming]) -> None:
        """Look up the topics of these names."""
        keys = [topics.columns(cast("NewTopic", each.new).name)["key"] for each in records]
        self._there = self.run.names.hold_topics(keys)

    def columns(self, fresh: Fresh) -> Columns | None:
        """Return the columns of a topic, or None where there is one of that name."""
        new = cast("NewTopic", fresh.record.new)
        columns = topics.columns(new.name, new.description)
        there = None if is_deleted(fresh.record) else self._there.setdefault(columns["key"], fresh.id)
        if there in {None, fresh.id}:
            return columns
        self.run.references.stands_for(fresh.id, str(there))
        return None

    def keep(self, made: Sequence[tuple[Fresh, Columns]]) -> None:
        """Write the topics."""
        self.run.names.add_topics(self.rows(made))


class Sources(EntityTaker):
    """Sources; one that is only named by its URL, or comes with a text that is kept, may be there already."""

    kind, model = Kind.SOURCES, Source

    def prepare(self, records: Sequence[Incoming]) -> None:
        """Look up the sources of these URLs, and of these texts."""
        new = [cast("NewSource", each.new) for each in records]
        self._known = self._of_urls({_address(each) for each in new if _is_only_named(each)})
        self._hashes = {id(each): versions.sha256(each.text) for each in new if each.text is not None}
        self._same, self._any = self._of_texts([each for each in new if each.text is not None])

    def columns(self, fresh: Fresh) -> Columns | None:
        """Return the columns of a source, or None where there is one of that URL, or of that text.

        Raises ``Invalid`` without a title, and where several sources of the URL could be meant.
        """
        new = cast("NewSource", fresh.record.new)
        there = self._there(new)
        if there is not None:
            self.run.references.stands_for(fresh.id, there)
            return None
        self._remember(fresh.id, new)
        columns = sources.columns(new)
        if isinstance(new, KeptSource):
            columns |= {"current_version": new.current_version, "canonical_url": new.canonical_url}
        return columns

    def keep(self, made: Sequence[tuple[Fresh, Columns]]) -> None:
        """Write the sources, with the texts in their records as first versions."""
        self.run.bulk.add(Source, self.rows(made), (table_of(SourceVersion), list(self._first_texts(made))))
        kept = [each for each, columns in made if columns.get("current_version")]
        self.run.bulk.insert(staging.kept_sources, [{"id": each.id, "line": each.record.line} for each in kept])

    def finish(self) -> None:
        """Refuse sources of which a text did not come; with a history, raise ``Invalid``."""
        while missing := self._lacking_texts():
            for row in missing:
                failure = Invalid("A text of this source did not come, or was refused.", path=_NEWEST)
                if self.run.references.with_deleted:
                    raise Invalid(f"A text of the source {row.id} is missing.")
                self.run.refuse(Unreadable(failure, row.line, row.id), failure)
            self._take_back([row.id for row in missing])

    def _there(self, new: NewSource) -> str | None:
        """Return the id of the source that is meant, where one is kept already."""
        address = _address(new)
        if _is_only_named(new):
            known = self._known.get(address, {})
            return _meant(known) if known else None
        if new.text is None:
            return None
        sha256 = self._hashes[id(new)]
        if address is None:
            return self._any.get(sha256)
        # The same words at two addresses are two sources.
        return self._same.get((sha256, address)) or self._same.get((sha256, None))

    def _remember(self, identity: str, new: NewSource) -> None:
        """Let those of the same batch find it, as those of the next ones do."""
        address = _address(new)
        if address is not None and (_is_only_named(new) or new.text is not None):
            self._known.setdefault(address, {})[identity] = new.text is not None
        if new.text is not None:
            sha256 = self._hashes[id(new)]
            self._same.setdefault((sha256, address), identity)
            self._any.setdefault(sha256, identity)

    def _lacking_texts(self) -> Sequence[Any]:
        kept = staging.kept_sources.c
        lacking = versions.lacking().where(Source.id.in_(select(kept.id)))
        missing = select(kept.id, kept.line).where(kept.id.in_(lacking)).order_by(kept.line, kept.id)
        return self.run.connection.execute(missing.limit(_AT_ONCE)).all()

    def _take_back(self, ids: Sequence[str]) -> None:
        # They have no passages: those are refused where a text is missing.
        texts = delete(SourceVersion).where(db.among(SourceVersion.source_id, ids))
        self.run.report.created[Kind.VERSIONS] -= self.run.connection.execute(texts).rowcount
        self.run.report.created[Kind.SOURCES] -= len(ids)
        self.run.bulk.take_back(Source, ids)

    def _first_texts(self, made: Sequence[tuple[Fresh, Columns]]) -> Iterable[Columns]:
        for each, _ in made:
            new = cast("NewSource", each.record.new)
            if new.text is not None:
                identity = identity_of(self.run.collection, Kind.VERSIONS, f"{each.id} 1")
                yield {
                    "id": identity,
                    "source_id": each.id,
                    "number": 1,
                    **versions.columns(sources.first_version(new), self.run.bulk.moment),
                    "created_by": self.run.bulk.actor,
                }

    def _of_urls(self, urls: set[str | None]) -> dict[str | None, dict[str, bool]]:
        """Return the ids of the sources of each URL, and whether they have a text."""
        found: dict[str | None, dict[str, bool]] = defaultdict(dict)
        named = [each for each in urls if each is not None]
        live = select(Source.id, Source.canonical_url, Source.current_version).where(
            db.among(Source.canonical_url, named), Source.deleted_at.is_(None)
        )
        for row in db.fetch_locked(self.run.connection, live, of=Source) if named else ():
            found[row.canonical_url][row.id] = row.current_version is not None
        return found

    def _of_texts(self, new: Sequence[NewSource]) -> tuple[dict[tuple[str, str | None], str], dict[str, str]]:
        """Return sources that have, or had, these texts: by hash and canonical URL, and of each hash the first one."""
        hashes = sorted(set(self._hashes.values()))
        addresses = sorted({address for each in new if (address := _address(each)) is not None})
        of_them = db.among(SourceVersion.sha256, hashes), Source.deleted_at.is_(None)
        # As text, since not every Postgres has a least UUID.
        least = func.min(cast_to(Source.id, Text))
        first = select(SourceVersion.sha256, least).join(Source, Source.id == SourceVersion.source_id)
        found = first.where(*of_them).group_by(SourceVersion.sha256)
        here = or_(db.among(Source.canonical_url, addresses), Source.canonical_url.is_(None))
        by_address = found.add_columns(Source.canonical_url).where(here).group_by(Source.canonical_url)
        of_any = self.run.connection.execute(found).all() if hashes else ()
        rows = self.run.connection.execute(by_address).all() if of_any else ()
        live = self._staying({each[1] for each in (*of_any, *rows)})
        same = {(sha256, address): each for sha256, each, address in rows if each in live}
        return same, {row[0]: row[1] for row in of_any if row[1] in live}

    def _staying(self, ids: set[str]) -> set[str]:
        """Return which of these sources are live, and have them stay so until the end."""
        live = select(Source.id).where(db.among(Source.id, sorted(ids)), Source.deleted_at.is_(None))
        return {row.id for row in db.fetch_locked(self.run.connection, live, of=Source)} if ids else set()


def _meant(known: Mapping[str, bool]) -> str:
    """Return which of the sources of one URL is meant: the only one whose text is kept, or any where none has one."""
    texts = [identity for identity, has_text in known.items() if has_text]
    if len(texts) > 1:
        detail = "Several sources of this URL are kept: which is meant? Delete the others, or change their URLs."
        raise Invalid(detail, path=("url",))
    return texts[0] if texts else min(known)


def _merger(fresh: Fresh) -> Columns:
    new = fresh.record.new
    if not isinstance(new, KeptSpeaker):
        return {}
    if new.merged_into_id is not None and not is_deleted(fresh.record):
        raise Invalid("A speaker who was merged into another is deleted.", path=("merged_into_id",))
    return {"merged_into_id": new.merged_into_id}


def _address(new: NewSource) -> str | None:
    return canonical_of(new.canonical_url, new.url)


def _is_only_named(new: NewSource) -> bool:
    return new.text is None and new.url is not None and not isinstance(new, KeptSource)
