"""Collections in the neutral form, in the manner of FEVER, and tables, on their way into a database, and out again."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from claims_api.db import Database
from claims_api.errors import Invalid
from claims_api.queries.exports import Selection
from claims_api.schemas.formats import claims_csv, evidence_csv, fever, fever_out, neutral
from claims_api.services.imports import importing
from claims_api.services.imports.incoming import ImportReport, Records
from tests.api.factories import (
    TEXT,
    Thing,
    make_assessment,
    make_claim,
    make_evidence,
    make_source,
    wrong,
)
from tests.conftest import Api, emptied
from tests.schemas.records import lines, of_bytes

Lines = list[tuple[int, bytes]]
SOURCE = {"kind": "source", "key": "s", "title": "A report", "text": "No date was set, he said. \u201cNo\u201d date."}
CLAIM = {"kind": "claim", "key": "c", "text": "no date was set", "speaker": "Facebook posts", "date": None}
LINK = {
    "kind": "evidence",
    "claim_key": "c",
    "source_key": "s",
    "quote": "date",
    "start": 3,
    "end": 7,
    "stance": "supports",
}


class Importing:
    def __init__(self, database: Database) -> None:
        self.database = database

    def __call__(self, read: Callable[[Lines], Records], given: Lines, *, skips: bool = False) -> ImportReport:
        with self.database.writing() as session:
            return importing.take(session, read(given), collection="tests", skips=skips)


@pytest.fixture
def take(database: Database) -> Iterator[Importing]:
    yield Importing(database)
    with database.reading() as connection:
        assert wrong(connection) == []


def written(database: Database, write: Callable[..., Iterator[bytes]], **filters: Any) -> Lines:
    with database.reading() as connection:
        return of_bytes(b"".join(write(connection, Selection(filters))))


def made(report: ImportReport) -> dict[str, int]:
    return {kind: number for kind, number in report.created.items() if number}


def claims(api: Api) -> list[Thing]:
    found: list[Thing] = api.read("/v1/claims?include=evidence&sort=created_at")["data"]
    return found


def known(thing: Any) -> Any:
    """Return what is known of something, but for when and by whom it was kept, and under which ids."""
    if isinstance(thing, dict):
        kept = {"id", "claim_id", "created_at", "updated_at", "created_by", "version", "source_version"}
        return {name: known(value) for name, value in thing.items() if name not in kept}
    return [known(each) for each in thing] if isinstance(thing, list) else thing


class TestNeutral:
    def test_comes_in_and_a_second_time_changes_nothing(self, take: Importing, api: Api) -> None:
        given = lines(SOURCE, CLAIM, LINK, {"kind": "label", "claim_key": "c", "label": "REFUTES"})
        assert made(take(neutral.records, given)) == {
            "speakers": 1, "sources": 1, "claims": 1, "passages": 1, "evidence": 1, "assessments": 1,
        }  # fmt: skip
        assert made(take(neutral.records, given)) == {}
        [claim] = claims(api)
        assert (claim["label"], claim["assessment"]["verdict"]) == ("Facebook posts: no date was set", "supported")

    def test_has_its_quotes_where_the_annotators_say(self, take: Importing, api: Api) -> None:
        take(neutral.records, lines(SOURCE, CLAIM, {**LINK, "start": 31, "end": 35}))
        [link] = claims(api)[0]["evidence"]
        stands = [link["passage"][name] for name in ("exact", "start", "end", "match")]
        assert stands == ["date", 31, 35, "exact"]

    def test_forgives_typography_at_the_place(self, take: Importing, api: Api) -> None:
        take(neutral.records, lines(SOURCE, CLAIM, {**LINK, "quote": '"No"', "start": 26, "end": 30}))
        [link] = claims(api)[0]["evidence"]
        assert (link["passage"]["exact"], link["passage"]["match"]) == ("\u201cNo\u201d", "folded")

    def test_refuses_other_words_at_the_place_and_tells_where(self, take: Importing) -> None:
        with pytest.raises(Invalid) as refusal:
            take(neutral.records, lines(SOURCE, CLAIM, {**LINK, "start": 4, "end": 8}))
        [error] = refusal.value.extra["errors"]
        assert (error["line"], error["code"]) == (3, "quote-mismatch")

    def test_keeps_a_link_with_a_key_where_it_stood_first(self, take: Importing, api: Api) -> None:
        take(neutral.records, lines(SOURCE, CLAIM, {**LINK, "key": "e"}))
        again = take(neutral.records, lines({**LINK, "key": "e", "start": 31, "end": 35}))
        assert (made(again), again.unchanged["evidence"]) == ({}, 1)
        [link] = claims(api)[0]["evidence"]
        assert link["passage"]["start"] == 3

    def test_tells_of_labels_that_are_no_verdicts(self, take: Importing) -> None:
        report = take(neutral.records, lines({**CLAIM, "label": "satire"}))
        assert (made(report)["claims"], report.omissions, report.left_out[0].line) == (1, 1, 1)


class TestFever:
    def test_counts_what_bears_on_a_claim_together_once(self, take: Importing, api: Api) -> None:
        document = {"doc_id": 1, "title": "A", "abstract": ["It was cold.", "It was warm.", "Nobody knew."]}
        rationale = {"sentences": [0, 2], "label": "CONTRADICT"}
        take(fever.records, lines(document, {"id": 2, "claim": "It was hot.", "evidence": {"1": [rationale]}}))
        [claim] = claims(api)
        assert (len(claim["evidence"]), claim["assessment"]["counts"]["contradicts"]) == (2, 1)

    def test_comes_out_and_in_again_as_it_was(self, take: Importing, api: Api, database: Database) -> None:
        source, bare = make_source(api, text=TEXT, url="https://example.org/a"), make_source(api, text=None, title="B")
        claim = make_claim(api, speaker={"name": "Kremlin", "kind": "person"}, claim_date="2025-10")
        make_evidence(api, claim, source, **at(0, 8), group="a")
        make_evidence(api, claim, source, **at(20, 28), group="a")
        make_evidence(api, claim, source, **at(5, 24), stance="contradicts")
        make_evidence(api, claim, bare, exact="no text", stance="mentions")
        before = known(claims(api))
        given = written(database, fever_out.written)
        emptied(database)
        take(fever.records, given)
        assert sorted_evidence(known(claims(api))) == sorted_evidence(before)


class TestTables:
    def table(self, database: Database) -> tuple[Lines, Lines]:
        return written(database, claims_csv.written), written(database, evidence_csv.written)

    def test_come_out_and_in_again_with_their_ids(self, take: Importing, api: Api, database: Database) -> None:
        odd: Thing = {
            "text": "=1+1\r\n'a', \"b\"; \u4e2d",
            "location": "'=x",
            "topics": ["a;b", "@c"],
            "language": "en",
        }
        claim = make_claim(api, speaker={"name": "-Kremlin", "kind": "group"}, claim_date="2025-10", **odd)
        make_assessment(api, claim, rating_label="+Mostly", explanation="'", reviewer="Checkers")
        make_claim(api, text="another", speaker=None)
        before = claims(api)
        given, _ = self.table(database)
        emptied(database)
        take(claims_csv.records, given)
        after = claims(api)
        assert {each["id"] for each in after} == {each["id"] for each in before}
        assert sorted(map(str, known(after))) == sorted(map(str, known(before)))

    def test_come_in_a_second_time_without_changing_anything(
        self, take: Importing, api: Api, database: Database
    ) -> None:
        make_evidence(api, make_claim(api), make_source(api, text=TEXT), **at(0, 8))
        before = claims(api)
        for read, given in zip((claims_csv.records, evidence_csv.records), self.table(database), strict=True):
            assert made(take(read, given)) == {}
        assert claims(api) == before

    def test_bring_links_back(self, take: Importing, api: Api, database: Database) -> None:
        source = make_source(api, text=TEXT)
        claim = make_claim(api)
        said = {
            "stated_by": {"name": "=Kremlin", "kind": "organization"},
            "note": "-n\r\n",
            "group": "'=",
            "credibility": 2,
        }
        link = make_evidence(api, claim, source, **at(0, 8), stance="contradicts", basis="attribution", **said)
        before = known(claims(api))
        _, given = self.table(database)
        api.delete(f"/v1/evidence/{link['id']}")
        again = make_claim(api, text="another")
        table = b"".join(line for _, line in given).replace(claim["id"].encode(), again["id"].encode())
        take(evidence_csv.records, of_bytes(table.replace(link["id"].encode(), b"")))
        assert known(api.read(f"/v1/claims/{again['id']}")["evidence"]) == before[0]["evidence"]

    def test_bring_quotes_of_sources_that_are_not_there_unverified(
        self, take: Importing, api: Api, database: Database
    ) -> None:
        make_evidence(api, make_claim(api), make_source(api, text=TEXT), **at(0, 8))
        given, links = self.table(database)
        emptied(database)
        take(claims_csv.records, given)
        take(evidence_csv.records, links)
        [link] = claims(api)[0]["evidence"]
        assert (link["passage"]["exact"], link["passage"]["match"]) == (TEXT[:8], "unverified")

    def test_are_of_the_claims_that_are_asked_for(self, api: Api, database: Database) -> None:
        source = make_source(api, text=TEXT)
        for status in ("draft", "published"):
            make_evidence(api, make_claim(api, text=status, status=status), source, **at(0, 8))
        for write in (claims_csv.written, evidence_csv.written):
            table = written(database, write, status="published")
            assert (len(table), b"published" in table[1][1]) == (2, True)

    def test_name_claims_by_their_text(self, take: Importing, api: Api) -> None:
        make_source(api, text=TEXT, url="https://example.org/a")
        claim = make_claim(api, text="no date; was set")
        table = f'claim;stance;quote;url\r\n"no date; was set";supports;{TEXT[:8]};https://example.org/a\r\n'
        take(evidence_csv.records, of_bytes(table.encode()))
        [link] = api.read(f"/v1/claims/{claim['id']}")["evidence"]
        assert (link["passage"]["start"], link["passage"]["match"]) == (0, "exact")

    @pytest.mark.parametrize("number", [0, 2])
    def test_refuse_a_text_that_no_claim_has_or_several(self, take: Importing, api: Api, number: int) -> None:
        for _ in range(number):
            make_claim(api, text="no date", speaker=None)
        table = b"claim,stance,quote,source\r\nno date,supports,q,A\r\n"
        [refused] = take(evidence_csv.records, of_bytes(table), skips=True).refused
        assert (refused.line, "exactly this text" in refused.detail) == (2, True)


def at(start: int, end: int) -> Thing:
    """Name a place in the text of the sources that are made here."""
    return {"exact": TEXT[start:end], "start": start, "end": end}


def sorted_evidence(found: list[Thing]) -> list[Thing]:
    return [{**each, "evidence": sorted(each["evidence"], key=json.dumps)} for each in found]
