"""Take passages and evidence of an import, finding each quote in its source's text; see ``services.imports.takers``."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, cast

from sqlalchemy import func, select

from claims_api import db, ids
from claims_api.db import staging
from claims_api.errors import Duplicate, Failure, Invalid
from claims_api.models.evidence import Evidence
from claims_api.models.passages import Passage
from claims_api.services import evidence
from claims_api.services.anchoring import Quote
from claims_api.services.evidence import NewEvidence
from claims_api.services.imports import by_quote, take_bundled
from claims_api.services.imports.by_quote import AskedQuote
from claims_api.services.imports.incoming import Incoming, KeptPassage, Kind
from claims_api.services.imports.takers import (
    Columns,
    EntityTaker,
    Fresh,
    claim_of,
    is_deleted,
    speaker_of,
    those_named,
    touch,
)
from claims_api.services.passages import NewPassage


class Passages(EntityTaker):
    """Passages under keys of their own; one that stands at the place already is used as it is."""

    kind, model = Kind.PASSAGES, Passage

    def prepare(self, records: Sequence[Incoming]) -> None:
        """Find the places of the quotes."""
        new = [each.new for each in records if isinstance(each.new, NewPassage)]
        kept = [each for each in records if isinstance(each.new, KeptPassage)]
        sources = [*(each.source for each in new), *(cast("KeptPassage", each.new).source for each in kept)]
        self.run.references.look_up(Kind.SOURCES, sources, exclusively=True)
        self._placed = {**self._quoted(new), **take_bundled.verified(self.run, kept)}
        found = [each for each in self._placed.values() if not isinstance(each, Failure)]
        self._there = by_quote.standing(self.run.bulk, found)

    def columns(self, fresh: Fresh) -> Columns | None:
        """Return the columns of a passage, or None where one stands there already.

        Raises ``Invalid`` for an unknown source, and what ``passages.columns`` raises.
        """
        placed = self._placed[id(fresh.record.new)]
        if isinstance(placed, Failure):
            raise placed
        if is_deleted(fresh.record):
            return placed
        there = self._there.setdefault(by_quote.place_of(placed), fresh.id)
        if there == fresh.id:
            return placed
        self.run.references.stands_for(fresh.id, there)
        return None

    def _quoted(self, new: Sequence[NewPassage]) -> dict[int, Columns | Failure]:
        found = [self._asked(each) for each in new]
        placed = iter(by_quote.places(self.run.bulk, [each for each in found if isinstance(each, AskedQuote)]))
        columns = [each if isinstance(each, Failure) else next(placed) for each in found]
        return {id(each): column for each, column in zip(new, columns, strict=True)}

    def _asked(self, new: NewPassage) -> AskedQuote | Failure:
        try:
            return AskedQuote(self.run.references.found(Kind.SOURCES, new.source).id, new.quote)
        except Failure as failure:
            return failure


class Links(EntityTaker):
    """Evidence, and the passages of its quotes."""

    kind, model = Kind.EVIDENCE, Evidence

    def prepare(self, records: Sequence[Incoming]) -> None:
        """Look up claims, passages, sources and speakers."""
        new = [cast("NewEvidence", each.new) for each in records]
        references = self.run.references
        references.look_up(Kind.CLAIMS, [each.of for each in records], exclusively=True)
        references.look_up(Kind.SPEAKERS, [each.stated_by_id for each in new])
        references.look_up(Kind.PASSAGES, [each.passage_id for each in new])
        references.look_up(Kind.SOURCES, [each.source_id for each in new], exclusively=True)
        self.run.names.look_up_speakers(those_named(each.stated_by for each in new))

    def columns(self, fresh: Fresh) -> Columns | None:
        """Return the columns of a link; its quote, in place of ``passage_id``, is found only in ``keep``.

        Raises ``Invalid`` for an unknown claim, passage, source or speaker, and without either passage or source.
        """
        new = cast("NewEvidence", fresh.record.new)
        claim = claim_of(self, fresh.record)
        return {
            "claim_id": claim,
            "passage_id": self._passage(new),
            "stated_by_id": speaker_of(self, new.stated_by, new.stated_by_id, field="stated_by"),
            **evidence.columns(new),
        }

    def keep(self, made: Sequence[tuple[Fresh, Columns]]) -> None:
        """Find the quotes, write the passages that are new, and then the links; what is not found is refused."""
        anchored = self._anchored(made)
        passage_ids = self._passages([columns["passage_id"] for _, columns in anchored])
        known = self._known(anchored, passage_ids)
        rows: list[tuple[Fresh, Columns]] = []
        for (fresh, columns), passage_id in zip(anchored, passage_ids, strict=True):
            link = columns | {"passage_id": passage_id}
            if self._is_new(fresh, link, known):
                rows.append((fresh, link))
        self.run.names.make_speakers(link["stated_by_id"] for _, link in rows)
        super().keep(rows)
        touch(self, [fresh.record for fresh, _ in rows])

    def _passage(self, new: NewEvidence) -> str | AskedQuote:
        if (new.passage_id is None) == (new.source_id is None):
            raise Invalid("Give either a passage, or a source with a quote.", path=("source",))
        if new.passage_id is not None:
            if new.quote != Quote():
                raise Invalid("A quote goes with a source; the passage has its own.", path=("passage",))
            return self.run.references.found(Kind.PASSAGES, new.passage_id).id
        return AskedQuote(self.run.references.found(Kind.SOURCES, cast("str", new.source_id)).id, new.quote)

    def _anchored(self, made: Sequence[tuple[Fresh, Columns]]) -> list[tuple[Fresh, Columns]]:
        """Return the links whose quotes were found, each quote replaced by the columns of its passage."""
        asked = [columns["passage_id"] for _, columns in made if isinstance(columns["passage_id"], AskedQuote)]
        placed = iter(by_quote.places(self.run.bulk, asked))
        anchored = []
        for fresh, columns in made:
            found = next(placed) if isinstance(columns["passage_id"], AskedQuote) else columns["passage_id"]
            if isinstance(found, Failure):
                self.run.refuse(fresh.record, found)
            else:
                anchored.append((fresh, columns | {"passage_id": found}))
        return anchored

    def finish(self) -> None:
        """Count the passages that were there already, each once."""
        old = select(func.count()).where(staging.passages.c.is_new == 0)
        if number := self.run.connection.scalar(old):
            self.run.report.unchanged[Kind.PASSAGES] += number

    def already(self, there: Mapping[str, Incoming]) -> None:
        """Remember the passages of quotes of links that are there already."""
        quoted = [
            identity for identity, record in there.items() if cast("NewEvidence", record.new).source_id is not None
        ]
        rows = select(Evidence.passage_id).where(db.among(Evidence.id, quoted))
        self._remember(self.run.connection.scalars(rows).all() if quoted else ())

    def _remember(self, passage_ids: Iterable[str]) -> None:
        """Note the passages of quotes, each once, to be counted as unchanged."""
        wanted = set(passage_ids)
        column = staging.passages.c.id
        known = self.run.connection.scalars(select(column).where(db.among(column, wanted))).all() if wanted else ()
        self.run.bulk.insert(staging.passages, [{"id": each, "is_new": 0} for each in wanted.difference(known)])

    def _passages(self, found: Sequence[str | Columns]) -> list[str]:
        """Return the ids of passages, writing those that are new."""
        placed = [each for each in found if not isinstance(each, str)]
        there = by_quote.standing(self.run.bulk, placed)
        rows = []
        for columns in placed:
            place = by_quote.place_of(columns)
            if place not in there:
                there[place] = ids.new_id()
                rows.append({"id": there[place], **columns, **self.run.bulk.stamp})
        self.run.bulk.add(Passage, rows)
        self.run.bulk.insert(staging.passages, [{"id": row["id"], "is_new": 1} for row in rows])
        self._remember({there[by_quote.place_of(each)] for each in placed}.difference(row["id"] for row in rows))
        self.run.report.created[Kind.PASSAGES] += len(rows)
        return [each if isinstance(each, str) else there[by_quote.place_of(each)] for each in found]

    def _known(self, made: Iterable[tuple[Fresh, Columns]], passage_ids: Sequence[str]) -> dict[Any, Columns]:
        """Return the live links between these claims and passages."""
        claim_ids = {columns["claim_id"] for _, columns in made}
        live = select(Evidence.claim_id, Evidence.passage_id, Evidence.stance, Evidence.basis).where(
            db.among(Evidence.claim_id, claim_ids),
            db.among(db.unindexed(Evidence.passage_id), set(passage_ids)),
            Evidence.deleted_at.is_(None),
        )
        return {(row.claim_id, row.passage_id): row._asdict() for row in self.run.connection.execute(live).all()}

    def _is_new(self, fresh: Fresh, link: Columns, known: dict[Any, Columns]) -> bool:
        if is_deleted(fresh.record):
            return True
        there = known.setdefault((link["claim_id"], link["passage_id"]), link)
        if there is link:
            return True
        if (there["stance"], there["basis"]) == (link["stance"], link["basis"]):
            self.unchanged()
        else:
            detail = "This claim and this passage are linked already, with another stance or basis."
            self.run.refuse(fresh.record, Duplicate(detail, path=()))
        return False
