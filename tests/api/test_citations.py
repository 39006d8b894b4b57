import pytest
from sqlalchemy import text as sql

from claims_api.db import Database
from claims_api.models.passages import Passage
from tests.api.factories import NOBODY, TEXT, Thing, keep_newer, make_passage, make_source, standing
from tests.conftest import Api
from tests.problems import assert_problem

NEWER = "Ahead of it all: 😀 the talks ended. No date was set, the spokesman said."


def check(api: Api, passage: Thing) -> Thing:
    return api.read(f"/v1/passages/{passage['id']}/check")


def execute(database: Database, statement: str, **values: object) -> None:
    """Alter something behind the service's back."""
    with database.writing() as session:
        session.execute(sql(statement), values)


@pytest.fixture
def source(api: Api) -> Thing:
    return make_source(api)


@pytest.fixture
def passage(api: Api, source: Thing) -> Thing:
    return make_passage(api, "No date was set", source)


@pytest.fixture
def moved(api: Api, database: Database, source: Thing, passage: Thing) -> Thing:
    """The passage, after a newer text has it elsewhere."""
    keep_newer(database, source, NEWER, {passage["id"]: ("moved", "No date was set")})
    return passage


class TestWhatWasQuotedFromTheNewest:
    def test_stands(self, api: Api, source: Thing, passage: Thing) -> None:
        assert check(api, passage) == {
            "stands": True,
            "intact": True,
            "quoted": {
                "version": 1,
                "sha256": source["current_version"]["sha256"],
                "hash": True,
                "start": 17,
                "end": 32,
                "offsets": True,
                "exact": True,
            },
            "newest": None,
            "findings": [],
        }

    def test_stands_whatever_its_characters(self, api: Api) -> None:
        quote = "“été e\u0301” \u202ered \u05d0\u05d1\u00a0\u200b👩\u200d🚀"
        passage = make_passage(api, quote, make_source(api, f"😀{quote}\r\n…"))
        assert check(api, passage)["stands"] is True

    def test_of_a_source_without_text_cannot_be_checked(self, api: Api) -> None:
        found = check(api, make_passage(api, "Anything", make_source(api, None)))
        assert (found["stands"], found["intact"], found["quoted"], found["newest"]) == (False, True, None, None)
        assert found["findings"] == ["Its source has no stored text, so that nothing can be checked."]

    def test_is_not_found_where_it_is_not_there(self, api: Api, passage: Thing) -> None:
        assert_problem(api.get(f"/v1/passages/{NOBODY}/check"), "not-found")
        api.delete(f"/v1/passages/{passage['id']}")
        assert_problem(api.get(f"/v1/passages/{passage['id']}/check"), "not-found")


class TestWhatWasQuotedFromAnOlderOne:
    def test_stands_where_the_newest_has_the_same_words(self, api: Api, moved: Thing) -> None:
        found = check(api, moved)
        assert (found["stands"], found["findings"]) == (True, [])
        assert (found["quoted"]["version"], found["quoted"]["start"]) == (1, 17)
        newest = {name: found["newest"][name] for name in ("version", "anchor_state", "start", "end")}
        assert newest == {"version": 2, "anchor_state": "moved", "start": 36, "end": 51}
        assert [found["newest"][name] for name in ("hash", "offsets", "exact")] == [True] * 3

    def test_does_not_stand_where_it_has_other_words(
        self, api: Api, database: Database, source: Thing, passage: Thing
    ) -> None:
        keep_newer(database, source, "No date is set.", {passage["id"]: ("changed", "No date is set")})
        found = check(api, passage)
        assert (found["stands"], found["intact"]) == (False, True)
        assert [found["newest"][name] for name in ("hash", "offsets", "exact")] == [True, True, False]
        assert found["findings"] == ["Version 2, the newest, has other words in their place."]

    def test_says_who_takes_the_other_words_for_the_same(
        self, api: Api, database: Database, source: Thing, passage: Thing
    ) -> None:
        keep_newer(database, source, "No date is set.", {passage["id"]: ("changed", "No date is set")})
        execute(database, "UPDATE passages SET confirmed_by = 'desk'")
        found = check(api, passage)
        assert found["stands"] is False
        assert found["findings"][0].endswith("desk takes them for the same.")

    @pytest.mark.parametrize(("reason", "told"), [("gone", "no more"), ("ambiguous", "several places")])
    def test_does_not_stand_where_it_is_lost(
        self, api: Api, database: Database, passage: Thing, reason: str, told: str
    ) -> None:
        keep_newer(database, passage["source"], "Another text.", {passage["id"]: ("orphaned", None)})
        execute(database, "UPDATE passages SET orphaned_because = :reason", reason=reason)
        found = check(api, passage)
        assert (found["stands"], found["intact"]) == (False, True)
        assert [found["newest"][name] for name in ("hash", "offsets", "exact", "start", "end")] == [True, *[None] * 4]
        assert told in found["findings"][0]

    def test_stands_where_it_was_found_in_the_first_text_that_its_source_got(
        self, api: Api, database: Database
    ) -> None:
        source = make_source(api, None)
        passage = make_passage(api, "No date was set", source)
        keep_newer(database, source, TEXT, {passage["id"]: ("moved", "No date was set")})
        found = check(api, passage)
        assert (found["stands"], found["quoted"], found["newest"]["version"]) == (True, None, 1)


