"""Complete the OpenAPI document: what smorest collects from the views, and what smorest cannot know."""

from typing import Any

import yaml
from apispec.ext.marshmallow import MarshmallowPlugin
from flask import Flask

from claims_api import __version__
from claims_api.models import words
from claims_api.schemas import examples
from claims_api.schemas.refs import LARGEST_NUMBER
from claims_api.schemas.strict import MOST_VALUES
from claims_api.web import links
from claims_api.web.converters import IdConverter, NumberConverter
from claims_api.web.openapi import Api, schema_name

_SECURITY = {
    "key": {
        "type": "http",
        "scheme": "bearer",
        "description": "A key made with `claims-api key create`. What an operation asks of it is its `x-scope`: "
        "`read`, `write` (which includes `read`) or `admin` (which includes both). Reading may be open to everybody.",
    }
}
EXTENSION = "claims_api.contract"
_WRITTEN = "claims_api.contract.yaml"
_WORDS = {tuple(word.value for word in kind): kind.__name__ for kind in words.IN_ANSWERS}
_OF_PAGES = ("updated_since", "sort", "limit", "cursor")
_IN_ORDER = (
    "operationId",
    "summary",
    "description",
    "tags",
    "x-scope",
    "security",
    "parameters",
    "requestBody",
    "responses",
)

OPTIONS = {
    "marshmallow_plugin": MarshmallowPlugin(schema_name_resolver=schema_name),
    "title": "Claims API",
    "version": __version__,
    "openapi_version": "3.1.0",
    "info": {
        "description": "Keep claims, each linked to the exact passages of sources that support or contradict it. "
        "Every quote is checked against the stored text when it is written; what the evidence amounts to is derived "
        "by a rule that explains itself; *X said it* is kept apart from *it is so*. Every answer bears an "
        "`X-Request-Id`: the one of the request, if that is 1 to 64 letters, digits, `.`, `_` or `-`. A body may have "
        f"at most {MOST_VALUES} members and items of lists, all told.",
        "contact": {"name": "The maintainers of Claims API"},
        "license": {"name": "MIT", "identifier": "MIT"},
    },
    "servers": [{"url": "/", "description": "This service"}],
}


def prepare(api: Api) -> None:
    """Tell smorest about our own URL converters."""
    api.register_converter(IdConverter, lambda _: {"type": "string", "format": "uuid"})
    api.register_converter(NumberConverter, lambda _: {"type": "integer", "minimum": 1, "maximum": LARGEST_NUMBER})


def finished(api: Api) -> dict[str, Any]:
    """Return the contract as one self-contained OpenAPI 3.1 document."""
    collected: dict[str, Any] = api.spec.to_dict()
    collected["components"]["securitySchemes"] = _SECURITY
    schemas = collected["components"]["schemas"]
    for schema in schemas.values():
        schema["properties"] = {name: _named(each) for name, each in _required_first(schema).items()}
    schemas.update({name: {"type": "string", "enum": list(listed)} for listed, name in _WORDS.items()})
    for path, methods in collected["paths"].items():
        shared = methods.pop("parameters", [])
        for method in methods:
            methods[method] = _operation(methods[method], shared, examples.things(path, method))
    links.add(collected["paths"])
    return {name: collected[name] for name in ("openapi", "info", "servers", "tags", "paths", "components")}


def _operation(collected: dict[str, Any], shared: list[dict[str, Any]], things: dict[str, Any]) -> dict[str, Any]:
    everything = [*map(dict, shared), *collected.get("parameters", []), *collected.get("x-conditions", [])]
    collected["parameters"] = _parameters(everything, things) or None
    collected["description"] = _unwrapped(collected["description"])
    collected["responses"] = {
        str(status): answer for status, answer in sorted(collected["responses"].items(), key=_by_status)
    }
    return {name: collected[name] for name in _IN_ORDER if collected.get(name) is not None}


def _required_first(schema: dict[str, Any]) -> dict[str, Any]:
    required = schema.get("required", [])
    return dict(sorted(schema["properties"].items(), key=lambda item: item[0] not in required))


def _named(schema: dict[str, Any]) -> dict[str, Any]:
    """Replace an enum by a reference to its name: generated clients would get a class for each use of it."""
    if "items" in schema:
        return {**schema, "items": _named(schema["items"])}
    listed = tuple(word for word in schema.get("enum", ()) if word is not None)
    # Some generators lose a default that stands beside a reference.
    if listed not in _WORDS or "default" in schema:
        return schema
    rest = {key: value for key, value in schema.items() if key not in {"type", "enum"}}
    reference = {"$ref": f"#/components/schemas/{_WORDS[listed]}"}
    return {**rest, "anyOf": [reference, {"type": "null"}]} if None in schema["enum"] else {**rest, **reference}


def _unwrapped(text: str) -> str:
    return "\n\n".join(paragraph.replace("\n", " ") for paragraph in text.split("\n\n"))


def yaml_of(app: Flask) -> str:
    """Return the contract of an application as YAML; it is kept, since writing it takes almost half a second."""
    if _WRITTEN not in app.extensions:
        app.extensions[_WRITTEN] = as_yaml(of(app))
    written: str = app.extensions[_WRITTEN]
    return written


def as_yaml(document: dict[str, Any]) -> str:
    """Return the document as YAML, byte for byte as it is committed in openapi.yaml."""
    return yaml.dump(document, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=110)


class _Dumper(yaml.SafeDumper):
    """Writes an object that occurs twice out twice: the contract has no YAML anchors."""

    def ignore_aliases(self, _data: Any) -> bool:
        return True


def _parameters(collected: list[dict[str, Any]], things: dict[str, Any]) -> list[dict[str, Any]]:
    # Path parameters go into each operation, first: some generators look nowhere else. Those of paging come last.
    for each in collected:
        if each["in"] == "path":
            each["description"] = examples.PATH_MEANINGS[each["name"]]
            each["example"] = things[each["name"]]
    return sorted(collected, key=lambda each: each["name"] in _OF_PAGES)


def _by_status(answer: tuple[Any, Any]) -> str:
    return str(answer[0])


def of(app: Flask) -> dict[str, Any]:
    """Return the contract of an application."""
    document: dict[str, Any] = app.extensions[EXTENSION]
    return document
