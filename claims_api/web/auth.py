"""Who may do what: a key in the Authorization header, looked at before anything else of the request."""

from flask import current_app, g, request

from claims_api.errors import Unauthorized
from claims_api.models.words import Scope
from claims_api.services import keys
from claims_api.web import limits
from claims_api.web.session import reading

PUBLIC_READS = "CLAIMS_PUBLIC_READS"


def require(scope: Scope) -> None:
    """Let the request pass if its key has the scope; reading may be open to everybody."""
    if scope is Scope.READ and current_app.config[PUBLIC_READS]:
        return
    shown = _shown_key()
    try:
        with reading() as connection:
            g.actor = keys.authorize(connection, shown, scope)
    except Unauthorized:
        limits.count_failure()
        raise
    if request.method not in {"GET", "HEAD"}:
        limits.count_write(g.actor)


def actor() -> str:
    """Return the name of the key that this request came with."""
    name: str = g.actor
    return name


def _shown_key() -> str:
    scheme, _, credentials = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not credentials.strip():
        raise Unauthorized("This needs a key: send `Authorization: Bearer ct_...`.")
    return credentials.strip()
