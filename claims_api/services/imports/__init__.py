"""Imports: records of any format become entities, many at once."""
