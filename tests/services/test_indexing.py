"""Whatever is changed, and however: the entries of search are those that would be made from nothing."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, select
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from claims_api.cli.loading import read_dossier
from claims_api.config import shipped
from claims_api.db import Database
from claims_api.models.base import table_of
from claims_api.models.search import KINDS, ClaimEntry, Entry, SectionEntry, SourceEntry
from claims_api.services import checking, dossiers, indexing, indexing_checks, sources
from claims_api.services.findings import Observer
from claims_api.services.sources import NewSource
from tests.api.factories import (
    TEXT,
    Thing,
    ids,
    make_claim,
    make_evidence,
    make_namesake,
    make_passage,
    make_source,
    make_speaker,
)
from tests.conftest import Api

Entries = dict[str, list[str]]


def entries(session: Session) -> Entries:
    """Return all entries without their numbers."""
    found = {}
    for kind in KINDS:
        columns = [column for column in table_of(kind).columns if column.name != "id"]
        found[kind.__name__] = sorted(repr(tuple(row)) for row in session.execute(select(*columns)))
    return found


def as_kept_and_as_made_anew(database: Database) -> tuple[Entries, Entries]:
    with database.writing() as session:
        kept = entries(session)
        assert indexing.refill(session, anyway=True)
        return kept, entries(session)


def first(api: Api, noun: str) -> str:
    """Return the path of the eldest of a noun that is not deleted, or of nothing."""
    found = ids(api.read(f"/v1/{noun}?limit=1&sort=created_at"))
    return f"/v1/{noun}/{found[0] if found else '0199f6a1-0000-7000-8000-000000000000'}"


def deleted(api: Api, noun: str) -> Sequence[Thing]:
    found: Sequence[Thing] = api.read(f"/v1/{noun}?include_deleted=true&limit=200&sort=created_at")["data"]
    return [each for each in found if each.get("deleted_at")]


def restore(noun: str) -> Callable[[Api], object]:
    return lambda api: [served(api.post(f"/v1/{noun}/{each['id']}/restore")) for each in deleted(api, noun)]


def restored(noun: str) -> Callable[[Api], object]:
    return lambda api: [remove(noun)(api), restore(noun)(api)]


def change(noun: str, **fields: object) -> Callable[[Api], object]:
    return lambda api: served(api.patch(first(api, noun), fields))


def remove(noun: str) -> Callable[[Api], object]:
    return lambda api: served(api.delete(first(api, noun)))


def served(response: TestResponse) -> TestResponse:
    """Return an answer that may refuse, but not fail."""
    assert response.status_code < 500, response.text
    return response


CHANGES: dict[str, Callable[[Api], object]] = {
    "a claim is kept": lambda api: api.post(
        "/v1/claims?allow_duplicate=true", {"text": "a date was set", "speaker": {"name": "Kremlin"}}
    ),
    "a claim with its evidence is kept": lambda api: api.post(
        "/v1/claims?allow_duplicate=true",
        {
            "text": "no date at all",
            "speaker": {"name": "Élysée"},
            "evidence": [
                {"stance": "supports", "source_id": first(api, "sources")[12:], "exact": "A date was promised"}
            ],
        },
    ),
    "a claim is refused": lambda api: api.post(
        "/v1/claims", {"text": "lost", "speaker": {"name": "Nobody"}, "evidence": [{"stance": "supports"}]}
    ),
    "a claim gets another text": change("claims", text="the summit is called off"),
    "a claim gets another speaker": change("claims", speaker={"name": "White House"}),
    "a claim loses its speaker": change("claims", speaker=None),
    "a claim gets a date and a topic": change("claims", claim_date="2025-10", topics=["summit"]),
    "a claim is deleted": remove("claims"),
    "claims are restored": restore("claims"),
    "one of the claims is deleted and restored": restored("claims"),
    "a speaker is renamed": change("speakers", name="Office of the President"),
    "a speaker gets an alias": change("speakers", aliases=["the palace", "Кремль"]),
    "a speaker gets a job": change("speakers", job_title="spokesman"),
    "a speaker is deleted": remove("speakers"),
    "speakers are restored": restore("speakers"),
    "one of the speakers is deleted and restored": restored("speakers"),
    "speakers are merged": lambda api: api.post(
        f"{first(api, 'speakers')}/merge", {"into_id": make_namesake(api)["id"]}
    ),
    "a merger is undone": lambda api: [
        api.post(f"/v1/speakers/{each['id']}/unmerge") for each in deleted(api, "speakers")
    ],
    "a source is kept": make_source,
    "a source without text is kept": lambda api: make_source(api, None, title="A link", authors=["Ann Doe"]),
    "a source without words is kept": lambda api: make_source(api, "\n..."),
    "a source gets another title": change("sources", title="Another report", publisher="The Daily"),
    "a source gets authors": change("sources", authors=["Ann Doe", "Bob Roe"]),
    "a source gets a language": change("sources", language="en"),
    "a source is deleted": remove("sources"),
    "sources are restored": restore("sources"),
    "one of the sources is deleted and restored": restored("sources"),
    "a passage is made": lambda api: make_passage(api, "A date was promised"),
    "a passage is deleted": remove("passages"),
    "passages are restored": restore("passages"),
    "one of the passages is deleted and restored": restored("passages"),
    "evidence is attached": lambda api: make_evidence(api, make_claim(api)),
    "evidence is deleted": remove("evidence"),
}


@pytest.fixture
def some(admin: Api) -> Api:
    """A client, with something of everything there."""
    speaker = make_speaker(admin, aliases=["Moscow"])
    claim = make_claim(admin, speaker_id=speaker["id"])
    make_evidence(admin, claim)
    make_claim(admin, "nothing was agreed", speaker_id=speaker["id"])
    make_source(admin, "Nobody cites this.")
    make_passage(admin, "The talks ended")
    return admin


class TestTheEntries:
    @pytest.mark.parametrize("what", CHANGES)
    def test_are_as_if_made_anew_after(self, some: Api, database: Database, what: str) -> None:
        CHANGES[what](some)
        kept, anew = as_kept_and_as_made_anew(database)
        assert kept == anew

    def test_are_as_if_made_anew_after_any_changes_in_any_order(self, some: Api, database: Database) -> None:
        @settings(max_examples=8, deadline=None, suppress_health_check=list(HealthCheck))
        @given(st.lists(st.sampled_from(sorted(CHANGES)), min_size=5, max_size=15))
        def walk(names: list[str]) -> None:
            for name in names:
                CHANGES[name](some)
            kept, anew = as_kept_and_as_made_anew(database)
            assert kept == anew

        walk()

    def test_are_as_if_made_anew_after_a_dossier_was_loaded_twice(self, database: Database) -> None:
        for _ in range(2):
            with database.writing() as session:
                dossiers.load(session, read_dossier(shipped("seeds")))
        kept, anew = as_kept_and_as_made_anew(database)
        assert kept == anew

    def test_follow_what_one_transaction_makes_and_changes(self, session: Session) -> None:
        source = sources.create(session, NewSource(title="before", text="some text"))
        sources.update(session, source.id, {"title": "after"})
        sources.delete(session, source.id)
        assert not any(entries(session).values())

    def test_go_with_what_is_broken_off(self, some: Api, database: Database) -> None:
        with database.writing() as session:
            before = entries(session)
        assert some.post("/v1/claims", {"text": "lost", "evidence": [{"stance": "supports"}]}).status_code == 422
        with database.writing() as session:
            assert entries(session) == before

    def test_stay_one_each_while_names_and_texts_change_at_once(self, api: Api, database: Database) -> None:
        speaker = make_speaker(api)
        claims = [make_claim(api, f"claim {number}", speaker_id=speaker["id"]) for number in range(4)]

        def send(number: int) -> int:
            own = Api(api.client.application.test_client(), api.key)
            if number % 3 == 0:
                return own.patch(f"/v1/speakers/{speaker['id']}", {"aliases": [f"alias {number}"]}).status_code
            return own.patch(f"/v1/claims/{claims[number % 4]['id']}", {"text": f"text {number}"}).status_code

        with ThreadPoolExecutor(6) as threads:
            assert set(threads.map(send, range(48))) == {200}
        kept, anew = as_kept_and_as_made_anew(database)
        assert kept == anew


class TestRefilling:
    def test_is_done_once(self, some: Api, database: Database) -> None:
        for expected in (True, False):
            with database.writing() as session:
                assert indexing.refill(session) is expected

    def test_is_done_again_where_other_rules_made_the_entries(
        self, some: Api, database: Database, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        with database.writing() as session:
            indexing.refill(session)
        monkeypatch.setattr(indexing, "RULES", "terms/next")
        with database.writing() as session:
            assert not indexing.is_current(session.connection())
            assert indexing.refill(session)
            assert indexing.is_current(session.connection())

    def test_by_several_at_once_while_others_write_makes_one_entry_of_each(self, api: Api, database: Database) -> None:
        def work(number: int) -> None:
            if number % 4:
                make_claim(Api(api.client.application.test_client(), api.key), f"claim {number}")
            else:
                with database.writing() as session:
                    indexing.refill(session, anyway=number > 8)

        with ThreadPoolExecutor(6) as threads:
            list(threads.map(work, range(32)))
        kept, anew = as_kept_and_as_made_anew(database)
        assert kept == anew


class TestStrays:
    def test_are_none_where_all_is_well(self, some: Api, database: Database) -> None:
        with database.reading() as connection:
            assert indexing_checks.strays(connection, Observer()) == (7, [])

    @pytest.mark.parametrize("kind", [ClaimEntry, SourceEntry, SectionEntry])
    def test_are_what_has_no_entry_and_what_has_two(self, some: Api, database: Database, kind: type[Entry]) -> None:
        with database.writing() as session:
            one, other, *_ = session.scalars(select(kind.entity_id).distinct())
            session.execute(delete(kind).where(kind.entity_id == one))
            session.execute(table_of(kind).insert(), [{"entity_id": other, "words": ["again"]}])
        with database.reading() as connection:
            assert indexing_checks.strays(connection, Observer())[1] == sorted([one, other])
            (finding,) = (each for each in checking.everything(connection) if each.what.startswith("search"))
            assert finding.wrong == sorted([one, other])

    def test_are_entries_of_what_is_gone(self, api: Api, database: Database) -> None:
        identity = make_claim(api)["id"]
        api.delete(f"/v1/claims/{identity}")
        with database.writing() as session:
            session.execute(table_of(ClaimEntry).insert(), [{"entity_id": identity, "words": ["ghost"]}])
        with database.reading() as connection:
            assert indexing_checks.strays(connection, Observer()) == (0, [identity])


WORD = "abcdefghij" * 100_000
EXTREMES = {
    "one word": WORD,
    "short words": " ".join(f"{number:x}" for number in range(170_000)),
    "the same word": "date " * 200_000,
    "Chinese": "".join(chr(0x4E00 + number * 7919 % 20_000) for number in range(300_000)),
    "emoji": "\U0001f642" * 1_000_000,
    "marks": "!" * 1_000_000,
    "accents": "e" + "\u0301" * 999_999,
}


class TestExtremes:
    @pytest.mark.parametrize("what", EXTREMES)
    def test_of_a_source_are_taken(self, api: Api, database: Database, what: str) -> None:
        with database.writing() as session:
            source = sources.create(session, NewSource("An extreme", EXTREMES[what][:1_000_000]))
        assert ids(api.read("/v1/search?q=extreme")) == [source.id]

    def test_of_claims_and_names_are_taken(self, api: Api) -> None:
        names = [f"{number} " + "\u4e2d\u6587" * 240 for number in range(100)]
        speaker = make_speaker(api, aliases=names)
        claim = make_claim(api, "again " * 1_666, speaker_id=speaker["id"])
        assert ids(api.read("/v1/search?q=again")) == [claim["id"]]

    def test_of_authors_are_taken(self, api: Api) -> None:
        authors = ["".join(chr(0x4E00 + (a * 500 + n) * 7919 % 20_000) for n in range(500)) for a in range(200)]
        source = make_source(api, TEXT, authors=authors)
        assert ids(api.read("/v1/search?q=promised&kind=source")) == [source["id"]]

    def test_of_one_word_are_followed_by_others_all_the_same(self, api: Api) -> None:
        claim = make_claim(api, "again " * 1_000 + "and finally")
        for question, expected in {"finally": [claim["id"]], '"and finally"': [claim["id"]], '"again and"': []}.items():
            assert ids(api.read(f"/v1/search?q={question}")) == expected
