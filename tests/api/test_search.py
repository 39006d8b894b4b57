"""What a search finds, how it shows it, and how it counts it."""

from collections.abc import Iterator
from html import unescape
from urllib.parse import quote

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.api.factories import (
    Thing,
    found,
    ids,
    make_claim,
    make_evidence,
    make_passage,
    make_source,
    make_speaker,
    search,
)
from tests.conftest import Api
from tests.problems import assert_problem


def matches(api: Api, q: str, **parameters: object) -> list[Thing]:
    """Return the matches of the one thing that is found."""
    (hit,) = search(api, q, **parameters)["data"]
    shown: list[Thing] = hit["matches"]
    return shown


class TestTheQuestion:
    @pytest.mark.parametrize(
        "question",
        [
            "date",
            "DATE set",
            "dáte",
            "da*",
            '"date was"',
            '"no da*',
            "no-date",
            "date -budapest",
            '-"date no" set',
            "ｄａｔｅ",
        ],
    )
    def test_finds(self, api: Api, question: str) -> None:
        claim = make_claim(api, "No date was set")
        assert found(api, question) == [claim["id"]]

    @pytest.mark.parametrize(
        "question",
        [
            "budapest",
            "dat",
            '"date no"',
            "date -set",
            "date -se*",
            'no -"date was"',
            "date-no",
            "",
            "-date",
            "🙂",
            '"',
            "*",
        ],
    )
    def test_does_not_find(self, api: Api, question: str) -> None:
        make_claim(api, "No date was set")
        assert found(api, question) == []

    @pytest.mark.parametrize(
        ("text", "question"),
        [
            ("我们在北京市工作", "北京市"),
            ("我们在北京市工作", "京"),
            ("我们在北京市工作", "作"),
            ("ไม่มีการกำหนดวันที่", "กำหนด"),
            ("لم يُحدَّد موعد", "يحدد"),
            ("дату не назначили", "ДАТУ"),
            ("日付は決まっていない", "決まって"),
            ("날짜는 정해지지 않았다", "정해지*"),
            ("तारीख तय नहीं", "तारीख"),
            ("Wałęsa said no", "Walesa"),
            ("Walesa said no", "Wałęsa"),
            ("двадцять п\u02bcять", "п'ять"),
            ("двадцять п’ять", "п\u02bcять"),
            ("לדברי צה״ל", 'צה"ל'),
            ('לדברי צה"ל', "צה״ל"),
            ("في ٢٠٢٤", "2024"),
            ("ในปี ๒๕๖๗", "2567"),
        ],
    )
    def test_is_in_any_language(self, api: Api, text: str, question: str) -> None:
        claim = make_claim(api, text)
        assert found(api, question) == [claim["id"]]

    def test_is_answered_by_names_of_the_speaker(self, api: Api) -> None:
        speaker = make_speaker(api, aliases=["Moscow"])
        claim = make_claim(api, speaker_id=speaker["id"])
        assert found(api, "kremlin date") == found(api, "moscow date") == [claim["id"]]

    def test_is_answered_by_no_phrase_across_a_name_and_a_text(self, api: Api) -> None:
        make_claim(api, speaker_id=make_speaker(api)["id"])
        assert found(api, '"kremlin no"') == []

    @pytest.mark.parametrize("number", range(8, 30))
    def test_is_answered_by_a_phrase_wherever_it_stands_in_a_long_text(self, api: Api, number: int) -> None:
        source = make_source(api, " ".join(f"Sent{each} begin mid{each} end{each}." for each in range(60)))
        (hit,) = search(api, f'"end{number} sent{number + 1}"')["data"]
        assert hit["id"] == source["id"]
        assert found(api, f'mid{number} -"end{number} sent{number + 1}"') == []

    def test_is_answered_by_a_phrase_over_three_sections(self, api: Api) -> None:
        nothing = " . " * 2_500
        source = make_source(api, f"Alpha{nothing}beta{nothing}gamma")
        assert found(api, '"alpha beta gamma"') == [source["id"]]
        assert found(api, 'alpha -"alpha beta gamma"') == []

    @pytest.mark.parametrize("year", ["2025\n", "25", "20255", "year"])
    def test_of_no_year_is_refused(self, api: Api, year: str) -> None:
        assert_problem(api.get("/v1/search", query_string={"q": "date", "year": year}), "invalid", "year")

    def test_is_answered_by_a_source_through_words_that_stand_apart_and_phrases_that_do_not(self, api: Api) -> None:
        source = make_source(api, "The first word. " + "Nothing here. " * 300 + "The last word.", publisher="The Daily")
        assert found(api, "first last daily") == found(api, '"first word" "last word"') == [source["id"]]
        assert found(api, '"first last"') == found(api, 'first -"last word"') == []

    def test_is_answered_by_passages(self, api: Api) -> None:
        source = make_source(api)
        passage = make_passage(api, "No date was set", source)
        assert sorted(found(api, "date")) == sorted([source["id"], passage["id"]])
        assert found(api, "date", kind="passage") == [passage["id"]]

    def test_may_have_500_characters(self, api: Api) -> None:
        assert found(api, "x" * 500) == []
        assert_problem(api.get(f"/v1/search?q={'x' * 501}"), "invalid", "q")

    def test_must_be_given_and_holds_no_nul(self, api: Api) -> None:
        assert_problem(api.get("/v1/search"), "invalid", "q")
        assert api.get("/v1/search?q=%00").status_code in {400, 422}

    def test_can_be_any_text(self, api: Api) -> None:
        source = make_source(api, "A date — 日期 — تاريخ — 🙂 was set.")
        make_evidence(api, make_claim(api, "a date was set"), source, exact="A date")
        bits = st.sampled_from(
            ["date", '"', "-", "*", "set", "(", "日期", "AND", "NOT", " ", "\\", "'", ":", "a*", "|"]
        )
        text = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"))
        questions = st.one_of(text, st.lists(bits | text, max_size=12).map("".join), st.lists(bits).map(" ".join))

        @settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
        @given(questions.map(lambda each: each[:500]))
        def ask(question: str) -> None:
            response = api.get(f"/v1/search?q={quote(question)}&include=facets")
            assert response.status_code == 200, response.text

        ask()


