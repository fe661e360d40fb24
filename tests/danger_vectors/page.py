"""The page of differences, docs/reference/danger-differences.md: written by a script, held in step by a test."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from danger_vectors.comparing import Compared
from danger_vectors.registry import ALL, NOT_COMPARED, path_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from danger_vectors.comparing import Difference, Vector

__all__ = ["Stated", "measure", "read_page", "render"]

HEAD = """# How exact the danger library is

What the functions of `firewatch.danger` return, beside the printed results of reference programs and reports.
Written by `python scripts/danger_differences.py`; a test holds it in step.

A number is **reproduced** if it lies within half a unit of the last digit that its file prints, or, where the file
prints all digits (15 to 17), within 1e-9 of it, relatively. Numbers that went through single precision may be off
by its rounding, too. Every number of every row compared is reproduced; the share is the largest difference as a
part of what is allowed. Rows are left out only for the reason given. Relative differences are of numbers from 1e-6.
"""
FUNCTIONS = """
## By function, where the reference prints all its digits

| output | files | numbers | largest difference | largest relative difference |
| --- | ---: | ---: | ---: | ---: |
"""
FILES = """
## By file

| file | of | digits | rows | largest difference | largest relative difference | share | rows left out |
| --- | --- | --- | ---: | ---: | ---: | ---: | --- |
"""
NOT = """
## Not compared

| file | why |
| --- | --- |
"""


def measure(shared_data: Path) -> Iterator[tuple[Vector, Compared, Difference]]:
    """Run every vector."""
    for vector in ALL:
        compared = vector.compare(path_of(vector, shared_data))
        yield vector, compared, vector.difference(compared)


def render(measured: Iterable[tuple[Vector, Compared, Difference]]) -> str:
    """Return the page."""
    done = list(measured)
    files = "".join(_file_row(*one) for one in done)
    rest = "".join(f"| `{pattern}` | {why} |\n" for pattern, why in NOT_COMPARED.items())
    return f"{HEAD}{FUNCTIONS}{''.join(_function_rows(done))}{FILES}{files}{NOT}{rest}"


def _function_rows(done: list[tuple[Vector, Compared, Difference]]) -> Iterator[str]:
    found: dict[str, list[Difference]] = {}
    for vector, compared, _ in done:
        if vector.digits.is_full:
            for column, pair in compared.columns.items():
                found.setdefault(vector.label(column), []).append(vector.difference(Compared({column: pair})))
    for label, each in found.items():
        count, absolute, relative = (
            sum(one.rows for one in each),
            max(one.absolute for one in each),
            max(one.relative for one in each),
        )
        yield f"| {label} | {len(each)} | {count} | {_size(absolute)} | {_size(relative)} |\n"


def _file_row(vector: Vector, compared: Compared, difference: Difference) -> str:
    many = len(compared.columns) > 1
    file = f"`{vector.file}`" + (f" ({vector.part})" if vector.part else "")
    absolute = _size(difference.absolute) + (f" ({difference.absolute_in})" if many and difference.absolute else "")
    relative = _size(difference.relative) + (f" ({difference.relative_in})" if many and difference.relative else "")
    left_out = f"{compared.left_out}: {compared.why}" if compared.left_out else ""
    cells = (file, vector.function, vector.digits.label, difference.rows, absolute, relative, _size(difference.share))
    return f"| {' | '.join(map(str, cells))} | {left_out} |\n"


def _size(value: float) -> str:
    return "0" if value == 0.0 else f"{value:.2g}"


@dataclass(frozen=True, slots=True)
class Stated:
    """What the page says of one file."""

    rows: int
    left_out: int
    absolute: float
    relative: float


def read_page(text: str) -> dict[tuple[str, str, str], Stated]:
    """Return what the page says, by file, function and digits."""
    table = text.partition(FILES)[2].partition(NOT)[0]
    found = {}
    for line in table.splitlines():
        file, function, digits, rows, absolute, relative, _, left_out = (
            cell.strip() for cell in line.strip("|").split(" | ")
        )
        found[file, function, digits] = Stated(
            int(rows), int(left_out.partition(":")[0] or 0), _number(absolute), _number(relative)
        )
    return found


def key_of(vector: Vector) -> tuple[str, str, str]:
    """Return how the page names a vector."""
    file = f"`{vector.file}`" + (f" ({vector.part})" if vector.part else "")
    return file, vector.function, vector.digits.label


def _number(cell: str) -> float:
    return float(cell.partition(" ")[0])
