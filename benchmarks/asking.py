"""What is asked, in everybody's own words: parameters drawn by chance from a seed, the same for all."""

import random
from collections.abc import Iterator
from itertools import count

from benchmarks.data import LINKS, LINKS_BEYOND, SEED, Claim, Link, World

STATUSES = ("draft", "published", "archived")
PAGE, HITS = 50, 20
IMPORTED = 1000
_FAR = 10**8


class Drawn:
    """Parameters of requests, without end; writes never come twice."""

    def __init__(self, world: World, *, aside: bool = False) -> None:
        self.world = world
        # Aside, so that it can be tried without taking anything away.
        self._new_claims = count(world.size + (_FAR if aside else 0))
        self._new_links = count((LINKS_BEYOND - 1) * world.size if aside else 0)

    def claim_ids(self, most: int | None = None) -> Iterator[str]:
        """Yield ids of claims; of so many different ones at most."""
        chance, some = self._chance("claims"), range(self.world.size)
        known = chance.sample(some, min(most, self.world.size)) if most else some
        while True:
            yield self.world.claim_id(chance.choice(known))

    def speaker_ids(self) -> Iterator[str]:
        """Yield ids of speakers with a whole page of claims."""
        chance, speakers = self._chance("speakers"), self.world.talkative(2 * PAGE)
        while True:
            yield chance.choice(speakers).id

    def questions(self) -> Iterator[str]:
        """Yield two words each."""
        chance = self._chance("questions")
        while True:
            yield self.world.question(chance)

    def claims(self) -> Iterator[Claim]:
        """Yield claims that are not there."""
        return map(self.world.claim, self._new_claims)

    def links(self) -> Iterator[Link]:
        """Yield links that are not there, each of another claim as long as there are any."""
        for number in self._new_links:
            behind = LINKS + 1 + number // self.world.size
            yield self.world.links_of(number * 7919 % self.world.size, behind)[-1]

    def patches(self) -> Iterator[tuple[str, str]]:
        """Yield ids of claims, and what their status is to be."""
        chance = self._chance("patches")
        while True:
            yield self.world.claim_id(chance.randrange(self.world.size)), chance.choice(STATUSES)

    def imports(self) -> Iterator[list[tuple[Claim, list[Link]]]]:
        """Yield many claims, each with its links."""
        while True:
            numbers = [next(self._new_claims) for _ in range(IMPORTED)]
            yield [(self.world.claim(number), self.world.links_of(number)) for number in numbers]

    def _chance(self, name: str) -> random.Random:
        return random.Random(f"{SEED} asked {name}")
