"""The index in JSON."""

from marshmallow import fields

from claims_api.schemas.base import Output


class HealthOut(Output):
    """That all is well."""

    status = fields.String(required=True)


class ServiceIndexOut(Output):
    """Where things are."""

    name = fields.String(required=True)
    version = fields.String(required=True)
    explorer = fields.String(required=True)
    openapi_yaml = fields.String(required=True)
    openapi_json = fields.String(required=True)
    problems = fields.String(required=True)
    collections = fields.Dict(keys=fields.String(), values=fields.String(), required=True)
