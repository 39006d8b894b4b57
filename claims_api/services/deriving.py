"""Derive the verdict from the evidence of a claim, by a rule that explains itself.

Links of one basis only; links of one group count once. Only supporting ones: supported; only contradicting
ones: refuted; both: conflicting evidence; neither: not enough evidence. The rule is the one that the labels
of CLIMATE-FEVER (Diggelmann et al. 2020) follow without exception; the names are AVeriTeC's.
"""

from dataclasses import dataclass

from claims_api.models.words import VERDICTS, Basis, Verdict

RULE = "sides-present/1"

SIDES = {verdict: sides for sides, verdict in VERDICTS.items()}

_BEARING = {Basis.CONTENT: "what is claimed", Basis.ATTRIBUTION: "that it was said"}


@dataclass(frozen=True)
class Tally:
    """Counts of the links of one basis: by stance, where a group counts once, and of what they rest on.

    An origin is whoever a link names in ``stated_by``, and otherwise the source itself: four outlets that
    quote one anonymous official are one origin.
    """

    supports: int = 0
    contradicts: int = 0
    mentions: int = 0
    passages: int = 0
    sources: int = 0
    origins: int = 0


@dataclass(frozen=True)
class Derived:
    """A verdict with the name and version of the rule, a sentence that says why, and the counts it rests on."""

    verdict: Verdict
    rule: str
    explanation: str
    tally: Tally


def derive(tally: Tally, basis: Basis) -> Derived:
    """Apply the rule to the links of one basis."""
    verdict = VERDICTS[tally.supports > 0, tally.contradicts > 0]
    return Derived(verdict, RULE, _explain(verdict, tally, basis), tally)


def _explain(verdict: Verdict, tally: Tally, basis: Basis) -> str:
    if verdict is Verdict.NOT_ENOUGH_EVIDENCE:
        return f"{verdict}: no link supports or contradicts {_BEARING[basis]}."
    supporting = _links(tally.supports, "supports", "support")
    contradicting = _links(tally.contradicts, "contradicts", "contradict")
    return f"{verdict}: {supporting} {_BEARING[basis]} and {contradicting} it; {_grounds(tally)}."


def _links(number: int, singular: str, plural: str) -> str:
    if number == 0:
        return f"none {singular}"
    return f"1 link {singular}" if number == 1 else f"{number} links {plural}"


def _grounds(tally: Tally) -> str:
    passages, sources = _count(tally.passages, "passage"), _count(tally.sources, "source")
    # A claim has at most one link to a passage: fewer counted links than passages means that groups counted once.
    jointly = " (a group counts as one)" if _all_links(tally) < tally.passages else ""
    mentioning = f"with {_count(tally.mentions, 'mention')}, " if tally.mentions else ""
    resting = f"{mentioning}the links{jointly} rest on {passages} in {sources}"
    return f"{resting} from {_count(tally.origins, 'distinct origin')}"


def _all_links(tally: Tally) -> int:
    return tally.supports + tally.contradicts + tally.mentions


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"
