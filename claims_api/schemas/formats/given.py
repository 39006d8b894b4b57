"""A value of a JSON-LD document together with its path, so that errors can name their place."""

from typing import Any, NamedTuple

from claims_api.errors import Path

_PREFIXES = ("http://schema.org/", "https://schema.org/", "schema:")


class Given(NamedTuple):
    """A value as a document gives it, and where it stands there."""

    value: Any
    path: Path

    def of(self, *names: str | int) -> "Given":
        """Return the member at a path of names; its value is None where there is none."""
        value = self.value
        for name in names:
            value = value.get(name) if isinstance(value, dict) else None
        return Given(value, (*self.path, *names))

    def each(self) -> list["Given"]:
        """Return the items of a list, or the one value in place of a list; null and what is empty are left out."""
        if isinstance(self.value, list):
            return [Given(value, (*self.path, at)) for at, value in enumerate(self.value) if value not in _NOTHING]
        return [] if self.value in _NOTHING else [self]

    def first(self) -> "Given":
        """Return the first of several, or the one that there is; with the value None where there is nothing."""
        return next(iter(self.each()), Given(None, self.path))

    def or_else(self, *others: "Given") -> "Given":
        """Return this value, or where it is null or empty the first of the others that is not."""
        return next((each for each in (self, *others) if each.value not in _NOTHING), self)


_NOTHING: tuple[Any, ...] = (None, "", [], {})


def types_of(node: Any) -> set[str]:
    """Return the types of a node, without the prefix of schema.org."""
    given = Given(node, ())
    told = [*given.of("@type").each(), *given.of("type").each()]
    return {_bare(each.value) for each in told if isinstance(each.value, str)}


def _bare(name: str) -> str:
    for prefix in _PREFIXES:
        name = name.removeprefix(prefix)
    return name
