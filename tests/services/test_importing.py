"""The engine of import, on records as every format gives them."""

import datetime as dt
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import func, select

from claims_api import clock
from claims_api.db import Database
from claims_api.errors import Failure, Invalid, Malformed
from claims_api.models.assessments import Assessment
from claims_api.models.changes import Change
from claims_api.models.claims import Claim
from claims_api.models.evidence import Evidence
from claims_api.models.passages import Passage
from claims_api.models.relations import Relation
from claims_api.models.sources import Source, SourceVersion
from claims_api.models.speakers import Speaker
from claims_api.models.topics import Topic
from claims_api.models.words import Action, Basis, EntityKind, RelationType, SpeakerKind, Stance, Verdict
from claims_api.services import claims, ledger, merges, speakers, topics
from claims_api.services.anchoring import Quote
from claims_api.services.assessments import NewAssessment
from claims_api.services.claims import NewClaim
from claims_api.services.evidence import NewEvidence
from claims_api.services.imports import importing
from claims_api.services.imports.incoming import ExistingId, ImportReport, Incoming, Kind, Stamp, Unreadable
from claims_api.services.passages import NewPassage
from claims_api.services.relations import NewRelation
from claims_api.services.sources import NewSource
from claims_api.services.speakers import NewSpeaker
from claims_api.services.topics import NewTopic
from tests.api.factories import nothing_stored, wrong

TEXT = "The talks ended. No date was set, the spokesman said. A date was promised for spring."
SOURCE = Incoming("s", NewSource("A report", text=TEXT), line=1)
CLAIM = Incoming("c", NewClaim("no date was set"), line=2)
QUOTE = Quote(exact="No date was set")
EVIDENCE = NewEvidence(Stance.SUPPORTS, source_id="s", quote=QUOTE)
LINK = Incoming("c/0", EVIDENCE, of="c", line=3)


def imported(database: Database, *records: Incoming | Unreadable, **options: Any) -> ImportReport:
    """Import records, and hold that all is as it must be after that."""
    with database.writing() as session:
        ledger.act_as(session, "importer")
        report = importing.take(session, records, **{"collection": "test", **options})
    with database.reading() as connection:
        assert wrong(connection) == []
    return report


def refused(database: Database, *records: Incoming | Unreadable) -> dict[str, Any]:
    """Import records of which one is refused, and return what is said of it."""
    with nothing_stored(database), pytest.raises(Invalid) as failure:
        imported(database, *records)
    (error,) = failure.value.extra["errors"]
    found: dict[str, Any] = error
    return found


def number_of(database: Database, kind: Any) -> int:
    with database.reading() as connection:
        return connection.execute(select(func.count(kind.id))).scalar_one()


def the_one(database: Database, kind: Any) -> Any:
    with database.writing() as session:
        return session.scalars(select(kind)).one()


class TestRecords:
    def test_that_are_new_are_kept_counted_and_found(self, database: Database) -> None:
        report = imported(database, SOURCE, CLAIM, LINK)
        assert report.created == {"sources": 1, "claims": 1, "evidence": 1, "passages": 1}
        assert the_one(database, Claim).content_supports == 1
        assert the_one(database, Passage).exact == "No date was set"

    def test_that_come_again_change_nothing(self, database: Database) -> None:
        imported(database, SOURCE, CLAIM, LINK)
        with nothing_stored(database):
            report = imported(database, SOURCE, CLAIM, LINK)
        assert (report.created, report.unchanged) == ({}, {"sources": 1, "claims": 1, "evidence": 1, "passages": 1})

    def test_that_come_again_leave_what_people_have_changed(self, database: Database) -> None:
        imported(database, SOURCE, CLAIM)
        with database.writing() as session:
            claims.update(session, session.scalars(select(Claim)).one().id, {"text": "other words"})
        imported(database, SOURCE, CLAIM)
        assert the_one(database, Claim).text == "other words"

    def test_of_another_collection_are_others(self, database: Database) -> None:
        imported(database, CLAIM)
        imported(database, CLAIM, collection="another")
        assert number_of(database, Claim) == 2

    def test_with_one_key_are_one(self, database: Database) -> None:
        assert imported(database, CLAIM, replace(CLAIM, line=9)).unchanged == {"claims": 1}
        assert number_of(database, Claim) == 1

    def test_may_be_given_to_what_was_there_before(self, database: Database) -> None:
        imported(database, SOURCE, CLAIM)
        before = the_one(database, Claim)
        imported(database, LINK)
        after = the_one(database, Claim)
        assert (after.version, after.content_supports) == (before.version + 1, 1)

    def test_in_one_batch_need_no_order(self, database: Database) -> None:
        assert imported(database, LINK, CLAIM, SOURCE).created["evidence"] == 1

    def test_of_many_batches_find_each_other(self, database: Database) -> None:
        many = [Incoming(f"c{number}", NewClaim(f"claim {number}")) for number in range(2_500)]
        report = imported(database, SOURCE, *many, replace(LINK, of="c3"))
        assert (report.created["claims"], report.created["evidence"]) == (2_500, 1)


