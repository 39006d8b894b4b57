"""Who may do what: a key in the Authorization header, looked at before anything else of the request."""

from flask import current_app, g, request

from claims_api.errors import Unauthorized
from claims_api.models.words import Scope
from claims_api.services import keys
from claims_api.web.session import reading

PUBLIC_READS = "CLAIMS_PUBLIC_READS"
PUBLIC_METRICS = "CLAIMS_PUBLIC_METRICS"


def require(scope: Scope, *, opened_by: str = PUBLIC_READS) -> None:
    """Let the request pass if its key has the scope; a setting may open reading to everybody."""
    if scope is Scope.READ and current_app.config[opened_by]:
        return
    with reading() as connection:
        g.actor = keys.authorize(connection, _shown_key(), scope)


def actor() -> str:
    """Return the name of the key that this request came with."""
    name: str = g.actor
    return name


def _shown_key() -> str:
    scheme, _, credentials = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not credentials.strip():
        raise Unauthorized("This needs a key: send `Authorization: Bearer ct_...`.")
    return credentials.strip()
