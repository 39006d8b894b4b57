import base64
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from urllib.parse import parse_qs, urlsplit

import pytest
from flask import Flask

from claims_api import clock
from claims_api.db import Database
from claims_api.models.sources import SourceVersion
from claims_api.web.pagination import _cursor, _listing, _signer
from tests.api.factories import (
    TEXT,
    ids,
    make_assessment,
    make_claim,
    make_evidence,
    make_relation,
    make_source,
    make_speaker,
    make_topic,
    told,
)
from tests.conftest import Api
from tests.problems import assert_problem

COUNT = 8
LISTINGS = {
    "/v1/assessments": "created_at updated_at assessed_at",
    "/v1/claims": "created_at updated_at claim_date",
    "/v1/claims/{claim}/assessments": "created_at updated_at assessed_at",
    "/v1/evidence": "created_at updated_at",
    "/v1/claims/{claim}/evidence": "created_at updated_at",
    "/v1/passages": "created_at updated_at start",
    "/v1/relations": "created_at updated_at",
    "/v1/claims/{claim}/relations": "created_at updated_at",
    "/v1/sources": "created_at updated_at title published_at",
    "/v1/sources/{source}/versions": "created_at number",
    "/v1/speakers": "created_at updated_at name",
    "/v1/topics": "created_at updated_at name",
}


def add_versions(database: Database, source_id: str) -> None:
    """Add versions as a later release will: today a source has one."""
    now = clock.utcnow()
    with database.writing() as session:
        session.add_all(
            SourceVersion(
                source_id=source_id,
                number=number,
                text=TEXT,
                sha256="0" * 64,
                length=len(TEXT),
                retrieved_at=now,
                created_at=now,  # all of them equal: only the id tells them apart
                created_by="test",
            )
            for number in range(2, COUNT + 1)
        )


@pytest.fixture
def known(api: Api, database: Database) -> dict[str, str]:
    """Fill every listing with eight things, with equal sort values among them."""
    claim = make_claim(api, claim_date="2025")
    for number in range(COUNT):
        source = make_source(api, title=f"T{number // 3}", published_at=("2025" if number % 2 else None))
        make_evidence(api, claim, source)
        make_assessment(api, claim, assessed_at=f"2025-10-2{number // 3}T12:00:00Z")
        make_topic(api, f"topic {number}")
        api.made("/v1/speakers?allow_duplicate=true", {"name": f"S{number // 3}", "kind": "person"})
    for number in range(COUNT - 1):
        other = make_claim(api, claim_date=("2025-10" if number % 2 else None))
        make_relation(api, claim, other)
    make_relation(api, other, claim)
    add_versions(database, source["id"])
    return {"claim": claim["id"], "source": source["id"]}


def crawl(api: Api, path: str, limit: int) -> Iterator[str]:
    """Follow next_cursor to the end, and give the ids as they come."""
    address = f"{path}{'&' if '?' in path else '?'}limit={limit}"
    page, seen = api.read(address), set()
    while page["next_cursor"] is not None:
        assert page["next_cursor"] not in seen, "the crawl goes in circles"
        assert len(page["data"]) == limit
        seen.add(page["next_cursor"])
        yield from _names(page)
        page = api.read(f"{address}&cursor={page['next_cursor']}")
    yield from _names(page)


def orders(known: dict[str, str], direction: str) -> list[str]:
    """Return every listing in each of its orders."""
    return [
        f"{path.format(**known)}?sort={direction}{name}" for path, names in LISTINGS.items() for name in names.split()
    ]


def _names(page: dict[str, list[dict[str, str]]]) -> list[str]:
    return [str(each.get("id", each.get("number"))) for each in page["data"]]


class TestCrawl:
    @pytest.mark.parametrize("limit", [1, 2, 7])
    def test_sees_everything_once_in_order(self, api: Api, known: dict[str, str], limit: int) -> None:
        for path in LISTINGS:
            everything = _names(api.read(f"{path.format(**known)}?limit=200"))
            assert len(set(everything)) == COUNT, path
            assert list(crawl(api, path.format(**known), limit)) == everything, path

    @pytest.mark.parametrize("direction", ["", "-"])
    def test_sees_everything_once_in_every_order(self, api: Api, known: dict[str, str], direction: str) -> None:
        for path in orders(known, direction):
            everything = _names(api.read(path))
            assert len(set(everything)) == COUNT, path
            assert list(crawl(api, path, 3)) == everything, path

    def test_turns_round_with_a_minus(self, api: Api, known: dict[str, str]) -> None:
        for rising, falling in zip(orders(known, ""), orders(known, "-"), strict=True):
            assert _names(api.read(falling)) == _names(api.read(rising))[::-1], rising

    def test_keeps_to_the_filters(self, api: Api, known: dict[str, str]) -> None:
        wanted = {make_speaker(api, f"K{number}", kind="group")["id"] for number in range(5)}
        assert set(crawl(api, "/v1/speakers?kind=group&sort=name", 2)) == wanted

    def test_brings_the_evidence_on_every_page(self, api: Api, known: dict[str, str]) -> None:
        path = "/v1/claims?include=evidence&sort=claim_date&limit=3"
        first = api.read(path)
        second = api.read(f"{path}&cursor={first['next_cursor']}")
        assert {"evidence" in each for each in [*first["data"], *second["data"]]} == {True}