MANY = [Incoming(f"c{number}", NewClaim(f"claim {number}")) for number in range(1000)]


class TestAKeyThatComesAgainInALaterBatch:
    @pytest.mark.parametrize(
        "record",
        [
            Incoming("k", NewSpeaker("Kremlin")),
            Incoming("k", NewTopic("Summit")),
            Incoming("k", NewSource("a", url="https://example.org/a")),
            Incoming("k", NewPassage("s", QUOTE)),
        ],
        ids=lambda record: record.kind,
    )
    def test_still_stands_for_what_was_there(self, database: Database, record: Incoming) -> None:
        imported(database, replace(SOURCE, new=NewSource("A report", text=TEXT, url="https://example.org/a")))
        imported(database, SOURCE, replace(record, key="before"))
        report = imported(database, SOURCE, record, *MANY, record, *MANY, record)
        assert (report.unchanged[record.kind], report.created[record.kind]) == (
            4 if record.kind == "sources" else 3,
            0,
        )


class TestOneKeyForTwoThings:
    OTHER = replace(CLAIM, new=NewClaim("something else"), line=9)

    def test_is_refused_and_the_first_is_named(self, database: Database) -> None:
        error = refused(database, CLAIM, self.OTHER)
        assert (error["line"], error["external_id"], error["code"]) == (9, "c", "invalid")
        assert "line 2" in error["detail"]

    def test_is_refused_across_batches(self, database: Database) -> None:
        between = [Incoming(f"x{number}", NewClaim(f"claim {number}")) for number in range(1_100)]
        assert refused(database, CLAIM, *between, self.OTHER)["line"] == 9

    def test_is_refused_where_the_first_was_there_before(self, database: Database) -> None:
        imported(database, CLAIM)
        assert refused(database, CLAIM, self.OTHER)["line"] == 9

    def test_leaves_the_first_where_what_is_wrong_is_skipped(self, database: Database) -> None:
        report = imported(database, SOURCE, CLAIM, self.OTHER, LINK, skips=True)
        assert (report.refusals, report.created["evidence"]) == (1, 1)
        assert the_one(database, Claim).text == "no date was set"

    def test_is_refused_of_links_wherever_they_stand(self, database: Database) -> None:
        other = replace(LINK, new=replace(EVIDENCE, quote=Quote(start=0, end=9)), place=7, line=9)
        assert refused(database, SOURCE, CLAIM, LINK, other)["line"] == 9

    def test_is_no_matter_of_other_files(self, database: Database) -> None:
        imported(database, CLAIM)
        assert imported(database, self.OTHER).unchanged == {"claims": 1}

    def test_is_no_matter_of_other_kinds(self, database: Database) -> None:
        imported(database, SOURCE, replace(CLAIM, key="s"))

    def test_is_nothing_where_many_lines_speak_of_one(self, database: Database) -> None:
        first, other = (replace(each, shared=True) for each in (CLAIM, self.OTHER))
        assert imported(database, first, other).unchanged == {"claims": 1}


