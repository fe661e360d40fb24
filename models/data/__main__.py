"""Check folders of labelled frames, write their data card, split them.

Example
-------
    python -m models.data check ../shared/data/smoke --known dfire:camera0002
    python -m models.data card ../shared/data/smoke --out models/data/DATA_CARD.md --pictures models/data/pictures
    python -m models.data split exports/2026-03 --share train=0.7 --share val=0.15 --share test=0.15 --out split.json
"""

from __future__ import annotations

import argparse
import json
import os
import re
import sys
from pathlib import Path

from firewatch.adapters.whole_file import write_whole
from firewatch.errors import DatasetError, FirewatchError
from models.data.card import generated_part, near_line, near_lines, one_sided_lines, renewed
from models.data.figures import count
from models.data.folders import Form, Reading, inspect_all
from models.data.leaks import NEAR_BITS
from models.data.splitting import Apart, split_frames
from models.data.survey import Survey, by_part, survey

HASH_BITS = 64


def main(arguments: list[str] | None = None) -> int:
    """Run the command; return its exit code: 0 done, 1 refused or something is wrong."""
    given = _parser().parse_args(arguments)
    reading = Reading(Form(given.form) if given.form else None, given.category, given.naming)
    try:
        code: int = given.run(given, reading)
    except FirewatchError as err:
        print(err, file=sys.stderr)
        return 1
    return code


def check(given: argparse.Namespace, reading: Reading) -> int:
    """Print counts, what is wrong, and what parts share."""
    found = survey(inspect_all(given.folders, reading), given.known, given.near_bits)
    for data in found.datasets:
        for part, frames in by_part(data.frames).items():
            n = count(frames)
            kinds = f"{n.smoke} smoke ({n.drawn} drawn), {n.clear} none, {n.ignore} ignore"
            print(f"{data.name} [{data.form.value}] {part}: {n.frames} frames: {kinds}; {n.cameras} cameras")
    for title, lines in _findings(found, every_pair=given.every_pair).items():
        if lines:
            print(f"\n{title} ({len(lines)}):")
            print("\n".join(f"  {line}" for line in lines))
    print(f"\n{'sound' if found.is_sound else 'NOT sound'}: {len(found.problems)} problems, {len(found.leaks)} leaks")
    return 0 if found.is_sound else 1


def _findings(found: Survey, *, every_pair: bool) -> dict[str, list[str]]:
    return {
        "Problems": list(found.problems),
        "Leaks between parts": [str(leak) for leak in found.leaks],
        "Known to be shared": [str(leak) for leak in found.known],
        "Cautions: cameras of different parts on one site": [str(site) for site in found.sites],
        "Cautions: frames of different parts that look almost the same": (
            [near_line(pair) for pair in found.near] if every_pair else near_lines(found.near)
        ),
        "Cautions: a camera that shows one label only teaches the camera, not the smoke": one_sided_lines(found),
        "Notes": list(found.notes),
    }


def card(given: argparse.Namespace, reading: Reading) -> int:
    """Write the generated part of a data card, and its pictures."""
    from models.data.plots import draw_contact_sheets, draw_pictures

    found = survey(inspect_all(given.folders, reading), given.known, given.near_bits)
    if found.problems:
        raise DatasetError(", ".join(map(str, given.folders)), found.problems)
    renewed(given.out, "")  # a card that would be refused is refused before anything is drawn
    if not given.out.parent.is_dir():
        raise DatasetError(str(given.out), ("its folder is not there; make it first",))
    pictures = draw_pictures(found, given.pictures) if given.pictures else {}
    named = {what: Path(os.path.relpath(path, given.out.parent)).as_posix() for what, path in pictures.items()}
    write_whole(given.out, renewed(given.out, generated_part(found, named)).encode())
    print(f"{given.out} written")
    if given.contact_sheet:
        sheets = draw_contact_sheets(found, given.contact_sheet)
        print(f"{len(sheets)} contact sheets in {given.contact_sheet}: photographs, not to be passed on")
    return 0