class TestNextPage:
    def test_is_linked(self, api: Api) -> None:
        for name in ("a", "b", "c"):
            make_speaker(api, name)
        response = api.get("/v1/speakers?sort=name&kind=organization&limit=2")
        target, _, relation = response.headers["Link"].partition("; ")
        assert relation == 'rel="next"'
        assert [each["name"] for each in api.read(target.strip("<>"))["data"]] == ["c"]

    def test_is_linked_by_the_very_cursor(self, api: Api) -> None:
        for name in ("a", "b"):
            make_topic(api, name)
        response = api.get("/v1/topics?limit=1")
        target = response.headers["Link"].partition(">")[0].strip("<")
        assert parse_qs(urlsplit(target).query)["cursor"] == [told(response)["next_cursor"]]
        assert urlsplit(target).path == "/v1/topics"

    def test_is_linked_with_filters_that_need_quoting(self, api: Api) -> None:
        for _ in range(2):
            make_source(api, publisher="A&B, Ü “x” >;")
        target = api.get("/v1/sources?limit=1&publisher=A%26B,%20%C3%9C%20%E2%80%9Cx%E2%80%9D%20%3E;").headers["Link"]
        assert len(api.read(target.partition(">")[0].strip("<"))["data"]) == 1

    @pytest.mark.parametrize("count", [0, 1, 2])
    def test_is_null_on_the_last_page(self, api: Api, count: int) -> None:
        for number in range(count):
            make_topic(api, f"topic {number}")
        response = api.get("/v1/topics?limit=2")
        assert (len(told(response)["data"]), told(response)["next_cursor"]) == (count, None)
        assert "Link" not in response.headers

    def test_may_have_another_limit(self, api: Api) -> None:
        for number in range(4):
            make_topic(api, f"topic {number}")
        cursor = api.read("/v1/topics?limit=1")["next_cursor"]
        assert len(api.read(f"/v1/topics?limit=3&cursor={cursor}")["data"]) == 3

    def test_goes_on_when_the_last_one_shown_is_deleted(self, api: Api) -> None:
        made = [make_topic(api, f"topic {number}")["id"] for number in range(4)]
        page = api.read("/v1/topics?limit=2&sort=created_at")
        api.delete(f"/v1/topics/{made[1]}")
        rest = api.read(f"/v1/topics?limit=2&sort=created_at&cursor={page['next_cursor']}")
        assert ids(rest) == made[2:]


@pytest.fixture
def cursor(api: Api) -> str:
    """A cursor of /v1/speakers?limit=1."""
    for name in ("a", "b"):
        make_speaker(api, name)
    found: str = api.read("/v1/speakers?limit=1")["next_cursor"]
    return found


