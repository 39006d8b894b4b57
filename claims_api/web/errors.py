"""Error handlers: every exception becomes application/problem+json (RFC 9457), in this one place."""

from http import HTTPStatus
from typing import Any

from flask import Flask, Response
from sqlalchemy.exc import SQLAlchemyError
from werkzeug.exceptions import HTTPException

from claims_api import db
from claims_api.errors import Failure, Unavailable, pointer
from claims_api.logs import log
from claims_api.web import answers, request_log
from claims_api.web.problems import BY_STATUS, PROBLEM_TYPES

MEDIA_TYPE = "application/problem+json"
_RETRY_AFTER = "1"
_KEPT_HEADERS = ("Allow", "Retry-After", "WWW-Authenticate")


def install(app: Flask) -> None:
    """Make every error of this application a problem."""
    app.register_error_handler(Failure, _on_failure)
    app.register_error_handler(HTTPException, _on_http_exception)
    app.register_error_handler(SQLAlchemyError, _on_database_error)
    app.register_error_handler(Exception, _on_surprise)


def _on_failure(failure: Failure) -> Response:
    members = dict(failure.extra)
    if failure.parameter is not None:
        members["errors"] = [{"parameter": failure.parameter, "detail": failure.detail}]
    elif failure.path is not None and "errors" not in members:
        members["errors"] = [{"pointer": pointer(failure.path), "detail": failure.detail}]
    return _problem(failure.code, failure.detail, members)


def _on_http_exception(error: HTTPException) -> Response:
    original = error.get_response()
    code = BY_STATUS.get(original.status_code, "internal" if original.status_code >= 500 else "malformed")  # noqa: PLR2004
    if PROBLEM_TYPES[code].status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        _log(error)
    response = _problem(code, PROBLEM_TYPES[code].meaning, {})
    for name in _KEPT_HEADERS:
        if name in original.headers:
            response.headers[name] = original.headers[name]
    return response


def _on_database_error(error: SQLAlchemyError) -> Response:
    if not db.is_passing(error):
        return _on_surprise(error)
    _log(error)
    return _on_failure(Unavailable(PROBLEM_TYPES["unavailable"].meaning))


def _on_surprise(error: Exception) -> Response:
    _log(error)
    if db.is_full(error):
        return _on_failure(Unavailable("The service has no room for this on its disk at present."))
    return _problem("internal", PROBLEM_TYPES["internal"].meaning, {})


def _log(error: Exception) -> None:
    log.error("request failed", exc_info=error)


def _problem(code: str, detail: str, members: dict[str, Any]) -> Response:
    kind = PROBLEM_TYPES[code]
    body = {
        "type": f"/problems/{code}",
        "title": kind.title,
        "status": kind.status,
        "detail": detail,
        "remedy": kind.remedy,
        "request_id": request_log.request_id(),
        **members,
    }
    response = answers.as_json(body, kind.status, media_type=MEDIA_TYPE)
    if code == "unauthorized":
        response.headers["WWW-Authenticate"] = 'Bearer realm="claims"'
    if code in {"unavailable", "busy", "rate-limited"}:
        response.headers["Retry-After"] = str(members.get("retry_after", _RETRY_AFTER))
    return response
