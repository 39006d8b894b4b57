"""The words for stances and verdicts in other datasets, and ours for them."""

import re

from claims_api.errors import Invalid, Path
from claims_api.models.words import Stance, Verdict
from claims_api.services.ratings import is_asked

# Of FEVER, SciFact, CLIMATE-FEVER and AVeriTeC, and our own. None of them is guessed at.
_STANCES = {
    Stance.SUPPORTS: ("supports", "support", "supported"),
    Stance.CONTRADICTS: ("contradicts", "contradict", "contradicted", "refutes", "refute", "refuted"),
    Stance.MENTIONS: ("mentions", "not enough info", "not enough evidence", "nei", "neutral"),
}
_VERDICTS = {
    Verdict.SUPPORTED: _STANCES[Stance.SUPPORTS],
    Verdict.REFUTED: _STANCES[Stance.CONTRADICTS],
    Verdict.CONFLICTING_EVIDENCE: (
        "conflicting evidence",
        "conflicting",
        "disputed",
        "conflicting evidence cherrypicking",
    ),
    Verdict.NOT_ENOUGH_EVIDENCE: ("not enough evidence", "not enough info", "nei"),
}
_STANCE_OF = {word: stance for stance, words in _STANCES.items() for word in words}
_VERDICT_OF = {word: verdict for verdict, words in _VERDICTS.items() for word in words}
# How FEVER calls them, and CLIMATE-FEVER the one that FEVER has no word for.
IN_FEVER = {
    Verdict.SUPPORTED: "SUPPORTS",
    Verdict.REFUTED: "REFUTES",
    Verdict.CONFLICTING_EVIDENCE: "DISPUTED",
    Verdict.NOT_ENOUGH_EVIDENCE: "NOT ENOUGH INFO",
}
# How CLIMATE-FEVER calls them, and how SciFact does.
IN_CLIMATE_FEVER = {
    Stance.SUPPORTS: "SUPPORTS",
    Stance.CONTRADICTS: "REFUTES",
    Stance.MENTIONS: "NOT_ENOUGH_INFO",
}
IN_SCIFACT = {
    Stance.SUPPORTS: "SUPPORT",
    Stance.CONTRADICTS: "CONTRADICT",
    Stance.MENTIONS: "NOT_ENOUGH_INFO",
}


def stance_of(label: object, *, path: Path) -> Stance:
    """Return the stance that a label means, in any case; ``Invalid`` for one that is not known."""
    found = _STANCE_OF.get(_plainly(label))
    if found is None:
        raise Invalid(
            "No stance: one of supports, contradicts, mentions (or SUPPORT, REFUTES and the like).", path=path
        )
    return found


def verdict_of(label: object) -> Verdict | None:
    """Return the verdict that a label means, in any case; None for one that is not known."""
    return _VERDICT_OF.get(_plainly(label))


def _plainly(label: object) -> str:
    if not isinstance(label, str) or is_asked(label):
        return ""
    # Words of any script count: one more word may reverse the meaning.
    return " ".join(re.findall(r"[^\W_]+", label.casefold()))
