"""The response cache: a repeated GET is answered from memory until something is committed.

The database tells whether anything was committed (``Database.commits``), by whichever process; the first commit empties
the cache, so no answer is stale. Only what everybody may read is cached, and only from its second request on: a client
that reads very many things once takes no room from those that come back.
"""

import zlib
from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass
from functools import wraps
from threading import Lock
from typing import TYPE_CHECKING, Any

from flask import Flask, Response, current_app, request

from claims_api import metrics
from claims_api.web import request_log
from claims_api.web.headers import Headers
from claims_api.web.session import EXTENSION as DATABASE

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

_EXTENSION = "claims_api.response_cache"
_ASKED = "claims_api.asked"
# All of a request that an answer which may be kept depends on, beside what is kept in the database.
_ASKS = ("PATH_INFO", "QUERY_STRING", "HTTP_IF_MATCH", "HTTP_IF_NONE_MATCH")
_BODIES = ("CONTENT_LENGTH", "HTTP_TRANSFER_ENCODING")
# Larger ones would take longer to be made small than it is worth.
_LONGEST = 256 * 1024
# Bytes of an answer's headers and of its place, about.
_BESIDE = 1200
# Of so many things it is known that they were asked for lately: about as many answers as there is room for.
_MOST_KNOWN = 1024
Asked = tuple[str | None, ...]
View = Callable[..., Response]


@dataclass(frozen=True, slots=True)
class _Kept:
    """An answer, and how many bytes it takes with what was asked; JSON takes a tenth of its room as ``zipped``."""

    status: str
    headers: Headers
    zipped: bytes
    rule: str
    size: int


class _Memory:
    """The answers that are good for ``commits``, in ``most`` bytes; those that nobody asks for go first."""

    def __init__(self, most: int) -> None:
        self._most, self._size = most, 0
        self._answers: OrderedDict[Asked, _Kept] = OrderedDict()
        self._known: set[int] = set()
        self._commits: Hashable | None = None
        self._lock = Lock()

    def knows(self, asked: Asked) -> bool:
        """Tell whether this was asked for lately."""
        return hash(asked) in self._known

    def note(self, asked: Asked) -> None:
        """Note that this was asked for."""
        with self._lock:
            if len(self._known) >= _MOST_KNOWN:
                self._known.clear()
            self._known.add(hash(asked))

    def is_still(self, commits: Hashable, asked: Asked) -> bool:
        """Tell whether nothing was committed since; else forget all but that this was asked for."""
        with self._lock:
            if commits == self._commits:
                return True
            self._commits, self._size = commits, 0
            self._answers.clear()
            self._known = {hash(asked)}
        return False

    def find(self, asked: Asked) -> _Kept | None:
        """Return the answer to this, if there is one."""
        with self._lock:
            found = self._answers.get(asked)
            if found is not None:
                self._answers.move_to_end(asked)
        return found

    def keep(self, asked: Asked, commits: Hashable, kept: _Kept) -> None:
        """Keep an answer that was made after these commits, unless there were others, or it is there."""
        with self._lock:
            if commits != self._commits or asked in self._answers or kept.size > self._most:
                return
            self._answers[asked] = kept
            self._size += kept.size
            while self._size > self._most:
                self._size -= self._answers.popitem(last=False)[1].size


class _Caching:
    """Stands right in front of Flask: whatever is done around it is done for repeated answers, too."""

    def __init__(self, inner: "WSGIApplication", memory: _Memory, commits: Callable[[], Hashable | None]) -> None:
        self.inner, self.memory, self.commits = inner, memory, commits

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        kept = None if _has_body(environ) or environ["REQUEST_METHOD"] != "GET" else self._kept(environ)
        if kept is None:
            return self.inner(environ, start_response)
        metrics.count_cache_hit()
        request_log.note_route(environ, kept.rule)
        start_response(kept.status, kept.headers)
        return [zlib.decompress(kept.zipped)]

    def _kept(self, environ: "WSGIEnvironment") -> _Kept | None:
        asked = tuple(map(environ.get, _ASKS))
        environ[_ASKED] = asked, None
        # What is never kept is never known: nobody is asked about it.
        if not self.memory.knows(asked):
            return None
        # Asked before the answer is made: one that is made while others commit is good for what was there before.
        commits = self.commits()
        if commits is None or not self.memory.is_still(commits, asked):
            return None
        kept = self.memory.find(asked)
        if kept is None:
            environ[_ASKED] = asked, commits
        return kept


def install(app: Flask, most: int) -> None:
    """Have an application give answers again, for which it takes so many bytes."""
    memory = app.extensions[_EXTENSION] = _Memory(most)
    app.wsgi_app = _Caching(app.wsgi_app, memory, app.extensions[DATABASE].commits)  # type: ignore[method-assign]


def cached(view: View) -> View:
    """Let the answers of a view be given again: they depend on what is in the database, and on what is asked."""

    @wraps(view)
    def run(**kwargs: Any) -> Response:
        answer = view(**kwargs)
        asked, commits = request.environ.get(_ASKED, (None, None))
        if commits is not None:
            _keep(answer, asked, commits)
        elif asked is not None:
            _memory().note(asked)
        return answer

    return run


def bypass() -> None:
    """Give the answer to this request only once: not everybody may see it."""
    request.environ.pop(_ASKED, None)


def _keep(answer: Response, asked: Asked, commits: Hashable) -> None:
    if answer.is_streamed:
        return
    body, rule = answer.get_data(), request.url_rule
    if len(body) <= _LONGEST and rule is not None:
        headers = answer.get_wsgi_headers(request.environ).to_wsgi_list()
        zipped = zlib.compress(body, 1)
        size = _BESIDE + len(zipped) + sum(len(part) for part in asked if part)
        _memory().keep(asked, commits, _Kept(answer.status, headers, zipped, rule.rule, size))


def _memory() -> _Memory:
    found: _Memory = current_app.extensions[_EXTENSION]
    return found


def _has_body(environ: "WSGIEnvironment") -> bool:
    return any(environ.get(each) for each in _BODIES)
