"""Options that the three commands share, and what becomes of their reports."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import TYPE_CHECKING

from firewatch.adapters.whole_file import write_whole
from firewatch.errors import InvalidValue
from models.evaluate.sources import CHOSEN_ON

if TYPE_CHECKING:
    from collections.abc import Mapping

EXIT_CODES = "exit codes: 0 done, 1 refused input (the reason is on the error stream), 2 wrong usage"


def add_shared(parser: argparse.ArgumentParser) -> None:
    """Add the options of all commands."""
    parser.add_argument(
        "--real", type=Path, default=Path("../shared/data/smoke"), help="folder with train, val, test, empty"
    )
    parser.add_argument("--draws", type=_count, default=1000, help="draws of the bootstrap (default 1000)")
    parser.add_argument("--threads", type=int, default=0, help="threads of the network (default: all cores but one)")
    parser.add_argument("--json", type=Path, help="write everything into this file")
    parser.add_argument("--markdown", type=Path, help="write the tables into this file as well")
    parser.add_argument("--pictures", type=Path, help="folder for pictures; made if it is not there")


def add_splits(parser: argparse.ArgumentParser) -> None:
    """Add which single frames to measure."""
    parser.add_argument("--split", action="append", default=[], help="val, test, empty-val ... (may be repeated)")


def add_watched(parser: argparse.ArgumentParser) -> None:
    """Add what is watched over time, and how."""
    parser.add_argument("--sequences", type=Path, action="append", default=[], help="folder of sequence folders")
    parser.add_argument(
        "--no-temporal", action="store_true", help="leave the verifier out, where a model has one (for comparison)"
    )


def add_chosen_on(parser: argparse.ArgumentParser) -> None:
    """Add what thresholds are chosen on."""
    parser.add_argument(
        "--chosen-on",
        nargs="+",
        default=list(CHOSEN_ON),
        metavar="SPLIT",
        help=f"splits that thresholds are chosen on (default {' '.join(CHOSEN_ON)}); never test",
    )
    parser.add_argument(
        "--least-specificity", type=float, default=0.85, help="share of clear frames to leave alone (default 0.85)"
    )


def require_apart_from_test(splits: list[str]) -> None:
    """Refuse to choose anything on the test split."""
    if any(split.partition("-")[0] == "test" for split in splits):
        raise InvalidValue("splits to choose on", " ".join(splits), "any but test, which is measured once, at the end")


def open_pictures(folder: Path | None) -> Path | None:
    """Make the folder of pictures, before minutes of work."""
    if folder is not None:
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as err:
            raise InvalidValue("--pictures", str(folder), f"a folder that can be made ({err.strerror})") from err
    return folder


def hand_over(given: argparse.Namespace, report: Mapping[str, object], pages: list[str]) -> None:
    """Print the tables, and write the files that are asked for."""
    text = "\n".join(pages)
    print(text)
    if given.json:
        write_whole(given.json, (json.dumps(report, indent=1, allow_nan=False) + "\n").encode())
    if given.markdown:
        write_whole(given.markdown, text.encode())


def _count(text: str) -> int:
    value = int(text)
    if value < 1:
        raise argparse.ArgumentTypeError(f"{text} is not at least 1")
    return value
