from tests.conftest import Api
from tests.problems import assert_problem

TEXT = "The talks ended. No date was set, the spokesman said. A date was promised for spring."


class TestCreate:
    def test_answers_with_the_label(self, api: Api) -> None:
        claim = api.made("/v1/claims", {"label": "Kremlin: no date was set"})
        assert (claim["label"], claim["text"]) == ("Kremlin: no date was set", "no date was set")

    def test_refuses_an_unknown_field_by_name(self, api: Api) -> None:
        assert_problem(api.post("/v1/claims", {"text": "x", "verdict": "supported"}), "invalid", "/verdict")
