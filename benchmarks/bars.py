"""What is promised (issue 8), and whether it holds."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from benchmarks.report import TITLES, Medians, aligned

# Beyond the database's own noise, nothing grows.
_FLAT = 1.1


@dataclass(frozen=True)
class Bar:
    """At an operation the service costs ``most`` times as much as something else, or ``least`` times less."""

    operation: str
    against: str
    most: float = 0
    least: float = 0

    def told(self, own: float, other: float) -> tuple[str, ...]:
        """Return a row that says how it stands."""
        ratio, bar = (own / other, f"<= {self.most:g}") if self.most else (other / own, f">= {self.least:g} less")
        holds = ratio <= self.most if self.most else ratio >= self.least
        verdict = "holds" if holds else "MISSED"
        return TITLES[self.operation], self.against, f"{own:,.0f}", f"{other:,.0f}", f"{ratio:.2f}", bar, verdict


ALONE = "SQL alone"
_WRITES = ("claim", "evidence", "patch")
BARS: Mapping[str, Sequence[Bar]] = {
    "sqlite": (
        Bar("one", "H", most=1.7),
        Bar("one", "F", least=10),
        Bar("unmodified", "H", most=1.3),
        Bar("list", "H", most=2),
        Bar("list", "F", least=10),
        Bar("deep", "page 1", most=1.1),
        Bar("search", f"{ALONE} + H", most=1.3),
        Bar("search", "F", least=4),
        Bar("later", "before", most=_FLAT),
        *(Bar(each, "F", least=3) for each in _WRITES),
        Bar("import", "F", least=3),
    ),
    "postgresql": (
        Bar("one", "F", least=6),
        Bar("unmodified", "H", most=2.2),
        Bar("list", "F", least=5),
        Bar("deep", "page 1", most=1.2),
        Bar("search", "F", least=3.5),
        Bar("later", "before", most=_FLAT),
        *(Bar(each, "F", least=2.5) for each in _WRITES),
        Bar("import", "F", least=2),
    ),
}


def table(store: str, found: Medians) -> str:
    """Return how each bar stands of which both sides were measured."""
    rows = [bar.told(*sides) for bar in BARS[store] if (sides := _sides(bar, found)) is not None]
    return aligned([("", "against", "ours", "other", "ratio", "bar", ""), *rows]) if rows else ""


def _sides(bar: Bar, found: Medians) -> tuple[float, float] | None:
    others = {
        "page 1": [("first", "ours")],
        "before": [("search", "ours")],
        f"{ALONE} + H": [("search", ALONE), ("search", "H")],
    }.get(bar.against, [(bar.operation, bar.against)])
    keys = [(bar.operation, "ours"), *others]
    if any(key not in found for key in keys):
        return None
    return found[keys[0]].us, sum(found[key].us for key in others)
