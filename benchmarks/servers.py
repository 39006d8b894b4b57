"""The servers that are compared, each on a copy of the data of its own."""

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from benchmarks import plain, seeding
from benchmarks.data import VERSION, World
from benchmarks.peer.filling import fill
from benchmarks.processes import Server, free_port, running
from benchmarks.speaking import OURS, PEERS, PLAIN, Language
from claims_api.cli.console import bring_up_to_date
from claims_api.config import Settings

_SERVE = "from claims_api.cli.main import main; main(prog_name='claims-api')"
# More than anybody sends: the limits count, and refuse nothing.
_NO_END = str(10**9)


class Store(Protocol):
    """A kind of database; ``processes`` work for whoever asks it."""

    name: str

    @property
    def processes(self) -> tuple[int, ...]:
        """Return the processes whose descendants do the work."""

    def copy_of(self, name: str, made_by: Callable[[str], None], copy: str) -> str:
        """Return the URL of a new copy of a database, which is filled on first use."""

    def end(self, url: str) -> None:
        """Remove a copy."""


@dataclass(frozen=True)
class Compared:
    """A server that runs, how it is asked, and the processes of its database."""

    name: str
    server: Server
    language: Language
    database: tuple[int, ...] = ()
    url: str = ""


Started = AbstractContextManager[Compared]


@contextmanager
def ours(world: World, store: Store, folder: Path, **settings: str) -> Iterator[Compared]:
    """Run the service as people do, with one worker; reads need no key, which is what it does by itself."""
    url = store.copy_of(seeding.name_of(world), lambda empty: seeding.fill(world, empty), "ours")
    bring_up_to_date(Settings(database_url=url))
    port, key = free_port(), seeding.made_key(url)
    own = {"CLAIMS_DATABASE_URL": url, "PORT": str(port), "CLAIMS_WORKERS": "1", "CLAIMS_WRITES_PER_MINUTE": _NO_END}
    log = folder / f"{store.name}-ours.log"
    with running(["-c", _SERVE, "serve"], {**own, **settings}, port, log, "/health/ready") as pid:
        server = Server(port, pid, (("Authorization", f"Bearer {key}"),))
        yield Compared("ours", server, OURS, store.processes, url)
    store.end(url)


@contextmanager
def empty(sizes: Mapping[str, int], folder: Path) -> Iterator[Compared]:
    """Run the empty answer with the settings of the service."""
    port, defaults = free_port(), Settings()
    own = {"PORT": str(port), "THREADS": str(defaults.threads + defaults.waiters), plain.SIZES: json.dumps(sizes)}
    with running(["-m", "benchmarks.plain"], own, port, folder / "plain.log", "/") as pid:
        yield Compared("H", Server(port, pid), PLAIN)


@contextmanager
def peer(world: World, store: Store, folder: Path) -> Iterator[Compared]:
    """Run the peer, with one worker."""
    url = store.copy_of(f"peer-{world.size}-{VERSION}", lambda empty: fill(world, empty), "peer")
    port = free_port()
    command = ["-m", "uvicorn", "benchmarks.peer.app:app", "--port", str(port), "--workers", "1", "--no-access-log"]
    log = folder / f"{store.name}-peer.log"
    with running(command, {"DATABASE_URL": url}, port, log, "/openapi.json") as pid:
        yield Compared("F", Server(port, pid), PEERS, store.processes, url)
    store.end(url)