class TestPassagesOfQuotes:
    def test_are_counted_once_where_they_are_there(self, database: Database) -> None:
        imported(database, SOURCE, CLAIM, LINK)
        further = [Incoming(f"c{number}", NewClaim(f"claim {number}")) for number in range(1_100)]
        links = [replace(LINK, key=f"{each.key}/0", of=each.key) for each in further]
        report = imported(database, SOURCE, CLAIM, LINK, *further, *links)
        assert (report.created["evidence"], report.created["passages"], report.unchanged["passages"]) == (1_100, 0, 1)

    def test_are_not_unchanged_where_they_were_made(self, database: Database) -> None:
        report = imported(database, SOURCE, CLAIM, LINK, replace(CLAIM, key="d"), replace(LINK, key="d/0", of="d"))
        assert (report.created["passages"], report.unchanged["passages"]) == (1, 0)


class TestWhatSpeaksOfTheRefused:
    def test_is_told_which_line_that_was(self, database: Database) -> None:
        bad = replace(CLAIM, new=NewClaim(None), line=2)
        report = imported(database, SOURCE, bad, LINK, skips=True)
        assert report.refused[1].detail == "The claim with the key 'c' was refused: line 2."
        assert report.refused[1].path == ()

    def test_is_told_which_line_could_not_be_read(self, database: Database) -> None:
        bad = Unreadable(Malformed("no JSON"), 2, "c", kind=Kind.CLAIMS)
        report = imported(database, SOURCE, bad, LINK, skips=True)
        assert "line 2" in report.refused[1].detail

    def test_is_told_where_it_never_was(self, database: Database) -> None:
        error = refused(database, SOURCE, LINK)
        assert (error["detail"], error["pointer"]) == ("There is no claim with the key 'c' before this record.", "")


class TestTheLedger:
    def test_tells_of_each_entity_once_and_of_what_is_referred_to_first(self, database: Database) -> None:
        with database.reading() as connection:
            last = connection.execute(select(func.max(Change.seq))).scalar() or 0
        imported(database, SOURCE, CLAIM, LINK)
        with database.reading() as connection:
            told = connection.execute(
                select(Change.entity, Change.action, Change.actor).where(Change.seq > last).order_by(Change.seq)
            ).all()
        kinds = EntityKind.SOURCE, EntityKind.PASSAGE, EntityKind.CLAIM, EntityKind.EVIDENCE
        assert told == [(kind, Action.CREATE, "importer") for kind in kinds]
        made = [the_one(database, kind).created_by for kind in (Source, SourceVersion, Passage, Claim, Evidence)]
        assert set(made) == {"importer"}

    def test_tells_of_a_claim_that_gets_evidence_as_an_update(self, database: Database) -> None:
        imported(database, SOURCE, CLAIM)
        imported(database, LINK)
        with database.reading() as connection:
            newest = select(Change.action, Change.state).where(Change.entity == EntityKind.CLAIM)
            row = connection.execute(newest.order_by(Change.seq.desc()).limit(1)).one()
        assert (row.action, row.state["content_supports"], row.state["version"]) == (Action.UPDATE, 1, 2)

    def test_bears_the_moment_that_the_entities_bear_or_a_later_one(self, database: Database) -> None:
        imported(database, CLAIM)
        made = the_one(database, Claim)
        with database.reading() as connection:
            at = connection.execute(select(func.max(Change.at)).where(Change.entity_id == made.id)).scalar_one()
        assert made.created_at == made.updated_at <= at


