import hashlib
from urllib.parse import urlencode

import pytest

from claims_api.db import Database
from tests.api.factories import (
    NOBODY,
    TEXT,
    Thing,
    ids,
    keep_newer,
    make_claim,
    make_evidence,
    make_passage,
    make_source,
    told,
)
from tests.conftest import Api
from tests.problems import assert_problem

# Everything that a careless store would trim, join, normalise or count wrongly.
ODD = (
    "\ufeff  “Née” — cafe\u0301 vs caf\u00e9\r\n\r\n"
    "\ttabs\u00a0and\u2009thin 🇺🇦👩\u200d🚀 \\u0041 <b>&amp;\u202ertl\n  "
)
KNOWN = {
    "title": "  “Talks” collapse — again\u00a0",
    "url": "https://Example.com/a%20b?q=1&r=%2F#part",
    "canonical_url": "https://example.com/a",
    "archived_url": "http://web.archive.org/web/2025/https://example.com/a",
    "publisher": "Ünited Préss ",
    "authors": ["Ann O’Hara", "Ann O’Hara", "Бо"],
    "published_at": "2025-10-22T13:38",
    "language": "pt-BR",
    "type": "news_article",
    "reliability": "C",
}


def bare(source: Thing) -> Thing:
    """Return a source as listings show it."""
    return {name: value for name, value in source.items() if name != "passages"}


def upon(api: Api, source: Thing) -> list[Thing]:
    """Return the passages that a source shows."""
    passages: list[Thing] = api.read(f"/v1/sources/{source['id']}")["passages"]
    return passages


class TestCreate:
    def test_gives_every_field_back_as_it_was_sent(self, api: Api) -> None:
        made = api.made("/v1/sources", KNOWN)
        assert {name: made[name] for name in KNOWN} == KNOWN

    def test_says_where_it_is_kept_by_path_alone(self, api: Api) -> None:
        response = api.post("/v1/sources", {**KNOWN, "text": ODD})
        assert response.status_code == 201
        assert response.headers["Location"] == f"/v1/sources/{told(response)['id']}"
        assert api.read(response.headers["Location"]) == told(response)

    def test_begins_with_version_1_and_the_name_of_the_key(self, api: Api) -> None:
        made = make_source(api)
        assert (made["version"], made["created_by"]) == (1, "write key")
        assert made["created_at"] == made["updated_at"]

    def test_needs_only_a_title(self, api: Api) -> None:
        made = api.made("/v1/sources", {"title": "A post"})
        unknown = {name: made[name] for name in KNOWN if name not in {"title", "authors"}}
        assert set(unknown.values()) == {None}
        assert (made["authors"], made["current_version"]) == ([], None)

    def test_measures_the_text_in_code_points_and_hashes_its_utf_8_bytes(self, api: Api) -> None:
        version = make_source(api, ODD)["current_version"]
        assert (version["number"], version["length"]) == (1, len(ODD))
        assert version["sha256"] == hashlib.sha256(ODD.encode()).hexdigest()

    def test_keeps_when_the_text_was_fetched_in_utc(self, api: Api) -> None:
        made = make_source(api, retrieved_at="2025-10-22T15:38:00.5+02:00")
        assert made["current_version"]["retrieved_at"] == "2025-10-22T13:38:00.500000Z"

    @pytest.mark.parametrize(
        "moment",
        [
            "2025",
            "2025-10",
            "2025-10-22",
            "2025-10-22T13:38",
            "2025-10-22T13:38:00Z",
            "2024-02-29T23:59:59.123456-11:30",
        ],
    )
    def test_keeps_when_it_came_out_as_precisely_as_it_was_said(self, api: Api, moment: str) -> None:
        assert make_source(api, published_at=moment)["published_at"] == moment


