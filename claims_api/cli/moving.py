"""Export everything, and import from any format."""

import gzip
import shutil
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from secrets import token_hex
from typing import Any, BinaryIO, cast

import click
from marshmallow import ValidationError
from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from claims_api.cli.console import opened, print_table
from claims_api.config import Settings
from claims_api.errors import Failure
from claims_api.queries.exports import Selection
from claims_api.schemas.base import Query
from claims_api.schemas.formats.registry import FORMATS, WRITTEN
from claims_api.schemas.imports import ExportedQuery, ImportQuery, told
from claims_api.schemas.strict import leaves, refuse_broken_text
from claims_api.services import ledger
from claims_api.services.imports import importing

_PIPE = "-"
# By its path, too: opened anew it would replace the file that a shell goes on with.
_OUT = {_PIPE, "/dev/stdout"}
_COLUMNS = ("line", "key", "problem", "place", "detail")


class _Watched:
    """A file whose reading and writing is shown."""

    def __init__(self, file: BinaryIO, progress: Progress, task: TaskID) -> None:
        self._file, self._progress, self._task = file, progress, task

    def read(self, number: int = -1) -> bytes:
        found = self._file.read(number)
        self._progress.advance(self._task, len(found))
        return found

    def write(self, data: bytes) -> int:
        self._progress.advance(self._task, len(data))
        return self._file.write(data)


@click.command("export")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path, allow_dash=True))
@click.option("--format", "name", type=click.Choice(WRITTEN), default="bundle", show_default=True)
@click.option("--history", is_flag=True, help="All that there ever was, deleted or not, with the whole ledger.")
@click.option(
    "--filter", "filters", multiple=True, metavar="NAME=VALUE", help="As `/v1/claims` takes it; several, each once."
)
@click.pass_obj
def export(settings: Settings, file: Path, name: str, history: bool, filters: tuple[str, ...]) -> None:  # click's way
    """Export all that is kept into FILE (`-`: to standard output; `.gz`: zipped).

    Of a bundle the same state gives the same bytes, and nothing is lost. Others go on working meanwhile. Filters narrow
    the claims (`--filter verdict=refuted`), and what these speak of comes along.
    """
    if history and (name != "bundle" or filters):
        raise click.UsageError("Only a whole bundle has a place for the history.")
    selection = Selection(_checked(ExportedQuery(), _named(filters)), has_history=history)
    with (
        opened(settings, takes_its_time=True) as database,
        database.reading() as connection,
        _progress() as progress,
        written(file) as target,
    ):
        out = _Watched(target, progress, progress.add_task("exported", total=None))
        for lines in FORMATS[name].written(connection, selection):
            out.write(lines)


def _named(filters: tuple[str, ...]) -> dict[str, Any]:
    values: dict[str, Any] = dict(each.partition("=")[::2] for each in filters)
    if len(values) < len(filters):
        raise click.UsageError("Each filter can be given once.")
    return values


def _checked(query: Query, values: dict[str, Any]) -> dict[str, Any]:
    """Return what the API makes of its parameters; ``UsageError`` where it would refuse them."""
    try:
        refuse_broken_text(values)
        found: dict[str, Any] = query.load(values)
    except ValidationError as error:
        told = "; ".join(f"{'/'.join(map(str, path))}: {text}" for path, text in leaves(error.messages))
        raise click.UsageError(told) from None
    return found


