from collections.abc import Iterator

import pytest
from hypothesis import settings
from sqlalchemy.orm import Session

from claims_api.db import Database

# No deadline: a busy machine is no bug. What touches a database asks for fewer examples itself.
settings.register_profile("rules", deadline=None, max_examples=200)
settings.load_profile("rules")


@pytest.fixture
def session(database: Database) -> Iterator[Session]:
    """A transaction that is committed at the end of the test."""
    with database.writing() as session:
        yield session