class TestCanonicalUrl:
    VARIANT = "http://www.example.com/a/?utm_source=x#part"
    FORM = "https://example.com/a"

    def test_is_made_from_the_url(self, api: Api) -> None:
        made = make_source(api, url=self.VARIANT)
        assert (made["url"], made["canonical_url"]) == (self.VARIANT, self.FORM)

    @pytest.mark.parametrize("stated", [VARIANT, FORM])
    def test_is_brought_to_its_form_where_it_is_stated(self, api: Api, stated: str) -> None:
        assert make_source(api, url="https://x.org/", canonical_url=stated)["canonical_url"] == self.FORM

    def test_follows_from_the_url_where_it_is_stated_as_null(self, api: Api) -> None:
        assert make_source(api, url=self.VARIANT, canonical_url=None)["canonical_url"] == self.FORM

    def test_is_found_where_it_is_longer_than_what_was_given(self, api: Api) -> None:
        given = f"https://example.com/{'ы' * 400}"
        made = make_source(api, url=given)
        assert len(made["canonical_url"]) > 2000
        for url in (given, made["canonical_url"]):
            assert ids(api.read(f"/v1/sources?{urlencode({'canonical_url': url})}")) == [made["id"]]

    @pytest.mark.parametrize(
        "variant", ["http%3A%2F%2Fm.example.com%2Fa%2F%3Ffbclid%3D1", "https%3A%2F%2Fexample.com%2Fa"]
    )
    def test_is_found_by_any_url_of_the_article(self, api: Api, variant: str) -> None:
        wanted = make_source(api, url=self.VARIANT)
        make_source(api, url="https://example.com/b")
        assert ids(api.read(f"/v1/sources?canonical_url={variant}")) == [wanted["id"]]

    @pytest.mark.parametrize(
        ("before", "patch", "after"),
        [
            ({"url": VARIANT}, {"url": "http://x.org/b/"}, "https://x.org/b"),
            ({"url": VARIANT}, {"url": None}, None),
            ({}, {"url": VARIANT}, FORM),
            ({"url": VARIANT, "canonical_url": "https://x.org/c"}, {"url": "http://x.org/b/"}, "https://x.org/c"),
            ({"url": VARIANT}, {"canonical_url": "http://x.org/c/"}, "https://x.org/c"),
            ({"url": VARIANT, "canonical_url": "https://x.org/c"}, {"canonical_url": None}, FORM),
            ({"url": VARIANT}, {"url": "https://x.org/b", "canonical_url": VARIANT}, FORM),
            ({"url": VARIANT}, {"title": "Another"}, FORM),
        ],
    )
    def test_follows_a_changed_url_that_it_was_made_from(
        self, api: Api, before: dict[str, str], patch: dict[str, str | None], after: str | None
    ) -> None:
        made = make_source(api, **before)
        assert told(api.patch(f"/v1/sources/{made['id']}", patch))["canonical_url"] == after


class TestASecondTime:
    URL = "https://example.com/a"

    def test_is_refused_at_the_same_canonical_url(self, api: Api) -> None:
        first = api.made("/v1/sources", {"title": "x", "url": self.URL})
        again = {"title": "y", "url": "http://m.example.com/a/?utm_medium=z"}
        problem = assert_problem(api.post("/v1/sources", again), "duplicate", "/url")
        assert (problem["existing"], "canonical URL" in problem["detail"]) == ({"id": first["id"]}, True)

    def test_names_the_field_that_says_it(self, api: Api) -> None:
        api.made("/v1/sources", {"title": "x", "url": self.URL})
        again = {"title": "y", "url": "https://x.org/", "canonical_url": self.URL}
        assert_problem(api.post("/v1/sources", again), "duplicate", "/canonical_url")

    def test_is_refused_with_the_same_text(self, api: Api) -> None:
        first = api.made("/v1/sources", {"title": "x", "text": TEXT})
        again = {"title": "y", "text": TEXT, "url": self.URL}
        problem = assert_problem(api.post("/v1/sources", again), "duplicate", "/text")
        assert (problem["existing"], "very text" in problem["detail"]) == ({"id": first["id"]}, True)

    def test_is_refused_with_a_text_that_a_source_has_no_more(self, api: Api) -> None:
        first = api.made("/v1/sources", {"title": "x", "text": TEXT})
        api.made(f"/v1/sources/{first['id']}/versions", {"text": "Rewritten."})
        problem = assert_problem(api.post("/v1/sources", {"title": "y", "text": TEXT}), "duplicate", "/text")
        assert problem["existing"] == {"id": first["id"]}

    def test_is_kept_where_that_is_allowed(self, api: Api) -> None:
        body = {"title": "x", "text": TEXT, "url": self.URL}
        made = {api.made("/v1/sources?allow_duplicate=true", body)["id"] for _ in range(2)}
        assert set(ids(api.read(f"/v1/sources?canonical_url={self.URL}"))) == made

    @pytest.mark.parametrize("other", [{"text": TEXT + " "}, {"url": "https://example.com/b"}, {}])
    def test_is_kept_where_neither_is_the_same(self, api: Api, other: dict[str, str]) -> None:
        for fields in ({"text": TEXT, "url": self.URL}, {}, other):
            api.made("/v1/sources", {"title": "x", **fields})

    def test_is_kept_where_the_first_was_deleted(self, api: Api) -> None:
        body = {"title": "x", "text": TEXT, "url": self.URL}
        api.delete(f"/v1/sources/{api.made('/v1/sources', body)['id']}")
        api.made("/v1/sources", body)

    def test_is_told_of_neither_by_a_restoring_nor_by_a_change(self, api: Api) -> None:
        body = {"title": "x", "text": TEXT, "url": self.URL}
        first = api.made("/v1/sources", body)
        api.delete(f"/v1/sources/{first['id']}")
        second = api.made("/v1/sources", body)
        assert api.post(f"/v1/sources/{first['id']}/restore").status_code == 200
        changed = api.patch(f"/v1/sources/{second['id']}", {"url": f"{self.URL}/"})
        assert (changed.status_code, told(changed)["canonical_url"]) == (200, self.URL)


