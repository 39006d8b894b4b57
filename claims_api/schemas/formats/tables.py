"""Read and write CSV as spreadsheets do (RFC 4180): a header line, and then a row for each thing.

Read are UTF-8 with and without a byte order mark, and cells parted by commas, semicolons or tabs, with line ends in
them. Columns are told by their names, in any case and spacing, or by those that the caller says stand for them.
"""

import csv
import io
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import chain, islice

from claims_api.errors import Failure, Invalid, Malformed
from claims_api.schemas.formats.cells import harmless, literal
from claims_api.schemas.refs import LARGEST_TEXT
from claims_api.services.imports.incoming import Kind, LeftOut, Unreadable

# Name of a column here: names that others give it.
Columns = Mapping[str, Sequence[str]]
# By this name the caller says that a column is to be ignored.
NOTHING = "-"
_SEPARATORS = ",;\t|"
# Excel's line that names the separator.
_SEP = re.compile(r"sep=(.)\r?\n?", re.IGNORECASE)
_BROKEN = re.compile("[\x00\ud800-\udfff]")
_LONGEST_SHOWN = 100
# An ignored column may hold whole articles; Python's default limit is an eighth of one.
csv.field_size_limit(LARGEST_TEXT)


@dataclass(frozen=True)
class Row:
    """A row that was read: its first line, its cells that hold something, and the file's names of their columns.

    Cells and names are by our names of the columns.
    """

    line: int
    cells: Mapping[str, str]
    names: Mapping[str, str]

    def failed(self, failure: Failure, key: str | None = None, kind: Kind | None = None) -> Unreadable:
        """Return the ``Unreadable`` of this row; its place is told by the file's own name of the column."""
        return Unreadable(failure.called(self.names), line=self.line, key=key, kind=kind)


def rows(
    lines: Iterable[tuple[int, bytes]], columns: Columns, stated: Mapping[str, str], *, needed: str
) -> Iterator[Row | LeftOut | Unreadable]:
    """Read a table, which must have the column that is ``needed``; ``stated`` maps other names of columns to ours.

    Raises ``Invalid`` where it names one of ours that there is not. A bad header, or a bad row, is ``Unreadable``; a
    column that is not known is ``LeftOut``.
    """
    known = _known(columns, stated)
    lines = iter(lines)
    # Outside of the row's error handling: errors of the stream are not the first row's.
    first = list(islice(lines, 1))
    text = _Text(chain(first, lines))
    try:
        header, separator = _header(text, known)
    except Malformed as failure:
        yield Unreadable(failure, line=1)
        return
    places = _places(header, known)
    if needed not in places:
        detail = f"No column of the first line is {needed!r}: say with `columns` which one that is."
        yield Unreadable(Invalid(detail, path=(needed,)), line=1)
        return
    for name, place in zip(header, places, strict=True):
        if place is None and name:
            shown = repr(name[:_LONGEST_SHOWN])
            detail = f"The column {shown} is not known, and is left out: say with `columns` what it is."
            yield LeftOut(detail, line=1, path=(name,))
    yield from _rows(text, separator, header, places)


def _rows(
    text: "_Text", separator: str, header: Sequence[str], places: Sequence[str | None]
) -> Iterator[Row | Unreadable]:
    names = {place: name for place, name in zip(places, header, strict=True) if place}
    reader = csv.reader(text, delimiter=separator, strict=True)
    cells: list[str] | None = []
    while cells is not None:
        line = text.begin_row()
        try:
            cells = next(reader, None)
        except csv.Error as error:
            text.end_row(separator)
            yield Unreadable(Malformed(_no_row(error, line, text.number)), line=line)
            continue
        if cells is not None and any(literal(cell).strip() for cell in cells):
            yield _row(cells, places, names, line)


def _no_row(error: csv.Error, first: int, last: int) -> str:
    detail = f"This is no row of CSV: {_reason(error)}."
    if last > first:
        # An unclosed quotation mark swallows whole rows.
        detail += f" It goes on to line {last}, and nothing of these lines is kept: does a quote in it not close?"
    return detail


def _reason(error: csv.Error) -> str:
    # Python's message about it is of no use here: it asks how a file was opened.
    is_bare = "new-line character" in str(error)
    return "a line ends with CR alone; let lines end with LF, or with CR and LF" if is_bare else str(error)


def written(rows: Iterable[Sequence[object]], names: Sequence[str]) -> Iterator[bytes]:
    """Write a table in UTF-8, its names first; what a program could take for a formula is made harmless."""
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer, lineterminator="\r\n")
    writer.writerow(names)
    for row in rows:
        writer.writerow(["" if cell is None else harmless(cell) if isinstance(cell, str) else cell for cell in row])
        if buffer.tell() > io.DEFAULT_BUFFER_SIZE:
            yield _taken(buffer)
    yield _taken(buffer)


