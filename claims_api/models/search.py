"""What search finds: an entry for each claim, passage and source, with its words, and for each stretch of a text."""

from collections.abc import Sequence

from sqlalchemy import BigInteger, Index, Integer
from sqlalchemy.orm import Mapped, declared_attr, mapped_column

from claims_api import db
from claims_api.models.base import Base, table_of


class Entry:
    """Words of one entity; each that is not deleted has its entries, written in the transaction that changes it."""

    # Each change of a text takes new ones. SQLite's have 64 bits, if they are called so.
    id: Mapped[int] = mapped_column(BigInteger().with_variant(Integer(), "sqlite"), primary_key=True, sort_order=-1)
    entity_id: Mapped[str] = mapped_column(db.Id, index=True)
    words: Mapped[Sequence[str]] = mapped_column(db.Words)

    @declared_attr.directive
    def __table_args__(cls) -> tuple[Index]:  # noqa: N805  # a class, to SQLAlchemy
        # Without ``fastupdate`` a search costs the same after many inserts. SQLite has an index of its own kind.
        words = Index(None, "words", postgresql_using="gin", postgresql_with={"fastupdate": "off"})
        return (words.ddl_if(dialect="postgresql"),)


class ClaimEntry(Entry, Base):
    """A claim: its speaker's names and its text."""

    __tablename__ = "search_claims"


class PassageEntry(Entry, Base):
    """A passage: its quote."""

    __tablename__ = "search_passages"


class SourceEntry(Entry, Base):
    """A source: each word of its title, publisher, authors and newest text, once and in no order."""

    __tablename__ = "search_sources"


class SectionEntry(Entry, Base):
    """A stretch of a source's newest text, ``text[start:end]`` in code points, or its head, which has no offsets.

    The head is the words of title, publisher and authors.
    """

    __tablename__ = "search_sections"

    start: Mapped[int | None]
    end: Mapped[int | None]


class Filling(Base):
    """The one row that says by which version of the rules (``indexing.RULES``) all entries were made."""

    __tablename__ = "search_fillings"

    id: Mapped[int] = mapped_column(primary_key=True)
    made_by: Mapped[str]


KINDS: tuple[type[Entry], ...] = (ClaimEntry, PassageEntry, SourceEntry, SectionEntry)
for _kind in KINDS:
    db.indexed(table_of(_kind))