class TestRead:
    def test_gives_no_text(self, api: Api) -> None:
        assert "text" not in api.read(f"/v1/sources/{make_source(api)['id']}")

    def test_gives_not_found_for_an_unknown_id(self, api: Api) -> None:
        assert_problem(api.get(f"/v1/sources/{NOBODY}"), "not-found")


class TestPassages:
    def test_are_none_of_a_new_source(self, api: Api) -> None:
        assert make_source(api)["passages"] == []

    def test_are_shown_with_their_place_and_state(self, api: Api) -> None:
        source = make_source(api)
        passage = make_passage(api, "No date was set", source)
        assert upon(api, source) == [
            {
                "id": passage["id"],
                "exact": "No date was set",
                "start": 17,
                "end": 32,
                "version": 1,
                "anchor_state": "exact",
                "now": None,
                "claims": [],
            }
        ]

    def test_are_shown_in_reading_order(self, api: Api) -> None:
        source = make_source(api)
        for exact in ("spring", "The talks ended", "No date was set", "talks", "date was promised"):
            make_passage(api, exact, source)
        expected = ["The talks ended", "talks", "No date was set", "date was promised", "spring"]
        assert [each["exact"] for each in upon(api, source)] == expected

    def test_are_ordered_by_where_they_stand_in_the_newest_text_and_last_those_that_do_not(
        self, api: Api, database: Database
    ) -> None:
        source = make_source(api)
        first, lost, last = (make_passage(api, exact, source)["id"] for exact in ("talks", "No date", "spring"))
        text = "In spring. The talks had ended."
        keep_newer(
            database, source, text, {first: ("moved", "talks"), lost: ("orphaned", None), last: ("moved", "spring")}
        )
        newest = make_passage(api, "had ended", source)["id"]
        shown = upon(api, source)
        assert [each["id"] for each in shown] == [last, first, newest, lost]
        assert [each["now"] and each["now"]["start"] for each in shown] == [3, 15, None, None]
        assert [each["version"] for each in shown] == [1, 1, 2, 1]

    def test_of_a_source_without_text_are_unverified(self, api: Api) -> None:
        source = make_source(api, None)
        make_passage(api, "Anything", source)
        (shown,) = upon(api, source)
        assert (shown["start"], shown["version"], shown["anchor_state"]) == (None, None, "unverified")

    def test_name_the_claims_that_they_bear_on_oldest_link_first(self, api: Api) -> None:
        source = make_source(api)
        claims = [make_claim(api, text, speaker={"name": "Kremlin"}) for text in ("no date", "a date")]
        links = [
            make_evidence(api, claim, source, stance=stance, basis=basis)
            for claim, stance, basis in zip(
                claims, ("supports", "contradicts"), ("content", "attribution"), strict=True
            )
        ]
        (shown,) = upon(api, source)
        assert shown["claims"] == [
            {
                "id": claim["id"],
                "label": claim["label"],
                "evidence_id": link["id"],
                "stance": link["stance"],
                "basis": link["basis"],
            }
            for claim, link in zip(claims, links, strict=True)
        ]

    @pytest.mark.parametrize("ended", ["claims", "evidence"])
    def test_do_not_name_what_was_deleted(self, api: Api, ended: str) -> None:
        source, claim = make_source(api), make_claim(api)
        link = make_evidence(api, claim, source)
        api.delete(f"/v1/{ended}/{claim['id'] if ended == 'claims' else link['id']}")
        assert [each["claims"] for each in upon(api, source)] == [[]]

    def test_that_were_deleted_are_not_shown(self, api: Api) -> None:
        source = make_source(api)
        api.delete(f"/v1/passages/{make_passage(api, source=source)['id']}")
        assert upon(api, source) == []

    def test_are_not_shown_in_listings(self, api: Api) -> None:
        make_passage(api)
        assert [each for each in api.read("/v1/sources")["data"] if "passages" in each] == []

    def test_count_in_the_etag_that_a_change_may_insist_on(self, api: Api) -> None:
        source = make_source(api)
        path = f"/v1/sources/{source['id']}"
        before = api.get(path).headers["ETag"]
        make_evidence(api, make_claim(api), source)
        after = api.get(path).headers["ETag"]
        assert api.patch(path, {"title": "x"}, headers={"If-Match": before}).status_code == 412
        changed = api.patch(path, {"title": "x"}, headers={"If-Match": after})
        assert changed.headers["ETag"] == api.get(path).headers["ETag"] != after


