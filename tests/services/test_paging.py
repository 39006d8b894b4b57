import datetime as dt
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, insert
from sqlalchemy.orm import Session

from claims_api import ids
from claims_api.db import Database
from claims_api.errors import Malformed
from claims_api.models.claims import Claim
from claims_api.models.topics import Topic
from claims_api.models.words import ClaimStatus
from claims_api.queries import claims, topics
from claims_api.queries.paging import Page, Position, Window

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
            session.add_all(Topic(name=name, key=name, created_by="me") for name in names)
        found: list[str] = []
        position: Position | None = None
        with database.reading() as connection:
            for _ in names:
                page = topics.page(connection, window=Window(f"{'-' * falling}name", 1, position))
                found, position = [*found, *(row.name for row in page.rows)], page.next
        assert (found, position) == (sorted(names, reverse=falling), None)

    def test_refuses_a_position_that_is_no_moment(self, database: Database) -> None:
        with pytest.raises(Malformed):
            read(database, "created_at", 1, ("yesterday", "00000000-0000-7000-8000-000000000000"))
