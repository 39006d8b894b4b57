"""The checks of ``claims-api verify``: the ledger, the counts, and every quote against the texts that it stands in.

It reads in batches, so memory does not grow with the database.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from itertools import groupby
from operator import itemgetter
from typing import Any

from sqlalchemy import Connection, select
from sqlalchemy.exc import SQLAlchemyError

from claims_api import db
from claims_api.models.assessments import Assessment
from claims_api.models.base import table_of
from claims_api.models.claims import Claim
from claims_api.models.evidence import Evidence
from claims_api.models.passages import Passage
from claims_api.models.search import KINDS
from claims_api.models.sources import SourceVersion
from claims_api.models.words import Basis
from claims_api.queries.assessments import ASSESSED
from claims_api.queries.claims import COUNTS
from claims_api.queries.rows import AnyRow, streamed
from claims_api.services import citations, indexing_checks, ledger_checks, tallying, versions
from claims_api.services.findings import Check, Finding, Observer, number_of

_TEXTS_AT_ONCE = 10  # one may be long
# Of quotes: those that the newest text has, byte for byte.
IN_NEWEST_TEXT = "standing"


def everything(connection: Connection, observer: Observer | None = None) -> Iterator[Finding]:
    """Run all checks on a snapshot, and yield their findings in order; what cannot even be read is a finding, too."""
    yield from (_tried(*named, connection, observer or Observer()) for named in CHECKS)


def of_ledger(connection: Connection) -> Iterator[Finding]:
    """Check the ledger, and all entities against it; yield the findings."""
    yield from (check(connection, Observer()) for _, check in _OF_LEDGER)


def _tried(name: str, check: Check, connection: Connection, observer: Observer) -> Finding:
    observer.begins(name)
    try:
        with connection.begin_nested():
            return check(connection, observer)
    except (SQLAlchemyError, ValueError) as error:  # JSON, too, may be damaged
        reason = str(getattr(error, "orig", None) or error).splitlines()[0]
        return Finding(f"{name} can be read", 0, [reason])


def _file(connection: Connection, _observer: Observer) -> Finding:
    return Finding("the database's file is sound, as far as it tells", 1, db.damage(connection))


def _counts(connection: Connection, observer: Observer) -> Finding:
    columns = [getattr(Claim, name) for name in COUNTS]
    tallied = tallying.tallies().order_by(Evidence.claim_id)
    return _counted(
        connection,
        observer,
        "claims are counted as their links stand",
        columns=columns,
        tallied=tallied,
        expected=_links,
    )


def _links(rows: Iterable[AnyRow]) -> list[int]:
    by_basis = {row.basis: row for row in rows}
    sides = (name.partition("_") for name in COUNTS)
    return [getattr(by_basis.get(Basis(basis)), what, 0) for basis, _, what in sides]


def _verdicts(connection: Connection, observer: Observer) -> Finding:
    columns = [getattr(Claim, name) for name in ASSESSED.values()]
    held = tallying.verdicts().order_by(Assessment.claim_id)
    return _counted(
        connection,
        observer,
        "assessments are counted by their claims",
        columns=columns,
        tallied=held,
        expected=_reviewers,
    )


def _reviewers(rows: Iterable[AnyRow]) -> list[int]:
    by_verdict = {row.verdict: row.number for row in rows}
    return [by_verdict.get(verdict, 0) for verdict in ASSESSED]


def _counted(
    connection: Connection,
    observer: Observer,
    what: str,
    *,
    columns: Iterable[Any],
    tallied: Any,
    expected: Callable[[Iterable[AnyRow]], list[int]],
) -> Finding:
    """Compare the counts in claims' rows with counts made now, which come in the order of claims' ids."""
    # The links of a deleted claim are deleted with it; its counts stay for when it is restored.
    kept = select(Claim.id, *columns).where(Claim.deleted_at.is_(None)).order_by(Claim.id)
    number, wrong = 0, list[str]()
    with streamed(connection, kept, tallied) as (claims, counted):
        for claim, found in _joined(observer.seen(claims, number_of(connection, Claim.id)), counted):
            number += 1
            wrong += [] if list(claim[1:]) == expected(found) else [claim.id]
    return Finding(what, number, wrong)


def _joined(rows: Iterable[AnyRow], others: Iterable[AnyRow]) -> Iterator[tuple[AnyRow, list[AnyRow]]]:
    """Merge-join: yield each row with the others of its id; both come sorted by id, their first column."""
    groups = groupby(others, itemgetter(0))
    identity, group = next(groups, (None, iter(())))
    for row in rows:
        while identity is not None and identity < row[0]:
            identity, group = next(groups, (None, iter(())))
        yield row, list(group) if identity == row[0] else []


def _texts(connection: Connection, observer: Observer) -> Finding:
    number, wrong = 0, list(connection.scalars(versions.lacking()))
    kept = select(SourceVersion.id, SourceVersion.text, SourceVersion.sha256, SourceVersion.length)
    with streamed(connection, kept, at_once=_TEXTS_AT_ONCE) as (rows,):
        for row in observer.seen(rows, number_of(connection, SourceVersion.id)):
            number += 1
            is_as_given = versions.sha256(row.text) == row.sha256 and len(row.text) == row.length
            wrong += [] if is_as_given else [row.id]
    return Finding("texts are those that were given, and none is missing", number, wrong)


def _quotes(connection: Connection, observer: Observer) -> Finding:
    number, wrong, beside = 0, list[str](), Counter[str]()
    with closing(citations.check_all(connection)) as checked:
        for found in observer.seen(checked, number_of(connection, Passage.id)):
            number += 1
            wrong += [found.passage_id] if found.faults else []
            beside.update([] if found.faults else [IN_NEWEST_TEXT if found.stands else str(found.anchor_state)])
    return Finding("quotes stand in their sources, word for word", number, wrong, beside)


def _entries(connection: Connection, observer: Observer) -> Finding:
    what = "search finds what there is, once, by its words, and nothing else"
    return Finding(what, *indexing_checks.strays(connection, observer))


def _index(connection: Connection, _observer: Observer) -> Finding:
    wrong = [damage for kind in KINDS for damage in db.index_damage(connection, table_of(kind))]
    return Finding("the index of search is sound, as far as the database tells", len(KINDS), wrong)


_OF_LEDGER: tuple[tuple[str, Check], ...] = (
    ("ledger", ledger_checks.order),
    ("histories", ledger_checks.histories),
    ("states", ledger_checks.states),
)
CHECKS: tuple[tuple[str, Check], ...] = (
    ("file", _file),
    *_OF_LEDGER,
    ("counts", _counts),
    ("verdicts", _verdicts),
    ("texts", _texts),
    ("quotes", _quotes),
    ("entries", _entries),
    ("index", _index),
)
