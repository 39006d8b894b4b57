import datetime as dt
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import bindparam, delete, insert, select
from sqlalchemy.orm import Session

from claims_api import ids
from claims_api.db import Database
from claims_api.errors import Malformed, NotFound
from claims_api.models.claims import Claim
from claims_api.models.topics import Topic
from claims_api.models.words import ClaimStatus
from claims_api.queries import claims, topics
from claims_api.queries.paging import Listing, Page, Position, Window, sorts

MOMENT = dt.datetime(2025, 10, 22, 12, tzinfo=dt.UTC)
DATES = ["2025", None, "2025-10", "2025", None, "2025-10-21", "2025"]


def keep(session: Session, date: str | None, second: int = 0) -> str:
    """Keep a claim of this date, made in this second; return its id."""
    made = MOMENT + dt.timedelta(seconds=second, microseconds=second)
    identity = ids.new_id()
    row: dict[str, Any] = {
        "id": identity,
        "text": "x",
        "status": ClaimStatus.DRAFT,
        "claim_date": date,
        "created_at": made,
        "created_by": "me",
    }
    # Past the session, which would date it itself.
    row |= {"text": "x", "status": ClaimStatus.DRAFT, "created_by": "me"}
    session.connection().execute(insert(Claim).values(row))
    return identity


def read(database: Database, sort: str, limit: int, position: Position | None = None) -> Page:
    with database.reading() as connection:
        return claims.page(connection, window=Window(sort, limit, position))


def pages(database: Database, sort: str, limit: int) -> Iterator[list[str]]:
    """Walk through a listing as a client does."""
    page = read(database, sort, limit)
    yield [row.id for row in page.rows]
    while page.next is not None:
        page = read(database, sort, limit, page.next)
        yield [row.id for row in page.rows]


def walked(database: Database, sort: str, limit: int) -> list[str]:
    return [identity for page in pages(database, sort, limit) for identity in page]