class TestQuotes:
    def test_at_given_offsets_stand_there(self, database: Database) -> None:
        quote = Quote(exact="date", start=56, end=60)
        imported(database, SOURCE, CLAIM, replace(LINK, new=replace(EVIDENCE, quote=quote)))
        found = the_one(database, Passage)
        assert (found.start, found.exact) == (56, "date")

    def test_that_stand_nowhere_are_refused_with_their_line_and_key(self, database: Database) -> None:
        link = replace(LINK, new=replace(EVIDENCE, quote=Quote(exact="never said")), path=("evidence", 0))
        error = refused(database, SOURCE, CLAIM, link)
        assert (error["line"], error["external_id"], error["code"]) == (3, "c/0", "quote-not-found")
        assert error["pointer"] == "/evidence/0/exact"

    def test_in_one_place_share_a_passage(self, database: Database) -> None:
        other = Incoming("d", NewClaim("another"))
        imported(database, SOURCE, CLAIM, other, LINK, replace(LINK, key="d/0", of="d"))
        assert (number_of(database, Passage), number_of(database, Evidence)) == (1, 2)

    def test_use_the_passage_that_stands_there_from_before(self, database: Database) -> None:
        imported(database, SOURCE, Incoming("p", NewPassage("s", QUOTE)))
        imported(database, CLAIM, LINK)
        assert number_of(database, Passage) == 1

    def test_of_a_source_without_text_are_not_verified(self, database: Database) -> None:
        bare = Incoming("s", NewSource("A report"))
        imported(database, bare, CLAIM, LINK)
        imported(database, replace(LINK, key="c/1"))
        assert the_one(database, Passage).match == "unverified"

    def test_of_a_source_known_by_its_url_only_are_checked_against_its_text(self, database: Database) -> None:
        url = "https://example.org/a"
        imported(database, replace(SOURCE, new=NewSource("A report", text=TEXT, url=f"{url}?utm_source=x")))
        named = Incoming("by url", NewSource("a", url=url))
        imported(database, named, CLAIM, replace(LINK, new=replace(EVIDENCE, source_id="by url")))
        assert number_of(database, Source) == 1
        assert the_one(database, Passage).match == "exact"


class TestSourcesOfOneUrl:
    """Whatever stands between them: batches end somewhere."""

    URL = "https://news.example/talks"
    WITH_TEXT = Incoming("s", NewSource("A report", text=TEXT, url=URL), line=1)
    NAMED = Incoming("t", NewSource("The same", url=URL), line=2)
    QUOTED = Incoming("c/0", NewEvidence(Stance.SUPPORTS, source_id="t", quote=QUOTE), of="c", line=3)

    @pytest.fixture(params=[0, 1000], ids=["one batch", "two batches"])
    def between(self, request: pytest.FixtureRequest) -> list[Incoming]:
        return [Incoming(f"between {each}", NewSource("Another")) for each in range(request.param)]

    def test_that_has_its_text_in_the_same_file_are_it(self, database: Database, between: list[Incoming]) -> None:
        imported(database, self.WITH_TEXT, *between, self.NAMED, CLAIM, self.QUOTED)
        assert number_of(database, Source) == 1 + len(between)
        assert the_one(database, Passage).match == "exact"

    def test_that_have_two_texts_are_refused_the_first_time_too(
        self, database: Database, between: list[Incoming]
    ) -> None:
        imported(database, Incoming("u", NewSource("Yet another", text=TEXT + " ", url=self.URL)))
        assert "Several sources of this URL" in refused(database, self.WITH_TEXT, *between, self.NAMED)["detail"]


