import datetime as dt
import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from marshmallow import ValidationError
from sqlalchemy import func, select, union

from claims_api import db
from claims_api.cli.loading import read_dossier
from claims_api.config import shipped
from claims_api.db import Database
from claims_api.errors import Failure, Invalid, QuoteNotFound
from claims_api.ids import derived_id
from claims_api.models.changes import Change
from claims_api.models.claims import Claim
from claims_api.models.passages import Passage
from claims_api.models.relations import Relation
from claims_api.models.sources import Source
from claims_api.models.topics import Topic
from claims_api.models.words import Stance
from claims_api.queries import claims as claim_queries
from claims_api.services import claims, dossiers, relations, speakers, topics
from claims_api.services.anchoring import Quote, anchor
from claims_api.services.claims import NewClaim
from claims_api.services.dossiers import Dossier, Keyed, LoadReport
from claims_api.services.evidence import NewEvidence
from claims_api.services.passages import NewPassage
from claims_api.services.sources import NewSource
from claims_api.services.speakers import NewSpeaker
from claims_api.services.texts.folding import fold
from claims_api.services.topics import NewTopic
from tests.conftest import KEPT

Rows = dict[str, list[tuple[Any, ...]]]

SMALL = Dossier(
    name="small",
    dated=dt.date(2025, 10, 22),
    speakers=[Keyed("kremlin", NewSpeaker("Kremlin"))],
    topics=[NewTopic("summit")],
    sources=[Keyed("report", NewSource("A report", text="No date was set, he said."))],
    claims=[Keyed("no-date", NewClaim(text="no date was set", speaker_id="kremlin", topics=["summit"]))],
)


@pytest.fixture(scope="module")
def seeds() -> Dossier:
    return read_dossier(shipped("seeds"))


def load(database: Database, dossier: Dossier) -> LoadReport:
    with database.writing() as session:
        return dossiers.load(session, dossier)


def rows(database: Database) -> Rows:
    """Read everything that is kept."""
    tables = [table for table in db.metadata.sorted_tables if table.name not in KEPT]
    with database.reading() as connection:
        return {
            table.name: [tuple(row) for row in connection.execute(select(table).order_by(*table.primary_key))]
            for table in tables
        }


def with_evidence(*links: NewEvidence) -> Dossier:
    return replace(SMALL, claims=[Keyed("no-date", NewClaim(text="no date was set", evidence=list(links)))])


def link(exact: str = "No date was set", **changes: Any) -> NewEvidence:
    return replace(NewEvidence(Stance.SUPPORTS, source_id="report", quote=Quote(exact)), **changes)


def quotes(dossier: Dossier) -> Iterator[tuple[str, Quote]]:
    """Give each quote of a dossier with the text that it stands in."""
    texts = {source.key: source.new.text or "" for source in dossier.sources}
    for claim in dossier.claims:
        yield from ((texts[str(each.source_id)], each.quote) for each in claim.new.evidence)
    yield from ((texts[each.new.source], each.new.quote) for each in dossier.passages)


class TestLoadSeeds:
    def test_makes_each_record_once(self, database: Database, seeds: Dossier) -> None:
        report = load(database, seeds)
        assert report.created == {
            "speakers": 17,
            "topics": 9,
            "sources": 6,
            "passages": 84,
            "claims": 29,
            "evidence": 109,
            "relations": 12,
            "versions": 1,
        }
        assert not report.unchanged
        kept = {name: len(each) for name, each in rows(database).items()}
        assert {name: kept[name] for name in report.created if name in kept} == {
            name: number for name, number in report.created.items() if name in kept
        }
        assert (kept["speakers"], kept["topics"], kept["sources"], kept["claims"]) == (17, 9, 6, 29)
        assert kept["evidence"] == sum(len(claim.new.evidence) for claim in seeds.claims)

    def test_makes_all_of_it_in_one_name(self, database: Database, seeds: Dossier) -> None:
        load(database, seeds)
        tables = [each for each in db.metadata.sorted_tables if "created_by" in each.c and each.name not in KEPT]
        with database.reading() as connection:
            told = connection.scalar(select(Change.actor).order_by(Change.seq.desc()).limit(1))
            made = set(connection.scalars(union(*(select(each.c.created_by) for each in tables))))
        assert (made, told) == ({"claims-api load"}, "claims-api load")

    def test_makes_all_of_it_in_its_first_version(self, database: Database, seeds: Dossier) -> None:
        load(database, seeds)
        with database.reading() as connection:
            assert set(connection.scalars(union(select(Passage.version), select(Source.version)))) == {1}

    def test_changes_nothing_the_second_time(self, database: Database, seeds: Dossier) -> None:
        created = load(database, seeds).created
        before = rows(database)
        report = load(database, seeds)
        del created["evidence"]  # which comes with its claims
        assert (report.created, report.unchanged) == ({}, {**created, "passages": 2})
        assert rows(database) == before

    def test_changes_nothing_that_a_person_has_changed_since(self, database: Database, seeds: Dossier) -> None:
        load(database, seeds)
        with database.writing() as session:
            patched, deleted = session.scalars(select(Claim.id).order_by(Claim.id).limit(2))
            claims.update(session, patched, {"text": "as I see it", "topics": ["my own"]})
            claims.delete(session, deleted)
            related = session.scalar(select(Relation.id))
            relations.delete(session, str(related))
        before = rows(database)
        assert not load(database, seeds).created
        assert rows(database) == before

    def test_gives_the_same_ids_in_every_database(self, database: Database, seeds: Dossier) -> None:
        load(database, seeds)
        midnight = dt.datetime.combine(seeds.dated, dt.time(), dt.UTC)
        keyed = {
            "speakers": [("speaker", each.key) for each in seeds.speakers],
            "topics": [("topic", each.name) for each in seeds.topics],
            "sources": [("source", each.key) for each in seeds.sources],
            "claims": [("claim", each.key) for each in seeds.claims],
        }
        kept = rows(database)
        for table, names in keyed.items():
            assert {row[0] for row in kept[table]} == {derived_id(midnight, seeds.name, *name) for name in names}
        links = [(claim.key, place) for claim in seeds.claims for place in range(len(claim.new.evidence))]
        assert {row[0] for row in kept["evidence"]} == {
            derived_id(midnight + dt.timedelta(milliseconds=n), seeds.name, "evidence", f"{key}/{n}")
            for key, n in links
        }

    def test_keeps_the_sources_own_words(self, database: Database, seeds: Dossier) -> None:
        load(database, seeds)
        texts = {source.new.text or "" for source in seeds.sources}
        with database.reading() as connection:
            kept = connection.execute(select(Passage.start, Passage.end, Passage.exact)).all()
        assert all(any(text[start:end] == exact for text in texts) for start, end, exact in kept)


