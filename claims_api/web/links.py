"""The links of the OpenAPI document: which operations take the id that an answer gives.

They follow from names alone: a parameter is called after its noun (`/v1/claims/{claim_id}`, `?claim_id=`), so that a
new operation is linked without being listed here.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any

Operations = Mapping[str, Mapping[str, dict[str, Any]]]
Links = dict[str, dict[str, Any]]

_COLLECTION = re.compile(r".*/(?P<noun>\w+)/\{(?P<name>\w+)\}")
_SUCCESSES = frozenset({"200", "201", "204"})


def add(paths: Operations) -> None:
    """Add to the answers of every operation the OpenAPI links to the operations that go on from there."""
    collections = {match["noun"]: match for match in map(_COLLECTION.fullmatch, paths) if match}
    for path, methods in paths.items():
        nouns = [part for part in path.split("/") if part in collections]
        for method, operation in methods.items():
            links = _links(paths, path, method, collections[nouns[-1]]) if nouns else _onwards(operation)
            for status in _SUCCESSES & operation["responses"].keys() if links else ():
                operation["responses"][status]["links"] = links


def _links(paths: Operations, path: str, method: str, things: re.Match[str]) -> Links:
    operation = paths[path][method]
    if method == "post" and "201" in operation["responses"]:
        return _of_made(paths, things["name"])
    is_listing = "limit" in _names(operation, "query") and path.endswith(f"/{things['noun']}")
    if is_listing and not things["name"].endswith("_id"):
        return _of_first(paths[things[0]][method], things["name"])
    if method == "get" and f"{path}/report" in paths:
        return _of_version(paths, path)
    if method == "delete" and f"{path}/restore" in paths:
        return _link(paths[f"{path}/restore"]["post"], {})
    return {}


def _of_made(paths: Operations, name: str) -> Links:
    links: Links = {}
    for operation in _every(paths):
        takes_it_alone = _names(operation, "path") == {name}
        # A listing: an export is nothing to go on to.
        narrows = {name, "limit"} <= _names(operation, "query") and not _names(operation, "path")
        if takes_it_alone or (narrows and not _asks_for_more(operation)):
            links |= _link(operation, {name: "$response.body#/id"})
    return links


def _of_first(read: dict[str, Any], name: str) -> Links:
    # What has no id of its own is known from its listing alone.
    return _link(read, {name: f"$response.body#/data/0/{name}"})


def _of_version(paths: Operations, path: str) -> Links:
    compared = path.replace("{number}", "{other_number}..{number}") + "/diff"
    # Compare with version 1, which always exists.
    return _link(paths[f"{path}/report"]["get"], {}) | _link(paths[compared]["get"], {"other_number": 1})


def _onwards(operation: dict[str, Any]) -> Links:
    # Other listings give their cursor together with what it is good for, in `Link`.
    return _link(operation, {"after": "$response.body#/next_cursor"}) if "after" in _names(operation, "query") else {}


def _link(operation: dict[str, Any], known: Mapping[str, Any]) -> Links:
    asked = {name: f"$request.path.{name}" for name in sorted(_names(operation, "path"))}
    return {operation["operationId"]: {"operationId": operation["operationId"], "parameters": {**asked, **known}}}


def _asks_for_more(operation: dict[str, Any]) -> bool:
    return any(each["in"] == "query" and each.get("required") for each in operation["parameters"])


def _every(paths: Operations) -> Iterator[dict[str, Any]]:
    return (operation for methods in paths.values() for operation in methods.values())


def _names(operation: dict[str, Any], place: str) -> set[str]:
    return {each["name"] for each in operation.get("parameters", []) if each["in"] == place}
