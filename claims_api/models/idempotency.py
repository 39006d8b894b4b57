"""Answers that are kept for a while, so that a request sent again is not done again."""

import datetime as dt

from sqlalchemy.orm import Mapped, mapped_column

from claims_api.models.base import Base


class KeptAnswer(Base):
    """The answer to a request with an Idempotency-Key, by the owner of the API key and that key.

    ``fingerprint`` is the SHA-256 of the request, in hexadecimal: the same key with another request is a mistake.
    ``headers`` is one JSON object.
    """

    __tablename__ = "kept_answers"

    owner: Mapped[str] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(primary_key=True)
    fingerprint: Mapped[str]
    status: Mapped[int]
    headers: Mapped[str]
    body: Mapped[str]
    created_at: Mapped[dt.datetime] = mapped_column(index=True)