class TestTheFilters:
    @pytest.fixture
    def some(self, api: Api) -> dict[str, str]:
        speaker = make_speaker(api, aliases=["Moscow"])
        fields = {"speaker_id": speaker["id"], "topics": ["Summit"], "claim_date": "2025-10-21"}
        claim = make_claim(api, **fields)
        other = make_claim(api, "another date", claim_date="2024")
        source = make_source(api, publisher="The Daily", published_at="2025-10-20")
        evidence = make_evidence(api, claim, source)
        names = {"claim": claim, "other": other, "source": source, "passage": evidence["passage"], "speaker": speaker}
        return {name: thing["id"] for name, thing in names.items()}

    @pytest.mark.parametrize(
        ("filters", "expected"),
        [
            ({}, "claim other source passage"),
            ({"kind": "claim"}, "claim other"),
            ({"kind": "source"}, "source"),
            ({"speaker": "moscow"}, "claim"),
            ({"topic": "SUMMIT"}, "claim"),
            ({"verdict": "supported"}, "claim"),
            ({"verdict": "not_enough_evidence"}, "other"),
            ({"publisher": "The Daily"}, "source passage"),
            ({"publisher": "the daily"}, ""),
            ({"year": "2025"}, "claim source passage"),
            ({"year": "2024"}, "other"),
            ({"year": "2025", "publisher": "The Daily", "kind": "passage"}, "passage"),
            ({"topic": "summit", "publisher": "The Daily"}, ""),
        ],
    )
    def test_narrow(self, api: Api, some: dict[str, str], filters: dict[str, str], expected: str) -> None:
        assert set(found(api, "date", **filters)) == {some[name] for name in expected.split()}

    def test_by_the_id_of_a_speaker_narrow(self, api: Api, some: dict[str, str]) -> None:
        assert found(api, "date", speaker_id=some["speaker"]) == [some["claim"]]


class TestTheHits:
    def test_show_the_claim(self, api: Api) -> None:
        claim = make_claim(api, speaker_id=make_speaker(api)["id"], claim_date="2025")
        (hit,) = search(api, "kremlin date")["data"]
        assert hit["claim"] == {
            "id": claim["id"],
            "label": "Kremlin: no date was set",
            "claim_date": "2025",
            "status": claim["status"],
            "verdict": "not_enough_evidence",
        }
        assert (hit["kind"], hit["source"], hit["passage"]) == ("claim", None, None)
        assert [match["field"] for match in hit["matches"]] == ["speaker", "text"]

    def test_show_the_passage_and_its_source(self, api: Api) -> None:
        passage = make_passage(api)
        (hit,) = search(api, "date", kind="passage")["data"]
        assert hit["passage"] == {name: passage[name] for name in ("id", "exact", "start", "end")}
        assert hit["source"]["title"] == "A report"

    def test_show_the_place_in_a_long_text(self, api: Api) -> None:
        text = "🙂 Nothing here. " * 2_000 + "The Élysée's e\u0301poque ended. " + "And so on. " * 2_000
        make_source(api, text)
        (match,) = matches(api, "epoque")
        assert match["field"] == "text"
        assert text[match["start"] : match["end"]] == match["text"]
        assert [text[each["start"] : each["end"]] for each in match["highlights"]] == ["e\u0301poque"]
        assert len(match["text"]) <= 300

    def test_show_a_place_in_each_of_many_sources(self, api: Api) -> None:
        long = make_source(api, "A date was set. " * 20_000)
        short = make_source(api, "One date.")
        shown = {hit["id"]: [match["field"] for match in hit["matches"]] for hit in search(api, "date")["data"]}
        assert shown == {long["id"]: ["text"], short["id"]: ["text"]}

    def test_escape_html(self, api: Api) -> None:
        make_claim(api, "<b>date</b> & 'x' <script>")
        (match,) = matches(api, "date")
        assert match["marked"] == "&lt;b&gt;<mark>date</mark>&lt;/b&gt; &amp; &#x27;x&#x27; &lt;script&gt;"

    @pytest.mark.parametrize(
        ("text", "question"),
        [("x" * 9_000, "x" * 40), ("x" * 9_000, "xx*"), ("中文" * 4_500, "中文中文"), ("again " * 1_600, "again")],
    )
    def test_are_short_however_long_the_word(self, api: Api, text: str, question: str) -> None:
        make_claim(api, text)
        (match,) = matches(api, question)
        assert len(match["text"]) <= 300
        assert match["highlights"]

    def test_have_offsets_that_are_true(self, api: Api) -> None:
        parts = [
            "date",
            "De\u0301but",
            "北京市工作",
            "تاريخ",
            "ประเทศไทย",
            "🙂",
            "👨‍👩‍👧",
            "<b>",
            "word " * 30,
            "\u200f",
            "ﬁne",
            "\n",
        ]
        words = ["date", "debut", "北京", "تاريخ", "ไทย", "word", "fine", "wor*", "工"]

        @settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
        @given(st.lists(st.sampled_from(parts), min_size=1, max_size=60), st.sampled_from(words))
        def ask(some: list[str], word: str) -> None:
            text = "x " + " ".join(some)
            claim = make_claim(api, text)
            for hit in search(api, word)["data"]:
                if hit["id"] == claim["id"]:
                    assert_true(text, hit["matches"])
            api.delete(f"/v1/claims/{claim['id']}")

        ask()