class TestTampering:
    @pytest.mark.parametrize(
        ("statement", "wrong"),
        [
            ("UPDATE source_versions SET text = text || '!'", {"hash"}),
            ("UPDATE source_versions SET text = 'X' || text", {"hash", "exact"}),
            ("UPDATE source_versions SET text = 'X'", {"hash", "offsets", "exact"}),
            ("UPDATE source_versions SET sha256 = 'forged'", {"hash"}),
            ("UPDATE passages SET exact = 'A date was set!'", {"exact"}),
            ("UPDATE passages SET start = start + 1", {"offsets", "exact"}),
            ('UPDATE passages SET "end" = 5000', {"offsets", "exact"}),
            ("UPDATE passages SET utf16_start = 3", {"offsets"}),
            ("UPDATE passages SET utf8_end = 3", {"offsets"}),
        ],
    )
    def test_with_the_quote_or_its_text_is_found(
        self, api: Api, database: Database, passage: Thing, statement: str, wrong: set[str]
    ) -> None:
        execute(database, statement)
        found = check(api, passage)
        assert (found["stands"], found["intact"]) == (False, False)
        assert {name for name in ("hash", "offsets", "exact") if not found["quoted"][name]} == wrong
        assert len(found["findings"]) == len(wrong)

    @pytest.mark.parametrize(
        ("statement", "wrong"),
        [
            ("UPDATE source_versions SET text = text || '!' WHERE number = 2", {"hash"}),
            ("UPDATE source_versions SET text = 'X' || text WHERE number = 2", {"hash", "exact"}),
            ("UPDATE source_versions SET text = 'X' WHERE number = 2", {"hash", "offsets", "exact"}),
        ],
    )
    def test_with_the_newest_text_is_found(
        self, api: Api, database: Database, moved: Thing, statement: str, wrong: set[str]
    ) -> None:
        execute(database, statement)
        found = check(api, moved)
        assert (found["stands"], found["intact"]) == (False, False)
        assert {name for name in ("hash", "offsets", "exact") if not found["newest"][name]} == wrong
        assert all(found["quoted"][name] for name in ("hash", "offsets", "exact"))

    @pytest.mark.parametrize(
        "member",
        [
            {"start": 37},
            {"end": 5000},
            {"start": -1},
            {"start": "36"},
            {"start": True},
            {"utf16": {"start": 36, "end": 51}},
            {"utf8": None},
            {"utf8": [1, 2]},
            {"exact": "Forged"},
            {"exact": None},
            {"version": 1},
        ],
    )
    def test_with_the_place_in_the_newest_is_found(
        self, api: Api, database: Database, moved: Thing, member: dict[str, object]
    ) -> None:
        with database.writing() as session:
            session.get_one(Passage, moved["id"]).now = {**standing(NEWER, "No date was set", 2), **member}
        found = check(api, moved)
        assert (found["stands"], found["intact"]) == (False, False)

    @pytest.mark.parametrize(
        "statement",
        [
            "UPDATE passages SET now = NULL",
            "UPDATE passages SET now = '{}'",
            "UPDATE passages SET now = '[]'",
            "UPDATE passages SET anchor_state = 'orphaned'",
            "UPDATE passages SET now_version = 1",
            "UPDATE passages SET now_version = NULL",
            "UPDATE sources SET current_version = 7",
        ],
    )
    def test_with_what_is_noted_of_the_newest_is_found(
        self, api: Api, database: Database, moved: Thing, statement: str
    ) -> None:
        execute(database, statement)
        found = check(api, moved)
        assert (found["stands"], found["intact"]) == (False, False)

    def test_that_makes_other_words_the_same_is_found(
        self, api: Api, database: Database, source: Thing, passage: Thing
    ) -> None:
        keep_newer(database, source, "No date is set.", {passage["id"]: ("changed", "No date is set")})
        execute(database, "UPDATE passages SET anchor_state = 'exact'")
        assert check(api, passage)["intact"] is False

    @pytest.mark.parametrize(
        "statement",
        [
            "UPDATE passages SET anchor_state = 'moved'",
            "UPDATE passages SET now_version = 1",
            "UPDATE passages SET orphaned_because = 'gone'",
        ],
    )
    def test_is_a_place_in_a_newer_text_that_there_is_not(
        self, api: Api, database: Database, passage: Thing, statement: str
    ) -> None:
        execute(database, statement)
        assert "newer text" in str(check(api, passage)["findings"])