class TestList:
    @pytest.mark.parametrize(
        "query",
        [
            "url=https%3A%2F%2FExample.com%2Fa%2520b%3Fq%3D1%26r%3D%252F%23part",
            "publisher=%C3%9Cnited%20Pr%C3%A9ss%20",
            "type=news_article",
            "language=pt-BR",
            "reliability=C",
        ],
    )
    def test_narrows_by(self, api: Api, query: str) -> None:
        make_source(api, publisher="Other", type="other", language="en", reliability="A", url="https://x.org/")
        make_source(api)
        wanted = api.made("/v1/sources", KNOWN)
        assert api.read(f"/v1/sources?{query}")["data"] == [bare(wanted)]

    def test_narrows_by_all_filters_at_once(self, api: Api) -> None:
        make_source(api, language="en", type="statement")
        make_source(api, language="de", type="document")
        wanted = make_source(api, language="en", type="document")
        assert ids(api.read("/v1/sources?language=en&type=document")) == [wanted["id"]]

    def test_narrows_to_what_was_changed_since(self, api: Api) -> None:
        make_source(api)
        made = make_source(api)
        assert ids(api.read(f"/v1/sources?updated_since={made['updated_at']}")) == [made["id"]]

    @pytest.mark.parametrize(
        ("sort", "expected"),
        [
            ("created_at", "b a C"),
            ("-created_at", "C a b"),
            ("updated_at", "a C b"),
            ("-updated_at", "b C a"),
            ("title", "C a b"),
            ("-title", "b a C"),
            ("published_at", "b C a"),
            ("-published_at", "a C b"),
        ],
    )
    def test_sorts_by(self, api: Api, sort: str, expected: str) -> None:
        dates = {"b": None, "a": "2025-10-22T13:38", "C": "2025"}
        first, *_ = [make_source(api, title=title, published_at=date) for title, date in dates.items()]
        api.patch(f"/v1/sources/{first['id']}", {"publisher": "Last to change"})
        assert [each["title"] for each in api.read(f"/v1/sources?sort={sort}")["data"]] == expected.split()


