"""One core for each server process: claimed by whoever comes first, and free again when it ends."""

import os
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from socket import socket
from uuid import uuid4

import pytest

from claims_api import cores

Claim = Callable[[], tuple[socket | None, set[int]]]


def runs_on() -> set[int]:
    """Return the cores that this thread may run on; none where the system does not say."""
    return os.sched_getaffinity(0) if hasattr(os, "sched_getaffinity") else set()


# None on systems that keep nobody to a core: there everybody comes too late, and runs anywhere.
CORES = runs_on()


@pytest.fixture
def claim() -> Iterator[Claim]:
    """Claim a core of a machine of our own, in a thread that nothing else runs in afterwards."""
    machine = str(uuid4())
    with ExitStack() as kept:

        def run() -> tuple[socket | None, set[int]]:
            with ThreadPoolExecutor(1) as thread:
                made, found = thread.submit(lambda: (cores.claim_one(machine), runs_on())).result()
            return made and kept.enter_context(made), found

        yield run


def test_each_has_a_core_of_its_own(claim: Claim) -> None:
    assert sorted(map(sorted, (claim()[1] for _ in CORES))) == [[core] for core in sorted(CORES)]


def test_who_comes_too_late_runs_anywhere(claim: Claim) -> None:
    assert all(claim()[0] for _ in CORES)
    assert claim() == (None, CORES)


def test_where_nobody_may_choose_nothing_changes(claim: Claim, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError

    monkeypatch.setattr(os, "sched_setaffinity", refuse, raising=False)
    assert claim() == (None, CORES)


def test_where_the_system_keeps_nobody_to_a_core_nothing_changes(claim: Claim, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(os, "sched_setaffinity", raising=False)
    assert claim() == (None, CORES)


def test_is_told_which_there_were_before(claim: Claim) -> None:
    claim()
    assert set(cores.had()) == CORES


def test_a_core_is_free_again_when_its_process_has_ended(claim: Claim) -> None:
    for kept, _ in [claim() for _ in CORES]:
        assert kept is not None
        kept.close()
    assert sorted(map(sorted, (claim()[1] for _ in CORES))) == [[core] for core in sorted(CORES)]
