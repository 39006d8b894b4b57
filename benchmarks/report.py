"""Tables of figures, and the bars that they are held against."""

from collections.abc import Mapping, Sequence
from dataclasses import fields
from statistics import median

from benchmarks.measuring import Figure

TITLES = {
    "one": "one claim with 3 passages",
    "again": "one of 300 claims",
    "unmodified": "the same, 304",
    "list": "50 newest of a speaker",
    "first": "page 1 of the longest list",
    "deep": "its deepest page",
    "search": "search, 20",
    "claim": "POST claim",
    "evidence": "POST evidence",
    "patch": "PATCH claim",
    "import": "import, per claim with 3 links",
    "later": "search after 5,000 inserts",
}
Medians = Mapping[tuple[str, str], Figure]


def medians(figures: Sequence[Figure]) -> dict[tuple[str, str], Figure]:
    """Return the medians over the rounds, by operation and server."""
    grouped: dict[tuple[str, str], list[Figure]] = {}
    for each in figures:
        grouped.setdefault((each.operation, each.server), []).append(each)
    return {key: _median(rounds) for key, rounds in grouped.items()}


def table(found: Medians) -> str:
    """Return what each server costs at each operation."""
    head = ("", "", "CPU us", "server", "database", "req/s", "p50 ms", "p99 ms")
    rows = [
        (TITLES[operation], server, *_cells(figure))
        for (operation, server), figure in sorted(found.items(), key=lambda item: list(TITLES).index(item[0][0]))
    ]
    return aligned([head, *rows])


def aligned(rows: Sequence[Sequence[str]]) -> str:
    """Return rows as text, numbers to the right."""
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    return "\n".join(
        "  ".join(
            cell.ljust(width) if column < 2 else cell.rjust(width)  # noqa: PLR2004  # names
            for column, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    )


def _cells(figure: Figure) -> tuple[str, ...]:
    costs = figure.us, figure.server_us, figure.database_us
    return (*(f"{each:,.0f}" for each in (*costs, figure.rate)), f"{figure.p50_ms:.2f}", f"{figure.p99_ms:.2f}")


def _median(rounds: Sequence[Figure]) -> Figure:
    numbers = {each.name: median(getattr(one, each.name) for one in rounds) for each in fields(Figure)[2:]}
    return Figure(rounds[0].server, rounds[0].operation, **numbers)
