"""The explorer: Swagger UI from the installed package, under a policy that lets nothing else in."""

from importlib.resources import files

from flask import Response, request

from claims_api.errors import NotFound
from claims_api.web.openapi import Blueprint

blueprint = Blueprint("explorer", description="The page on which every operation can be tried, and its files.")

# Swagger UI sets styles through the DOM only, and its arrows are data: images in its stylesheet.
POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data:",
        "connect-src 'self'",
        "form-action 'none'",
        "frame-ancestors 'none'",
        "base-uri 'none'",
    )
)
# A browser asks for the icon at every click; no longer, because an update of the package keeps the names.
_KEPT = {"Cache-Control": "max-age=600"}
_OWN = files("claims_api.web") / "explorer"
_DIST = files("flask_swagger_ui") / "dist"
_CSS, _SCRIPT, _PNG = "text/css; charset=utf-8", "text/javascript; charset=utf-8", "image/png"
# Closed, so that a name in a path never becomes a path on the disk.
_ASSETS = {
    "explorer.css": (_OWN, _CSS),
    "explorer.js": (_OWN, _SCRIPT),
    "favicon-16x16.png": (_DIST, _PNG),
    "favicon-32x32.png": (_DIST, _PNG),
    "swagger-ui-bundle.js": (_DIST, _SCRIPT),
    "swagger-ui.css": (_DIST, _CSS),
}


@blueprint.operation("GET", "/docs", scope=None, answers=(200, {"type": "string"}), media_type="text/html")
def read_explorer() -> Response:
    """Open the explorer

    A page for people: the contract, with a form to try each operation. It loads nothing from elsewhere.
    """
    page = (_OWN / "index.html").read_bytes()
    headers = {"Content-Security-Policy": POLICY}
    return Response(page, headers=headers, content_type="text/html; charset=utf-8")


@blueprint.operation(
    "GET",
    "/docs/assets/<asset>",
    scope=None,
    answers=(200, None),
    also={304: (None, "Unchanged since the answer whose ETag was sent as If-None-Match.")},
)
def read_asset(asset: str) -> Response:
    """Get a file of the explorer

    Stylesheets, scripts and icons, kept by a browser for ten minutes, and fetched anew only when they changed.
    """
    if asset not in _ASSETS:
        raise NotFound("The explorer has no such file.")
    folder, content_type = _ASSETS[asset]
    response = Response((folder / asset).read_bytes(), headers=_KEPT, content_type=content_type)
    response.add_etag()
    # Nobody changes a file by asking for it: If-Match says nothing here.
    response.make_conditional({**request.environ, "HTTP_IF_MATCH": ""})
    return response
