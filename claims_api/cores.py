"""CPU affinity: pin each server process to a core of its own, as far as there are so many.

Python runs one thread of a process at a time. On several cores each change from one thread to the next wakes another
core with cold caches: that costs up to half of what requests cost.
"""

import os
import random
import socket
from contextlib import suppress

EXTENSION = "claims_api.core"
_OURS = "claims-api"
# The cores that this process had before it claimed one.
_HAD: list[int] = []


def claim_one(machine: str = _OURS) -> socket.socket | None:
    """Pin this thread, and all that it starts from now on, to a core that no other server process has claimed.

    The core is claimed for as long as the returned socket stays open. None: every core is taken, or the system allows
    no choice, and nothing has changed. ``machine`` is the prefix of the names by which cores are claimed.
    """
    if not (hasattr(os, "sched_setaffinity") and hasattr(os, "sched_getaffinity")):
        return None
    _HAD[:] = os.sched_getaffinity(0)
    # In random order: containers do not see each other's claims, and would all take the first cores.
    for core in random.sample(_HAD, len(_HAD)):
        claim = _claimed(f"{machine} core {core}", core)
        if claim is not None:
            return claim
    return None


def had() -> list[int]:
    """Return the numbers of the cores that this process had before it claimed one; [] where it did not try."""
    return list(_HAD)


def _claimed(name: str, core: int) -> socket.socket | None:
    """Bind a name that only one process can have, then the core; the system frees the name when the process ends."""
    with suppress(OSError):  # another one has it, or the system lets nobody choose
        claim = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        try:
            claim.bind(f"\0{name}")
            os.sched_setaffinity(0, {core})
        except OSError:
            claim.close()
            raise
        return claim
    return None