@click.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path, allow_dash=True))
@click.option("--format", "name", type=click.Choice(list(FORMATS)), default="bundle", show_default=True)
@click.option(
    "--collection", help="Whose keys the records bear; the name of the format when left out (of tables: csv)."
)
@click.option("--columns", help="Of tables: `their name:our name,...`; `-` for a column to be passed over.")
@click.option("--on-error", type=click.Choice(["stop", "skip"]), default="stop", show_default=True)
@click.option("--dry-run", is_flag=True, help="Do all of it, tell what came of it, and keep nothing.")
@click.pass_obj
def import_(settings: Settings, /, file: Path, name: str, **options: Any) -> None:
    """Import FILE (`-`: from standard input), zipped or not: all of it or nothing.

    What is there already stays as it is: the same command can be given again, also after it was broken off.
    """
    try:
        report = _imported(settings, file, name, **options)
    except Failure as failure:
        _print(failure.extra.get("errors", []))
        raise click.ClickException(f"{failure.detail} Nothing was imported.") from None
    for word, counts in (("made", report["created"]), ("there already", report["unchanged"])):
        listed = ", ".join(f"{number} {kind}" for kind, number in counts.items())
        click.echo(f"{word}: {listed or 'nothing'}")
    for word, number, listed in (
        ("left out", report["omissions"], report["left_out"]),
        ("refused", report["refusals"], report["refused"]),
    ):
        if number:
            click.echo(f"{word}: {number}")
            _print(listed)
    if report["dry_run"]:
        click.echo("Nothing was kept: this was a dry run.")


def _imported(
    settings: Settings,
    file: Path,
    name: str,
    *,
    collection: str | None,
    columns: str | None,
    on_error: str,
    dry_run: bool,
) -> dict[str, Any]:
    said = {"collection": collection, "columns": columns}
    asked = _checked(ImportQuery(), {each: value for each, value in said.items() if value is not None})
    with opened(settings, takes_its_time=True) as database, _progress() as progress, _read(file) as source:
        watched = _Watched(source, progress, progress.add_task("imported", total=_size(file)))
        found = FORMATS[name].opened(cast("BinaryIO", watched), settings.max_import_bytes, asked.get("columns"))
        with database.writing() as session:
            ledger.act_as(session, "claims-api import")
            report = importing.take(
                session,
                found.records,
                collection=asked.get("collection", FORMATS[name].collection or name),
                skips=on_error == "skip",
                restores_ledger=found.has_history,
                is_kept=not dry_run,
            )
            if dry_run:
                session.rollback()
    return told(report, dry_run=dry_run)


def _print(refused: list[dict[str, Any]]) -> None:
    rows = [
        [str(each.get(column) or "") for column in ("line", "external_id", "code", "pointer", "detail")]
        for each in refused
    ]
    if rows:
        print_table(_COLUMNS, rows)


@contextmanager
def _read(file: Path) -> Iterator[BinaryIO]:
    if str(file) == _PIPE:
        yield sys.stdin.buffer
        return
    with file.open("rb") as source:
        yield source


@contextmanager
def written(file: Path) -> Iterator[BinaryIO]:
    """Give a file that gets its name only once it is complete; a pipe or a device is written to as it is.

    What is written is compressed where the name ends in ``.gz``, but not to standard output.
    """
    if str(file) in _OUT:
        yield sys.stdout.buffer
        return
    # Opened as it is, not resolved: a pipe from another process has no path.
    if file.exists() and not file.is_file():
        with _opened(file, file.suffix) as target:
            yield target
        return
    whole = file.resolve()  # a link stays one
    # Two exports into one file at once write to a temporary file each.
    begun = whole.with_name(f".{whole.name}.{token_hex(4)}.part")
    try:
        with _opened(begun, file.suffix) as target:
            if whole.exists():
                shutil.copymode(whole, begun)
            yield target
        begun.replace(whole)
    finally:
        begun.unlink(missing_ok=True)


@contextmanager
def _opened(file: Path, suffix: str) -> Iterator[BinaryIO]:
    with ExitStack() as stack:
        target: Any = stack.enter_context(file.open("wb"))
        if suffix == ".gz":
            # Without a name and a moment: the same state gives the same bytes.
            target = stack.enter_context(gzip.GzipFile(filename="", mode="wb", fileobj=target, mtime=0))
        yield target


def _size(file: Path) -> int | None:
    return None if str(file) == _PIPE else file.stat().st_size


def _progress() -> Progress:
    # On stderr, and only in a terminal.
    console = Console(stderr=True)
    columns = TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TimeElapsedColumn()
    return Progress(*columns, console=console, transient=True, disable=not console.is_terminal)
