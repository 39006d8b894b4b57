"""The contract, made from the code: each view states its scope, input, answer and failures in one place."""

import re
from collections.abc import Callable, Mapping, Sequence
from functools import wraps
from http import HTTPStatus
from typing import Any

import flask_smorest
from flask import Response
from marshmallow import Schema
from werkzeug.routing import BaseConverter, IntegerConverter

from claims_api.ids import CANONICAL
from claims_api.models.words import Scope
from claims_api.schemas.base import Query
from claims_api.schemas.problems import ProblemOut
from claims_api.web import auth, session
from claims_api.web.parsing import MERGE_PATCH_TYPES, StrictParser
from claims_api.web.problems import PROBLEM_TYPES, ProblemType

PROBLEM = "application/problem+json"
View = Callable[..., Response]


class IdConverter(BaseConverter):
    """A path part that is a UUID in canonical form; anything else is another path, that is 404."""

    regex = CANONICAL.pattern


class NumberConverter(IntegerConverter):
    """A path part that counts from 1, with no more digits than a database takes."""

    regex = r"[1-9]\d{0,8}"


class Blueprint(flask_smorest.Blueprint):
    """A blueprint whose views are operations of the contract."""

    ARGUMENTS_PARSER = StrictParser()

    def operation(
        self,
        method: str,
        rule: str,
        *,
        scope: Scope | None,
        answers: tuple[int, type[Schema] | dict[str, Any] | None],
        body: type[Schema] | None = None,
        query: type[Schema] = Query,
        also: Mapping[int, tuple[type[Schema], str]] | None = None,
        refuses: Sequence[str] = (),
        examples: Mapping[str, Any] | None = None,
        media_type: str = "application/json",
    ) -> Callable[[View], View]:
        """Register a view under a method and a path.

        ``scope`` is what its key must have (None: it is open to everybody, always); ``answers`` its status and
        schema; ``refuses`` the codes of the problems of its own, beside those that follow from the rest.
        The view is called with ``query`` and ``body`` where they are declared, and the parts of the path.
        """

        def register(view: View) -> View:
            documented = self._documented(view, method, rule, scope, body, query, refuses)
            for status, (schema, meaning) in (also or {}).items():
                documented = self.alt_response(status, schema=schema, description=meaning)(documented)
            answered = self.response(
                answers[0],
                _instance(answers[1]),
                content_type=media_type,
                headers=_headers(answers[0], query),
            )(documented)
            parsed = self._parsed(answered, method, body, query, examples)
            self.route(rule, methods=[method])(_guarded(parsed, scope))
            return view

        return register

    def _parsed(
        self,
        view: View,
        method: str,
        body: type[Schema] | None,
        query: type[Schema],
        examples: Mapping[str, Any] | None,
    ) -> View:
        if body is not None:
            media_type = MERGE_PATCH_TYPES[0] if method == "PATCH" else None
            view = self.arguments(body(), arg_name="body", content_type=media_type, examples=examples)(view)
        if query is Query:
            return self.arguments(query(), location="query", arg_name="nothing")(_without_nothing(view))
        return self.arguments(query(), location="query", arg_name="query")(view)

    def _documented(
        self,
        view: View,
        method: str,
        rule: str,
        scope: Scope | None,
        body: type[Schema] | None,
        query: type[Schema],
        refuses: Sequence[str],
    ) -> View:
        codes = {*refuses, *_implied(method, rule, scope, body, query)}
        for status in sorted({PROBLEM_TYPES[code].status for code in codes}, reverse=True):
            view = self.alt_response(status, response=response_name(status))(view)
        needs = [] if scope is None else [{"key": [str(scope)]}]
        if scope is Scope.READ:
            needs = [{}, *needs]
        return self.doc(operationId=view.__name__, security=needs)(view)


def _implied(
    method: str, rule: str, scope: Scope | None, body: type[Schema] | None, query: type[Schema]
) -> set[str]:
    codes = {"invalid"}
    if scope is not None:
        codes |= {"unauthorized", "forbidden", "unavailable"}
    if "<" in rule:
        codes.add("not-found")
    if body is not None:
        codes |= {"malformed", "too-large", "unsupported-media-type"}
    if "cursor" in query._declared_fields:
        codes.add("malformed")
    return codes


def response_name(status: int) -> str:
    """Return the name under which the contract keeps the problems of a status."""
    title = next(each.title for each in PROBLEM_TYPES.values() if each.status == status)
    return "".join(word.capitalize() for word in re.findall(r"\w+", title))


def _headers(status: int, query: type[Schema]) -> dict[str, Any] | None:
    text = {"type": "string"}
    if status == HTTPStatus.CREATED:
        return {"Location": {"description": "Path of what was made.", "schema": text}}
    if "cursor" in query._declared_fields:
        return {"Link": {"description": "The next page, as `rel=next`, if there is one.", "schema": text}}
    return None


def schema_name(schema: Any) -> str:
    """Return a schema's name in the contract: what is answered has the plain name of the thing."""
    kind = schema if isinstance(schema, type) else type(schema)
    return kind.__name__.removesuffix("Out")


def _problem_response(codes: Sequence[ProblemType]) -> dict[str, Any]:
    kinds = "; ".join(f"`{each.code}`: {each.title}" for each in codes)
    example = {
        "type": f"/problems/{codes[0].code}",
        "title": codes[0].title,
        "status": codes[0].status,
        "detail": codes[0].meaning,
        "remedy": codes[0].remedy,
        "request_id": "0199f6a1-0000-7000-8000-000000000000",
    }
    return {"description": kinds, "content": {PROBLEM: {"schema": ProblemOut(), "example": example}}}


def _guarded(view: View, scope: Scope | None) -> View:
    @wraps(view)
    def run(**kwargs: Any) -> Response:
        if scope is not None:
            auth.require(scope)
        return view(**kwargs)

    run.scope = scope  # type: ignore[attr-defined]  # a test walks the routes and asks each for it
    return session.retried(run)


def _without_nothing(view: View) -> View:
    @wraps(view)
    def run(**kwargs: Any) -> Response:
        del kwargs["nothing"]
        return view(**kwargs)

    return run


def _instance(schema: type[Schema] | dict[str, Any] | None) -> Schema | dict[str, Any] | None:
    return schema() if isinstance(schema, type) else schema


class Api(flask_smorest.Api):
    """The contract of the whole application."""

    DEFAULT_ERROR_RESPONSE_NAME = None
    ERROR_SCHEMA = ProblemOut

    def _register_responses(self) -> None:
        for status in sorted({each.status for each in PROBLEM_TYPES.values()}):
            codes = [each for each in PROBLEM_TYPES.values() if each.status == status]
            self.spec.components.response(response_name(status), _problem_response(codes), lazy=True)

    def _register_pagination_header(self) -> None:
        """Pages are told by `next_cursor` and Link, not by smorest's header."""

    def _register_error_handlers(self) -> None:
        """Errors are ``web.errors``' business."""
