"""How what is found is counted."""

from tests.api.factories import make_claim, make_evidence, make_namesake, make_source, make_speaker, search
from tests.conftest import Api


class TestTheFacets:
    def test_are_given_if_asked(self, api: Api) -> None:
        make_claim(api)
        assert "facets" not in search(api, "date")
        assert search(api, "nothing", include="facets")["facets"] == {
            name: [] for name in ("speaker", "topic", "verdict", "publisher", "year")
        }

    def test_count_all_that_is_found_whatever_the_page(self, api: Api) -> None:
        speaker = make_speaker(api)
        claim = make_claim(api, speaker_id=speaker["id"], topics=["summit"], claim_date="2025-10")
        make_evidence(api, claim, make_source(api, publisher="The Daily", published_at="2025"))
        make_claim(api, "another date", topics=["summit", "energy"], claim_date="2024")
        facets = search(api, "date", include="facets", limit=1)["facets"]
        counted = {name: [(each["value"], each["count"]) for each in values] for name, values in facets.items()}
        assert counted == {
            "speaker": [("Kremlin", 1)],
            "topic": [("summit", 2), ("energy", 1)],
            "verdict": [("not_enough_evidence", 1), ("supported", 1)],
            "publisher": [("The Daily", 2)],
            "year": [("2025", 3), ("2024", 1)],
        }
        assert facets["speaker"][0]["id"] == speaker["id"]

    def test_are_narrowed_as_what_is_found(self, api: Api) -> None:
        make_claim(api, claim_date="2025")
        make_claim(api, claim_date="2024")
        facets = search(api, "date", include="facets", year="2025")["facets"]
        assert facets["year"] == [{"value": "2025", "id": None, "count": 1}]

    def test_of_namesakes_stand_in_the_order_of_their_ids(self, api: Api) -> None:
        namesakes = sorted(make_namesake(api, "Kremlin")["id"] for _ in range(6))
        for each in reversed(namesakes):
            make_claim(api, f"A date of {each}", speaker_id=each)
        shown = search(api, "date", include="facets")["facets"]["speaker"]
        assert [each["id"] for each in shown] == namesakes