def mapping(stated: str) -> dict[str, str]:
    """Parse `their name:our name,...`, itself a row of CSV, into our names by theirs; `-` for one to be ignored.

    Raises ``Invalid`` for anything else.
    """
    try:
        pairs = [entry.rpartition(":") for entry in next(csv.reader([stated], skipinitialspace=True), [])]
    except csv.Error:
        pairs = [("", "", "")]
    if not all(theirs and ours for theirs, _, ours in pairs):
        raise Invalid("Say what columns are as `their name:our name,...`.", path=("columns",))
    return {theirs: ours.strip() for theirs, _, ours in pairs}


class _Text:
    """The lines as text, counted; what is no UTF-8 stays in as halves of surrogates, to be refused with its row."""

    def __init__(self, lines: Iterable[tuple[int, bytes]]) -> None:
        self._lines = iter(lines)
        self._row: list[str] = []
        self.number = 0

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        self._row.append(self._line())
        return self._row[-1]

    def begin_row(self) -> int:
        """Return the number of the line at which the next row begins."""
        self._row.clear()
        return self.number + 1

    def end_row(self, separator: str) -> None:
        """Go on to where a row ends that the reader has given up.

        The reader itself would take the rest of a cell for rows, which nobody wrote. Whoever leaves quotation marks in
        a text as they are ends the cell with one, too: it closes before a separator or the end of a line only.
        """
        ends = re.escape(separator)
        opens, closes = re.compile(f'(?:^|{ends})"'), re.compile(rf'""|"(?={ends}|\r?\n?$)')
        with suppress(StopIteration):
            is_within = False
            for line in self._row:
                is_within = _goes_on(line, opens, closes, is_within=is_within)
            while is_within:
                is_within = _goes_on(self._line(), opens, closes, is_within=True)

    def _line(self) -> str:
        self.number, line = next(self._lines)
        return line.decode(errors="surrogateescape")


def _goes_on(line: str, opens: re.Pattern[str], closes: re.Pattern[str], *, is_within: bool) -> bool:
    """Tell whether a line ends within a cell; ``is_within`` says whether it begins there."""
    found = (closes if is_within else opens).search(line)
    while found is not None:
        # Two in a row stand for one, which is a part of the text.
        is_within = not is_within or found[0] == '""'
        found = (closes if is_within else opens).search(line, found.end())
    return is_within


def _known(columns: Columns, stated: Mapping[str, str]) -> dict[str, str]:
    unknown = [ours for ours in stated.values() if ours not in columns and ours != NOTHING]
    if unknown:
        raise Invalid(f"There is no column {unknown[0]!r}: there are {', '.join(columns)}.", path=("columns",))
    known = {_plainly(name): ours for ours, others in columns.items() for name in (ours, *others)}
    return known | {_plainly(theirs): ours for theirs, ours in stated.items()}


def _header(text: _Text, known: Mapping[str, str]) -> tuple[list[str], str]:
    """Return the names of the columns, and what parts them: whatever makes most of what is known, or most at all.

    Raises ``Malformed`` where the line is no text, or no row.
    """
    first = next(text, "")
    said = _SEP.fullmatch(first)
    if said:
        first = next(text, "")
    if _BROKEN.search(first):
        raise Malformed("The line with the names of the columns is not UTF-8: save the table as `CSV UTF-8`.")
    parted = {separator: _cells(first, separator) for separator in ([said[1]] if said else _SEPARATORS)}
    best = max(parted, key=lambda each: (sum(_plainly(name) in known for name in parted[each]), len(parted[each])))
    return parted[best], best


def _cells(line: str, separator: str) -> list[str]:
    try:
        return [literal(name.strip()) for name in next(csv.reader([line], delimiter=separator), [])]
    except csv.Error as error:
        raise Malformed(f"The line with the names of the columns is no row of CSV: {_reason(error)}.") from None


def _places(header: Sequence[str], known: Mapping[str, str]) -> list[str | None]:
    """Return what each column is: of several that are the same, the one that is called so, or else the first."""
    found = [known.get(_plainly(name)) for name in header]
    named = {ours: index for index, ours in reversed(list(enumerate(found))) if ours}
    named |= {ours: index for index, ours in enumerate(found) if ours and _plainly(header[index]) == _plainly(ours)}
    return [ours if ours == NOTHING or named.get(str(ours)) == index else None for index, ours in enumerate(found)]


def _row(cells: list[str], places: Sequence[str | None], names: Mapping[str, str], line: int) -> Row | Unreadable:
    if len(cells) > len(places) and any(cells[len(places) :]):
        return Unreadable(
            Malformed(f"This row has {len(cells)} cells, and {len(places)} columns have names."), line=line
        )
    meant = ((place, literal(cell)) for place, cell in zip(places, cells, strict=False))
    said = {place: text for place, text in meant if place and place != NOTHING and text.strip()}
    row = Row(line, said, names)
    for place, cell in said.items():
        if _BROKEN.search(cell):
            detail = "NUL is no text." if "\x00" in cell else "This cell is not UTF-8: save the table as `CSV UTF-8`."
            return row.failed(Invalid(detail, path=(place,)))
    return row


def _taken(buffer: io.StringIO) -> bytes:
    taken = buffer.getvalue().encode()
    buffer.seek(0)
    buffer.truncate()
    return taken


def _plainly(name: str) -> str:
    return re.sub(r"[\W_]+", " ", name.casefold()).strip()
