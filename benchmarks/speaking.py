"""How each server is asked for the same, and what its answers say."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import orjson

from benchmarks.asking import HITS, PAGE, Drawn
from benchmarks.bundle import claim, lines, link
from benchmarks.load import Ask

CREATED = 201
Asks = Iterator[Ask]


@dataclass(frozen=True)
class Language:
    """How a server is asked for something by operation; ``items`` is where its lists stand."""

    operations: Mapping[str, Callable[[Drawn], Asks]]
    items: str = ""

    def asks(self, operation: str, drawn: Drawn) -> Asks:
        """Yield requests."""
        return self.operations[operation](drawn)

    def shows(self, operation: str, answer: bytes) -> Any:
        """Return what an answer shows, in terms that all servers share."""
        body = orjson.loads(answer)
        if operation == "one":
            return body["id"], body["text"], sorted(each["passage"]["id"] for each in body["evidence"])
        if operation == "list":
            return [each["id"] for each in body[self.items]]
        if operation == "search":
            return len(body[self.items])  # in which order, each says by its own lights
        if operation == "evidence":
            return body["claim_id"], body["passage"]["id"], body["stance"]
        return body["text"], body["status"]


def page_of(speaker_id: str) -> Ask:
    """Ask the service for the newest claims of a speaker."""
    return Ask("GET", f"/v1/claims?speaker_id={speaker_id}&limit={PAGE}")


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


OURS = Language(
    {
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
    },
    items="data",
)
PEERS = Language(
    {
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
    },
    items="items",
)


def _plain(operation: str) -> Callable[[Drawn], Asks]:
    return lambda drawn: (Ask("GET", f"/{operation}/{identity}") for identity in drawn.claim_ids())


PLAIN = Language({operation: _plain(operation) for operation in ("one", "unmodified", "list", "search")})
