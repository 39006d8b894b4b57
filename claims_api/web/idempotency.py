"""The Idempotency-Key header: a POST that is sent again is answered as before, and not done again."""

import hashlib
import json
from collections.abc import Callable
from functools import wraps
from typing import Any

from flask import Response, request

from claims_api.errors import Invalid, Malformed
from claims_api.services import idempotency
from claims_api.services.idempotency import Answer, Attempt
from claims_api.web import session
from claims_api.web.auth import actor
from claims_api.web.parsing import body_of
from claims_api.web.uploads import MULTIPART, boundary_of

HEADER = "Idempotency-Key"
REPLAYED = "Idempotent-Replayed"
LONGEST = 255
_KEPT_HEADERS = ("Content-Type", "Location", "ETag")
View = Callable[..., Response]


def once(view: View) -> View:
    """Answer a request that was done before as it was answered then.

    A refusal by the view passes through here and rolls the transaction back: nothing of it is remembered. Raises
    ``Malformed`` for an Idempotency-Key that is none, ``Busy`` while the same request is being done, ``KeyReused`` for
    a key that came with another one, and what ``parsing.body_of`` raises.
    """

    @wraps(view)
    def run(**kwargs: Any) -> Response:
        return _answered_once(lambda: view(**kwargs)) if HEADER in request.headers else view(**kwargs)

    return run


def never_kept(view: View, reason: str) -> View:
    """Have requests with an Idempotency-Key refused before a view is called: ``Invalid``, for this reason."""

    @wraps(view)
    def run(**kwargs: Any) -> Response:
        _refuse_key(reason)
        return view(**kwargs)

    return run


def _answered_once(answer: Callable[[], Response]) -> Response:
    attempt = _attempt()
    with session.shared() as transaction:
        earlier = idempotency.earlier_answer(transaction, attempt)
        if earlier is not None:
            return _replayed(earlier)
        response = answer()
        idempotency.keep(transaction, attempt, _kept(response))
        return response


def _refuse_key(reason: str) -> None:
    if HEADER in request.headers:
        detail = f"This takes no {HEADER}: {reason}."
        raise Invalid(detail, errors=[{"parameter": HEADER, "detail": "Not taken here."}])


def _attempt() -> Attempt:
    key = request.headers[HEADER]
    if not 0 < len(key) <= LONGEST:
        # The server passes on a header with non-ASCII characters as an empty one.
        raise Malformed(
            f"An {HEADER} has 1 to {LONGEST} characters, all of them ASCII: letters, digits, punctuation, spaces.",
            remedy="Send a UUID, for example: a new one for each thing to be done, and the same when it is sent again.",
        )
    # The body is read before the transaction begins: a slow client must not keep others waiting.
    said = f"{request.method} {request.full_path}\n".encode() + _said()
    return Attempt(actor(), key, hashlib.sha256(said).hexdigest())


def _said() -> bytes:
    body = body_of(request)
    if request.mimetype != MULTIPART:
        return body
    try:
        # Without the boundary, which most clients choose anew each time they send the same parts.
        return body.replace(b"--" + boundary_of(request.content_type or ""), b"--")
    except ValueError:
        return body


def _kept(response: Response) -> Answer:
    headers = {name: response.headers[name] for name in _KEPT_HEADERS if name in response.headers}
    return Answer(response.status_code, json.dumps(headers), response.get_data(as_text=True))


def _replayed(answer: Answer) -> Response:
    return Response(answer.body, answer.status, {**json.loads(answer.headers), REPLAYED: "true"})
