"""Bundles: all that the service keeps, as lines of JSON, each an entity as it is kept (see docs/import-export.md).

The first line says what the rest is. Behind it comes what is referred to before what refers to it.
"""