def split(given: argparse.Namespace, reading: Reading) -> int:
    """Write which files belong to which part."""
    datasets = inspect_all(given.folders, reading)
    problems = tuple(f"{data.name}: {problem}" for data in datasets for problem in data.problems)
    if problems:
        raise DatasetError(", ".join(map(str, given.folders)), problems)
    parts = split_frames(
        [frame for data in datasets for frame in data.frames], dict(given.share), given.seed, Apart(given.apart)
    )
    for name, frames in parts.items():
        n = count(frames)
        print(f"{name}: {n.frames} frames: {n.smoke} smoke, {n.clear} none; {n.cameras} cameras, {n.groups} groups")
    files = {name: [frame.path.as_posix() for frame in frames] for name, frames in parts.items()}
    whole = {"seed": given.seed, "apart": given.apart, "shares": dict(given.share), "parts": files}
    write_whole(given.out, (json.dumps(whole, indent=1, ensure_ascii=False) + "\n").encode())
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m models.data",
        description="Labelled frames: check folders of them, write their data card, split them by camera and sequence.",
        epilog="Exit codes: 0 done, 1 refused or something is wrong, 2 wrong usage.",
    )
    verbs = parser.add_subparsers(required=True, metavar="{check,card,split}")
    checks = verbs.add_parser("check", help="counts, problems, and what parts share; exits 1 on errors and leaks")
    checks.set_defaults(run=check)
    checks.add_argument("--every-pair", action="store_true", help="list every pair of frames that look almost the same")
    cards = verbs.add_parser("card", help="write the generated part of a data card")
    cards.set_defaults(run=card)
    cards.add_argument("--out", type=Path, required=True, metavar="FILE.md", help="a card; hand-written parts stay")
    cards.add_argument("--pictures", type=Path, metavar="DIR", help="draw histograms and a map of boxes there")
    cards.add_argument("--contact-sheet", type=Path, metavar="DIR", help="draw small photographs there, for local use")
    splits = verbs.add_parser("split", help="split by camera and sequence, never by frame")
    splits.set_defaults(run=split)
    splits.add_argument("--share", type=_share, action="append", required=True, metavar="NAME=SHARE")
    splits.add_argument("--seed", type=int, default=1, help="other seeds give other splits (default 1)")
    hours = "what no two parts share: cameras, or sequences and what a camera saw within 6 hours (default camera)"
    splits.add_argument("--apart", choices=[each.value for each in Apart], default=Apart.CAMERA.value, help=hours)
    splits.add_argument("--out", type=Path, required=True, metavar="FILE.json", help="the files of each part")
    for verb in (checks, cards):
        _add_survey_options(verb)
    for verb in (checks, cards, splits):
        _add_reading_options(verb)
    return parser


def _add_survey_options(verb: argparse.ArgumentParser) -> None:
    known = "a camera or sequence that is known to be in several parts: told, but no error (may be repeated)"
    verb.add_argument("--known", action="append", default=[], metavar="NAME", help=known)
    near = f"list frames of different parts whose hashes differ in up to N of 64 bits (default {NEAR_BITS})"
    verb.add_argument("--near-bits", type=int, default=NEAR_BITS, choices=range(HASH_BITS + 1), metavar="N", help=near)


def _add_reading_options(verb: argparse.ArgumentParser) -> None:
    verb.add_argument("folders", type=Path, nargs="+", metavar="FOLDER", help="frames here, or up to 3 folders below")
    verb.add_argument("--form", choices=[form.value for form in Form], help="do not recognise the form: it is this")
    verb.add_argument("--category", help="COCO and YOLO: the category that is smoke, where there are several")
    naming = "pattern with (?P<camera>...), and (?P<sequence>...), searched in the path of images whose file names none"
    verb.add_argument("--naming", type=_naming, metavar="REGEX", help=naming)


def _share(text: str) -> tuple[str, float]:
    name, _, share = text.partition("=")
    try:
        return name, float(share)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r}; it must be as train=0.7") from None


def _naming(text: str) -> re.Pattern[str]:
    try:
        pattern = re.compile(text)
    except re.error as err:
        raise argparse.ArgumentTypeError(f"{text!r} is no pattern: {err}") from None
    if "camera" not in pattern.groupindex:
        raise argparse.ArgumentTypeError(f"{text!r} lacks the group (?P<camera>...)")
    return pattern


if __name__ == "__main__":
    sys.exit(main())
