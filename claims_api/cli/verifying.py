"""Verify all that is kept."""

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import TypeVar

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeRemainingColumn

from claims_api.cli.console import opened, print_table
from claims_api.config import Settings
from claims_api.services import checking
from claims_api.services.checking import CHECKS, IN_NEWEST_TEXT
from claims_api.services.findings import Finding, Observer

T = TypeVar("T")
_MOST_NAMED = 5


class _Bar(Observer):
    """Shows how far it has come."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._task = TaskID(0)
        self._begun = 0

    def begins(self, what: str) -> None:
        self._begun += 1
        for task_id in self._progress.task_ids:
            self._progress.remove_task(task_id)
        self._task = self._progress.add_task(f"{self._begun} of {len(CHECKS)}: {what}", total=None)

    def seen(self, rows: Iterable[T], number: int) -> Iterable[T]:
        self._progress.reset(self._task, total=number)
        return self._progress.track(rows, total=number, task_id=self._task)


@click.command()
@click.pass_obj
def verify(settings: Settings) -> None:
    """Verify all that is kept, each citation byte for byte; ends with 1 where something is wrong.

    The texts by their SHA-256, every quote in the text that it is from and in the newest, the ledger and entities by
    it, counts, search, and SQLite's file. What a publisher has changed is counted, and not wrong. It only reads:
    others go on writing.
    """
    with (
        opened(settings, takes_its_time=True) as database,
        database.reading() as connection,
        _progress() as progress,
    ):
        found = list(checking.everything(connection, _Bar(progress)))
    print_table(("checked", "number", "wrong"), map(_line, found))
    click.echo(_result(found))
    if any(each.wrong for each in found):
        raise SystemExit(1)


def _progress() -> Progress:
    # On stderr, and only in a terminal.
    console = Console(stderr=True)
    columns = TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn()
    return Progress(*columns, console=console, transient=True, disable=not console.is_terminal)


def _line(found: Finding) -> tuple[str, str, str]:
    shown = ", ".join(found.wrong[:_MOST_NAMED]) + ", ..." * (len(found.wrong) > _MOST_NAMED)
    return found.what, str(found.number), shown or "none"


def _result(found: Sequence[Finding]) -> str:
    wrong = sum(len(each.wrong) for each in found)
    counted = sum((each.beside for each in found), Counter[str]())
    quotes = f"Of the quotes {counted.pop(IN_NEWEST_TEXT, 0)} stand in the newest text, byte for byte"
    others = ", ".join(f"{number} {state}" for state, number in sorted(counted.items()))
    return f"{f'WRONG: {wrong}' if wrong else 'Nothing is wrong'}. {quotes}{f'; {others}' if others else ''}."
