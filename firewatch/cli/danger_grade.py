"""`firewatch danger grade IN.csv OUT.csv`: danger classes by the tables of several agencies, side by side."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from firewatch.cli.danger_notes import say_notes
from firewatch.cli.danger_progress import Progress
from firewatch.errors import FirewatchError, InvalidValue

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable

    from firewatch.adapters.cffdrs_csv import CffdrsTable
    from firewatch.adapters.grade_columns import AnyTable, GradeWords
    from firewatch.danger.percentiles import RecordRules

__all__ = ["add_verb", "write_grades"]

# Written out as `danger_choices` does; a test holds them equal to what ships.
GRADES = ("ly_t_1172_1995", "gb_t_36743_2018", "qx_t_77_2007")
LIMITS = (
    "effis",
    "effis_seven",
    "canada",
    "portugal",
    "sweden",
    "minnesota",
    "indonesia",
    "asean",
    "australia_ffdi",
    "angstroem",
)
PERCENTILES = ("local_percentiles", "ipma_percentiles")
NAMES = ("key", "zh", "en")
# Without --table: every table that can rate.
_BY_DEFAULT = (GRADES[0], *LIMITS)
_MOST_NOTES = 10


def add_verb(
    verbs: argparse._SubParsersAction[argparse.ArgumentParser], run: Callable[[argparse.Namespace], int]
) -> None:
    """Add `grade` to the verbs of `danger`."""
    parser = verbs.add_parser(
        "grade",
        help="a table with codes, indices or readings -> the same rows with danger classes of several agencies",
        description="Append a column of classes for every danger table and index that the file has: ffmc, dmc, dc, "
        "isi, bui, fwi (as `danger fwi` writes them), dsr, ffdi, angstroem, htz; for the Chinese grade also "
        "max_temp_c, min_rh_pct, max_wind_ms, rain_mm (or prec) and the day. What is missing gets no class, never "
        "the lowest.",
        epilog="Example: firewatch danger grade codes.csv classes.csv --table effis --names zh",
    )
    parser.add_argument("file", metavar="IN.csv", type=Path, nargs="?")
    parser.add_argument("out", metavar="OUT.csv", type=Path, nargs="?", help="written whole, or not at all")
    parser.add_argument("--list", action="store_true", help="print the danger tables with their sources and marks")
    parser.add_argument(
        "--table",
        action="append",
        metavar="NAME|FILE.toml",
        help=f"danger table, may be repeated: {', '.join((*GRADES, *LIMITS, *PERCENTILES))}, or a file "
        "(default: all that apply, percentiles apart)",
    )
    parser.add_argument(
        "--percentiles", action="store_true", help=f"also classes and ranks by the file's own record ({PERCENTILES[0]})"
    )
    parser.add_argument(
        "--season",
        metavar="MM-DD:MM-DD",
        default="09-15:04-30",
        help="days that percentiles are made of (default: %(default)s, Hengyang's fire prevention period), or all",
    )
    parser.add_argument(
        "--min-seasons", type=int, default=10, metavar="N", help="whole seasons that percentiles need (default: 10)"
    )
    parser.add_argument("--names", choices=NAMES, default=NAMES[0], help="how classes are written (default: key)")
    parser.set_defaults(run=run, verb=_write, parser=parser)


def _write(args: argparse.Namespace) -> int:
    """List the tables, or write `args.out`; return 0, or 1 where something is refused (then nothing is written)."""
    if not args.list and (args.file is None or args.out is None):
        args.parser.error("IN.csv and OUT.csv are wanted, or --list")
    try:
        if args.list:
            from firewatch.cli.danger_grade_list import listing

            sys.stdout.write(listing())
            return 0
        with Progress("grade") as progress:
            notes = write_grades(args, progress)
    except FirewatchError as err:
        sys.stderr.write(f"firewatch danger grade: {err}\n")
        return 1
    say_notes("grade", notes, _MOST_NOTES)
    return 0


def write_grades(args: argparse.Namespace, progress: Progress) -> list[str]:
    """Write the rows with their classes; return what a person should know.

    Raises
    ------
    FirewatchError
        If the file or a choice is refused, or a table that was named does not apply to the file.
    """
    from firewatch.adapters.cffdrs_csv import require_writable, write_beside
    from firewatch.adapters.grade_columns import grade_columns
    from firewatch.adapters.grade_table import open_grade_table

    for source in (args.file, *(Path(given) for given in args.table or ())):
        require_writable(args.out, source)
    rules, words = _rules(args), _words(args.names)
    named = list(dict.fromkeys(args.table or ()))
    wanted = [*(named or _BY_DEFAULT), *((PERCENTILES[0],) if args.percentiles and PERCENTILES[0] not in named else ())]
    tables = _tables(wanted)
    progress.begin(args.file)
    given = open_grade_table(_read(args.file))
    progress.compute()
    cells: dict[str, list[str]] = {}
    notes: list[str] = []
    for name, table in tables.items():
        added = grade_columns(name, table, given, words, rules)
        if not added.cells and (named or table_is_percentile(name)):
            have = ", ".join(filter(None, given.table.header))
            raise InvalidValue(f"columns of {args.file.name}", have, f"those that {name} needs: {_needs(table)}")
        cells.update(added.cells)
        notes.extend(added.notes)
    if not cells:
        have = ", ".join(filter(None, given.table.header))
        raise InvalidValue(
            f"columns of {args.file.name}", have, "at least one index, as fwi, or the readings of a grade"
        )
    progress.end(args.out)
    write_beside(args.out, _with_cells(given.table, cells), given.table.delimiter)
    return notes


def _read(path: Path) -> CffdrsTable:
    from firewatch.adapters.cffdrs_csv import read_cffdrs_csv
    from firewatch.adapters.fwi2025_table import require_no_fwi2025

    table = read_cffdrs_csv(path)
    require_no_fwi2025(table, "the agencies' limits are of daily codes")
    return table


def table_is_percentile(name: str) -> bool:
    """Return whether a shipped table is one of percentiles."""
    return name in PERCENTILES


def _with_cells(table: CffdrsTable, cells: dict[str, list[str]]) -> list[list[str]]:
    table.require_without(tuple(cells))
    more = zip(*cells.values(), strict=True)
    return [[*table.header, *cells], *([*row, *extra] for row, extra in zip(table.rows, more, strict=True))]


def _tables(wanted: list[str]) -> dict[str, AnyTable]:
    """Return the tables by the names of their columns."""
    from firewatch.adapters.class_tables import table_name

    tables: dict[str, AnyTable] = {}
    for given in wanted:
        name = given if given in (*GRADES, *LIMITS, *PERCENTILES) else table_name(Path(given))
        if name in tables:
            raise InvalidValue("--table", given, f"a file of another name: {name} names the columns of an earlier one")
        tables[name] = _table(given)
    return tables


def _table(given: str) -> AnyTable:
    from firewatch.adapters.class_tables import load_class_table
    from firewatch.adapters.danger_tables import load_danger_table
    from firewatch.adapters.table_files import read_any_table

    if given in GRADES:
        return load_danger_table(given)
    return load_class_table(given) if given in (*LIMITS, *PERCENTILES) else read_any_table(Path(given))


def _needs(table: AnyTable) -> str:
    from firewatch.danger.class_tables import HtzTable
    from firewatch.danger.index_classes import ClassTable
    from firewatch.danger.sum_table import SumTable

    if isinstance(table, ClassTable):
        return f"one of {', '.join(limits.index.value for limits in table.indices)}"
    if isinstance(table, HtzTable):
        return "htz, or max_temp_c, min_rh_pct, max_wind_ms, rain_mm and the day"
    if isinstance(table, SumTable):
        return ", ".join(table.readings)
    return "fwi and the day (date, or yr, mon, day)"


def _rules(args: argparse.Namespace) -> RecordRules:
    from firewatch.danger.percentiles import RecordRules
    from firewatch.danger.season_rules import FirePreventionPeriod, MonthDay

    if args.season == "all":
        return RecordRules(None, args.min_seasons)
    try:
        first, last = (MonthDay(*map(int, end.split("-"))) for end in args.season.split(":"))
    except (TypeError, ValueError) as err:
        raise InvalidValue("--season", args.season, "two days as 09-15:04-30, or all") from err
    return RecordRules(FirePreventionPeriod(first, last), args.min_seasons)


def _words(names: str) -> GradeWords:
    from firewatch.adapters.grade_columns import GradeWords
    from firewatch.danger.index_classes import NO_CLASS, Classified
    from firewatch.domain.scales import DangerGrade
    from firewatch.texts import Language, catalogue

    if names == "key":
        return GradeWords(Classified.keys, lambda number: f"grade-{number}")
    words = catalogue(Language.ZH_CN if names == "zh" else Language.EN)

    def of_class(classified: Classified) -> list[str]:
        told = [words.pick(zh=one.name_zh, en=one.name_en) for one in classified.table.classes]
        return ["" if rank == NO_CLASS else told[rank] for rank in classified.ranks.ravel().tolist()]

    def of_grade(number: int) -> str:
        return words.text("danger.label", grade=number, word=words.text(DangerGrade(number).text_key))

    return GradeWords(of_class, of_grade)
