"""One core of the machine for each server process, as far as there are so many.

Python runs one thread of a process at a time. Where its threads lie on several cores, each change from one thread to
the next has to wake another core, whose caches know nothing of the work: that costs up to half of what requests cost.
"""

import os
import random
import socket

EXTENSION = "claims_api.core"
_OURS = "claims-api"


def claim_one(machine: str = _OURS) -> socket.socket | None:
    """Keep this thread, and all that it starts from now on, to a core that no other server process keeps to.

    The core is ours for as long as what is returned stays open. With None every core is taken, or this system has no
    such thing, and nothing has changed. ``machine`` is the name under which processes tell each other what is taken.
    """
    if not hasattr(os, "sched_setaffinity"):
        return None
    cores = list(os.sched_getaffinity(0))
    random.shuffle(cores)  # not all services of a machine of containers on its first ones
    for core in cores:
        claim = _claimed(f"{machine} core {core}")
        if claim is not None:
            os.sched_setaffinity(0, {core})
            return claim
    return None


def _claimed(name: str) -> socket.socket | None:
    """Take a name that only one can have; the system gives it back when the process ends, however it ends."""
    claim = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    try:
        claim.bind(f"\0{name}")
    except OSError:
        claim.close()
        return None
    return claim