def tampered(cursor: str) -> set[str]:
    """Change a cursor in every way that changes what it says or how it is signed."""
    payload, _, signature = cursor.rpartition(".")
    middle = len(payload) // 2
    swapped = payload[:middle] + payload[middle + 1] + payload[middle] + payload[middle + 2 :]
    flipped = {
        cursor[:place] + chr(ord(cursor[place]) ^ 1) + cursor[place + 1 :]
        for place in range(0, len(cursor) - 1, max(1, len(cursor) // 40))
    }
    cut = {cursor[:length] for length in range(1, len(cursor) - 1, max(1, len(cursor) // 10))}
    forged = base64.urlsafe_b64encode(b'["0",1,2]').decode().rstrip("=")
    odd = {payload, f".{signature}", f"{payload}.", f"{signature}.{payload}", f"{forged}.{signature}", "x", "é🕊"}
    return (flipped | cut | odd | {swapped + "." + signature, cursor[::-1], cursor + cursor}) - {cursor}


class TestCursor:
    def test_is_refused_when_it_was_tampered_with(self, api: Api, cursor: str) -> None:
        variants = tampered(cursor)
        assert len(variants) >= 30
        for variant in sorted(variants):
            response = api.get("/v1/speakers", query_string={"limit": 1, "cursor": variant})
            assert_problem(response, "malformed")

    def test_is_refused_with_marks_that_decoding_passes_over(self, api: Api, cursor: str) -> None:
        for variant in (f"{cursor}!", f"{cursor[:-3]}!{cursor[-3:]}", f"{cursor}=", f"{cursor} "):
            response = api.get("/v1/speakers", query_string={"limit": 1, "cursor": variant})
            assert_problem(response, "malformed")

    def test_is_refused_with_the_spare_bits_of_its_last_character_set(self, api: Api, cursor: str) -> None:
        alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
        variant = cursor[:-1] + alphabet[alphabet.index(cursor[-1]) ^ 1]
        assert_problem(api.get("/v1/speakers", query_string={"limit": 1, "cursor": variant}), "malformed")

    @pytest.mark.parametrize(
        "query",
        ["kind=organization", "name=a", "sort=name", "sort=created_at", "updated_since=2020-01-01T00:00:00Z"],
    )
    def test_is_refused_with_other_filters_or_another_order(self, api: Api, cursor: str, query: str) -> None:
        assert_problem(api.get(f"/v1/speakers?limit=1&{query}&cursor={cursor}"), "malformed")

    @pytest.mark.parametrize("path", ["/v1/topics", "/v1/sources", "/v1/claims", "/v1/passages"])
    def test_is_refused_by_another_listing(self, api: Api, cursor: str, path: str) -> None:
        assert_problem(api.get(f"{path}?limit=1&cursor={cursor}"), "malformed")

    def test_is_refused_by_the_same_listing_of_another_claim(self, api: Api) -> None:
        claims = [make_claim(api, text) for text in ("one", "two")]
        for claim in claims * 2:
            make_evidence(api, claim)
        cursor = api.read(f"/v1/claims/{claims[0]['id']}/evidence?limit=1")["next_cursor"]
        assert_problem(api.get(f"/v1/claims/{claims[1]['id']}/evidence?limit=1&cursor={cursor}"), "malformed")

    @pytest.mark.parametrize("cursor", ["", "x" * 4001])
    def test_of_no_possible_length_is_invalid(self, api: Api, cursor: str) -> None:
        assert_problem(api.get("/v1/speakers", query_string={"cursor": cursor}), "invalid", "cursor")

    def test_counts_for_what_is_asked_like_the_page_before(self, api: Api, cursor: str) -> None:
        first, second = api.read("/v1/speakers?limit=1"), api.read(f"/v1/speakers?limit=1&cursor={cursor}")
        assert api.read(f"/v1/speakers?cursor={cursor}&limit=1") == second
        assert api.read("/v1/speakers?&limit=1") == first

    @pytest.mark.parametrize("again", ["cursor={0}", "c%75rsor={0}", "c%75rsor=x", "cursor="])
    def test_is_refused_twice(self, api: Api, cursor: str, again: str) -> None:
        for known in (f"cursor={cursor}", again.format(cursor)):
            api.get(f"/v1/speakers?limit=1&{known}")
        twice = api.get(f"/v1/speakers?limit=1&cursor={cursor}&{again.format(cursor)}")
        assert_problem(twice, "invalid", "cursor")

    def test_of_a_version_that_named_places_by_id_is_refused(self, app: Flask, api: Api, database: Database) -> None:
        with app.test_request_context("/v1/search?q=date&limit=1"), database.asking() as connection:
            old = _cursor(_signer(connection), [_listing(), 1.5, "01941f29-7c00-727e-a37c-a3f06e57f441"])
        assert_problem(api.get(f"/v1/search?q=date&limit=1&cursor={old}"), "malformed")

    def test_may_be_escaped(self, api: Api, cursor: str) -> None:
        plain = api.read(f"/v1/speakers?limit=1&cursor={cursor}")
        assert api.read(f"/v1/speakers?limit=1&cursor={cursor.replace('.', '%2E')}") == plain

    def test_is_refused_where_there_are_no_pages(self, api: Api, cursor: str) -> None:
        path = f"/v1/topics/{make_topic(api, 'talks')['id']}"
        api.read(path)
        assert_problem(api.get(f"{path}?cursor={cursor}"), "invalid", "cursor")


class TestLimit:
    @pytest.mark.parametrize("limit", ["0", "201", "-1", "1.0", "1e1", "", "x", "٣", "５", "+5", "9" * 5000])
    @pytest.mark.parametrize("path", ["/v1/claims", "/v1/sources"])
    def test_is_refused(self, api: Api, path: str, limit: str) -> None:
        assert_problem(api.get(path, query_string={"limit": limit}), "invalid", "limit")

    def test_is_50_unless_told_otherwise(self, api: Api) -> None:
        make_claim(api, topics=[f"topic {number}" for number in range(51)])
        assert len(api.read("/v1/topics")["data"]) == 50
        assert len(api.read("/v1/topics?limit=200")["data"]) == 51


class TestConcurrentWrites:
    @pytest.mark.parametrize("sort", ["-created_at", "created_at", "name", "-name"])
    def test_neither_hide_nor_repeat_what_was_there(self, app: Flask, api: Api, sort: str) -> None:
        present = {make_topic(api, f"topic {number:02}x")["id"] for number in range(12)}

        def post(writer: int) -> None:
            own = Api(app.test_client(), api.key)
            for number in range(8):
                make_topic(own, f"topic {number:02}{writer}")

        with ThreadPoolExecutor(3) as pool:
            writers = [pool.submit(post, writer) for writer in range(3)]
            crawls = [list(crawl(api, f"/v1/topics?sort={sort}", 3))]
            while wait(writers, timeout=0).not_done:
                crawls.append(list(crawl(api, f"/v1/topics?sort={sort}", 3)))
        for writer in writers:
            writer.result()
        for seen in crawls:
            assert len(seen) == len(set(seen))
            assert present <= set(seen)
        assert len(list(crawl(api, "/v1/topics", 7))) == 12 + 3 * 8
