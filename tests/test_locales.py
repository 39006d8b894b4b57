"""A Postgres whose language is not that of the tests: its rules must not be those of the answers."""

from collections.abc import Iterator
from contextlib import closing

import pytest

from claims_api.models.words import Scope
from tests.api.factories import ids, make_claim, make_source
from tests.conftest import Api, Service
from tests.postgres import PrivatePostgres


@pytest.fixture(scope="module")
def api(postgres: PrivatePostgres) -> Iterator[Api]:
    with closing(Service(postgres.create_database("turkish", language="tr-TR"))) as service:
        yield Api(service.app.test_client(), service.key(Scope.WRITE))


class TestInTurkish:
    def test_the_case_of_a_language_says_nothing(self, api: Api) -> None:
        claim, source = make_claim(api, language="IT"), make_source(api, language="IT")
        assert ids(api.read("/v1/claims?language=it")) == [claim["id"]]
        assert ids(api.read("/v1/sources?language=it")) == [source["id"]]

    def test_of_publishers_that_are_as_frequent_the_same_are_counted(self, api: Api) -> None:
        for publisher in ("Z", *"abcdefghijklmnopqrst"):
            make_source(api, f"A bravo by {publisher}.", publisher=publisher)
        found = api.read("/v1/search?q=bravo&include=facets")["facets"]["publisher"]
        assert [each["value"] for each in found] == ["Z", *"abcdefghijklmnopqrs"]