class TestNames:
    @pytest.mark.parametrize("number", [0, 1000])
    def test_that_nobody_knew_are_written_as_they_were_first(self, database: Database, number: int) -> None:
        between = [Incoming(f"between {each}", NewClaim("x")) for each in range(number)]
        first = NewClaim("x", speaker=NewSpeaker("Kremlin", SpeakerKind.ORGANIZATION), topics=["Summit"])
        later = NewClaim("y", speaker=NewSpeaker("KREMLIN"), topics=["SUMMIT"])
        imported(database, Incoming("c", first), *between, Incoming("d", later))
        speaker, topic = the_one(database, Speaker), the_one(database, Topic)
        assert (speaker.name, speaker.kind, topic.name) == ("Kremlin", SpeakerKind.ORGANIZATION, "Summit")

    def test_find_who_goes_by_them_and_make_whom_nobody_knows(self, database: Database) -> None:
        with database.writing() as session:
            speakers.create(session, NewSpeaker("Sergey Lavrov", aliases=["Lavrov"]))
        made = [
            Incoming(str(number), NewClaim(name, speaker=NewSpeaker(name)))
            for number, name in enumerate(["LAVROV", "Kremlin", "kremlin"])
        ]
        imported(database, *made)
        assert number_of(database, Speaker) == 2

    def test_that_several_go_by_are_refused(self, database: Database) -> None:
        with database.writing() as session:
            for _ in range(2):
                speakers.create(session, NewSpeaker("John Smith"), allow_duplicate=True)
        error = refused(database, Incoming("c", NewClaim("a", speaker=NewSpeaker("John Smith")), line=7))
        assert (error["line"], error["pointer"]) == (7, "/speaker")

    @pytest.mark.parametrize("number", [0, 1000])
    def test_that_a_second_one_got_meanwhile_are_refused(self, database: Database, number: int) -> None:
        between = [Incoming(f"between {each}", NewClaim("x")) for each in range(number)]
        first, second = (Incoming(key, NewSpeaker("Smith"), shared=True) for key in "ab")
        earlier, later = (Incoming(key, NewClaim(key, speaker=NewSpeaker("Smith"))) for key in "cd")
        report = imported(database, first, earlier, *between, second, later, skips=True)
        assert [each.external_id for each in report.refused][-1] == "d"

    def test_do_not_make_one_of_two_speakers_with_keys_of_their_own(self, database: Database) -> None:
        two = [Incoming(key, NewSpeaker("John Smith", SpeakerKind.PERSON)) for key in "ab"]
        imported(database, *two)
        imported(database, *two)
        assert number_of(database, Speaker) == 2

    def test_lead_from_a_key_to_the_speaker_who_was_there(self, database: Database) -> None:
        with database.writing() as session:
            known = speakers.create(session, NewSpeaker("Kremlin")).id
        report = imported(database, Incoming("k", NewSpeaker("KREMLIN")), Incoming("c", NewClaim("a", speaker_id="k")))
        assert report.unchanged == {"speakers": 1}
        assert the_one(database, Claim).speaker_id == known

    def test_of_a_speaker_who_was_merged_since_lead_to_who_stands_for_them(self, database: Database) -> None:
        imported(database, Incoming("a", NewSpeaker("A")), Incoming("b", NewSpeaker("B")))
        with database.writing() as session:
            first, second = session.scalars(select(Speaker).order_by(Speaker.name)).all()
            merges.merge(session, first.id, second.id)
        imported(database, Incoming("a", NewSpeaker("A")), Incoming("c", NewClaim("x", speaker_id="a")))
        assert the_one(database, Claim).speaker_id == second.id

    @pytest.mark.parametrize("name", ['"a", b', "a\\b", "{a,b}", "NULL", "a'b"])
    def test_of_topics_find_them_whatever_signs_they_are_written_with(self, database: Database, name: str) -> None:
        for key in "cd":
            imported(database, Incoming(key, NewClaim("a", topics=[name])))
        assert the_one(database, Topic).name == name

    def test_of_topics_find_them_in_any_spelling(self, database: Database) -> None:
        with database.writing() as session:
            topics.create(session, name="Summit")
        claim = Incoming("c", NewClaim("a", topics=["summit", "other", "Other"]))
        imported(database, Incoming("t", NewTopic("SUMMIT")), claim)
        assert number_of(database, Topic) == 2

    def test_that_are_made_are_counted(self, database: Database) -> None:
        claim = Incoming("c", NewClaim("a", speaker=NewSpeaker("A"), topics=["b", "c"]))
        link = replace(LINK, new=replace(EVIDENCE, stated_by=NewSpeaker("D")))
        report = imported(database, SOURCE, claim, link)
        assert (report.created["speakers"], report.created["topics"]) == (2, 2)

    def test_in_records_that_are_refused_make_nobody(self, database: Database) -> None:
        claim = Incoming("d", NewClaim("a", speaker=NewSpeaker("A"), topics=["b"], first_appearance_id="nothing"))
        quote = Quote(exact="never said")
        link = replace(LINK, new=replace(EVIDENCE, quote=quote, stated_by=NewSpeaker("D")))
        report = imported(database, SOURCE, CLAIM, claim, link, skips=True)
        assert (report.refusals, number_of(database, Speaker), number_of(database, Topic)) == (2, 0, 0)

    def test_in_records_that_are_refused_can_be_made_later(self, database: Database) -> None:
        bad = Incoming("d", NewClaim("a", speaker=NewSpeaker("A"), topics=["b"], first_appearance_id="nothing"))
        named = Incoming("s", NewSpeaker("A")), Incoming("t", NewTopic("b"))
        good = Incoming("e", NewClaim("a", speaker=NewSpeaker("A"), topics=["b"]))
        report = imported(database, bad, *MANY[1:], *named, good, skips=True)
        assert (report.refusals, number_of(database, Speaker), number_of(database, Topic)) == (1, 1, 1)