def assert_true(text: str, shown: list[Thing]) -> None:
    """Check that matches in the field ``text`` are where they say, and marked there."""
    assert shown
    for match in shown:
        assert text[match["start"] : match["end"]] == match["text"]
        assert unescape(match["marked"].replace("<mark>", "").replace("</mark>", "")) == match["text"]
        marked = [part.split("</mark>")[0] for part in match["marked"].split("<mark>")[1:]]
        assert [text[each["start"] : each["end"]] for each in match["highlights"]] == list(map(unescape, marked))
        assert all(match["start"] <= each["start"] < each["end"] <= match["end"] for each in match["highlights"])


class TestTheOrder:
    def test_is_by_relevance(self, api: Api) -> None:
        long = make_claim(api, "a date was set, and much else was said that has nothing to do with it at all")
        short = make_claim(api, "date, date, date")
        assert found(api, "date") == [short["id"], long["id"]]

    def test_is_newest_first_if_asked(self, api: Api) -> None:
        made = [make_claim(api, "date " * (4 - number))["id"] for number in range(3)]
        assert found(api, "date", sort="-created_at") == made[::-1]

    def test_is_newest_first_of_what_was_imported_too(self, api: Api) -> None:
        first = make_claim(api, "date one")["id"]
        table = b'key,text\nk,"date two"\n'
        assert api.post("/v1/import?format=claims-csv&collection=c", data=table).status_code == 200
        (imported,) = set(found(api, "date")) - {first}
        assert found(api, "date", sort="-created_at") == [imported, first]
        assert list(paged(api, "/v1/search?q=date&sort=-created_at&limit=1")) == [imported, first]

    @pytest.mark.parametrize("sort", ["relevance", "-created_at"])
    @pytest.mark.parametrize("limit", [1, 3])
    def test_gives_each_once_over_all_pages(self, api: Api, sort: str, limit: int) -> None:
        for number in range(4):
            make_claim(api, f"date {'x ' * (number // 2)}")  # two of each score
            make_passage(api, source=make_source(api, f"No date was set. {number}"))
        whole = found(api, "date", sort=sort, limit=100)
        assert len(whole) == len(set(whole)) == 12
        assert list(paged(api, f"/v1/search?q=date&sort={sort}&limit={limit}")) == whole

    @pytest.mark.parametrize("sort", ["relevance", "-created_at"])
    @pytest.mark.parametrize("kind", ["&kind=claim", ""])
    def test_gives_each_once_while_others_write_of_something_else(self, api: Api, sort: str, kind: str) -> None:
        made = [make_claim(api, f"date {'x ' * (number // 3)}")["id"] for number in range(9)]
        given = []
        for identity in paged(api, f"/v1/search?q=date{kind}&sort={sort}&limit=1"):
            given.append(identity)
            make_claim(api, f"oil prices rose to {len(given)}")
            assert len(given) <= len(made), "the crawl goes in circles"
        assert sorted(given) == sorted(made)

    def test_a_cursor_is_good_for_its_question_only(self, api: Api) -> None:
        for _ in range(2):
            make_claim(api)
        cursor = search(api, "date", limit=1)["next_cursor"]
        assert_problem(api.get(f"/v1/search?q=set&limit=1&cursor={cursor}"), "malformed")


def paged(api: Api, path: str) -> Iterator[str]:
    page = api.read(path)
    yield from ids(page)
    while page["next_cursor"]:
        page = api.read(f"{path}&cursor={page['next_cursor']}")
        yield from ids(page)
