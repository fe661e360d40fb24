"""Tables with the columns of the Canadian package cffdrs: read whole, kept as they are, written back with more columns.

A file's columns may stand in any order and any case, with commas, semicolons or tabs between them; what is not asked
for is carried along untouched.
"""

from __future__ import annotations

import codecs
import csv
import io
import math
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING, Any, NoReturn

import numpy as np

from firewatch.adapters.whole_file import writing_whole
from firewatch.errors import InvalidValue, ObservationError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    import numpy.typing as npt

__all__ = [
    "NOT_UTF8",
    "CffdrsTable",
    "NumberColumn",
    "delimiter_of",
    "read_cffdrs_csv",
    "require_writable",
    "text_rows",
    "write_beside",
    "write_tables_beside",
]

_FIRST_ROW = 2  # row 1 is the header, as a spreadsheet counts
_NOTHING = frozenset({"", "na", "nan", "null"})
_BLOCK_ROWS = 8192
_DELIMITERS = (",", ";", "\t")  # the first where none or equally many stand in the header
NOT_UTF8 = "is not UTF-8; in Excel save it as CSV UTF-8 (CSV UTF-8 逗号分隔)"


@dataclass(frozen=True, slots=True)
class NumberColumn:
    """A column of numbers: its name, its unit, and the least and the greatest that are allowed.

    What lies above the greatest by no more than `tolerance` is the rounding of a reading: it is returned as it stands,
    for the caller to limit and to say so.
    """

    name: str
    unit: str
    low: float
    high: float
    tolerance: float = 0.0

    @property
    def allowed(self) -> str:
        """The range in words."""
        return f"{self.low:g} to {self.high:g} {self.unit}".rstrip()


@dataclass(frozen=True, slots=True)
class CffdrsTable:
    """A file's cells.

    Parameters
    ----------
    name : str
        Of the file, as errors give it.
    header : tuple of str
        Names of the columns as written.
    rows : tuple of list of str
        Cells of each row, as many as the header has.
    row_numbers : tuple of int
        Where each row stands in the file: the header is row 1.
    delimiter : str
        Between columns.
    """

    name: str
    header: tuple[str, ...]
    rows: tuple[list[str], ...]
    row_numbers: tuple[int, ...]
    delimiter: str

    def has(self, column: str) -> bool:
        """Return whether the file has a column, in whatever case."""
        return column in self._names()

    def texts(self, column: str) -> list[str]:
        """Return the cells of a column.

        Raises
        ------
        ObservationError
            If the file has no such column.
        """
        self.require((column,))
        index = self._names().index(column)
        return [cells[index].strip() for cells in self.rows]

    def numbers(self, column: NumberColumn) -> npt.NDArray[np.float64]:
        """Return the numbers of a column, shape (rows,).

        Raises
        ------
        ObservationError
            If the file has no such column.
        InvalidValue
            If a cell is empty, no number or out of range: with the file, the row and the column.
        """
        cells = self.texts(column.name)
        values = np.array([_number(cell) for cell in cells])
        wrong = ~((values >= column.low) & (values <= column.high + column.tolerance))
        if wrong.any():
            self.refuse(int(wrong.argmax()), column.name, column.allowed)
        return values

    def numbers_or_missing(self, column: NumberColumn) -> npt.NDArray[np.float64]:
        """Return the numbers of a column, NaN where a cell is blank or NA, shape (rows,).

        Raises
        ------
        ObservationError
            If the file has no such column.
        InvalidValue
            If a cell is no number or out of range: with the file, the row and the column.
        """
        cells = self.texts(column.name)
        missing = np.array([cell.lower() in _NOTHING for cell in cells])
        values = np.array([_number(cell) for cell in cells])
        wrong = ~missing & ~((values >= column.low) & (values <= column.high + column.tolerance))
        if wrong.any():
            self.refuse(int(wrong.argmax()), column.name, f"{column.allowed}, or blank where it is missing")
        return values

    def refuse(self, index: int, column: str, allowed: str, given: str | None = None) -> NoReturn:
        """Raise the error about a row's cell: what is there, or `given` in its place, and what is allowed."""
        cell = self.texts(column)[index] if given is None else given
        where = f"{self.name} row {self.row_numbers[index]} column {column}"
        if cell.lower() in _NOTHING:
            allowed = f"{allowed}; a reading is needed in every row"
        elif "," in cell and math.isfinite(_number(cell.replace(",", "."))):
            allowed = f"{allowed}, with a point for the decimals"
        raise InvalidValue(where, cell, allowed)

    def require(self, columns: Sequence[str]) -> None:
        """Raise `ObservationError`, naming all that are missing, if the file lacks one of the columns."""
        missing = [column for column in columns if not self.has(column)]
        if missing:
            have = ", ".join(name for name in self.header if name) or "nothing"
            why = f"no column for {', '.join(missing)}; the header has {have}"
            raise ObservationError("(file)", f"{self.name} row 1", why)

    def require_without(self, columns: Sequence[str]) -> None:
        """Raise `ObservationError` if the file has one of the columns that are to be added."""
        doubled = [column for column in columns if self.has(column)]
        if doubled:
            why = f"has a column {', '.join(doubled)} already, which would be written anew; remove it"
            raise ObservationError("(file)", f"{self.name} row 1", why)

    def with_columns(self, columns: dict[str, npt.NDArray[np.float64]]) -> Iterator[list[str]]:
        """Return header and rows with more columns at their end, each number in full precision, row by row.

        Raises
        ------
        ObservationError
            If the file has one of them already.
        """
        self.require_without(tuple(columns))
        more = text_rows(columns, lambda values: map(repr, values.tolist()))
        rows = ([*cells, *extra] for cells, extra in zip(self.rows, more, strict=True))
        return chain([[*self.header, *columns]], rows)

    def _names(self) -> list[str]:
        return [name.strip().lower() for name in self.header]