class TestSeeds:
    def test_stand_at_the_offsets_they_give(self, seeds: Dossier) -> None:
        given = [(text, quote) for text, quote in quotes(seeds) if quote.start is not None]
        assert len(given) > 50
        for text, quote in given:
            assert fold(text[quote.start : quote.end]).text == fold(quote.exact or "").text

    def test_stand_where_their_words_alone_lead(self, seeds: Dossier) -> None:
        for text, quote in quotes(seeds):
            place = anchor(text, replace(quote, start=None, end=None))
            assert quote.start in {None, place.start}
            assert quote.end in {None, place.end}


class TestLoad:
    def test_uses_a_speaker_and_a_topic_that_are_there_already(self, database: Database) -> None:
        with database.writing() as session:
            speaker = speakers.create(session, NewSpeaker("The Kremlin", aliases=["kremlin"]))
            topics.create(session, name="Summit")
        report = load(database, SMALL)
        assert report.unchanged == {"speakers": 1, "topics": 1}
        with database.reading() as connection:
            assert connection.scalar(select(Claim.speaker_id)) == speaker.id
            assert connection.scalar(select(func.count()).select_from(Topic)) == 1

    def test_uses_a_speaker_who_is_there_under_an_alias(self, database: Database) -> None:
        with database.writing() as session:
            lavrov = speakers.create(session, NewSpeaker("Sergei Lavrov"))
        record = Keyed("kremlin", NewSpeaker("Sergey Lavrov", aliases=["Sergei Lavrov"]))
        assert load(database, replace(SMALL, speakers=[record])).unchanged == {"speakers": 1}
        with database.reading() as connection:
            assert connection.scalar(select(Claim.speaker_id)) == lavrov.id

    def test_does_not_choose_between_several_speakers(self, database: Database) -> None:
        with database.writing() as session:
            for _ in range(2):
                speakers.create(session, NewSpeaker("Kremlin"), allow_duplicate=True)
        with pytest.raises(Invalid) as refusal:
            load(database, SMALL)
        assert refusal.value.path == ("speakers", 0, "name")

    def test_keeps_two_of_one_name_apart(self, database: Database) -> None:
        officials = [Keyed(key, NewSpeaker("an official")) for key in ("kremlin", "other")]
        assert load(database, replace(SMALL, speakers=officials)).created["speakers"] == 2

    def test_keeps_a_passage_that_nothing_links(self, database: Database) -> None:
        passage = Keyed("he-said", NewPassage("report", Quote("he said")))
        assert load(database, replace(SMALL, passages=[passage])).created["passages"] == 1
        with database.reading() as connection:
            assert connection.execute(select(Passage.exact, Passage.start)).one() == ("he said", 17)

    def test_keeps_links_in_their_order(self, database: Database) -> None:
        quotes = ["No date was set, he said", "No date", "date was", "was set", "he said", "set, he said"]
        load(database, with_evidence(*map(link, quotes)))
        with database.reading() as connection:
            (claim_id,) = connection.scalars(select(Claim.id))
            claim = claim_queries.one(connection, claim_id)
        assert [each.exact for each in claim.evidence] == quotes

    def test_tells_two_dossiers_apart(self, database: Database) -> None:
        load(database, SMALL)
        other = replace(SMALL, name="other", speakers=[], topics=[], claims=[])
        assert load(database, other).created == {"sources": 1}

    @pytest.mark.parametrize("dated", [dt.date(1938, 9, 30), dt.date(1969, 12, 31), dt.date(2200, 1, 1)])
    def test_takes_a_dossier_of_any_day(self, database: Database, dated: dt.date) -> None:
        assert load(database, replace(SMALL, dated=dated)).created["claims"] == 1

    @pytest.mark.parametrize(
        "dossier",
        [
            replace(SMALL, speakers=[*SMALL.speakers, Keyed("kremlin", NewSpeaker("White House"))]),
            replace(SMALL, sources=[*SMALL.sources, Keyed("report", NewSource("Another report"))]),
            replace(SMALL, claims=[*SMALL.claims, Keyed("no-date", NewClaim(text="a date was set"))]),
        ],
        ids=["speakers", "sources", "claims"],
    )
    def test_refuses_one_key_for_two_records(self, database: Database, dossier: Dossier) -> None:
        refuse(database, dossier, Invalid)


