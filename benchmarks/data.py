"""Seeded data: speakers, sources, passages, claims and links, each a function of its number alone."""

import datetime as dt
import hashlib
import random
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate, pairwise

from claims_api.ids import derived_id

# Data that were made by another version are made anew.
VERSION = 1
SEED = 8
LINKS = 3
# So many more can be made of each claim.
LINKS_BEYOND = 10
_START = dt.datetime(2024, 1, 1, tzinfo=dt.UTC)
_PER_SOURCE = 10
_MOST_SOURCES = 20_000
_SPEAKERS = 200
# So many of the claims are the first speaker's: of 100,000, more than 1,000 pages.
_LION = 0.55
_CLAIM_WORDS, _QUOTE_WORDS, _NOTE_WORDS = 14, 30, 8
# Questions are asked of rarer words.
_COMMON = 40
_STATUSES = ("draft", "published", "archived")


@dataclass(frozen=True)
class Speaker:
    """Who claims something."""

    id: str
    name: str
    at: dt.datetime = _START


@dataclass(frozen=True)
class Source:
    """A text; its first sentences are its passages."""

    id: str
    version_id: str
    title: str
    url: str
    publisher: str
    published_at: str
    text: str
    at: dt.datetime

    @cached_property
    def sha256(self) -> str:
        """Return that of the text."""
        return hashlib.sha256(self.text.encode()).hexdigest()


@dataclass(frozen=True)
class Passage:
    """A sentence of a source."""

    id: str
    source_id: str
    start: int
    end: int
    exact: str
    prefix: str
    suffix: str
    at: dt.datetime


@dataclass(frozen=True)
class Claim:
    """Something that is said."""

    id: str
    text: str
    speaker_id: str
    status: str
    at: dt.datetime


@dataclass(frozen=True)
class Link:
    """What a passage does to a claim."""

    id: str
    claim_id: str
    passage_id: str
    stance: str
    note: str
    at: dt.datetime


class World:
    """So many claims, and what they rest on."""

    def __init__(self, claims: int) -> None:
        self.size = claims
        self.source_count = max(1, min(claims // 5, _MOST_SOURCES))
        self.passage_count = self.source_count * _PER_SOURCE
        self._words = _vocabulary(_chance("words"))
        self._often = list(accumulate(1 / (rank + 3) for rank in range(len(self._words))))
        rest = [1 / rank for rank in range(1, _SPEAKERS)]
        self._shares = [_LION, *((1 - _LION) * each / sum(rest) for each in rest)]
        self._speaking = list(accumulate(self._shares))

    @cached_property
    def speakers(self) -> list[Speaker]:
        """Return all speakers, those who claim most first."""
        names = [f"{first} {last}".title() for first, last in pairwise(self._words[3000 : 3001 + _SPEAKERS])]
        return [Speaker(_id("speaker", number, _START), name) for number, name in enumerate(names)]

    def talkative(self, least: int) -> list[Speaker]:
        """Return the speakers of whom about so many claims are to be expected, and at least one."""
        found = [each for each, share in zip(self.speakers, self._shares, strict=True) if share * self.size > least]
        return found or self.speakers[:1]

    def sentence(self, chance: random.Random, words: int) -> str:
        """Return words, the common ones more often."""
        return " ".join(chance.choices(self._words, cum_weights=self._often, k=words)).capitalize() + "."

    def question(self, chance: random.Random) -> str:
        """Return two of the rarer words of a claim."""
        common = set(self._words[:_COMMON])
        while True:
            words = self.claim(chance.randrange(self.size)).text.rstrip(".").lower().split()
            rare = sorted({word for word in words if word not in common})
            if len(rare) > 1:
                return " ".join(chance.sample(rare, 2))

    def source(self, number: int) -> Source:
        """Return a source."""
        chance, at = _chance(f"source {number}"), _START + dt.timedelta(minutes=20 * number)
        sentences = [self.sentence(chance, _QUOTE_WORDS) for _ in range(_PER_SOURCE + 2)]
        return Source(
            _id("source", number, at),
            _id("version", number, at),
            self.sentence(chance, 8)[:-1],
            f"https://news{number % 300}.example/{at:%Y/%m/%d}/{number}",
            f"Publisher {number % 300}",
            f"{at:%Y-%m-%d}",
            " ".join(sentences),
            at,
        )

    def passages_of(self, number: int) -> list[Passage]:
        """Return the passages of a source."""
        source, found, start = self.source(number), [], 0
        for place, exact in enumerate(source.text.split(". ")[:_PER_SOURCE]):
            end = start + len(exact)
            around = source.text[max(0, start - 32) : start], source.text[end : end + 32]
            identity = self.passage_id(number * _PER_SOURCE + place)
            found.append(Passage(identity, source.id, start, end, exact, *around, source.at))
            start = end + 2
        return found

    def passage_id(self, number: int) -> str:
        """Return the id of a passage."""
        return _id("passage", number, _START + dt.timedelta(minutes=20 * (number // _PER_SOURCE)))

    def claim_id(self, number: int) -> str:
        """Return the id of a claim."""
        return _id("claim", number, _moment(number))

    def claim(self, number: int) -> Claim:
        """Return a claim; those beyond the size are new ones."""
        chance = _chance(f"claim {number}")
        speaker = chance.choices(self.speakers, cum_weights=self._speaking)[0]
        text = self.sentence(chance, _CLAIM_WORDS)
        return Claim(self.claim_id(number), text, speaker.id, chance.choice(_STATUSES), _moment(number))

    def links_of(self, number: int, count: int = LINKS) -> list[Link]:
        """Return the links of a claim; those behind the third are new ones."""
        chance, at = _chance(f"links {number}"), _moment(number)
        passages = chance.sample(range(self.passage_count), LINKS + LINKS_BEYOND)
        return [
            Link(
                _id("link", number * 100 + place, at),
                self.claim_id(number),
                self.passage_id(passage),
                "supports" if chance.random() < 0.6 else "contradicts",  # noqa: PLR2004  # a few more
                self.sentence(chance, _NOTE_WORDS),
                at,
            )
            for place, passage in enumerate(passages[:count])
        ]

    def sources(self) -> Iterator[Source]:
        """Yield all sources."""
        return map(self.source, range(self.source_count))

    def passages(self) -> Iterator[Passage]:
        """Yield all passages."""
        return (each for number in range(self.source_count) for each in self.passages_of(number))

    def claims(self) -> Iterator[Claim]:
        """Yield all claims."""
        return map(self.claim, range(self.size))

    def links(self) -> Iterator[Link]:
        """Yield all links."""
        return (each for number in range(self.size) for each in self.links_of(number))


def _chance(name: str) -> random.Random:
    return random.Random(f"{SEED} {name}")


def _moment(number: int) -> dt.datetime:
    return _START + dt.timedelta(seconds=30 * number)


def _id(kind: str, number: int, at: dt.datetime) -> str:
    return derived_id(at, kind, str(number))


def _vocabulary(chance: random.Random) -> list[str]:
    heads = [*"bcdfgklmnprstvz", "br", "dr", "gr", "kr", "st", "tr"]
    syllables = [head + tail for head in heads for tail in (*"aeiou", "ai", "ei", "ou")]
    words: set[str] = set()
    while len(words) < 6000:  # noqa: PLR2004  # as many as one has at hand
        words.add("".join(chance.choices(syllables, k=chance.choice((1, 2, 2, 3, 3)))))
    return chance.sample(sorted(words), len(words))
