"""The blueprint that makes views into operations: authentication, parsing, idempotency and OpenAPI around each.

Each view states its scope, input, answers and failures once (``operations``); all the rest follows from that.
"""

from collections.abc import Callable, Iterable, Sequence
from functools import wraps
from typing import Any

import flask_smorest
from flask import Response, request

from claims_api.models.words import Scope
from claims_api.schemas.base import NothingIn, Query
from claims_api.schemas.problems import ProblemOut
from claims_api.web import auth, response_cache, session, uploads
from claims_api.web.idempotency import never_kept, once
from claims_api.web.operations import Answered, Operation
from claims_api.web.parsing import MERGE_PATCH_TYPES, body_as, query_as
from claims_api.web.problems import PROBLEM_TYPES, ProblemType

PROBLEM = "application/problem+json"
# Our own, since Python 3.13 renamed some of http.HTTPStatus's phrases.
_RESPONSE_NAMES = {
    400: "BadRequest",
    401: "Unauthorized",
    403: "Forbidden",
    404: "NotFound",
    405: "MethodNotAllowed",
    409: "Conflict",
    412: "PreconditionFailed",
    413: "ContentTooLarge",
    415: "UnsupportedMediaType",
    422: "UnprocessableContent",
    428: "PreconditionRequired",
    429: "TooManyRequests",
    500: "InternalServerError",
    503: "ServiceUnavailable",
}
# Headers by which problems tell what to do, and the statuses that come with them.
_TELLING = {"WWW-Authenticate": {401}, "Retry-After": {409, 429, 503}}
_TEXT_HEADER = {
    "WWW-Authenticate": {"description": "How to authenticate.", "schema": {"type": "string"}},
    "Retry-After": {"description": "Seconds, where sending it again will help.", "schema": {"type": "string"}},
}
View = Callable[..., Response]


class Blueprint(flask_smorest.Blueprint):
    """A blueprint whose views are operations of the contract.

    Smorest's decorators write the contract; what a request goes through stands here.
    """

    def __init__(self, name: str, *, prefix: str | None = None, description: str) -> None:
        super().__init__(name, __name__, url_prefix=prefix, description=description)

    def operation(
        self, method: str, rule: str, *, scope: Scope | None, answers: tuple[int, Answered], **stated: Any
    ) -> Callable[[View], View]:
        """Register a view as an ``Operation``; ``stated`` is whatever else that takes.

        The view is called with ``query`` and ``body`` where they are declared, and the parts of the path.
        """
        operation = Operation(method, rule, scope, answers, **stated)

        def register(view: View) -> View:
            run = _guarded(_parsed(view, operation), operation)
            run._apidoc = self._described(view, operation)._apidoc  # type: ignore[attr-defined]  # where smorest looks
            self.route(rule, methods=[method])(run)
            return view

        return register

    def _described(self, view: View, operation: Operation) -> Any:
        described: Any = view
        for write in (self._documented, self._answered, self._with_body, self._with_query):
            described = write(described, operation)
        return described

    def _documented(self, view: View, operation: Operation) -> View:
        for status in _statuses(operation.problems()):
            view = self.alt_response(status, response=response_name(status))(view)
        for status, (schema, meaning) in operation.also.items():
            headers = operation.also_headers(status)
            view = self.alt_response(status, schema=schema, description=meaning, headers=headers)(view)
        if operation.is_of_one and operation.method == "GET":
            meaning = "The state named by If-None-Match is still the present one"
            view = self.alt_response(304, description=meaning, headers=operation.also_headers(304))(view)
        stated: dict[str, Any] = {
            "operationId": view.__name__,
            "security": operation.security(),
            "x-scope": operation.scope and operation.scope.value,
            # Not as parameters: smorest would replace the query's by them.
            "x-conditions": operation.conditions(),
        }
        if operation.body is not None and operation.body.takes_files:
            # Beside JSON, which comes with the body's schema.
            stated["requestBody"] = {"content": {uploads.MULTIPART: uploads.described(operation.body)}}
        if operation.streams:
            stated["requestBody"] = {
                "required": True,
                "content": {
                    media_type: {"schema": {"type": "string"}, **({"examples": examples} if examples else {})}
                    for media_type, examples in operation.streams.items()
                },
            }
        documented: View = self.doc(**stated)(view)
        return documented

    def _answered(self, view: View, operation: Operation) -> View:
        status, schema = operation.answers
        answered: View = self.response(
            status,
            schema() if isinstance(schema, type) else schema,
            content_type=operation.media_type,
            headers=operation.headers(),
        )(view)
        return answered

    def _with_body(self, view: View, operation: Operation) -> View:
        if operation.body is None:
            return view
        media_type = MERGE_PATCH_TYPES[0] if operation.method == "PATCH" else None
        parsed: View = self.arguments(
            operation.body(),
            content_type=media_type,
            examples=operation.examples,
            required=not operation.body.optional,
        )(view)
        return parsed

    def _with_query(self, view: View, operation: Operation) -> View:
        parsed: View = self.arguments(operation.query(), location="query")(view)
        return parsed


