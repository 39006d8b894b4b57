"""One comparison: all servers on one kind of database."""

from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from benchmarks import alone, servers
from benchmarks.bars import LATER
from benchmarks.data import World
from benchmarks.measuring import Figure, Rounds, check, sizes
from benchmarks.meters import anonymous_mib

_INSERTS = 5000
# Of the requests by which memory is measured.
_MIXED = ("one", "list", "search", "one", "unmodified", "claim", "one", "patch", "list", "evidence")
_AT_ONCE = 500


@dataclass(frozen=True)
class Plan:
    """What is measured, and for how long."""

    world: World
    folder: Path
    servers: Sequence[str]
    operations: Sequence[str]
    rounds: int
    seconds: float
    connections: int
    mixed: int


@dataclass(frozen=True)
class Compare:
    """What came of it; how deep the deepest page was; a worker's memory in MiB after so many requests."""

    figures: list[Figure]
    depth: int
    memory: dict[int, float]


def compare(plan: Plan, store: servers.Store) -> Compare:
    """Run the servers side by side, and measure them."""
    with ExitStack() as stack:
        own = stack.enter_context(servers.ours(plan.world, store, plan.folder))
        compared = [own]
        if "H" in plan.servers:
            compared.append(stack.enter_context(servers.empty(sizes(plan.world, own), plan.folder)))
        if "F" in plan.servers:
            compared.append(stack.enter_context(servers.peer(plan.world, store, plan.folder)))
        check(plan.world, [each for each in compared if each.name != "H"], plan.operations)
        rounds = Rounds(plan.world, compared, plan.seconds, plan.connections)
        figures = [figure for each in plan.operations for figure in rounds.measure(each, plan.rounds)]
        if "search" in plan.operations:
            figures += alone.measured(plan.world, own, rounds=plan.rounds, seconds=plan.seconds)
            figures += _after_inserts(rounds, own, plan.rounds)
        return Compare(figures, rounds.depth, _memory(rounds, own, plan.mixed))


def _after_inserts(rounds: Rounds, own: servers.Compared, count: int) -> list[Figure]:
    rounds.add(own, "claim", _INSERTS)
    only = Rounds(rounds.world, [own], rounds.seconds, rounds.connections)
    return [each.renamed(LATER) for each in only.measure("search", count)]


def _memory(rounds: Rounds, own: servers.Compared, requests: int) -> dict[int, float]:
    found = {}
    for part in range(1, requests // _AT_ONCE + 1):
        rounds.add(own, _MIXED[part % len(_MIXED)], _AT_ONCE)
        if part % max(1, requests // _AT_ONCE // 10) == 0:
            found[part * _AT_ONCE] = anonymous_mib(own.server.pid)
    return found
