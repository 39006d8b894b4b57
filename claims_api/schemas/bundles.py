"""Bundles: all that the service keeps, as lines of JSON, each an entity as it is kept (see docs/import-export.md).

The first line says what the rest is. Behind it comes what is referred to before what refers to it. ``record`` says what
a line is; its other members are columns, and where one entity speaks of another it gives the id.
"""

from marshmallow import validate

VERSION = 1
_HIGHEST = 2**53
_SHA256 = validate.Regexp("[0-9a-f]{64}$")
