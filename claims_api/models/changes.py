"""The ledger: one row for each change of each entity, for ever."""

import datetime as dt
from typing import Any

from sqlalchemy import JSON, BigInteger, Index
from sqlalchemy.orm import Mapped, mapped_column

from claims_api import db
from claims_api.models.base import Base, one_of
from claims_api.models.words import Action, EntityKind


class Change(Base):
    """What was done to an entity, by whom, and how it stood after that; triggers refuse to alter or delete a row.

    ``seq`` has no gaps and follows the order of the commits: it is given under a lock that is held to the end of the
    transaction.
    """

    __tablename__ = "changes"
    __table_args__ = (Index(None, "entity_id", "seq"), Index(None, "entity", "seq"))

    seq: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    at: Mapped[dt.datetime]
    actor: Mapped[str]
    entity: Mapped[EntityKind] = mapped_column(one_of(EntityKind, "entity"))
    entity_id: Mapped[str] = mapped_column(db.Id)
    action: Mapped[Action] = mapped_column(one_of(Action, "action"))
    version: Mapped[int]
    state: Mapped[dict[str, Any]] = mapped_column(JSON)
