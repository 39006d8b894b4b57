"""What reads cost as claims become more, and a plot of it."""

from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

from benchmarks import alone, servers
from benchmarks.bars import ALONE
from benchmarks.comparing import Plan
from benchmarks.data import World
from benchmarks.measuring import Figure, Rounds
from benchmarks.report import TITLES, aligned, medians

_GROWING = ("one", "list", "search")
# (operation, server), and what it costs by number of claims.
Curves = dict[tuple[str, str], dict[int, float]]


def grow(plan: Plan, store: servers.Store, numbers: Sequence[int]) -> Curves:
    """Measure reads with so many claims each."""
    curves: Curves = {}
    for number in numbers:
        for key, figure in medians(_reads(replace(plan, world=World(number)), store)).items():
            curves.setdefault(key, {})[number] = figure.us
    return curves


def _reads(plan: Plan, store: servers.Store) -> list[Figure]:
    with ExitStack() as stack:
        # What is given again costs the same however many claims there are.
        own = stack.enter_context(servers.ours(plan.world, store, plan.folder, CLAIMS_RESPONSE_CACHE_KIB="0"))
        rounds = Rounds(plan.world, [own], plan.seconds, plan.connections)
        figures = [figure for each in _GROWING for figure in rounds.measure(each, plan.rounds)]
        return figures + alone.measured(plan.world, own, rounds=plan.rounds, seconds=plan.seconds)


def table(curves: Curves) -> str:
    """Return the costs by number of claims, and how much more the last is than the one before."""
    numbers = sorted({number for curve in curves.values() for number in curve})
    head = ("", "", *(f"{number:,}" for number in numbers), "last / before")
    return aligned([head, *(_row(key, [curve[number] for number in numbers]) for key, curve in curves.items())])


def _row(key: tuple[str, str], costs: Sequence[float]) -> tuple[str, ...]:
    ratio = f"{costs[-1] / costs[-2]:.2f}" if len(costs) > 1 else ""
    return TITLES[key[0]], key[1], *(f"{cost:,.0f}" for cost in costs), ratio


def plot(found: dict[str, Curves], file: Path) -> None:
    """Draw the costs against the number of claims, a picture for each kind of database."""
    # Not at the head: whoever wants no plot needs no matplotlib.
    from matplotlib.figure import Figure as Picture  # noqa: PLC0415

    picture = Picture(figsize=(6 * len(found), 4), layout="constrained")
    for place, (store, curves) in enumerate(found.items(), 1):
        axes = picture.add_subplot(1, len(found), place, xscale="log", title=store)
        axes.set(xlabel="claims", ylabel="CPU microseconds of a request")
        for (operation, server), curve in curves.items():
            line = "o--" if server == ALONE else "o-"
            axes.plot(list(curve), list(curve.values()), line, label=f"{TITLES[operation]} ({server})")
        axes.set_ylim(bottom=0)
        axes.legend()
    picture.savefig(file, dpi=120)