class TestReferences:
    @pytest.mark.parametrize(
        "record",
        [
            replace(LINK, of="nobody"),
            replace(LINK, new=replace(EVIDENCE, source_id="nobody")),
            replace(LINK, new=NewEvidence(Stance.SUPPORTS, passage_id="nobody")),
            replace(LINK, new=replace(EVIDENCE, stated_by_id="nobody")),
            replace(LINK, new=replace(EVIDENCE, stated_by_id=ExistingId("0199f6a1-0000-7000-8000-000000000000"))),
            Incoming("a", NewAssessment(Verdict.REFUTED), of="nobody"),
            Incoming("r", NewRelation(RelationType.SUPPORTS, "nobody"), of="c"),
            Incoming("d", NewClaim("b", speaker_id="nobody")),
            Incoming("d", NewClaim("b", first_appearance_id="nobody")),
            Incoming("d", NewClaim("b", topics=[ExistingId("0199f6a1-0000-7000-8000-000000000000")])),
            Incoming("p", NewPassage("nobody", QUOTE)),
        ],
        ids=[
            "claim",
            "source",
            "passage",
            "stated by",
            "an id",
            "assessed",
            "target",
            "speaker",
            "first",
            "topic",
            "quoted",
        ],
    )
    def test_to_nothing_are_refused(self, database: Database, record: Incoming) -> None:
        assert "There is no" in refused(database, SOURCE, CLAIM, record)["detail"]

    def test_to_what_was_deleted_are_refused(self, database: Database) -> None:
        imported(database, SOURCE, CLAIM)
        with database.writing() as session:
            claims.delete(session, session.scalars(select(Claim)).one().id)
        assert "was deleted" in refused(database, LINK)["detail"]

    def test_by_id_need_no_key(self, database: Database) -> None:
        imported(database, SOURCE, CLAIM)
        new = NewEvidence(Stance.SUPPORTS, source_id=ExistingId(the_one(database, Source).id), quote=QUOTE)
        link = Incoming("c/0", new, of=ExistingId(the_one(database, Claim).id))
        assert imported(database, link, collection="another").created["evidence"] == 1


class TestLinks:
    def test_of_one_claim_and_passage_that_say_the_same_are_one(self, database: Database) -> None:
        report = imported(database, SOURCE, CLAIM, LINK, replace(LINK, key="c/1"))
        assert (report.created["evidence"], report.unchanged["evidence"]) == (1, 1)

    @pytest.mark.parametrize(
        "new", [replace(EVIDENCE, stance=Stance.CONTRADICTS), replace(EVIDENCE, basis=Basis.ATTRIBUTION)]
    )
    def test_of_one_claim_and_passage_that_say_otherwise_are_refused(self, database: Database, new: Any) -> None:
        assert refused(database, SOURCE, CLAIM, LINK, replace(LINK, key="c/1", new=new))["code"] == "duplicate"

    def test_that_are_refused_leave_no_passage(self, database: Database) -> None:
        report = imported(database, SOURCE, replace(LINK, of="nobody"), skips=True)
        assert (report.refusals, number_of(database, Passage)) == (1, 0)


