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
# The cache's key: all of a request that a cacheable answer depends on.
_ASKS = ("PATH_INFO", "QUERY_STRING", "HTTP_IF_MATCH", "HTTP_IF_NONE_MATCH")
_BODIES = ("CONTENT_LENGTH", "HTTP_TRANSFER_ENCODING")
# Compressing larger answers takes longer than it is worth.
_LONGEST = 256 * 1024
# Bytes of an entry beside the body, about: headers and Python's objects.
_BESIDE = 1200
# So many keys are remembered as asked for lately: about as many as there is room for answers.
_MOST_KNOWN = 1024
Key = tuple[str | None, ...]
View = Callable[..., Response]


@dataclass(frozen=True, slots=True)
class _Kept:
    """A cached answer, and its ``size`` in memory with its key; zipped, JSON takes a tenth."""

    status: str
    headers: Headers
    zipped: bytes
    rule: str
    size: int


class _Memory:
    """An LRU cache of answers, valid for one value of ``commits``, of ``most`` bytes."""

    def __init__(self, most: int) -> None:
        self._most, self._size = most, 0
        self._answers: OrderedDict[Key, _Kept] = OrderedDict()
        self._known: set[int] = set()
        self._commits: Hashable | None = None
        self._lock = Lock()

    def knows(self, asked: Key) -> bool:
        """Tell whether this key was asked for lately."""
        return hash(asked) in self._known

    def note(self, asked: Key) -> None:
        """Note that this key was asked for."""
        with self._lock:
            if len(self._known) >= _MOST_KNOWN:
                self._known.clear()
            self._known.add(hash(asked))

    def is_still(self, commits: Hashable, asked: Key) -> bool:
        """Tell whether nothing was committed since; else empty the cache, but for noting this key."""
        with self._lock:
            if commits == self._commits:
                return True
            self._commits, self._size = commits, 0
            self._answers.clear()
            self._known = {hash(asked)}
        return False

    def find(self, asked: Key) -> _Kept | None:
        """Return the cached answer, if there is one."""
        with self._lock:
            found = self._answers.get(asked)
            if found is not None:
                self._answers.move_to_end(asked)
        return found

    def keep(self, asked: Key, commits: Hashable, kept: _Kept) -> None:
        """Cache an answer made after ``commits`` was read, unless a newer value was seen, or the answer is there."""
        with self._lock:
            if commits != self._commits or asked in self._answers or kept.size > self._most:
                return
            self._answers[asked] = kept
            self._size += kept.size
            while self._size > self._most:
                self._size -= self._answers.popitem(last=False)[1].size


class _Caching:
    """WSGI middleware right around Flask: cached answers are logged and counted like others."""

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
        # What is never cached is never known, so the database is not asked about commits.
        if not self.memory.knows(asked):
            return None
        # Read before the answer is made: if others commit meanwhile, it is cached for the old value, and soon dropped.
        commits = self.commits()
        if commits is None or not self.memory.is_still(commits, asked):
            return None
        kept = self.memory.find(asked)
        if kept is None:
            environ[_ASKED] = asked, commits
        return kept


def install(app: Flask, most: int) -> None:
    """Cache answers of an application, in ``most`` bytes of memory."""
    memory = app.extensions[_EXTENSION] = _Memory(most)
    app.wsgi_app = _Caching(app.wsgi_app, memory, app.extensions[DATABASE].commits)  # type: ignore[method-assign]


def cached(view: View) -> View:
    """Cache the answers of a view, which must depend only on the database and on ``_ASKS``."""

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
    """Have the answer to this request not cached: not everybody may see it."""
    request.environ.pop(_ASKED, None)


def _keep(answer: Response, asked: Key, commits: Hashable) -> None:
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
