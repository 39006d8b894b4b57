"""One core for each server process: claimed by whoever comes first, and free again when it ends."""

import os
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from socket import socket
from uuid import uuid4

import pytest

from claims_api import cores

pytestmark = pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="this system keeps nobody to a core")
Claim = Callable[[], tuple[socket | None, set[int]]]


@pytest.fixture
def claim() -> Iterator[Claim]:
    """Claim a core of a machine of our own, in a thread that nothing else runs in afterwards."""
    machine = str(uuid4())
    with ExitStack() as kept:

        def run() -> tuple[socket | None, set[int]]:
            with ThreadPoolExecutor(1) as thread:
                made, runs_on = thread.submit(lambda: (cores.claim_one(machine), os.sched_getaffinity(0))).result()
            return made and kept.enter_context(made), runs_on

        yield run


def test_each_has_a_core_of_its_own(claim: Claim) -> None:
    cores_of_each = [claim()[1] for _ in os.sched_getaffinity(0)]
    assert sorted(map(sorted, cores_of_each)) == [[core] for core in sorted(os.sched_getaffinity(0))]


def test_who_comes_too_late_runs_anywhere(claim: Claim) -> None:
    assert all(claim()[0] for _ in os.sched_getaffinity(0))
    assert claim() == (None, os.sched_getaffinity(0))


def test_where_nobody_may_choose_nothing_changes(claim: Claim, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError

    monkeypatch.setattr(os, "sched_setaffinity", refuse)
    assert claim() == (None, os.sched_getaffinity(0))


def test_is_told_which_there_were_before(claim: Claim) -> None:
    claim()
    assert set(cores.had()) == os.sched_getaffinity(0)


def test_a_core_is_free_again_when_its_process_has_ended(claim: Claim) -> None:
    (kept, freed), *_ = [claim() for _ in os.sched_getaffinity(0)]
    assert kept is not None
    kept.close()
    assert claim()[1] == freed
