"""Measure operations on servers, in turns, after their answers were checked."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain, cycle, islice

import orjson

from benchmarks.asking import IMPORTED, Drawn
from benchmarks.data import World
from benchmarks.load import CONNECTIONS, Ask, Ran, drive
from benchmarks.meters import cpu_seconds
from benchmarks.servers import Compared
from benchmarks.speaking import page_of

READS = ("one", "again", "unmodified", "list", "first", "deep", "search")
WRITES = ("claim", "evidence", "patch", "import")
# Searching again, when many claims were posted meanwhile.
LATER = "later"
OPERATIONS = (*READS, *WRITES, LATER)
# What the empty answer stands beside, and what the peer can.
_OF_PLAIN = ("one", "again", "unmodified", "list", "search")
_NOT_OF_PEER = ("first", "deep", LATER)
NOT_MODIFIED = 304
_READS_AT_ONCE, _WRITES_AT_ONCE, _IMPORTS_AT_ONCE = 4000, 6000, 3
# So many claims are asked for again and again.
_WATCHED = 300
_CHECKED = 3
_DEEP, _LAST_PAGES = 1000, 20
_WARM_UP = 0.5


@dataclass(frozen=True)
class Figure:
    """What one round cost: microseconds of CPU for a request, of the server and of its database."""

    server: str
    operation: str
    requests: int
    server_us: float
    database_us: float
    rate: float
    p50_ms: float
    p99_ms: float

    @property
    def us(self) -> float:
        """Return what a request costs in all."""
        return self.server_us + self.database_us


@dataclass
class Rounds:
    """Servers that are measured in turns, and what each is asked."""

    world: World
    servers: Sequence[Compared]
    seconds: float
    connections: int = CONNECTIONS
    depth: int = 0
    _drawn: dict[str, Drawn] = field(default_factory=dict)
    _left: dict[tuple[str, str], Iterator[Ask]] = field(default_factory=dict)

    def measure(self, operation: str, rounds: int) -> list[Figure]:
        """Measure an operation on all servers that have it, round by round, the first of them only to get warm."""
        able = [each for each in self.servers if does(each, operation)]
        found = []
        for number in range(rounds + 1):
            for each in able:
                figure = self._once(each, operation, self.seconds if number else _WARM_UP)
                found += [figure] if number else []
        return found

    def add(self, compared: Compared, operation: str, count: int) -> None:
        """Do something so many times."""
        asks = islice(self._asks(compared, operation), count)
        ran = drive(compared.server.port, *_encoded(compared, list(asks)), seconds=float("inf"))
        _refuse_wrong(compared, operation, ran)

    def _once(self, compared: Compared, operation: str, seconds: float) -> Figure:
        asks = list(islice(self._asks(compared, operation), _at_once(operation)))
        requests, status = _encoded(compared, asks)
        before = _spent(compared)
        many = requests if operation in WRITES else cycle(requests)
        at_once = 1 if operation == "import" else self.connections
        ran = drive(compared.server.port, many, status, seconds=seconds, connections=at_once)
        _refuse_wrong(compared, operation, ran)
        if operation in WRITES:
            # What was not sent is for the next round.
            self._left[compared.name, operation] = chain(asks[len(ran.taken) :], self._asks(compared, operation))
        each = (IMPORTED if operation == "import" else 1) * len(ran.taken)
        server, database = ((after - was) / each * 1e6 for was, after in zip(before, _spent(compared), strict=True))
        delays = ran.percentile(0.5), ran.percentile(0.99)
        return Figure(compared.name, operation, len(ran.taken), server, database, each / ran.seconds, *delays)

    def _asks(self, compared: Compared, operation: str) -> Iterator[Ask]:
        key = compared.name, operation
        if key not in self._left:
            self._left[key] = self._begun(compared, operation)
        return self._left[key]

    def _begun(self, compared: Compared, operation: str) -> Iterator[Ask]:
        drawn = self._drawn.setdefault(compared.name, Drawn(self.world))
        language, server = compared.language, compared.server
        if operation == "again":
            return cycle(list(islice(language.asks("one", drawn), _WATCHED)))
        if compared.name == "H":
            return language.asks(operation, drawn)
        if operation == "unmodified":
            asks = islice(language.asks("one", drawn), _WATCHED)
            return cycle([_conditional(ask, server.must(ask)[0]["etag"]) for ask in asks])
        if operation == "first":
            return _anew([page_of(self.world.speakers[0].id)])
        if operation == "deep":
            return _anew(self._deepest(compared))
        return language.asks("search" if operation == LATER else operation, drawn)

    def _deepest(self, compared: Compared) -> list[Ask]:
        """Walk from page to page by cursor, and return the last ones but the very last, which may be short."""
        walked = list(islice(_pages(compared, page_of(self.world.speakers[0].id)), _DEEP + _LAST_PAGES))
        pages = walked[:-1] or walked
        self.depth = max(1, len(pages) - _LAST_PAGES + 1)
        return pages[-_LAST_PAGES:]


def _pages(compared: Compared, first: Ask) -> Iterator[Ask]:
    """Yield the requests of a walk; what a page says of the next is asked for only when that is wanted."""
    yield first
    cursor = orjson.loads(compared.server.must(first)[1])["next_cursor"]
    while cursor:
        ask = replace(first, path=f"{first.path}&cursor={cursor}")
        yield ask
        cursor = orjson.loads(compared.server.must(ask)[1])["next_cursor"]


def does(compared: Compared, operation: str) -> bool:
    """Tell whether a server is measured at an operation."""
    if compared.name == "H":
        return operation in _OF_PLAIN
    return compared.name == "ours" or operation not in _NOT_OF_PEER


def check(world: World, servers: Sequence[Compared], operations: Sequence[str]) -> None:
    """Refuse servers that do not answer the same with the same."""
    drawn = [Drawn(world, aside=True) for _ in servers]
    for operation in operations:
        if operation in {"again", "unmodified", "first", "deep", "import", LATER}:
            continue  # answered as "one" and "list" are; what was imported is told in other words
        shown = [_shown(each, operation, own) for each, own in zip(servers, drawn, strict=True)]
        if any(each != shown[0] for each in shown):
            raise AssertionError(f"{operation}: they do not show the same: {shown}")


def sizes(world: World, compared: Compared) -> dict[str, int]:
    """Return how long the service's answers are."""
    drawn = Drawn(world)
    asks = {name: next(compared.language.asks(name, drawn)) for name in ("one", "list", "search")}
    return {"unmodified": 0, **{name: len(compared.server.must(ask)[1]) for name, ask in asks.items()}}


