"""SQLite and Postgres find the same, whatever is asked."""

from collections.abc import Iterator
from urllib.parse import quote

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from claims_api.models.words import Scope
from tests.api.factories import make_claim, make_source, make_speaker
from tests.conftest import Api, Service, emptied

TEXTS = (
    "No date was set for the talks in Budapest.",
    "A date — promised, not set — was the last word: “no talks”.",
    "Élysée: la date n'est pas fixée; l'époque, e\u0301poque.",
    "我们在北京市没有确定日期。2024年",
    "ไม่มีการกำหนดวันที่ในกรุงเทพ",
    "لم يُحدَّد موعدٌ للمحادثات",
    "🙂 date 🙂 no\u200bdate so\u00adft 1,000.5 snake_case ﬁne",
    "again " * 300 + "no date",
    "date",
    "一" * 300 + "二三",
    "Wałęsa, п\u02bcять, צה״ל, ٢٠٢٤, ปี๒๕๖๗",
)
WORDS = sorted(
    {word for text in TEXTS for word in text.replace("again ", "").split()} | {"again", "again again", "zzz"}
)


@pytest.fixture(scope="module")
def both(sqlite: Service, postgresql: Service) -> Iterator[list[tuple[Api, dict[str, str]]]]:
    """A client of each, and the names of what is there, by its ids."""
    pairs = []
    for service in (sqlite, postgresql):
        emptied(service.database)
        pairs.append(filled(Api(service.app.test_client(), service.key(Scope.WRITE))))
    yield pairs
    for service in (sqlite, postgresql):
        emptied(service.database)


def filled(api: Api) -> tuple[Api, dict[str, str]]:
    names = {}
    speaker = make_speaker(api, "Élysée", aliases=["le Palais"])
    for number, text in enumerate(TEXTS):
        names[make_claim(api, text, speaker_id=speaker["id"] if number % 2 else None)["id"]] = f"claim {number}"
        # Some words of a text stand far from each other.
        source = make_source(api, f"{text} {'Nothing. ' * 200}{TEXTS[number - 1]}", title=text[:100], publisher="Daily")
        names[source["id"]] = f"source {number}"
        place = {"exact": text[:40], "start": 0, "end": len(text[:40])}
        names[api.made("/v1/passages", {"source_id": source["id"], **place})["id"]] = f"passage {number}"
    return api, names


def found(pair: tuple[Api, dict[str, str]], question: str) -> set[str]:
    api, names = pair
    page = api.read(f"/v1/search?limit=100&q={quote(question)}")
    assert page["next_cursor"] is None
    return {names[hit["id"]] for hit in page["data"]}


TOKENS = st.one_of(
    st.sampled_from(WORDS),
    st.sampled_from(TEXTS)
    .flatmap(lambda text: st.tuples(st.just(text), st.integers(0, 30), st.integers(1, 30)))
    .map(lambda cut: cut[0][cut[1] : cut[1] + cut[2]]),
    st.sampled_from(['"', "-", "*", " ", "(", ")", ":", "AND", "NOT", "\\", "'", "&", "|", "!", "<->"]),
    st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=4),
)
QUESTIONS = st.lists(
    st.tuples(
        st.sampled_from(["", "", " ", " ", "-", '"', ' "']), TOKENS, st.sampled_from(["", "", "*", '"', " "])
    ).map("".join),
    min_size=1,
    max_size=6,
).map(lambda tokens: "".join(tokens)[:500])


class TestBothDatabases:
    @settings(max_examples=300, deadline=None, suppress_health_check=list(HealthCheck))
    @given(QUESTIONS)
    def test_find_the_same(self, both: list[tuple[Api, dict[str, str]]], question: str) -> None:
        assert found(both[0], question) == found(both[1], question)

    @pytest.mark.parametrize(
        "question",
        ['"no date"', "d*", "date -talks", '"date no"', '"again no"', '"一二"', "二三", "三", '"again again"', "époque",
         "fine", "snake case", '-"no date" date', '"no talks" budapest', "palais", "1 000", "กรุง", "موعد*",
         "walesa", "п'ять", 'צה"ל', "2024", "2567"],
    )  # fmt: skip
    def test_find_the_same_by(self, both: list[tuple[Api, dict[str, str]]], question: str) -> None:
        one, other = found(both[0], question), found(both[1], question)
        assert one == other
        assert one or question in {'"date no"', '"again no"', '"一二"'}
