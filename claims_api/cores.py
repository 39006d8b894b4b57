"""One core of the machine for each server process, as far as there are so many.

Python runs one thread of a process at a time. Where its threads lie on several cores, each change from one thread to
the next has to wake another core, whose caches know nothing of the work: that costs up to half of what requests cost.
"""

import os
import random
import socket
from contextlib import suppress

EXTENSION = "claims_api.core"
_OURS = "claims-api"
# Those that a process had before it claimed one.
_HAD: list[int] = []


def claim_one(machine: str = _OURS) -> socket.socket | None:
    """Keep this thread, and all that it starts from now on, to a core that no other server process keeps to.

    The core is ours for as long as what is returned stays open. With None every core is taken, or this system gives
    none, and nothing has changed. ``machine`` is the name under which processes tell each other what is taken.
    """
    if not (hasattr(os, "sched_setaffinity") and hasattr(os, "sched_getaffinity")):
        return None
    _HAD[:] = os.sched_getaffinity(0)
    # Not all services of a machine of containers on its first ones.
    for core in random.sample(_HAD, len(_HAD)):
        claim = _claimed(f"{machine} core {core}", core)
        if claim is not None:
            return claim
    return None


def had() -> list[int]:
    """Return the cores that this process had before it claimed one; none where it did not try."""
    return list(_HAD)


def _claimed(name: str, core: int) -> socket.socket | None:
    """Take a name that only one can have, and the core; the system gives the name back when the process ends."""
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
