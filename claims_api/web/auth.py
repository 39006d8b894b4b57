"""Authentication and scopes: the API key in the Authorization header is checked before anything else of the request."""

import logging
import time

from flask import current_app, g, request
from sqlalchemy.exc import SQLAlchemyError

from claims_api import db
from claims_api.errors import Unauthorized, Unavailable
from claims_api.models.words import Scope
from claims_api.services import keys
from claims_api.web import limits, response_cache
from claims_api.web.session import asking, database, retried

PUBLIC_READS = "CLAIMS_PUBLIC_READS"
PUBLIC_METRICS = "CLAIMS_PUBLIC_METRICS"
NOTED = "claims_api.noted_uses"
log = logging.getLogger(__name__)


def require(scope: Scope, *, opened_by: str = PUBLIC_READS) -> None:
    """Let the request pass if its key has the scope; a setting may open reading to everybody.

    ``opened_by`` names that setting. Raises ``Unauthorized`` for no key or a bad one, ``Forbidden`` where it lacks the
    scope, and ``RateLimited`` beyond the limits of writes and of bad keys.
    """
    if scope is Scope.READ and current_app.config[opened_by]:
        return
    response_cache.bypass()
    given = _given_key()
    try:
        shown = keys.parsed(given)
        owner = _identified(shown)
    except Unauthorized:
        limits.count_failure()
        raise
    is_counted = "actor" in g  # a view may ask for more than its operation does
    g.actor = owner.name  # so that the log names it, even if it lacks the scope
    keys.permit(owner, scope)
    if scope is not Scope.READ and not is_counted and request.method not in {"GET", "HEAD"}:
        limits.count_write(shown.prefix)
    _note_use(shown.prefix)


@retried
def _identified(shown: keys.Shown) -> keys.Identity:
    with asking() as connection:
        return keys.identified(connection, shown)


def actor() -> str:
    """Return the name of the key that this request came with; only after ``require`` has checked one."""
    name: str = g.actor
    return name


def _note_use(prefix: str) -> None:
    """Note that a key was used, once a minute; no request waits for that, or fails by it."""
    noted: dict[str, float] = current_app.extensions.setdefault(NOTED, {})
    now = time.monotonic()
    if prefix in noted and now < noted[prefix] + keys.NOTED_EVERY.total_seconds():
        return
    noted[prefix] = now
    try:
        with database().noting() as connection:
            keys.note_use(connection, prefix)
    except (SQLAlchemyError, Unavailable) as error:
        if isinstance(error, SQLAlchemyError) and not db.is_passing(error):
            raise
        log.warning("the use of key %s is not noted: %s", prefix, type(error).__name__)


def _given_key() -> str:
    scheme, _, credentials = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not credentials.strip():
        raise Unauthorized("This needs a key: send `Authorization: Bearer ct_...`.")
    return credentials.strip()
