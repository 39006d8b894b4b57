"""Reads: SQLAlchemy Core statements, a fixed number for each question, that return rows and no entities."""