class TestAssessmentsAndRelations:
    def test_are_kept_and_counted(self, database: Database) -> None:
        imported(
            database,
            CLAIM,
            Incoming("d", NewClaim("another")),
            Incoming("a", NewAssessment(Verdict.REFUTED, reviewer="Checkers"), of="c"),
            Incoming("r", NewRelation(RelationType.CONTRADICTS, "d"), of="c"),
        )
        with database.reading() as connection:
            assert sorted(connection.scalars(select(Claim.assessed_refuted))) == [0, 1]
        assert number_of(database, Relation) == 1

    def test_of_another_copy_whose_clock_is_ahead_keep_their_moments(self, database: Database) -> None:
        ahead = clock.utcnow() + dt.timedelta(minutes=1)
        stamp = Stamp(ahead, ahead, "another", 1)
        new = NewAssessment(Verdict.REFUTED, reviewer="Checkers", assessed_at=ahead)
        imported(database, CLAIM, Incoming("a", new, of="c", stamp=stamp))
        assert the_one(database, Assessment).assessed_at == ahead

    def test_of_a_rating_outside_its_scale_are_refused(self, database: Database) -> None:
        new = NewAssessment(Verdict.REFUTED, rating_value=9, best_rating=5, worst_rating=1)
        assert refused(database, CLAIM, Incoming("a", new, of="c"))["pointer"] == "/rating_value"

    def test_that_are_there_already_are_not_made_again(self, database: Database) -> None:
        one = Incoming("r", NewRelation(RelationType.CONTRADICTS, "d"), of="c")
        back = Incoming("q", NewRelation(RelationType.CONTRADICTS, "c"), of="d")
        report = imported(database, CLAIM, Incoming("d", NewClaim("another")), one, back)
        assert report.unchanged == {"relations": 1}

    def test_in_a_circle_are_refused(self, database: Database) -> None:
        others = [Incoming(key, NewClaim(key)) for key in "de"]
        chain = [
            Incoming(f"{first}{second}", NewRelation(RelationType.SUPERSEDES, second), of=first)
            for first, second in ("cd", "de", "ec")
        ]
        assert "circle" in refused(database, CLAIM, *others, *chain)["detail"]


class TestWhatIsWrong:
    def test_ends_all_of_it_and_is_told_at_once(self, database: Database) -> None:
        bad = [Incoming(str(number), NewClaim(None), line=number) for number in range(3)]
        with nothing_stored(database), pytest.raises(Invalid) as failure:
            imported(database, SOURCE, CLAIM, *bad)
        assert [error["line"] for error in failure.value.extra["errors"]] == [0, 1, 2]

    def test_is_told_a_hundred_times_at_most(self, database: Database) -> None:
        with pytest.raises(Invalid) as failure:
            imported(database, *(Incoming(str(number), NewClaim(None)) for number in range(5_000)))
        assert len(failure.value.extra["errors"]) == 100

    def test_is_left_out_where_that_is_asked_for_and_so_is_what_refers_to_it(self, database: Database) -> None:
        report = imported(database, SOURCE, replace(CLAIM, new=NewClaim(None)), LINK, skips=True)
        assert (report.refusals, [each.external_id for each in report.refused]) == (2, ["c", "c/0"])
        assert (number_of(database, Source), number_of(database, Claim)) == (1, 0)

    @pytest.mark.parametrize("between", [0, 1_100])
    def test_is_said_again_no_less_wrong(self, database: Database, between: int) -> None:
        beside = [Incoming(f"x{number}", NewClaim(f"claim {number}")) for number in range(between)]
        report = imported(database, LINK, replace(LINK, line=7), *beside, replace(LINK, line=9), skips=True)
        assert (report.refusals, report.unchanged["evidence"]) == (3, 0)

    def test_is_what_could_not_be_read_too(self, database: Database) -> None:
        report = imported(database, CLAIM, Unreadable(Malformed("no JSON"), line=9), skips=True)
        assert [(each.line, each.code) for each in report.refused] == [(9, "malformed")]

    def test_in_the_reading_itself_keeps_nothing(self, database: Database) -> None:
        def broken() -> Iterator[Incoming]:
            yield CLAIM
            raise Malformed("It breaks off.")

        with nothing_stored(database), pytest.raises(Failure):
            importing_all(database, broken())


def importing_all(database: Database, records: Iterable[Incoming]) -> None:
    with database.writing() as session:
        importing.take(session, records, collection="test")