class TestPage:
    @pytest.mark.parametrize("sort", ["created_at", "-created_at"])
    @pytest.mark.parametrize("limit", range(1, 8))
    def test_loses_and_repeats_nothing_where_all_tie(self, database: Database, sort: str, limit: int) -> None:
        with database.writing() as session:
            made = [keep(session, None) for _ in range(6)]
        assert walked(database, sort, limit) == sorted(made, reverse=sort.startswith("-"))

    @pytest.mark.parametrize("sort", ["claim_date", "-claim_date"])
    @pytest.mark.parametrize("limit", range(1, 9))
    def test_loses_and_repeats_nothing_where_some_tie(self, database: Database, sort: str, limit: int) -> None:
        with database.writing() as session:
            made = [(date or "", keep(session, date)) for date in DATES]
        in_order = [identity for _, identity in sorted(made, reverse=sort.startswith("-"))]
        assert walked(database, sort, limit) == in_order

    @settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(
        made=st.lists(st.tuples(st.sampled_from([None, "2024", "2025", "2025-10"]), st.integers(-2, 2)), max_size=12),
        limit=st.integers(1, 13),
        name=st.sampled_from(["created_at", "updated_at", "claim_date"]),
        falling=st.booleans(),
    )
    def test_gives_every_row_once_and_in_order(
        self, database: Database, made: list[tuple[str | None, int]], limit: int, name: str, falling: bool
    ) -> None:
        with database.writing() as session:
            session.execute(delete(Claim))
            ids = [keep(session, *each) for each in made]
        values = [(date or "") if name == "claim_date" else second for date, second in made]
        in_order = [identity for _, identity in sorted(zip(values, ids, strict=True), reverse=falling)]
        assert walked(database, f"{'-' * falling}{name}", limit) == in_order

    @pytest.mark.parametrize("limit", [1, 2, 3, 6])
    def test_is_full_but_for_the_last(self, database: Database, limit: int) -> None:
        with database.writing() as session:
            for second in range(6):
                keep(session, None, second)
        assert [len(page) for page in pages(database, "created_at", limit)] == [limit] * (6 // limit)

    def test_of_an_empty_listing_is_empty_and_the_last(self, database: Database) -> None:
        page = read(database, "-created_at", 5)
        assert (list(page.rows), page.next) == ([], None)

    def test_keeps_its_place_while_others_write(self, database: Database) -> None:
        with database.writing() as session:
            first, second, third = (keep(session, None, at) for at in (1, 2, 3))
        page = read(database, "created_at", 2)
        with database.writing() as session:
            keep(session, None, 0)
            last = keep(session, None, 4)
            session.execute(delete(Claim).where(Claim.id == second))
        assert [row.id for row in page.rows] == [first, second]
        assert [row.id for row in read(database, "created_at", 5, page.next).rows] == [third, last]

    @pytest.mark.parametrize("falling", [False, True])
    def test_orders_text_by_code_point_in_every_database(self, database: Database, falling: bool) -> None:
        names = ["B", "a", "b", "é", "中", "\uffee", "😀", "Z", "ß", " a", "-a"]
        with database.writing() as session:
            session.add_all(Topic(name=name, key=name) for name in names)
        found: list[str] = []
        position: Position | None = None
        with database.reading() as connection:
            for _ in names:
                page = topics.page(connection, window=Window(f"{'-' * falling}name", 1, position))
                found, position = [*found, *(row.name for row in page.rows)], page.next
        assert (found, position) == (sorted(names, reverse=falling), None)

    def test_refuses_a_position_that_is_no_moment(self, database: Database) -> None:
        with pytest.raises(Malformed, match=r"^The cursor does not belong to this listing\.$"):
            read(database, "created_at", 1, ("yesterday", "00000000-0000-7000-8000-000000000000"))


class TestSorts:
    def test_are_each_column_rising_and_falling_with_the_newest_first(self) -> None:
        orders = sorts(Topic.id, created_at=Topic.created_at, name=Topic.name)
        expected: list[Any] = [
            ("-created_at", Topic.created_at, Topic.id, True),
            ("created_at", Topic.created_at, Topic.id, False),
            ("name", Topic.name, Topic.id, False),
            ("-name", Topic.name, Topic.id, True),
        ]
        assert [(name, order.column, order.id, order.descending) for name, order in orders.items()] == expected


@pytest.fixture
def listing() -> Listing:
    """A listing of topics, made here: those of the service were made before the test began."""
    orders = sorts(Topic.id, created_at=Topic.created_at, name=Topic.name)
    filters = {"description": Topic.description == bindparam("description")}
    return Listing(select(Topic.id, Topic.name), orders, filters, live=Topic.deleted_at.is_(None))


@pytest.fixture
def kept(database: Database) -> dict[str, str]:
    """Three topics, the last of them deleted: their ids by name."""
    with database.writing() as session:
        made = [
            Topic(name="a", key="a", description="one"),
            Topic(name="b", key="b"),
            Topic(name="c", key="c", deleted_at=MOMENT),
        ]
        session.add_all(made)
        session.flush()
        return {each.name: each.id for each in made}


@pytest.mark.usefixtures("kept")
class TestListing:
    @pytest.mark.parametrize(("include_deleted", "names"), [(False, ["a", "b"]), (True, ["a", "b", "c"])])
    def test_shows_what_was_deleted_to_those_who_ask(
        self, database: Database, listing: Listing, include_deleted: bool, names: list[str]
    ) -> None:
        with database.reading() as connection:
            page = listing.page(connection, Window("name", 9), {}, include_deleted=include_deleted)
        assert [row.name for row in page.rows] == names

    def test_hides_what_was_deleted_unless_told_otherwise(self, database: Database, listing: Listing) -> None:
        with database.reading() as connection:
            assert len(listing.page(connection, Window("name", 9), {}).rows) == 2

    def test_is_narrowed_by_the_filters_that_have_a_value(self, database: Database, listing: Listing) -> None:
        with database.reading() as connection:
            page = listing.page(connection, Window("name", 9), {"description": "one", "name": None})
        assert [row.name for row in page.rows] == ["a"]

    def test_makes_a_statement_once_for_each_choice(self, database: Database, listing: Listing) -> None:
        assert listing._statement(frozenset(), "name", False, False) is listing._statement(
            frozenset(), "name", False, False
        )

    def test_asks_the_database_for_no_more_than_a_page(self, listing: Listing) -> None:
        assert "LIMIT :row_limit" in str(listing._statement(frozenset(), "name", False, False))

    def test_reads_the_one_that_is_asked_for(self, database: Database, listing: Listing, kept: dict[str, str]) -> None:
        with database.reading() as connection:
            assert listing.one(connection, "topic", kept["b"]).name == "b"

    def test_finds_one_that_was_deleted_for_those_who_ask(
        self, database: Database, listing: Listing, kept: dict[str, str]
    ) -> None:
        with database.reading() as connection:
            assert listing.one(connection, "topic", kept["c"], include_deleted=True).name == "c"

    def test_does_not_find_one_that_was_deleted(
        self, database: Database, listing: Listing, kept: dict[str, str]
    ) -> None:
        with database.reading() as connection, pytest.raises(NotFound):
            listing.one(connection, "topic", kept["c"])