class Api(flask_smorest.Api):
    """The contract of the whole application."""

    DEFAULT_ERROR_RESPONSE_NAME = None  # type: ignore[assignment]  # every status is stated

    def _register_responses(self) -> None:
        for status in _statuses(PROBLEM_TYPES):
            kinds = [each for each in PROBLEM_TYPES.values() if each.status == status]
            self.spec.components.response(response_name(status), _problem_response(kinds), lazy=True)

    def _register_pagination_header(self) -> None:
        """Pages are told by `next_cursor` and Link, not by smorest's header."""

    def _register_error_handlers(self) -> None:
        """Errors are ``web.errors``' business."""


def response_name(status: int) -> str:
    """Return the name under which the contract keeps the problems of a status."""
    return _RESPONSE_NAMES[status]


def schema_name(schema: Any) -> str:
    """Return a schema's name in the contract: what is answered has the plain name of the thing."""
    kind = schema if isinstance(schema, type) else type(schema)
    return kind.__name__.removesuffix("Out")


def _statuses(codes: Iterable[str]) -> list[int]:
    return sorted({PROBLEM_TYPES[code].status for code in codes})


def _problem_response(kinds: Sequence[ProblemType]) -> dict[str, Any]:
    first = kinds[0]
    example = {
        "type": f"/problems/{first.code}",
        "title": first.title,
        "status": first.status,
        "detail": first.meaning,
        "remedy": first.remedy,
        "request_id": "0199f6a1-0000-7000-8000-000000000000",
    }
    described = "; ".join(f"`{each.code}`: {each.title}" for each in kinds)
    answer = {"description": described, "content": {PROBLEM: {"schema": ProblemOut(), "example": example}}}
    headers = {name: _TEXT_HEADER[name] for name, statuses in _TELLING.items() if first.status in statuses}
    return {**answer, "headers": headers} if headers else answer


def _guarded(view: View, operation: Operation) -> View:
    # Authentication is outside of the retries: a request counts once for its limits, however often it is run.
    view = session.retried(view)

    @wraps(view)
    def run(**kwargs: Any) -> Response:
        if operation.scope is not None:
            auth.require(operation.scope, opened_by=operation.opened_by)
        return view(**kwargs)

    run.scope = operation.scope  # type: ignore[attr-defined]  # a test walks the routes and asks each for it
    return run


def _parsed(view: View, operation: Operation) -> View:
    # Parsing is outside of the view's transaction: a body that comes slowly must not hold it open.
    parsed = _with_query(_with_body(_remembered(view, operation), operation), operation)
    return parsed if operation.takes_no_key is None else never_kept(parsed, operation.takes_no_key)


def _remembered(view: View, operation: Operation) -> View:
    if operation.is_cacheable:
        return response_cache.cached(view)
    return once(view) if operation.is_done_once else view


def _with_body(view: View, operation: Operation) -> View:
    if operation.takes_nothing:
        return _without_body(view)
    if operation.body is None:
        return view
    load = body_as(operation.body())

    @wraps(view)
    def run(**kwargs: Any) -> Response:
        return view(body=load(request), **kwargs)

    return run


def _without_body(view: View) -> View:
    refuse_members = body_as(NothingIn())

    @wraps(view)
    def run(**kwargs: Any) -> Response:
        refuse_members(request)
        return view(**kwargs)

    return run


def _with_query(view: View, operation: Operation) -> View:
    load = query_as(operation.query())

    @wraps(view)
    def run(**kwargs: Any) -> Response:
        query = load(request)
        if operation.shows_deleted and query["include_deleted"]:
            auth.require(Scope.ADMIN)
        # Parameters are refused by name where none is declared, too.
        return view(**kwargs) if operation.query is Query else view(query=query, **kwargs)

    return run