def _shown(compared: Compared, operation: str, drawn: Drawn) -> list[object]:
    asks = islice(compared.language.asks(operation, drawn), _CHECKED)
    return [compared.language.shows(operation, compared.server.must(ask)[1]) for ask in asks]


def _conditional(ask: Ask, etag: str) -> Ask:
    return Ask("GET", ask.path, headers=(("If-None-Match", etag),), status=NOT_MODIFIED)


def _anew(asks: Sequence[Ask]) -> Iterator[Ask]:
    # Each with a condition of its own, which lists know nothing of: what pages cost, not what it costs to repeat them.
    return (replace(ask, headers=(("If-None-Match", f'"{number}"'),)) for number, ask in enumerate(cycle(asks)))


def _encoded(compared: Compared, asks: list[Ask]) -> tuple[list[bytes], int]:
    status = NOT_MODIFIED if compared.name == "H" and "/unmodified/" in asks[0].path else asks[0].status
    return [ask.encoded(*compared.server.headers) for ask in asks], status


def _at_once(operation: str) -> int:
    if operation == "import":
        return _IMPORTS_AT_ONCE
    return _WRITES_AT_ONCE if operation in WRITES else _READS_AT_ONCE


def _spent(compared: Compared) -> tuple[float, float]:
    return cpu_seconds((compared.server.pid,)), cpu_seconds(compared.database)


def _refuse_wrong(compared: Compared, operation: str, ran: Ran) -> None:
    if ran.wrong:
        raise AssertionError(f"{compared.name}, {operation}: {len(ran.wrong)} wrong answers: {ran.wrong[0][:1000]!r}")
