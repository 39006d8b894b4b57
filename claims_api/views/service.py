"""What stands beside the API: the entrance, the contract, the pages of problems."""

import orjson
from flask import Response, current_app, redirect, request
from markupsafe import Markup

from claims_api import __version__
from claims_api.errors import NotFound
from claims_api.schemas.service import ServiceIndexOut
from claims_api.web import contract
from claims_api.web.answers import as_json
from claims_api.web.openapi import Blueprint
from claims_api.web.problems import PROBLEM_TYPES, ProblemType

blueprint = Blueprint("service", description="The entrance, the contract, and what problems mean.")

_NOUNS = (
    "assessments",
    "changes",
    "claims",
    "conflicts",
    "evidence",
    "keys",
    "passages",
    "queues",
    "relations",
    "search",
    "sources",
    "speakers",
    "topics",
)
_INDEX = {
    "name": "Claims API",
    "version": __version__,
    "explorer": "/docs",
    "openapi_yaml": "/openapi.yaml",
    "openapi_json": "/openapi.json",
    "problems": "/problems",
    "collections": {noun: f"/v1/{noun}" for noun in _NOUNS},
}
_TEXT = {"type": "string"}
_PAGE = Markup(
    '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{title}</title></head>'
    "<body><main>{body}</main></body></html>"
)
_PROBLEM = Markup(
    "<h1>{title}</h1><p><code>{code}</code>, HTTP status {status}</p>"
    "<h2>What it means</h2><p>{meaning}</p><h2>What to do</h2><p>{remedy}</p>"
)


@blueprint.operation(
    "GET", "/", scope=None, answers=(200, ServiceIndexOut), also={302: (None, "To a browser: the explorer")}
)
def read_index() -> Response:
    """Show where things are

    A browser is led to the explorer (302); other clients get this index.
    """
    if request.accept_mimetypes.best_match(["application/json", "text/html"]) == "text/html":
        answer: Response = redirect("/docs")  # type: ignore[assignment]  # werkzeug's own response
    else:
        answer = as_json(_INDEX)
    answer.vary.add("Accept")
    return answer


@blueprint.operation("GET", "/openapi.yaml", scope=None, answers=(200, _TEXT), media_type="application/yaml")
def read_contract_yaml() -> Response:
    """Get the contract as YAML

    The OpenAPI 3.1 document of this service.
    """
    return Response(contract.yaml_of(current_app), content_type="application/yaml")


@blueprint.operation(
    "GET", "/openapi.json", scope=None, answers=(200, {"type": "object", "additionalProperties": True})
)
def read_contract_json() -> Response:
    """Get the contract as JSON

    The OpenAPI 3.1 document of this service.
    """
    return Response(orjson.dumps(contract.of(current_app)), content_type="application/json")


@blueprint.operation("GET", "/problems", scope=None, answers=(200, _TEXT), media_type="text/html")
def list_problems() -> Response:
    """Explain all types of problem

    A page for people, with a link to each.
    """
    items = Markup("").join(
        Markup('<li><a href="/problems/{code}">{code}</a>: {title}</li>').format(code=each.code, title=each.title)
        for each in PROBLEM_TYPES.values()
    )
    return _page("Problems", Markup("<h1>Problems</h1><ul>{}</ul>").format(items))


@blueprint.operation(
    "GET",
    "/problems/<code>",
    scope=None,
    answers=(200, _TEXT),
    media_type="text/html",
)
def read_problem(code: str) -> Response:
    """Explain one type of problem

    A page for people: what it means, and what to do. The `type` of every problem leads here.
    """
    kind = PROBLEM_TYPES.get(code)
    if kind is None:
        raise NotFound("There is no such type of problem; /problems lists them all.")
    return _page(kind.title, _explained(kind))


def _explained(kind: ProblemType) -> Markup:
    return _PROBLEM.format(
        title=kind.title, code=kind.code, status=kind.status, meaning=kind.meaning, remedy=kind.remedy
    )


def _page(title: str, body: Markup) -> Response:
    return Response(_PAGE.format(title=title, body=body), content_type="text/html; charset=utf-8")
