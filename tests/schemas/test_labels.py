import pytest

from claims_api.errors import Invalid
from claims_api.models.words import Stance, Verdict
from claims_api.schemas.formats.labels import stance_of, verdict_of


class TestLabels:
    @pytest.mark.parametrize("label", ["SUPPORTS", "Supports.", " supports ", "_SUPPORT_"])
    def test_are_known_in_any_case_and_spacing(self, label: str) -> None:
        assert (stance_of(label, path=()), verdict_of(label)) == (Stance.SUPPORTS, Verdict.SUPPORTED)

    @pytest.mark.parametrize(
        "label",
        ["\u4e0d supported", "\u4e0dsupports", "supports?", "supports\uff1f", "\u043d\u0435 true", "supports 2"],
    )
    def test_with_anything_more_tell_nothing(self, label: str) -> None:
        assert verdict_of(label) is None
        with pytest.raises(Invalid):
            stance_of(label, path=())
