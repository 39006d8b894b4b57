"""How each server is asked for the same, and what its answers say."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Protocol
from urllib.parse import quote

import orjson

from benchmarks.asking import HITS, PAGE, Drawn
from benchmarks.bundle import claim, lines, link
from benchmarks.load import Ask

CREATED = 201
Asks = Iterator[Ask]


class Language(Protocol):
    """How a server is asked for something by operation, and what its answers show."""

    def asks(self, operation: str, drawn: Drawn) -> Asks:
        """Yield requests."""

    def shows(self, operation: str, body: bytes) -> Any:
        """Return what an answer shows, in terms that all servers share."""


class Ours:
    """The service."""

    def asks(self, operation: str, drawn: Drawn) -> Asks:
        """Yield requests."""
        return _OURS[operation](drawn)

    def shows(self, operation: str, body: bytes) -> Any:
        """Return what an answer shows."""
        return _shown(operation, orjson.loads(body), items="data", passage=lambda each: each["passage"]["id"])


class Peers:
    """The peer."""

    def asks(self, operation: str, drawn: Drawn) -> Asks:
        """Yield requests."""
        return _PEERS[operation](drawn)

    def shows(self, operation: str, body: bytes) -> Any:
        """Return what an answer shows."""
        return _shown(operation, orjson.loads(body), items="items", passage=lambda each: each["passage"]["id"])


class Plain:
    """The server that always says the same; only reads are compared with it."""

    def asks(self, operation: str, drawn: Drawn) -> Asks:
        """Yield requests."""
        return (Ask("GET", f"/{operation}/{identity}") for identity in drawn.claim_ids())

    def shows(self, operation: str, body: bytes) -> Any:
        """Return how long the answer is."""
        return operation, len(body)


def page_of(speaker_id: str) -> Ask:
    """Ask the service for the newest claims of a speaker."""
    return Ask("GET", f"/v1/claims?speaker_id={speaker_id}&limit={PAGE}")


def _shown(operation: str, body: Any, *, items: str, passage: Callable[[Any], str]) -> Any:
    if operation == "one":
        return body["id"], body["text"], sorted(passage(each) for each in body["evidence"])
    if operation in {"list", "first"}:
        return [each["id"] for each in body[items]]
    if operation == "search":
        return len(body[items])  # in which order, each says by its own lights
    if operation == "evidence":
        return passage(body)
    return body["text"], body["status"] if operation in {"claim", "patch"} else None


def _ours_import(drawn: Drawn) -> Asks:
    for many in drawn.imports():
        records = [*(claim(each) for each, _ in many), *(link(each) for _, links in many for each in links)]
        headers = (("Content-Type", "application/x-ndjson"),)
        yield Ask("POST", "/v1/import?format=bundle", b"".join(lines(records)), headers)


def _peers_import(drawn: Drawn) -> Asks:
    for many in drawn.imports():
        claims = [{**_claim(each), "evidence": [_link(link) for link in links]} for each, links in many]
        yield Ask("POST", "/import", {"claims": claims}, status=CREATED)


def _claim(each: Any) -> dict[str, str]:
    return {"text": each.text, "speaker_id": each.speaker_id, "status": each.status}


def _link(each: Any) -> dict[str, str]:
    return {"passage_id": each.passage_id, "stance": each.stance, "note": each.note}


_OURS: Mapping[str, Callable[[Drawn], Asks]] = {
    "one": lambda drawn: (Ask("GET", f"/v1/claims/{each}") for each in drawn.claim_ids()),
    "list": lambda drawn: map(page_of, drawn.speaker_ids()),
    "search": lambda drawn: (
        Ask("GET", f"/v1/search?q={quote(each)}&kind=claim&limit={HITS}") for each in drawn.questions()
    ),
    "claim": lambda drawn: (Ask("POST", "/v1/claims", _claim(each), status=CREATED) for each in drawn.claims()),
    "evidence": lambda drawn: (
        Ask("POST", f"/v1/claims/{each.claim_id}/evidence", _link(each), status=CREATED) for each in drawn.links()
    ),
    "patch": lambda drawn: (
        Ask("PATCH", f"/v1/claims/{identity}", {"status": status}) for identity, status in drawn.patches()
    ),
    "import": _ours_import,
}
_PEERS: Mapping[str, Callable[[Drawn], Asks]] = {
    "one": lambda drawn: (Ask("GET", f"/claims/{each}") for each in drawn.claim_ids()),
    "list": lambda drawn: (Ask("GET", f"/claims?speaker_id={each}&limit={PAGE}") for each in drawn.speaker_ids()),
    "search": lambda drawn: (Ask("GET", f"/search?q={quote(each)}&limit={HITS}") for each in drawn.questions()),
    "claim": lambda drawn: (Ask("POST", "/claims", _claim(each), status=CREATED) for each in drawn.claims()),
    "evidence": lambda drawn: (
        Ask("POST", f"/claims/{each.claim_id}/evidence", _link(each), status=CREATED) for each in drawn.links()
    ),
    "patch": lambda drawn: (
        Ask("PATCH", f"/claims/{identity}", {"status": status}) for identity, status in drawn.patches()
    ),
    "import": _peers_import,
}
