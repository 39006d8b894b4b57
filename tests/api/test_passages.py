import pytest

from claims_api.db import Database
from tests.api.factories import (
    NOBODY,
    TEXT,
    Thing,
    ids,
    make_claim,
    make_evidence,
    make_passage,
    make_source,
    nothing_stored,
    told,
)
from tests.conftest import Api
from tests.problems import assert_problem

EXACT = "No date was set"
START = TEXT.index(EXACT)
END = START + len(EXACT)
TYPESET = "🕊️ He said: “We’re not — yet — ready…” Then\u00a0he left."


def place(made: Thing) -> tuple[str, int, int, str]:
    return made["exact"], made["start"], made["end"], made["match"]


class TestCreate:
    @pytest.mark.parametrize(
        "quote", [{"exact": EXACT}, {"start": START, "end": END}, {"exact": EXACT, "start": START, "end": END}]
    )
    def test_finds_the_place_by(self, api: Api, quote: dict[str, object]) -> None:
        made = api.made("/v1/passages", {"source_id": make_source(api)["id"], **quote})
        assert place(made) == (EXACT, START, END, "exact")

    def test_says_where_it_is_kept_by_path_alone(self, api: Api) -> None:
        response = api.post("/v1/passages", {"source_id": make_source(api)["id"], "exact": EXACT})
        assert response.status_code == 201
        assert response.headers["Location"] == f"/v1/passages/{told(response)['id']}"
        assert api.read(response.headers["Location"]) == told(response)

    def test_begins_with_version_1_and_the_name_of_the_key(self, api: Api) -> None:
        made = make_passage(api)
        assert (made["version"], made["created_by"], made["anchor_state"]) == (1, "write key", "exact")
        assert made["created_at"] == made["updated_at"]

    def test_shows_what_stands_around_it(self, api: Api) -> None:
        made = make_passage(api)
        assert made["prefix"] == TEXT[:START]
        assert made["suffix"] == TEXT[END : END + 32]

    def test_shows_its_source(self, api: Api) -> None:
        source = make_source(api, publisher="P", url="https://example.org/")
        expected = {name: source[name] for name in ("id", "title", "publisher", "url")}
        assert make_passage(api, source=source)["source"] == {**expected, "version": 1}

    def test_counts_in_code_points_and_tells_the_other_units(self, api: Api) -> None:
        text = "é 🕊🇺🇦 x 🕊 end"
        made = make_passage(api, "x 🕊", make_source(api, text))
        start, end = text.index("x"), text.index(" end")
        utf16, utf8 = text.encode("utf-16-le"), text.encode()
        assert (made["start"], made["end"]) == (start, end)
        assert utf16[2 * made["utf16"]["start"] : 2 * made["utf16"]["end"]].decode("utf-16-le") == "x 🕊"
        assert utf8[made["utf8"]["start"] : made["utf8"]["end"]].decode() == "x 🕊"
        assert made["utf16"] != made["utf8"] != {"start": start, "end": end}

    def test_keeps_the_sources_own_typography(self, api: Api) -> None:
        source = make_source(api, TYPESET)
        made = make_passage(api, '"We\'re not - yet - ready..." Then he', source)
        found = "“We’re not — yet — ready…” Then\u00a0he"
        start = TYPESET.index(found)
        assert place(made) == (found, start, start + len(found), "folded")

    def test_answers_200_with_the_same_passage_the_second_time(self, api: Api, database: Database) -> None:
        source = make_source(api)
        first = make_passage(api, source=source)
        with nothing_stored(database):
            again = api.post("/v1/passages", {"source_id": source["id"], "start": START, "end": END})
        assert (again.status_code, told(again)) == (200, first)
        assert "Location" not in again.headers

    def test_keeps_overlapping_places_apart(self, api: Api) -> None:
        source = make_source(api)
        made = {make_passage(api, exact, source)["id"] for exact in (EXACT, "date was set", "No date was")}
        assert set(ids(api.read("/v1/passages"))) == made

    def test_keeps_equal_places_of_two_sources_apart(self, api: Api) -> None:
        assert make_passage(api)["id"] != make_passage(api)["id"]

    @pytest.mark.parametrize(
        ("hint", "start"),
        [
            ({"occurrence": 2}, 1),
            ({"prefix": "A "}, 1),
            ({"suffix": " was set"}, 0),
            ({"prefix": "No ", "suffix": " was"}, 0),
            ({"start": TEXT.rindex("date"), "end": TEXT.rindex("date") + 4}, 1),
        ],
    )
    def test_takes_the_one_of_several_that_is_meant(self, api: Api, hint: dict[str, object], start: int) -> None:
        made = api.made("/v1/passages", {"source_id": make_source(api)["id"], "exact": "date", **hint})
        assert made["start"] == (TEXT.index("date"), TEXT.rindex("date"))[start]

    def test_refuses_to_choose_between_several(self, api: Api, database: Database) -> None:
        source = make_source(api)
        with nothing_stored(database):
            response = api.post("/v1/passages", {"source_id": source["id"], "exact": "date"})
        problem = assert_problem(response, "quote-ambiguous", "/exact")
        assert problem["count"] == 2
        assert [each["start"] for each in problem["places"]] == [TEXT.index("date"), TEXT.rindex("date")]
        assert [each["occurrence"] for each in problem["places"]] == [1, 2]

    def test_refuses_what_the_source_does_not_say_and_shows_what_is_nearest(self, api: Api, database: Database) -> None:
        source = make_source(api)
        with nothing_stored(database):
            response = api.post("/v1/passages", {"source_id": source["id"], "exact": "No dates were set"})
        nearest = assert_problem(response, "quote-not-found", "/exact")["nearest"]
        assert TEXT[nearest["start"] : nearest["end"]] == nearest["exact"]
        assert EXACT in nearest["exact"]
        assert 0.5 < nearest["score"] < 1

    def test_refuses_an_occurrence_that_there_is_not(self, api: Api) -> None:
        body = {"source_id": make_source(api)["id"], "exact": "date", "occurrence": 3}
        assert_problem(api.post("/v1/passages", body), "quote-not-found", "/occurrence")

    def test_refuses_offsets_of_other_words_and_shows_both(self, api: Api, database: Database) -> None:
        source = make_source(api)
        body = {"source_id": source["id"], "exact": EXACT, "start": 0, "end": 9}
        with nothing_stored(database):
            response = api.post("/v1/passages", body)
        problem = assert_problem(response, "quote-mismatch", "/start")
        assert problem["found"] == TEXT[:9]
        assert [(each["start"], each["end"]) for each in problem["places"]] == [(START, END)]

    @pytest.mark.parametrize("unit", ["utf-16-le", "utf-8"])
    def test_recognises_offsets_in_other_units(self, api: Api, unit: str) -> None:
        source = make_source(api, "🕊🕊 " + TEXT)
        width = 2 if unit == "utf-16-le" else 1
        start = len(("🕊🕊 " + TEXT[:START]).encode(unit)) // width
        body = {"source_id": source["id"], "exact": EXACT, "start": start, "end": start + len(EXACT)}
        problem = assert_problem(api.post("/v1/passages", body), "quote-mismatch", "/start")
        assert {"utf-16-le": "UTF-16", "utf-8": "UTF-8"}[unit] in problem["detail"]

    @pytest.mark.parametrize(
        ("offsets", "code", "pointer"),
        [
            ({"start": 0}, "invalid", "/end"),
            ({"end": 5}, "invalid", "/start"),
            ({"start": 5, "end": 5}, "invalid", "/end"),
            ({"start": 6, "end": 5}, "invalid", "/end"),
            ({"start": -1, "end": 5}, "invalid", "/start"),
            ({"start": 0, "end": len(TEXT) + 1}, "quote-mismatch", "/end"),
            ({"start": 990_000, "end": 1_000_000}, "quote-mismatch", "/end"),
            ({"start": 0, "end": 1_000_001}, "invalid", "/end"),
            ({}, "invalid", "/exact"),
        ],
    )
    def test_refuses_offsets(self, api: Api, offsets: dict[str, int], code: str, pointer: str) -> None:
        body = {"source_id": make_source(api)["id"], **offsets}
        assert_problem(api.post("/v1/passages", body), code, pointer)

    def test_takes_the_whole_text(self, api: Api) -> None:
        made = api.made("/v1/passages", {"source_id": make_source(api)["id"], "start": 0, "end": len(TEXT)})
        assert (made["exact"], made["prefix"], made["suffix"]) == (TEXT, "", "")


