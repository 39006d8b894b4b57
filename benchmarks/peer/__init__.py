"""The peer: the same schema as one usually writes it with FastAPI and SQLAlchemy's asyncio."""
