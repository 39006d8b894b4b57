"""Which entries have words in common with a text."""

import pytest
from sqlalchemy import select

from claims_api.db import Database, nearest, shared_words, sharing_two
from claims_api.models.base import table_of
from claims_api.models.claims import Claim
from claims_api.models.search import ClaimEntry
from tests.api.factories import make_claim
from tests.conftest import Api

ENTRIES = table_of(ClaimEntry)


def near(database: Database, weights: dict[str, float], *, limit: int = 10, least: int = 1) -> list[tuple[int, float]]:
    """Return the neighbours by their place, since the database does not begin at 1 each time."""
    with database.reading() as connection:
        found = nearest(connection, ENTRIES, weights, limit=limit, least=least)
        ids = list(connection.scalars(select(ENTRIES.c.id).order_by(ENTRIES.c.id)))
    return [(ids.index(entry_id) + 1, weight) for entry_id, weight in found]


def sharing(database: Database, words: list[str], *, most: int) -> set[str] | None:
    """Return the texts of the claims that share two of these words."""
    with database.reading() as connection:
        found = sharing_two(connection, ENTRIES, words, most=most)
        texts = select(Claim.text).join(ClaimEntry, ClaimEntry.entity_id == Claim.id)
        return None if found is None else set(connection.scalars(texts.where(ClaimEntry.id.in_(found))))


@pytest.fixture
def entries(api: Api) -> None:
    """Make three entries."""
    for text in ("no date", "no date was set", "a date for the summit"):
        make_claim(api, text)


@pytest.mark.usefixtures("entries")
class TestNearest:
    def test_has_most_by_weight_first_and_of_equals_the_oldest(self, database: Database) -> None:
        assert near(database, {"no": 1, "date": 2, "summit": 8}) == [(3, 10), (1, 3), (2, 3)]

    def test_are_no_more_than_asked_for(self, database: Database) -> None:
        assert near(database, {"no": 1, "date": 2, "summit": 8}, limit=2) == [(3, 10), (1, 3)]

    def test_have_at_least_so_many_of_the_words(self, database: Database) -> None:
        assert near(database, {"no": 1, "set": 1, "summit": 8}, least=2) == [(2, 2)]

    def test_have_words_that_begin_so(self, database: Database) -> None:
        assert near(database, {"su*": 1.5, "se*": 1}) == [(3, 1.5), (2, 1)]

    def test_of_a_common_word_are_the_newest(self, database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(shared_words, "_MOST_HAVING", 2)
        shared_words._having.cache_clear()
        try:
            assert near(database, {"date": 1, "no": 4}) == [(2, 5), (1, 4), (3, 1)]
        finally:
            shared_words._having.cache_clear()


@pytest.mark.usefixtures("entries")
class TestSharingTwo:
    @pytest.mark.parametrize(
        ("words", "texts"),
        [
            (["no", "was", "summit"], {"no date was set"}),
            (["summit", "no", "date"], {"no date", "no date was set", "a date for the summit"}),
            (["summit", "set"], set()),
        ],
    )
    def test_is_to_have_any_two_of_the_words(self, database: Database, words: list[str], texts: set[str]) -> None:
        assert sharing(database, words, most=3) == texts

    def test_is_told_of_no_more_than_asked_for(self, database: Database) -> None:
        assert sharing(database, ["summit", "no", "date"], most=2) is None