class TestCreateWithoutText:
    def test_keeps_the_quote_unverified(self, api: Api) -> None:
        made = make_passage(api, " “Anything” ", make_source(api, None))
        assert (made["exact"], made["match"], made["anchor_state"]) == (" “Anything” ", "unverified", "unverified")
        assert {made[name] for name in ("start", "end", "utf16", "utf8")} == {None}
        assert made["source"]["version"] is None

    def test_answers_200_with_the_same_passage_the_second_time(self, api: Api) -> None:
        source = make_source(api, None)
        first = make_passage(api, "Anything", source)
        again = api.post("/v1/passages", {"source_id": source["id"], "exact": "Anything"})
        assert (again.status_code, told(again)) == (200, first)

    def test_keeps_the_context_nearest_to_the_quote(self, api: Api) -> None:
        body = {"exact": "x", "prefix": "a" * 9 + "b" * 32, "suffix": "c" * 32 + "d" * 9}
        made = api.made("/v1/passages", {"source_id": make_source(api, None)["id"], **body})
        assert (made["prefix"], made["suffix"]) == ("b" * 32, "c" * 32)

    @pytest.mark.parametrize("quote", [{"start": 0, "end": 5}, {"exact": "x", "start": 0, "end": 1}])
    def test_refuses_offsets(self, api: Api, database: Database, quote: dict[str, object]) -> None:
        source = make_source(api, None)
        with nothing_stored(database):
            response = api.post("/v1/passages", {"source_id": source["id"], **quote})
        assert_problem(response, "invalid", "/start")

    def test_asks_for_the_quote(self, api: Api) -> None:
        assert_problem(api.post("/v1/passages", {"source_id": make_source(api, None)["id"]}), "invalid", "/exact")


