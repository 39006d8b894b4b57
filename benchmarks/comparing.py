"""One comparison: all servers on one kind of database."""

import sys
from collections.abc import Sequence
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass
from pathlib import Path

from benchmarks import alone, servers
from benchmarks.data import World
from benchmarks.measuring import LATER, Figure, Rounds, check, sizes
from benchmarks.meters import anonymous_mib
from benchmarks.report import TITLES

_INSERTS = 5000
# Of the requests by which memory is measured.
_MIXED = ("one", "list", "search", "one", "list", "claim", "one", "patch", "search", "evidence")
_AT_ONCE = 500


@dataclass(frozen=True)
class Plan:
    """What is measured, and for how long; ``cache`` is the room for answers that are given again, in KiB."""

    world: World
    folder: Path
    servers: Sequence[str]
    operations: Sequence[str]
    rounds: int
    seconds: float
    connections: int
    mixed: int
    cache: int


@dataclass(frozen=True)
class Compare:
    """What came of it; how deep the deepest page was; a worker's memory in MiB after so many requests."""

    figures: list[Figure]
    depth: int
    memory: dict[int, float]


def compare(plan: Plan, store: servers.Store) -> Compare:
    """Run the servers side by side, and measure them."""
    with ExitStack() as stack:
        own = stack.enter_context(_ours(plan, store))
        compared = [own]
        if "H" in plan.servers:
            compared.append(stack.enter_context(servers.empty(sizes(plan.world, own), plan.folder)))
        if "F" in plan.servers:
            compared.append(stack.enter_context(servers.peer(plan.world, store, plan.folder)))
        check(plan.world, [each for each in compared if each.name != "H"], plan.operations)
        rounds = Rounds(plan.world, compared, plan.seconds, plan.connections)
        figures = [figure for each in plan.operations for figure in _measured(plan, rounds, own, each)]
    return Compare(figures, rounds.depth, _memory(plan, store) if plan.mixed else {})


def _ours(plan: Plan, store: servers.Store) -> AbstractContextManager[servers.Compared]:
    return servers.ours(plan.world, store, plan.folder, CLAIMS_RESPONSE_CACHE_KIB=str(plan.cache))


def _measured(plan: Plan, rounds: Rounds, own: servers.Compared, operation: str) -> list[Figure]:
    print(f"{TITLES[operation]} ...", file=sys.stderr)
    if operation == LATER:
        rounds.add(own, "claim", _INSERTS)
    found = rounds.measure(operation, plan.rounds)
    if operation == "search":
        found += alone.measured(plan.world, own, rounds=plan.rounds, seconds=plan.seconds)
    return found


def _memory(plan: Plan, store: servers.Store) -> dict[int, float]:
    """Return what a worker that imported nothing has after so many requests, ten times on the way."""
    print("memory ...", file=sys.stderr)
    with _ours(plan, store) as own:
        rounds, found = Rounds(plan.world, [own], plan.seconds, plan.connections), {}
        step = max(1, plan.mixed // _AT_ONCE // 10)
        for part in range(1, plan.mixed // _AT_ONCE + 1):
            rounds.add(own, _MIXED[part % len(_MIXED)], _AT_ONCE)
            if part % step == 0:
                found[part * _AT_ONCE] = anonymous_mib(own.server.pid)
    return found
