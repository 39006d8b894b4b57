"""The Flask class, without what this service never uses and every request would pay for (docs/adr/0039)."""

from typing import Any

from flask import Flask, Request
from flask.sessions import NullSession, SessionInterface, SessionMixin
from flask.typing import RouteCallable
from werkzeug.routing import MapAdapter

from claims_api.web.answers import Answer


class Application(Flask):
    """A Flask application without sessions, without hosts of its own, and whose views are plain functions."""

    response_class = Answer

    def ensure_sync(self, func: Any) -> RouteCallable:
        """Return a function as it is: none of ours is a coroutine."""
        found: RouteCallable = func
        return found

    def create_url_adapter(self, request: Request | None) -> MapAdapter | None:
        """Return an adapter that routes by the path alone: every host name means this service."""
        if request is None:
            return super().create_url_adapter(request)
        return MapAdapter(self.url_map, "", "/", "", "http", request.path, request.method)


class _NoSessions(SessionInterface):
    """Each request says by a key who sends it; nothing is kept in cookies."""

    _none = NullSession()

    def open_session(self, *_: Any) -> SessionMixin:
        return self._none


Application.session_interface = _NoSessions()
