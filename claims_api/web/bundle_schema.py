"""The JSON Schema of the lines of a bundle, made from the schemas that read them."""

from typing import Any

import orjson
from apispec import APISpec
from apispec.ext.marshmallow import MarshmallowPlugin

from claims_api.schemas.formats.bundle_lines import LINES, End, Header

_DIALECT = "https://json-schema.org/draft/2020-12/schema"


def document() -> dict[str, Any]:
    """Return the JSON Schema (draft 2020-12) of a bundle's line: one of several shapes, told apart by ``record``."""
    plugin = MarshmallowPlugin()
    spec = APISpec(title="", version="", openapi_version="3.1.0", plugins=[plugin])
    kinds = {"bundle": Header, **LINES, "end": End}
    shapes = {name: plugin.converter.schema2jsonschema(kind()) for name, kind in kinds.items()}  # type: ignore[union-attr, operator]
    parts = spec.to_dict().get("components", {}).get("schemas", {})
    whole = {
        "$schema": _DIALECT,
        "title": "A line of a bundle of the Claims API",
        "oneOf": [{"$ref": f"#/$defs/{name}"} for name in shapes],
        "$defs": {name: _of_record(name, shape) for name, shape in shapes.items()}
        | {name: {**part, "additionalProperties": False} for name, part in parts.items()},
    }
    made: dict[str, Any] = orjson.loads(orjson.dumps(whole).replace(b"#/components/schemas/", b"#/$defs/"))
    return made


def _of_record(name: str, shape: dict[str, Any]) -> dict[str, Any]:
    members = {"record": {"const": name}, **{key: each for key, each in shape["properties"].items() if key != "record"}}
    required = ["record", *(key for key in shape.get("required", ()) if key != "record")]
    return {"type": "object", "properties": members, "required": required, "additionalProperties": False}