def read_cffdrs_csv(path: Path) -> CffdrsTable:
    """Read a table.

    Parameters
    ----------
    path : Path
        UTF-8, with a header row, commas, semicolons or tabs between its columns.

    Returns
    -------
    CffdrsTable
        Of at least one row.

    Raises
    ------
    ObservationError
        Naming the file and the row: unreadable, empty, a column twice, a row of another length than the header.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
        delimiter = delimiter_of(text)
        once: dict[str, str] = {}  # a long file's cells are mostly the same few texts: each is kept once
        reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
        lines = [[once.setdefault(cell, cell) for cell in cells] for cells in reader]
    except OSError as err:
        raise ObservationError("(file)", str(path), f"cannot be read: {err.strerror}") from err
    except UnicodeDecodeError as err:
        raise ObservationError("(file)", str(path), NOT_UTF8) from err
    except csv.Error as err:
        raise ObservationError("(file)", str(path), f"is no CSV: {err}") from err
    numbered = [(row, cells) for row, cells in enumerate(lines[1:], start=_FIRST_ROW) if any(map(str.strip, cells))]
    if not numbered:
        raise ObservationError("(file)", path.name, "has no rows below its header" if lines else "is empty")
    header = tuple(lines[0])
    names = [name.strip().lower() for name in header]
    doubled = sorted({name for name in names if name and names.count(name) > 1})
    if doubled:
        raise ObservationError("(file)", f"{path.name} row 1", f"two columns named {doubled[0]}; keep one")
    for row, cells in numbered:
        if len(cells) != len(header):
            why = f"has {len(cells)} cells where the header has {len(header)}"
            raise ObservationError("(file)", f"{path.name} row {row}", why)
    rows = tuple(cells for _, cells in numbered)
    return CffdrsTable(path.name, header, rows, tuple(row for row, _ in numbered), delimiter)


def text_rows(
    columns: Mapping[str, npt.NDArray[Any]], texts: Callable[[npt.NDArray[Any]], Iterable[str]]
) -> Iterator[tuple[str, ...]]:
    """Yield the rows of columns of equal lengths as texts, made block by block: the whole would fill the memory.

    Parameters
    ----------
    columns : mapping of str to ndarray, shape (rows,)
        What is written.
    texts : callable
        Makes the cells of a part of a column.
    """
    for begin in range(0, max(map(len, columns.values()), default=0), _BLOCK_ROWS):
        yield from zip(*(texts(values[begin : begin + _BLOCK_ROWS]) for values in columns.values()), strict=True)


def delimiter_of(text: str) -> str:
    """Return what stands between the columns of a table's first line: most often a comma, a semicolon or a tab."""
    return max(_DELIMITERS, key=text.partition("\n")[0].count)


def require_writable(path: Path, source: Path | None) -> None:
    """Raise `ObservationError` where a result cannot go: no folder, no plain file, or the file that it is made from."""
    try:
        why = None
        if not path.parent.is_dir():
            why = "cannot be written: its folder does not exist"
        elif path.exists() and not path.is_file():
            why = "cannot be written: it is no plain file"
        elif source is not None and path.exists() and source.exists() and path.samefile(source):
            why = "is an input itself; name another file for the result"
    except OSError as err:  # a name that is too long, a folder that may not be searched
        raise ObservationError("(file)", str(path), f"cannot be written: {err.strerror}") from err
    if why is not None:
        raise ObservationError("(file)", str(path), why)


def write_beside(path: Path, rows: Iterable[Sequence[str]], delimiter: str) -> None:
    """Write a table whole or not at all: into a new file beside it, which then takes its name.

    Raises
    ------
    ObservationError
        If it cannot be written; what was there before stays as it was.
    """
    write_tables_beside([(path, rows)], delimiter)


def write_tables_beside(tables: Sequence[tuple[Path, Iterable[Sequence[str]]]], delimiter: str) -> None:
    """Write several tables as `write_beside` does; none takes its name before all are written.

    Raises
    ------
    ObservationError
        If one cannot be written; what was there before stays as it was.
    """
    with ExitStack() as stack:
        for path, rows in tables:
            text = codecs.getwriter("utf-8")(stack.enter_context(writing_whole(path)))
            csv.writer(text, delimiter=delimiter, lineterminator="\n").writerows(rows)


def _number(cell: str) -> float:
    """Return a cell's number, NaN where it is none."""
    try:
        return math.nan if "_" in cell else float(cell)  # Python's own 1_000 is no number of a weather file
    except ValueError:
        return math.nan