def refuse(database: Database, dossier: Dossier, kind: type[Failure]) -> Failure:
    """Check that a dossier is refused and that nothing of it is kept."""
    with pytest.raises(kind) as caught:
        load(database, dossier)
    assert not any(rows(database).values())
    return caught.value


class TestRead:
    def test_keeps_a_text_as_it_is(self, tmp_path: Path) -> None:
        text = "\ufeffNo date.\r\n\tNone\u00a0at all. \n"
        (tmp_path / "report.txt").write_bytes(text.encode())
        source = {"key": "report", "title": "A report", "file": "report.txt"}
        document = {"name": "small", "dated": "2025-10-22", "sources": [source]}
        (tmp_path / "dossier.json").write_text(json.dumps(document))
        assert read_dossier(tmp_path).sources[0].new.text == text

    @pytest.mark.parametrize("unkept", ["No\x00date.", "No\ud800date."], ids=["NUL", "lone surrogate"])
    @pytest.mark.parametrize("member", ["title", "text"])
    def test_refuses_text_that_no_database_keeps(self, tmp_path: Path, member: str, unkept: str) -> None:
        source = {"key": "report", "title": "A report", member: unkept}
        document = {"name": "small", "dated": "2025-10-22", "sources": [source]}
        (tmp_path / "dossier.json").write_text(json.dumps(document))
        with pytest.raises((ValidationError, Failure)):
            read_dossier(tmp_path)


class TestLoadBroken:
    def test_keeps_nothing_where_the_last_quote_is_wrong(self, database: Database, seeds: Dossier) -> None:
        last = seeds.claims[-1]
        bad = replace(last.new.evidence[0], quote=Quote("words that stand nowhere in it"))
        broken = [*seeds.claims[:-1], replace(last, new=replace(last.new, evidence=[bad]))]
        refused = refuse(database, replace(seeds, claims=broken), QuoteNotFound)
        assert refused.path == ("claims", len(seeds.claims) - 1, "evidence", 0, "exact")

    def test_names_the_place_of_a_wrong_quote_in_a_passage(self, database: Database) -> None:
        passage = Keyed("never", NewPassage("report", Quote("never")))
        refused = refuse(database, replace(SMALL, passages=[passage]), QuoteNotFound)
        assert refused.path == ("passages", 0, "exact")

    @pytest.mark.parametrize(
        ("dossier", "key", "path"),
        [
            (
                replace(SMALL, claims=[Keyed("x", NewClaim(text="x", speaker_id="nobody"))]),
                "nobody",
                ("claims", 0, "speaker"),
            ),
            (
                replace(SMALL, passages=[Keyed("x", NewPassage("nothing", Quote("No")))]),
                "nothing",
                ("passages", 0, "source"),
            ),
            (with_evidence(link(), link("he said", source_id="no")), "no", ("claims", 0, "evidence", 1, "source")),
            (with_evidence(link(stated_by_id="who")), "who", ("claims", 0, "evidence", 0, "stated_by")),
        ],
        ids=["speaker", "source of a passage", "source of a link", "speaker of a link"],
    )
    def test_names_an_unknown_key_and_its_place(
        self, database: Database, dossier: Dossier, key: str, path: tuple[str | int, ...]
    ) -> None:
        refused = refuse(database, dossier, Invalid)
        assert repr(key) in refused.detail
        assert refused.path == path

    def test_keeps_nothing_of_a_claim_that_is_linked_to_one_passage_twice(self, database: Database) -> None:
        refused = refuse(database, with_evidence(link(), link("No date was set")), Failure)
        assert refused.path is not None
        assert refused.path[:4] == ("claims", 0, "evidence", 1)
