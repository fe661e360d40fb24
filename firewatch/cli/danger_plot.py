"""`firewatch danger plot IN.csv OUT.png`: a station's codes and indices over time, as a picture."""

from __future__ import annotations

import argparse
import sys
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from firewatch.cli.danger_notes import say_notes
from firewatch.errors import FirewatchError, InvalidValue

if TYPE_CHECKING:
    from collections.abc import Callable

    from firewatch.adapters.chart_bands import Bands

__all__ = ["add_verb", "write_chart"]

LANGUAGES = ("zh", "en")  # the first is the default
CLASSES = "effis"


def add_verb(
    verbs: argparse._SubParsersAction[argparse.ArgumentParser], run: Callable[[argparse.Namespace], int]
) -> None:
    """Add `plot` to the verbs of `danger`."""
    parser = verbs.add_parser(
        "plot",
        help="a result of `fwi` or `rate` -> a picture of one station's codes and indices",
        description="Draw the codes and indices of a station over time, with classes behind, rain as bars, and days "
        "without data hatched. Needs the extra plot: pip install 'firewatch[plot]'.",
        epilog="Example: firewatch danger plot codes.csv codes.png --station hengyang",
    )
    parser.add_argument("file", metavar="IN.csv", type=Path, help="a result of `danger fwi` or `danger rate`")
    parser.add_argument("out", metavar="OUT.(png|svg)", type=Path, help="written whole, or not at all")
    parser.add_argument("--station", metavar="ID", help="which, where the file holds several")
    parser.add_argument("--from", dest="first", type=_day, metavar="DATE", help="first day, as 2026-03-01")
    parser.add_argument("--to", dest="last", type=_day, metavar="DATE", help="last day")
    parser.add_argument(
        "--lang",
        choices=LANGUAGES,
        help="of the words: zh (default where a font has Chinese characters) or en",
    )
    parser.add_argument(
        "--classes",
        metavar="NAME|FILE.toml",
        default=CLASSES,
        help="whose classes lie behind codes and indices: a table as `danger grade --list` names it, or a file; none "
        f"for none (default: {CLASSES})",
    )
    parser.set_defaults(run=run, verb=_draw)


def _draw(args: argparse.Namespace) -> int:
    """Draw `args.out`; return 0, or 1 where something is refused (then nothing is written)."""
    try:
        notes = write_chart(args)
    except FirewatchError as err:
        sys.stderr.write(f"firewatch danger plot: {err}\n")
        return 1
    say_notes("plot", notes)
    return 0


def write_chart(args: argparse.Namespace) -> list[str]:
    """Draw the chart; return what a person should know.

    Raises
    ------
    FirewatchError
        If the file or a choice is refused, matplotlib is not installed, or no font has the characters asked for.
    """
    from firewatch.adapters.cffdrs_csv import require_writable
    from firewatch.adapters.danger_chart import draw_chart
    from firewatch.adapters.danger_series_csv import read_danger_series
    from firewatch.texts import Language

    for source in (args.file, Path(args.classes)):
        require_writable(args.out, source)
    if args.first is not None and args.last is not None and args.first > args.last:
        raise InvalidValue("--from", str(args.first), f"at most --to, {args.last}")
    series = read_danger_series(args.file, args.station, args.first, args.last)
    bands = _bands(args.classes, series.schemes)
    if args.lang is not None:
        draw_chart(series, args.out, Language.ZH_CN if args.lang == "zh" else Language.EN, bands)
        return []
    try:
        draw_chart(series, args.out, Language.ZH_CN, bands)
    except InvalidValue as err:
        if err.what != "characters of the chart":
            raise
        draw_chart(series, args.out, Language.EN, bands)
        return ["no font here has Chinese characters: the words are English; apt install fonts-noto-cjk, or --lang en"]
    return []


def _bands(classes: str, schemes: tuple[str, ...]) -> tuple[Bands, ...]:
    """Return the grades, and the classes of the table that is asked for."""
    from firewatch.adapters.chart_bands import bands_of_table, grade_bands
    from firewatch.adapters.class_tables import limits_table

    if classes == "none":
        return (grade_bands(schemes),)
    return (grade_bands(schemes), *bands_of_table(limits_table(classes)))


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as err:
        raise argparse.ArgumentTypeError(f"{text!r}: a day is wanted, as 2026-03-01") from err