class TestUpdate:
    def test_leaves_what_is_not_sent(self, api: Api) -> None:
        made = api.made("/v1/sources", KNOWN)
        changed = told(api.patch(f"/v1/sources/{made['id']}", {"reliability": "F"}))
        assert {name: changed[name] for name in KNOWN} == {**KNOWN, "reliability": "F"}

    def test_keeps_the_title_from_being_taken_away(self, api: Api) -> None:
        made = make_source(api)
        assert_problem(api.patch(f"/v1/sources/{made['id']}", {"title": None}), "invalid", "/title")

    @pytest.mark.parametrize("changes", [{}, {"publisher": KNOWN["publisher"]}, KNOWN])
    def test_keeps_the_version_when_nothing_changes(self, api: Api, changes: dict[str, object]) -> None:
        made = api.made("/v1/sources", KNOWN)
        response = api.patch(f"/v1/sources/{made['id']}", changes)
        assert (response.status_code, told(response)) == (200, made)

    def test_adds_one_to_the_version(self, api: Api) -> None:
        made = make_source(api)
        changed = told(api.patch(f"/v1/sources/{made['id']}", {"title": "New", "authors": ["Bo"]}))
        assert (changed["version"], changed["current_version"]) == (2, made["current_version"])
        assert changed["updated_at"] > changed["created_at"] == made["created_at"]

    @pytest.mark.parametrize("field", ["text", "retrieved_at", "current_version"])
    def test_refuses_to_touch_the_text(self, api: Api, field: str) -> None:
        made = make_source(api)
        assert_problem(api.patch(f"/v1/sources/{made['id']}", {field: "x"}), "invalid", f"/{field}")
        assert api.read(f"/v1/sources/{made['id']}/versions/1")["text"] == TEXT

    def test_shows_in_the_passages(self, api: Api) -> None:
        passage = make_passage(api)
        api.patch(f"/v1/sources/{passage['source']['id']}", {"title": "New", "publisher": "P"})
        shown = api.read(f"/v1/passages/{passage['id']}")["source"]
        assert (shown["title"], shown["publisher"]) == ("New", "P")


class TestDelete:
    def test_takes_it_out_of_sight(self, api: Api) -> None:
        path = f"/v1/sources/{make_source(api)['id']}"
        assert api.delete(path).status_code == 204
        assert_problem(api.get(path), "not-found")
        assert api.read("/v1/sources")["data"] == []

    @pytest.mark.parametrize("below", ["/versions", "/versions/1"])
    def test_takes_the_text_out_of_sight(self, api: Api, below: str) -> None:
        path = f"/v1/sources/{make_source(api)['id']}"
        api.delete(path)
        assert_problem(api.get(path + below), "not-found")

    def test_is_refused_while_a_passage_is_kept(self, api: Api) -> None:
        passage = make_passage(api)
        problem = assert_problem(api.delete(f"/v1/sources/{passage['source']['id']}"), "in-use")
        assert problem["cited_by"] == [{"entity": "passage", "id": passage["id"]}]

    def test_is_taken_once_the_passages_are_deleted(self, api: Api) -> None:
        passage = make_passage(api)
        api.delete(f"/v1/passages/{passage['id']}")
        assert api.delete(f"/v1/sources/{passage['source']['id']}").status_code == 204


class TestVersions:
    @pytest.mark.parametrize("text", [ODD, "x", "🇺🇦" * 5_000, "a\r\nb\rc\n"])
    def test_give_the_text_exactly_as_it_was_sent(self, api: Api, text: str) -> None:
        version = api.read(f"/v1/sources/{make_source(api, text)['id']}/versions/1")
        assert version["text"] == text
        assert version["sha256"] == hashlib.sha256(text.encode()).hexdigest()

    def test_are_listed_without_the_text(self, api: Api) -> None:
        made = make_source(api)
        page = api.read(f"/v1/sources/{made['id']}/versions")
        whole = api.read(f"/v1/sources/{made['id']}/versions/1")
        assert page == {"data": [{k: v for k, v in whole.items() if k != "text"}], "next_cursor": None}

    def test_tell_what_the_source_tells_of_its_current_one(self, api: Api) -> None:
        made = make_source(api)
        version = api.read(f"/v1/sources/{made['id']}/versions/1")
        assert {name: version[name] for name in made["current_version"]} == made["current_version"]
        assert (version["source_id"], version["created_by"]) == (made["id"], "write key")

    def test_of_a_source_without_text_are_none(self, api: Api) -> None:
        made = make_source(api, None)
        assert api.read(f"/v1/sources/{made['id']}/versions")["data"] == []
        assert_problem(api.get(f"/v1/sources/{made['id']}/versions/1"), "not-found")

    @pytest.mark.parametrize("number", ["0", "2", "01", "-1", "1.0", "x", "999999999", "9" * 30])
    def test_that_do_not_exist_are_not_found(self, api: Api, number: str) -> None:
        assert_problem(api.get(f"/v1/sources/{make_source(api)['id']}/versions/{number}"), "not-found")

    def test_of_an_unknown_source_are_not_found(self, api: Api) -> None:
        assert_problem(api.get(f"/v1/sources/{NOBODY}/versions"), "not-found")
