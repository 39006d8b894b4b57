"""What processes cost: their CPU and their memory, as Linux tells in /proc."""

import os
from collections.abc import Iterator
from pathlib import Path

_TICKS = os.sysconf("SC_CLK_TCK")
_PROC = Path("/proc")
# Behind the name, which is in brackets and may hold anything.
_PARENT, _TIMES = 1, slice(11, 15)


def tree(root: int) -> set[int]:
    """Return a process and all that descend from it."""
    children: dict[int, list[int]] = {}
    for pid, fields in _all():
        children.setdefault(int(fields[_PARENT]), []).append(pid)
    found, left = {root}, [root]
    while left:
        born = children.get(left.pop(), [])
        found.update(born)
        left += born
    return found


def cpu_seconds(roots: tuple[int, ...]) -> float:
    """Return what these processes and their descendants used so far, those that ended among them."""
    processes = set().union(*map(tree, roots))
    return sum(sum(map(int, fields[_TIMES])) for pid, fields in _all() if pid in processes) / _TICKS


def anonymous_mib(root: int) -> float:
    """Return the memory of the largest process of a tree, files that it maps aside."""
    return max(_anonymous(pid) for pid in tree(root)) / 1024


def _all() -> Iterator[tuple[int, list[str]]]:
    for each in _PROC.iterdir():
        if each.name.isdigit():
            try:
                told = (each / "stat").read_text()
            except OSError:
                continue  # it has ended meanwhile
            yield int(each.name), told.rpartition(")")[2].split()


def _anonymous(pid: int) -> int:
    try:
        lines = (_PROC / str(pid) / "status").read_text().splitlines()
    except OSError:
        return 0
    return sum(int(line.split()[1]) for line in lines if line.startswith("RssAnon:"))
