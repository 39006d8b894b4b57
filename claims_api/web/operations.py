"""What a view declares about itself, and what follows from it: problems, conditional headers, response headers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

from marshmallow import Schema

from claims_api.models.words import Scope
from claims_api.schemas.base import Input, Query
from claims_api.schemas.formats.linked import JSON_LD
from claims_api.web import auth
from claims_api.web.answers import JSON
from claims_api.web.idempotency import HEADER, LONGEST, REPLAYED

_DECISIONS = "/restore", "/confirm", "/reattach"
_ETAG = {"ETag": "Names this state of the entity."}
Answered = type[Schema] | Mapping[str, Any] | None


@dataclass(frozen=True)
class Operation:
    """What a view states of itself.

    ``scope`` is what its key must have (None: it is open to everybody, always), ``opened_by`` the setting that opens
    reading; ``answers`` its status and schema, ``also`` further ones with their meaning; ``refuses`` the codes of the
    problems of its own, beside those that follow from the rest; ``shows_secret``, that its answer must not be kept to
    be given again; ``streams`` the media types of a body of any length, which the view reads
    by itself, each with its examples; ``tells`` further headers of its answer, with their meaning.
    """

    method: str
    rule: str
    scope: Scope | None
    answers: tuple[int, Answered]
    also: Mapping[int, tuple[type[Schema] | None, str]] = field(default_factory=dict)
    body: type[Input] | None = None
    query: type[Schema] = Query
    refuses: Sequence[str] = ()
    examples: Mapping[str, Any] | None = None
    media_type: str = JSON
    opened_by: str = auth.PUBLIC_READS
    shows_secret: bool = False
    streams: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    tells: Mapping[str, str] = field(default_factory=dict)

    def problems(self) -> set[str]:
        """Return the codes of all problems that the operation can answer with."""
        codes = {"invalid", *self.refuses}
        if self.scope is not None:
            codes |= {"unauthorized", "forbidden", "rate-limited", "unavailable"}
        if "<" in self.rule:
            codes.add("not-found")
        if self.body is not None or self.streams or self.takes_nothing:
            codes |= {"malformed", "too-large", "unsupported-media-type"}
        if self._has_cursor:
            codes.add("malformed")
        if self.is_done_once:
            codes |= {"busy", "key-reused", "malformed"}
        if self.is_of_one and (self.method != "POST" or self.decides):
            codes.add("stale")
        if self.is_of_one and (self.method in {"PATCH", "DELETE"} or self.decides):
            codes.add("precondition-required")
        return codes

    def conditions(self) -> list[dict[str, Any]]:
        """Return the header parameters that make a request conditional, or safe to be sent again, for OpenAPI."""
        needed = []
        if self.is_done_once:
            meaning = (
                "Any ASCII text of your own, new for each request: sent again with it, the request is not done again."
            )
            needed.append(_header(HEADER, meaning, minLength=1, maxLength=LONGEST))
        elif self.is_of_one and self.method == "GET":
            needed.append(_header("If-None-Match", "ETag of a state that is had already."))
        if self.is_of_one and (self.method in {"PATCH", "DELETE"} or self.decides):
            needed.append(_header("If-Match", "ETag of the state that was seen."))
        return needed

    def security(self) -> list[dict[str, list[str]]]:
        """Return the security requirements of OpenAPI: none, a key, or where reading may be open to all, either."""
        if self.scope is None:
            return []
        needed: dict[str, list[str]] = {"key": []}
        return [{}, needed] if self.scope is Scope.READ else [needed]

    def headers(self) -> dict[str, Any] | None:
        """Return the headers of its answer that belong to the contract, described for OpenAPI; None for none."""
        told = {**self._of_kind(), **self.tells}
        return {name: _told(meaning) for name, meaning in told.items()} or None

    def also_headers(self, status: int) -> dict[str, Any] | None:
        """Return the headers of a further answer: of an entity that is there already, unchanged, or elsewhere."""
        told = {HTTPStatus.FOUND: {"Location": "Where it is."}, HTTPStatus.NOT_MODIFIED: _ETAG}.get(HTTPStatus(status))
        told = self._of_entity() if told is None and self.is_of_one else told
        return {name: _told(meaning) for name, meaning in told.items()} if told else None

    def _of_kind(self) -> dict[str, str]:
        if self.answers[0] == HTTPStatus.CREATED:
            return {"Location": "Path of what was made.", **self._of_entity()}
        if self.is_of_one and self.answers[0] == HTTPStatus.OK:
            return self._of_entity()
        if self.method == "DELETE":
            return {"ETag": "Names the state that it left; a restoring may insist on it."}
        return {"Link": "The next page, as `rel=next`, if there is one."} if self._has_pages else {}

    def _of_entity(self) -> dict[str, str]:
        return {**_ETAG, REPLAYED: "`true` where the request was done before."} if self.is_done_once else _ETAG

    @property
    def is_of_one(self) -> bool:
        """Whether its answer, or what it changes, is one entity."""
        told_as = self.media_type.partition(";")[0]
        is_answered = self.scope is not None and told_as in {JSON, JSON_LD} and not self.streams
        asked = {**self.query._declared_fields, **(self.body._declared_fields if self.body else {})}
        return is_answered and "limit" not in asked

    @property
    def is_done_once(self) -> bool:
        """Whether it takes an Idempotency-Key."""
        return self.method == "POST" and self.scope is not Scope.READ and self.takes_no_key is None

    @property
    def takes_nothing(self) -> bool:
        """Whether it is a POST that says all by its path."""
        return self.method == "POST" and self.body is None and not self.streams

    @property
    def is_cacheable(self) -> bool:
        """Whether its answer is the same for all, until something is written."""
        is_open = self.method == "GET" and self.scope is Scope.READ and self.opened_by == auth.PUBLIC_READS
        return is_open and "wait" not in self.query._declared_fields

    @property
    def takes_no_key(self) -> str | None:
        """Why a POST that writes takes no Idempotency-Key; None for all others."""
        if self.shows_secret:
            return "its answer is shown once and kept nowhere"
        return "sent again, it changes nothing" if self.streams else None

    @property
    def decides(self) -> bool:
        """Whether it is a POST that changes the entity named by its path, as a PATCH would."""
        return self.rule.endswith(_DECISIONS)

    @property
    def shows_deleted(self) -> bool:
        """Whether it shows what was deleted, to those who may see it."""
        return "include_deleted" in self.query._declared_fields

    @property
    def _has_pages(self) -> bool:
        return self._has_cursor or "before" in self.query._declared_fields

    @property
    def _has_cursor(self) -> bool:
        return "cursor" in self.query._declared_fields


def _header(name: str, meaning: str, **bounds: Any) -> dict[str, Any]:
    return {"name": name, "in": "header", "description": meaning, "schema": {"type": "string", **bounds}}


def _told(meaning: str) -> dict[str, Any]:
    return {"description": meaning, "schema": {"type": "string"}}