class TestRead:
    def test_gives_not_found_for_an_unknown_id(self, api: Api) -> None:
        assert_problem(api.get(f"/v1/passages/{NOBODY}"), "not-found")


class TestList:
    @pytest.mark.parametrize("query", ["source_id={}", "match=folded", "anchor_state=exact&match=folded"])
    def test_narrows_by(self, api: Api, query: str) -> None:
        make_passage(api)
        make_passage(api, "x", make_source(api, None))
        source = make_source(api, TYPESET)
        wanted = make_passage(api, "We're not", source)
        assert api.read(f"/v1/passages?{query.format(source['id'])}")["data"] == [wanted]

    def test_narrows_to_the_unverified(self, api: Api) -> None:
        make_passage(api)
        wanted = make_passage(api, "x", make_source(api, None))
        assert ids(api.read("/v1/passages?anchor_state=unverified")) == [wanted["id"]]

    def test_narrows_to_what_was_changed_since(self, api: Api) -> None:
        make_passage(api)
        made = make_passage(api)
        assert ids(api.read(f"/v1/passages?updated_since={made['updated_at']}")) == [made["id"]]

    @pytest.mark.parametrize(
        ("sort", "order"),
        [
            ("created_at", [0, 1, 2]),
            ("-created_at", [2, 1, 0]),
            ("updated_at", [0, 1, 2]),
            ("-updated_at", [2, 1, 0]),
            ("start", [1, 2, 0]),
            ("-start", [0, 2, 1]),
        ],
    )
    def test_sorts_by(self, api: Api, sort: str, order: list[int]) -> None:
        source = make_source(api)
        made = [make_passage(api, exact, source)["id"] for exact in ("spring", "The talks", "No date")]
        listed = ids(api.read(f"/v1/passages?source_id={source['id']}&sort={sort}"))
        assert listed == [made[index] for index in order]

    def test_puts_what_has_no_place_first_in_reading_order(self, api: Api) -> None:
        placed, unplaced = make_passage(api), make_passage(api, "x", make_source(api, None))
        assert ids(api.read("/v1/passages?sort=start")) == [unplaced["id"], placed["id"]]


class TestUpdate:
    def test_is_not_offered(self, api: Api) -> None:
        made = make_passage(api)
        response = api.patch(f"/v1/passages/{made['id']}", {"exact": "x"})
        assert_problem(response, "method-not-allowed")
        assert {"GET", "DELETE"} <= set(response.headers["Allow"].split(", "))


class TestDelete:
    def test_takes_it_out_of_sight(self, api: Api) -> None:
        path = f"/v1/passages/{make_passage(api)['id']}"
        assert api.delete(path).status_code == 204
        assert_problem(api.get(path), "not-found")
        assert api.read("/v1/passages")["data"] == []

    def test_frees_the_place(self, api: Api) -> None:
        source = make_source(api)
        old = make_passage(api, source=source)
        api.delete(f"/v1/passages/{old['id']}")
        assert make_passage(api, source=source)["id"] != old["id"]

    def test_is_refused_while_evidence_cites_it(self, api: Api) -> None:
        passage = make_passage(api)
        link = make_evidence(api, make_claim(api), passage_id=passage["id"])
        problem = assert_problem(api.delete(f"/v1/passages/{passage['id']}"), "in-use")
        assert problem["cited_by"] == [{"entity": "evidence", "id": link["id"]}]

    def test_is_refused_while_a_claim_first_appears_in_it(self, api: Api) -> None:
        passage = make_passage(api)
        claim = make_claim(api, first_appearance_id=passage["id"])
        problem = assert_problem(api.delete(f"/v1/passages/{passage['id']}"), "in-use")
        assert problem["cited_by"] == [{"entity": "claim", "id": claim["id"]}]

    @pytest.mark.parametrize("ended", ["claims", "evidence"])
    def test_is_taken_once_nothing_cites_it(self, api: Api, ended: str) -> None:
        passage, claim = make_passage(api), make_claim(api)
        link = make_evidence(api, claim, passage_id=passage["id"])
        api.delete(f"/v1/{ended}/{claim['id'] if ended == 'claims' else link['id']}")
        assert api.delete(f"/v1/passages/{passage['id']}").status_code == 204


def test_a_quote_that_spaces_make_too_long_is_refused(api: Api) -> None:
    source = make_source(api, "a  b" * 6_000)
    assert_problem(api.post("/v1/passages", {"source_id": source["id"], "exact": "a b" * 6_000}), "invalid", "/exact")
