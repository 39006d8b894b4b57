"""Measure the service beside an empty answer (H) and a plainly written peer (F): see docs/performance.md."""

import argparse
import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path

from benchmarks import bars, growing, postgres, report
from benchmarks.comparing import Compare, Plan, compare
from benchmarks.data import World
from benchmarks.load import CONNECTIONS
from benchmarks.measuring import OPERATIONS
from benchmarks.servers import Store
from benchmarks.sqlite import Sqlite
from claims_api.config import Settings
from tests.postgres import PostgresNotFoundError

FOLDER = Path(__file__).parent / ".cache"
STORES = ("sqlite", "postgresql")
_CACHE = Settings().response_cache_kib


def main() -> None:
    """Read the command line, and measure."""
    given = _parser().parse_args()
    folder = given.folder.resolve()
    folder.mkdir(exist_ok=True, parents=True)
    plan = Plan(
        World(given.claims),
        folder,
        given.servers,
        given.operations,
        given.rounds,
        given.seconds,
        given.connections,
        given.memory,
        given.cache,
    )
    if given.growth:
        _grow(plan, given.databases, sorted(map(int, given.growth)))
        return
    for name in given.databases:
        with _store(name, folder) as store:
            if store is not None:
                _tell(name, plan, compare(plan, store))


def _tell(name: str, plan: Plan, found: Compare) -> None:
    medians = report.medians(found.figures)
    depth = f"; the deepest page is page {found.depth}" if found.depth else ""
    print(f"\n{name}, {plan.world.size:,} claims; medians of {plan.rounds} rounds{depth}\n")
    print(report.table(medians), bars.table(name, medians), sep="\n\n")
    for requests, mib in found.memory.items():
        print(f"memory of the worker after {requests:,} requests: {mib:.1f} MiB")
    with (plan.folder / "results.jsonl").open("a") as file:
        told = {"database": name, "claims": plan.world.size, "memory": found.memory, "depth": found.depth}
        file.write(json.dumps({**told, "figures": [asdict(each) for each in found.figures]}) + "\n")


def _grow(plan: Plan, names: list[str], numbers: list[int]) -> None:
    found = {}
    for name in names:
        with _store(name, plan.folder) as store:
            if store is not None:
                found[name] = growing.grow(plan, store, numbers)
                print(f"\n{name}: CPU microseconds by number of claims\n\n{growing.table(found[name])}")
    growing.plot(found, plan.folder / "growth.png")
    print(f"\nPlotted in {plan.folder / 'growth.png'}")


@contextmanager
def _store(name: str, folder: Path) -> Iterator[Store | None]:
    if name == "sqlite":
        yield Sqlite(folder)
        return
    try:
        with postgres.started(folder) as store:
            yield store
    except PostgresNotFoundError as reason:
        print(f"\nPostgres is passed over. {reason}", file=sys.stderr)
        yield None


def _words(text: str) -> list[str]:
    return text.split(",")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="benchmarks", description=__doc__)
    parser.add_argument("--claims", type=int, default=20_000, help="how many (%(default)s)")
    parser.add_argument("--databases", default=list(STORES), help="which, with commas between: all", type=_words)
    parser.add_argument("--servers", default=["ours", "H", "F"], help="ours, and H and F as wanted", type=_words)
    parser.add_argument("--operations", default=list(OPERATIONS), help=",".join(OPERATIONS), type=_words)
    parser.add_argument("--rounds", type=int, default=3, help="how many, of which the median counts (%(default)s)")
    parser.add_argument("--seconds", type=float, default=2, help="of each round (%(default)s)")
    parser.add_argument("--connections", type=int, default=CONNECTIONS, help="clients at a time (%(default)s)")
    parser.add_argument("--memory", type=int, default=10_000, help="requests until memory is read (%(default)s)")
    parser.add_argument("--cache", type=int, default=_CACHE, help="room for answers, in KiB; 0: none is given again")
    parser.add_argument("--growth", default=[], help="measure reads by numbers of claims: 10000,100000", type=_words)
    parser.add_argument("--folder", type=Path, default=FOLDER, help="where data are kept between runs")
    return parser


if __name__ == "__main__":
    main()
